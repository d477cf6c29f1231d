"""The clock of `deploy/test --at`: which environment it makes, and what it refuses."""

import subprocess
import sys
from datetime import UTC, datetime, timedelta

import pytest

from deploy import clock, testing


def test_the_time_of_a_process_is_the_moment_and_lengths_stay() -> None:
    words = "2028-02-29T23:50:00Z"
    environment = clock.environment(words)
    said = subprocess.run(
        [sys.executable, "-c", "import time; print(time.time())"],
        env=environment,
        check=True,
        capture_output=True,
        text=True,
    ).stdout
    shown = datetime.fromtimestamp(float(said), UTC)
    assert abs(shown - datetime.fromisoformat(words)) < timedelta(minutes=1)
    assert environment["FAKETIME_DONT_FAKE_MONOTONIC"] == "1"


def test_the_zone_of_the_company_goes_with_it() -> None:
    assert clock.environment("2027-03-28T00:50:00Z", "Europe/Berlin")["TIME_ZONE"] == "Europe/Berlin"
    assert "TIME_ZONE" not in clock.environment("2027-03-28T00:50:00Z")


@pytest.mark.parametrize("words", ["tomorrow", "2028-02-30T00:00:00Z", "2028-02-29T23:50:00"])
def test_what_is_no_moment_is_refused(words: str) -> None:
    with pytest.raises(clock.NoClockError):
        clock.environment(words)


def test_without_the_library_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clock, "LIBRARIES", ())
    with pytest.raises(clock.NoClockError, match="apt-get install faketime"):
        clock.environment("2028-02-29T23:50:00Z")


def test_there_are_ten_moments_and_each_can_be_set() -> None:
    assert len(set(clock.MOMENTS)) == 10
    for words, zone in clock.MOMENTS:
        assert clock.environment(words, zone)["TIME_ZONE"] == zone


def test_arguments_without_a_moment_stay_as_they_are(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TIME_ZONE", "")
    assert testing.with_clock(["tests/lib", "-x"]) == ["tests/lib", "-x"]
    assert testing.with_clock(["--in", "Europe/Berlin", "-x"]) == ["-x"]
