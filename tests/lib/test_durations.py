from datetime import timedelta

import pytest

from backoffice.lib.durations import in_words


@pytest.mark.parametrize(
    ("duration", "words"),
    [
        (timedelta(seconds=-5), "0 s"),
        (timedelta(seconds=59.4), "59 s"),
        (timedelta(minutes=3, seconds=20), "3 min 20 s"),
        (timedelta(hours=11, minutes=26, seconds=59), "11 h 26 min"),
        (timedelta(days=2, hours=5), "2 d 5 h"),
    ],
)
def test_a_duration_is_told_in_its_two_largest_units(duration: timedelta, words: str) -> None:
    assert in_words(duration) == words
