"""The steps that a run of a series takes by itself. As in lifecycle.py, each checks the old state and writes the audit log."""

from typing import Any

from django.db import transaction
from django.utils import timezone

from backoffice.mailings import approval_notices
from backoffice.mailings.content import content, content_hash
from backoffice.mailings.lifecycle import move
from backoffice.mailings.models import LaunchOrder, Mailing

State = Mailing.State


def approved_with(order: LaunchOrder, run: Mailing) -> None:
    """A planned run is approved by the order of its series. The caller has made sure that it is what was approved."""
    shown = content(run)
    with transaction.atomic():
        move(run, [State.PLANNED], State.APPROVED, None, "mailings.run_approved", **_asked_for(run, order))
        LaunchOrder.objects.create(
            mailing=run,
            series_order=order,
            content=shown,
            content_hash=run.content_hash,
            requested_by=order.requested_by,
            requested_at=order.requested_at,
            approved_by=order.approved_by,
            first_approved_by=order.first_approved_by,
            comment=order.comment,
        )


def put_before_a_person(run: Mailing, order: LaunchOrder, reason: str) -> None:
    """A planned run is not what was approved: it waits for somebody to look at it, with the reason."""
    values = _asked_for(run, order) | {"problem": reason, "runs_itself": False}
    with transaction.atomic():
        move(run, [State.PLANNED], State.SUBMITTED, None, "mailings.run_waits", **values)
        approval_notices.mail_approvers(run)


def plan_again(run: Mailing) -> None:
    """A run that could not be planned, or whose plan is out of date, is planned once more."""
    move(run, [State.DRAFT, State.PLANNED], State.PLANNING, None, "mailings.run_planned_again", problem="")


def end_run(run: Mailing, problem: str) -> None:
    """A run that writes to nobody is over."""
    values: dict[str, Any] = {
        "problem": problem,
        "finished_at": timezone.now(),
        "runs_itself": False,
    }
    move(run, [State.DRAFT, State.PLANNED], State.CANCELLED, None, "mailings.run_ended", **values)


def end_series(series: Mailing) -> None:
    """The last run has been made."""
    move(series, [State.APPROVED], State.FINISHED, None, "mailings.series_ended", finished_at=timezone.now())


def _asked_for(run: Mailing, order: LaunchOrder) -> dict[str, Any]:
    """Whoever submitted the series has submitted its runs."""
    return {
        "submitted_by": order.requested_by,
        "submitted_at": timezone.now(),
        "content_hash": content_hash(content(run)),
        "problem": "",
    }
