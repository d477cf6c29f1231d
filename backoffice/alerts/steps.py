"""Background steps: each is tried a bounded number of times, then it ends in a state, with a sentence and an alert.

A step that fails for a subject (a mailing, a connection, a file) leaves that in a state from which a person can go on. One
that belongs to the house as a whole (a sweep, a look at all gateways) stands still, and is tried again only now and then or
when somebody says so. What the house stands on (PostgreSQL, Redis) being away is nobody's failure and is not counted.
"""

import functools
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, TypeVar

import structlog
from django.db import InterfaceError, OperationalError, transaction
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from redis.exceptions import RedisError

from backoffice.accounts import roles
from backoffice.alerts.feed import close_alert, raise_alert
from backoffice.alerts.models import Alert
from backoffice.alerts.step_models import Attempt
from backoffice.lib.said import kept

logger = structlog.get_logger(__name__)

TRIES = 5
# After the first failure, the second and so on; the last one is kept to.
WAITS = tuple(timedelta(seconds=seconds) for seconds in (2, 5, 15, 30))
# What stands still is looked at again by itself after so long: somebody may have mended it.
RESTS = timedelta(minutes=15)
KEPT = timedelta(days=30)
# PostgreSQL, appendix A: connection exceptions, and an operator who shuts it down.
AWAY_CODES = ("08", "57P")

Answer = TypeVar("Answer")

STANDS_STILL = gettext_lazy(
    "%(what)s does not work: it failed %(count)s times in a row (%(error)s). It is tried again every %(minutes)s minutes. "
    "Tell the administrators; under “Failed steps” it can be tried at once."
)


class UnknownStep(LookupError):
    """No step has this name."""


@dataclass(frozen=True)
class Step:
    """What is done in the background, for a subject or for the whole house.

    ``label`` names it in a list. ``sentence`` says what became of the subject and what to do, with %(name)s, %(count)s and
    %(error)s; ``give_up`` (subject, sentence) leaves it so. ``passes`` are exceptions that are answers and no failures.
    """

    name: str
    label: str | Promise
    sentence: str | Promise = ""
    give_up: Callable[[str, str], None] | None = None
    name_of: Callable[[str], str] = str
    link_to: Callable[[str], str] | None = None
    groups: tuple[str, ...] = (roles.OPERATOR_STAFF,)
    tries: int = TRIES
    passes: tuple[type[Exception], ...] = ()

    def __post_init__(self) -> None:
        _steps[self.name] = self

    def do(self, subject: object, work: Callable[[], Answer]) -> Answer | None:
        """Does the work, unless it is too early after a failure; None then, and when it fails."""
        known = Attempt.objects.filter(step=self.name, subject=str(subject)).first()
        return self._do(str(subject), work, known)

    def do_each(self, works: Mapping[object, Callable[[], object]]) -> None:
        """The same for many subjects; with one statement for all of them as long as nothing fails."""
        failed = {known.subject: known for known in Attempt.objects.filter(step=self.name)}
        for subject, work in works.items():
            self._do(str(subject), work, failed.get(str(subject)))

    def _do(self, subject: str, work: Callable[[], Answer], known: Attempt | None) -> Answer | None:
        if known and known.next_try_at > timezone.now():
            return None
        try:
            answer = work()
        except self.passes:
            raise
        except Exception as error:
            if is_away(error):
                raise
            self._failed(subject, error)
            return None
        if known:
            forget(self.name, subject)
        return answer

    def _failed(self, subject: str, error: Exception) -> None:
        now, kind = timezone.now(), type(error).__name__
        with transaction.atomic():
            values = {"first_at": now, "last_at": now, "next_try_at": now}
            known, _is_new = Attempt.objects.select_for_update().get_or_create(
                step=self.name, subject=subject, defaults=values
            )
            # Somebody has let go on what was given up: it is counted anew.
            begins_anew = known.given_up_at is not None and self.give_up is not None
            known.tries = 1 if begins_anew else min(known.tries + 1, 30_000)
            known.given_up_at = None if begins_anew else known.given_up_at
            known.last_at, known.error = now, kind[:60]
            known.next_try_at = now + WAITS[min(known.tries, len(WAITS)) - 1]
            known.save()
        logger.exception("step_failed", step=self.name, subject=subject, tries=known.tries)
        if known.tries >= self.tries:
            self._stop(known)

    def _stop(self, known: Attempt) -> None:
        """Leaves the subject in its state, and tells."""
        sentence = kept(lambda: self._in_words(known))
        if self.give_up is not None:
            try:
                self.give_up(known.subject, sentence)
            except Exception:
                # The alert below is then all that a person has, and the next try comes after a rest.
                logger.exception("step_not_given_up", step=self.name, subject=known.subject)
        now = timezone.now()
        Attempt.objects.update_or_create(
            step=self.name,
            subject=known.subject,
            defaults={
                "tries": known.tries,
                "error": known.error,
                "first_at": known.first_at,
                "last_at": known.last_at,
                "next_try_at": now if self.give_up is not None else now + RESTS,
                "given_up_at": known.given_up_at or now,
            },
        )
        link = self.link_to(known.subject) if self.link_to else reverse("alerts:steps")
        cause = cause_of(self.name, known.subject)
        raise_alert(cause, Alert.Level.ALARM, lambda: self._in_words(known), link=link, groups=self.groups)

    def _in_words(self, known: Attempt) -> str:
        words = {
            "what": self.called(known.subject),
            "name": self.name_of(known.subject),
            "count": known.tries,
            "error": known.error,
            "minutes": RESTS // timedelta(minutes=1),
        }
        return str(self.sentence or STANDS_STILL) % words

    def called(self, subject: str) -> str:
        """The step with its subject, as people call it."""
        if not subject:
            return str(self.label)
        return _("%(step)s (%(subject)s)") % {"step": self.label, "subject": self.name_of(subject)}


