"""What PostgreSQL stops because two transactions stood in each other's way is done again: here, and nowhere else."""

import functools
import random
import time
from collections.abc import Callable
from typing import ParamSpec, TypeVar

import structlog
from django.db import OperationalError, connection

logger = structlog.get_logger(__name__)

# PostgreSQL, appendix A: serialization_failure, deadlock_detected.
CODES = frozenset({"40001", "40P01"})
TRIES = 5
WAIT_SECONDS = 0.05

P = ParamSpec("P")
R = TypeVar("R")


def is_contention(error: BaseException) -> bool:
    """Whether the same transaction may well succeed when it is done again."""
    return isinstance(error, OperationalError) and getattr(error.__cause__, "pgcode", None) in CODES


def again_on_contention(work: Callable[P, R]) -> Callable[P, R]:
    """For a function that is one whole transaction: does it again, at most TRIES times in all, after a random wait.

    Inside a larger transaction nothing is done again, for that one is lost as a whole. Raises what the last try raised.
    """

    @functools.wraps(work)
    def tried(*args: P.args, **kwargs: P.kwargs) -> R:
        for number in range(1, TRIES):
            if connection.in_atomic_block:
                break
            try:
                return work(*args, **kwargs)
            except OperationalError as error:
                if not is_contention(error):
                    raise
                logger.warning("done_again", work=work.__name__, number=number)
                time.sleep(random.uniform(0, WAIT_SECONDS * 2**number))
        return work(*args, **kwargs)

    return tried
