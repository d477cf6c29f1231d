"""What is read once while a request is answered."""

import pytest
from django.core.signals import request_finished, request_started

from backoffice.lib.per_request import read_once

asked: list[str] = []


@read_once
def length_of(word: str) -> int:
    asked.append(word)
    return len(word)


def test_outside_of_requests_nothing_is_remembered() -> None:
    asked.clear()
    assert length_of("one") + length_of("one") == 6
    assert asked == ["one", "one"]


@pytest.mark.django_db
def test_in_a_request_the_same_question_is_asked_once() -> None:
    asked.clear()
    request_started.send(sender=None)
    assert [length_of("one"), length_of("one"), length_of("three")] == [3, 3, 5]
    request_finished.send(sender=None)
    length_of("one")
    assert asked == ["one", "three", "one"]
