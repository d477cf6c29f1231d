"""Configuration of gunicorn: each web process says that it lives, so that the others can tell when it does not.

`gunicorn --config python:backoffice.gunicorn_conf backoffice.wsgi:application`
"""

from typing import Any

_HEARTS: list[Any] = []


def post_worker_init(worker: Any) -> None:
    """In each process, once the application is loaded: only then can models be imported."""
    from kannel.beats import Heart
    from kannel.models import Process

    _HEARTS.append(Heart(Process.Kind.WEB))
    _HEARTS[-1].start()


def worker_exit(server: Any, worker: Any) -> None:
    while _HEARTS:
        _HEARTS.pop().stop()
