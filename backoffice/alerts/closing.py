"""When the alerts of each kind close. A kind is the first word of a cause; whoever raises one says here how it ends.

Most alerts are closed at once by whoever sees that their cause is gone. This is looked at each minute besides, so that none
stays open because nobody looks at its subject any more. What only tells that something has happened is over after a time.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

import structlog
from django.utils import timezone

from backoffice.alerts.models import Alert, Attempt

logger = structlog.get_logger(__name__)

# The rest of a cause -> whether it is still so.
StillHolds = Callable[[str], bool]


@dataclass(frozen=True)
class Ending:
    """How alerts of a kind end: when it is no longer so, or after a time at the latest."""

    still_holds: StillHolds | None = None
    kept: timedelta | None = None


_endings: dict[str, Ending] = {}


def closes(kind: str, *, when_not: StillHolds | None = None, after: timedelta | None = None) -> None:
    """Says how alerts of a kind end; at least one of both is given.

    :raises ValueError: when neither is: such an alert would stay for ever.
    """
    if when_not is None and after is None:
        raise ValueError(kind)
    _endings[kind] = Ending(when_not, after)


def kinds() -> frozenset[str]:
    """Every kind whose end is known."""
    return frozenset(_endings)


def close_what_is_over() -> int:
    """Closes each open alert whose cause is gone. Returns how many."""
    closed = 0
    for alert in Alert.objects.open():
        kind, _colon, rest = alert.cause.partition(":")
        ending = _endings.get(kind)
        if ending is None:
            logger.error("alert_without_end", kind=kind)
        elif is_over(alert, ending, rest):
            closed += Alert.objects.filter(pk=alert.pk).close()
    return closed


def is_over(alert: Alert, ending: Ending, rest: str) -> bool:
    """Whether nobody has to know of it any more."""
    if ending.kept is not None and alert.last_at < timezone.now() - ending.kept:
        return True
    return ending.still_holds is not None and not ending.still_holds(rest)


def _is_given_up(rest: str) -> bool:
    step, _colon, subject = rest.partition(":")
    return Attempt.objects.filter(step=step, subject=subject, given_up_at__isnull=False).exists()


closes("step", when_not=_is_given_up)
