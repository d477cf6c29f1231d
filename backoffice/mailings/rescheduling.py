"""Moving a mailing that has not started to another day. As with every change, its plan and its approval are taken away."""

from datetime import date, datetime, time
from functools import partial

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from wagtail.log_actions import log

from backoffice.accounts.models import User
from backoffice.lib.moments import company_zone
from backoffice.lib.said import stored
from backoffice.mailings import lifecycle
from backoffice.mailings.lifecycle import Refused
from backoffice.mailings.live import clock
from backoffice.mailings.models import Mailing

State = Mailing.State
RIGHT = "mailings.change_mailing"
MOVABLE = frozenset({State.DRAFT, State.PLANNED, State.SUBMITTED, State.APPROVED})
TAKES_AWAY = {
    State.PLANNED: gettext_lazy("Its plan is taken away: it has to be planned again."),
    State.SUBMITTED: gettext_lazy(
        "Its plan is taken away and nobody can approve it any more: it has to be planned and submitted again."
    ),
    State.APPROVED: gettext_lazy(
        "Its plan and its approval are taken away: it has to be planned, submitted and approved again."
    ),
}


def is_movable(mailing: Mailing) -> bool:
    """Whether it has a start that is still to come."""
    return mailing.starts_at is not None and mailing.state in MOVABLE


def effect(mailing: Mailing) -> str:
    """What a move takes away, in a sentence; empty for a draft, which has nothing to lose."""
    return str(TAKES_AWAY.get(State(mailing.state), ""))


def new_start(mailing: Mailing, day: date, at: time | None = None) -> datetime:
    """The start on another day, at the same time of day by the clock here unless another one is given."""
    assert mailing.starts_at is not None
    return datetime.combine(
        day, at or timezone.localtime(mailing.starts_at, company_zone()).time(), company_zone()
    )


def move_to(mailing: Mailing, starts_at: datetime, by: User) -> bool:
    """Moves the start, and the end by as much by the clock. True if a plan or an approval was taken away.

    :raises Refused: when the person or the state does not allow it, the moment is over, or the mailing makes no sense then.
    """
    if not by.has_perm(RIGHT):
        raise Refused(_("Your role does not allow this."))
    if starts_at <= timezone.now():
        raise Refused(_("This moment is over. Choose a later one."))
    with transaction.atomic():
        present = Mailing.objects.select_for_update().get(pk=mailing.pk)
        if not is_movable(present):
            raise Refused(
                _("The mailing is now “%(state)s”, so this is not possible.")
                % {"state": present.get_state_display()}
            )
        assert present.starts_at is not None
        if present.ends_at:
            present.ends_at = _wall(starts_at) + (_wall(present.ends_at) - _wall(present.starts_at))
            present.ends_at = present.ends_at.replace(tzinfo=company_zone())
        present.starts_at = starts_at
        try:
            present.clean()
        except ValidationError as mistake:
            raise Refused(" ".join(mistake.messages)) from mistake
        had_plan = lifecycle.edited(present, by)
        present.save(update_fields=["starts_at", "ends_at"])
        comment = stored(partial(clock, starts_at))
        log(present, "mailings.another_day", user=by, data={"state": present.state, "comment": comment})
    mailing.refresh_from_db()
    return had_plan


def _wall(moment: datetime) -> datetime:
    """What the clock here shows then: a day later is the same time of day, also when clocks change."""
    return timezone.localtime(moment, company_zone()).replace(tzinfo=None)