_steps: dict[str, Step] = {}


def step_named(name: str) -> Step:
    """The step of that name. Raises UnknownStep."""
    try:
        return _steps[name]
    except KeyError:
        raise UnknownStep(name) from None


class Tried:
    """A function that is done as a step: its arguments are the subject. ``work`` is the function itself."""

    def __init__(self, step: Step, work: Callable[..., Any]) -> None:
        functools.update_wrapper(self, work)
        self.step, self.work = step, work

    def __call__(self, *args: Any) -> Any:
        return self.step.do(":".join(map(str, args)), lambda: self.work(*args))


def tried(step: Step) -> Callable[[Callable[..., Any]], Tried]:
    """For a background task, below Huey's decorator: whatever it raises ends as its step says."""
    return lambda work: Tried(step, work)


def is_away(error: Exception) -> bool:
    """Whether something that the house stands on cannot be reached: no step can do anything about that."""
    if isinstance(error, OperationalError):
        code = getattr(error.__cause__, "pgcode", None)
        return code is None or code.startswith(AWAY_CODES)
    return isinstance(error, InterfaceError | RedisError)


def cause_of(step: str, subject: str) -> str:
    """The cause of the alert that a step was given up for a subject."""
    return f"step:{step}:{subject}"


def forget(step: str, subject: str) -> None:
    """It went well, or a person has moved the subject on: no failure is held against it any more."""
    Attempt.objects.filter(step=step, subject=subject).delete()
    close_alert(cause_of(step, subject))


def forget_subject(prefix: str, subject: object) -> None:
    """The same for every step of a kind, for example all of "mailing." for one mailing."""
    known = Attempt.objects.filter(step__startswith=prefix, subject=str(subject))
    for step in list(known.values_list("step", flat=True)):
        forget(step, str(subject))


def try_now(known: Attempt) -> None:
    """A person wants it tried at once."""
    Attempt.objects.filter(pk=known.pk).update(next_try_at=timezone.now())


def forget_old() -> int:
    """Failures of long ago whose subject nobody has come back to; their alerts close with them."""
    old = Attempt.objects.filter(last_at__lt=timezone.now() - KEPT)
    count = len(old)
    for known in list(old):
        forget(known.step, known.subject)
    return count
