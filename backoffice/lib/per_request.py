"""What is read once while a request is answered, however many rows of the page ask for it."""

import threading
from collections.abc import Callable
from functools import wraps
from typing import Any, ParamSpec, TypeVar

from django.core.signals import request_finished, request_started

_here = threading.local()
Given = ParamSpec("Given")
Answer = TypeVar("Answer")


def read_once(function: Callable[Given, Answer]) -> Callable[Given, Answer]:
    """Remembers the answers of a function until the request ends; outside of requests nothing is remembered.

    Not for what the same request changes and reads again.
    """

    @wraps(function)
    def remembered(*args: Given.args, **kwargs: Given.kwargs) -> Answer:
        answers = getattr(_here, "answers", None)
        if answers is None:
            return function(*args, **kwargs)
        key = (function, args, tuple(sorted(kwargs.items())))
        if key not in answers:
            answers[key] = function(*args, **kwargs)
        answer: Answer = answers[key]
        return answer

    return remembered


def _begin(**kwargs: Any) -> None:
    _here.answers = {}


def _end(**kwargs: Any) -> None:
    _here.answers = None


request_started.connect(_begin, dispatch_uid="read_once")
request_finished.connect(_end, dispatch_uid="read_once")
