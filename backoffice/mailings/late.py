"""A mailing that starts late, or not at all, is told: on its page and in the feed. Nothing is dropped silently."""

from datetime import datetime, timedelta

from django.utils import timezone
from django.utils.translation import gettext as _

from backoffice.accounts import roles
from backoffice.alerts.feed import close_alert, raise_alert
from backoffice.alerts.models import Alert
from backoffice.lib.durations import in_words
from backoffice.mailings.links import page_of
from backoffice.mailings.models import Mailing

CONCERNED = (roles.EDITOR, roles.APPROVER)
# The pulse looks twice a second; a worker that is busy, or a process that starts anew, takes no longer than this.
LATE_AFTER = timedelta(minutes=2)
State = Mailing.State


def lateness(mailing: Mailing, now: datetime | None = None) -> timedelta:
    """How much later than it was to start it started, or how long it is overdue; zero while that is not worth a word."""
    if mailing.starts_at is None:
        return timedelta(0)
    if mailing.started_at is not None:
        late = mailing.started_at - mailing.starts_at
    elif mailing.state in (State.SUBMITTED, State.APPROVED):
        late = (now or timezone.now()) - mailing.starts_at
    else:
        return timedelta(0)
    return late if late > LATE_AFTER else timedelta(0)


def words(mailing: Mailing) -> str:
    """That it is late, by how much and what to do, as sentences; empty if it is not."""
    late = lateness(mailing)
    if not late:
        return ""
    by = {"late": in_words(late)}
    if mailing.started_at is not None:
        return _("It started %(late)s later than planned.") % by
    if mailing.state == State.SUBMITTED:
        said = _("It should have started %(late)s ago, but nobody has approved it. It needs a later start.")
        if mailing.series_id is not None:
            said = _(
                "It should have started %(late)s ago, but nobody has approved it. It starts with the approval."
            )
        return said % by
    return _("It should have started %(late)s ago. Parley starts it as soon as it can.") % by


def tell_started(mailing: Mailing) -> None:
    """Says in the feed that a mailing has started late, if it has."""
    late = lateness(mailing)
    close_alert(_cause(mailing))
    if late:
        raise_alert(
            _cause(mailing),
            Alert.Level.WARNING,
            lambda: (
                _("“%(name)s” started %(late)s later than planned. Look whether its end still fits.")
                % {"name": mailing.name, "late": in_words(late)}
            ),
            link=page_of(mailing),
            groups=CONCERNED,
        )


def tell_not_started(mailing: Mailing, problem: str) -> None:
    """Says in the feed that a mailing was due and could not start, and why."""
    raise_alert(
        _cause(mailing),
        Alert.Level.ALARM,
        lambda: (
            _("“%(name)s” was due and did not start. %(problem)s")
            % {"name": mailing.name, "problem": problem}
        ),
        link=page_of(mailing),
        groups=CONCERNED,
    )


def _cause(mailing: Mailing) -> str:
    return f"mailing-late:{mailing.pk}"
