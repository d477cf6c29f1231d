"""Approvals, one or two of them: who has given the first, and who may not give the next."""

from typing import Any

from django.utils.translation import gettext as _
from wagtail.log_actions import log
from wagtail.models import ModelLogEntry

from backoffice.accounts.models import User
from backoffice.mailings import approval_needs
from backoffice.mailings.approval_models import Approval
from backoffice.mailings.approval_needs import Size
from backoffice.mailings.four_eyes import wrote
from backoffice.mailings.models import LaunchOrder, Mailing

# The steps of an approver. Each takes a comment; two of them do not go without.
DECISIONS = ("approve", "send_back", "refuse")
COMMENTED = ("send_back", "refuse")
State = Mailing.State


def first_of(mailing: Mailing) -> Approval | None:
    """The first of two approvals of what is submitted now, if somebody has given it."""
    if mailing.state != State.SUBMITTED or mailing.submitted_at is None:
        return None
    given = mailing.approvals.filter(submitted_at=mailing.submitted_at, content_hash=mailing.content_hash)
    return given.select_related("approver").first()


def reason_not_to(mailing: Mailing, person: User) -> str:
    """Why this person may not approve it whatever their role, and who may; empty if they may."""
    if wrote(mailing, person):
        return _(
            "You wrote this mailing, or changed its text, its audience or a rule since it was made. Somebody else has to approve it."
        )
    first = first_of(mailing)
    if first is not None and first.approver_id == person.pk:
        return _("You have approved it already. Somebody else has to give the second approval.")
    return ""


def takes_a_second(mailing: Mailing, first: Approval | None, size: Size | None = None) -> bool:
    """Whether the next approval of what is submitted is only the first of two."""
    return mailing.state == State.SUBMITTED and first is None and bool(approval_needs.reasons(mailing, size))


def note_first(mailing: Mailing, by: User, comment: str) -> None:
    """Writes the first of two approvals down. The caller holds the row of the mailing."""
    assert mailing.submitted_at is not None
    Approval.objects.create(
        mailing=mailing,
        submitted_at=mailing.submitted_at,
        content_hash=mailing.content_hash,
        approver=by,
        comment=comment[:400],
    )
    log(mailing, "mailings.approve_first", user=by, data={"state": mailing.state, "comment": comment[:400]})


def write_order(
    mailing: Mailing, shown: dict[str, Any], by: User, first: Approval | None, comment: str
) -> None:
    """The launch order of a submitted mailing: what was shown, who asked for it, and who approved it."""
    assert mailing.submitted_by is not None
    assert mailing.submitted_at is not None
    LaunchOrder.objects.create(
        mailing=mailing,
        content=shown,
        content_hash=mailing.content_hash,
        requested_by=mailing.submitted_by,
        requested_at=mailing.submitted_at,
        approved_by=by,
        first_approved_by=first.approver if first else None,
        comment=comment[:400],
    )


def was_refused(mailing: Mailing) -> bool:
    """Whether it is over because an approver refused it, and not because somebody cancelled it."""
    if mailing.state != State.CANCELLED:
        return False
    entries = ModelLogEntry.objects.for_instance(mailing).filter(action="mailings.refuse")
    return bool(entries.exists())
