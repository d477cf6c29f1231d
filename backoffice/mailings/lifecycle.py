"""The states of a mailing. Nothing else changes them: each step checks the old state and writes the audit log at once."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from typing import Any

from django.db import connection, transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, gettext_noop, ngettext
from wagtail.log_actions import log

from backoffice.accounts.models import User
from backoffice.alerts import steps
from backoffice.lib.numbers import grouped
from backoffice.lib.plain_text import plain_lines
from backoffice.lib.said import kept, stored
from backoffice.mailings import approval_notices, approving, background, late
from backoffice.mailings.content import content, content_hash
from backoffice.mailings.models import LaunchOrder, Mailing, Message
from backoffice.mailings.rules import taken_meanwhile
from backoffice.mailings.when import last_end, problems_with_times

State = Mailing.State
ENDED = frozenset({State.FINISHED, State.CANCELLED})
FROZEN = frozenset({State.RUNNING, State.PAUSED, *ENDED})


class Refused(Exception):
    """The step is not possible now; the text says why and what to do."""


@dataclass(frozen=True)
class Step:
    """From which states a step leads where, and the permission it needs."""

    sources: frozenset[State]
    target: State
    permission: str
    label: str = field(default="")


STEPS = {
    "request_plan": Step(
        frozenset({State.DRAFT, State.PLANNED}), State.PLANNING, "submit_mailing", gettext_noop("Plan")
    ),
    "submit": Step(
        frozenset({State.PLANNED}), State.SUBMITTED, "submit_mailing", gettext_noop("Submit for approval")
    ),
    "approve": Step(frozenset({State.SUBMITTED}), State.APPROVED, "approve_mailing", gettext_noop("Approve")),
    "send_back": Step(frozenset({State.SUBMITTED}), State.DRAFT, "approve_mailing", gettext_noop("Return")),
    "refuse": Step(frozenset({State.SUBMITTED}), State.CANCELLED, "approve_mailing", gettext_noop("Refuse")),
    "withdraw": Step(
        frozenset({State.SUBMITTED, State.APPROVED}), State.DRAFT, "submit_mailing", gettext_noop("Withdraw")
    ),
    "pause": Step(frozenset({State.RUNNING}), State.PAUSED, "control_mailing", gettext_noop("Pause")),
    "resume": Step(frozenset({State.PAUSED}), State.RUNNING, "control_mailing", gettext_noop("Resume")),
    "cancel": Step(
        frozenset(
            {
                State.DRAFT,
                State.PLANNING,
                State.PLANNED,
                State.SUBMITTED,
                State.APPROVED,
                State.RUNNING,
                State.PAUSED,
            }
        ),
        State.CANCELLED,
        "control_mailing",
        gettext_noop("Cancel"),
    ),
}


def allowed_actions(mailing: Mailing, user: User) -> list[str]:
    """Names of the steps that this user may take with this mailing now."""
    return [
        name
        for name, step in STEPS.items()
        if mailing.state in step.sources
        and user.has_perm(f"mailings.{step.permission}")
        and not (name == "approve" and approving.reason_not_to(mailing, user))
        # A draft without a problem is simply changed or deleted.
        and not (name == "cancel" and mailing.state == State.DRAFT and not mailing.problem)
    ]


def request_plan(mailing: Mailing, by: User) -> None:
    """Starts planning in the background; the mailing becomes planned, or a draft again with its problem said."""
    _take("request_plan", mailing, by, problem="", runs_itself=False)


def submit(mailing: Mailing, by: User, note: str = "") -> None:
    """Puts the plan before an approver, with what they should know beside it."""
    note = plain_lines(note)[:400]
    _check_times(mailing, _("Change it, then plan it again."))
    if mailing.budget is not None and mailing.planned_cost > mailing.budget:
        raise Refused(_("The plan costs more than the budget. Raise the budget or choose fewer recipients."))
    if not mailing.is_series and not Message.objects.of(mailing).waiting().exists():
        raise Refused(_("Nobody would receive this mailing. See below who is left out and why."))
    with transaction.atomic():
        # One after the other, so that the second of two always sees the first.
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(hashtext('submit'))")
        if meanwhile := taken_meanwhile(mailing):
            raise Refused(_said_meanwhile(*meanwhile))
        _take(
            "submit",
            mailing,
            by,
            comment=note,
            author_note=note,
            submitted_by=by,
            submitted_at=timezone.now(),
            content_hash=content_hash(content(mailing)),
            problem="",
        )
        approval_notices.tell_waits(mailing)


def _said_meanwhile(reason: str, recipients: int) -> str:
    return ngettext(
        "Another mailing was submitted after this plan was made: %(count)s of its recipients must now be left out"
        " (%(reason)s). Plan it again.",
        "Another mailing was submitted after this plan was made: %(count)s of its recipients must now be left out"
        " (%(reason)s). Plan it again.",
        recipients,
    ) % {"count": grouped(recipients), "reason": reason}


def approve(
    mailing: Mailing, by: User, seen: str | None = None, comment: str = "", *, agrees_to_night: bool = False
) -> bool:
    """Lets the mailing start when it is due; a series, make its runs. Whoever wrote or submitted any of it cannot.

    False if this was the first of two approvals: then it waits for the other. ``seen`` is the hash of what the approver
    looked at: what was submitted anew meanwhile is not approved unseen. What leaves at night needs ``agrees_to_night``.
    """
    mailing.refresh_from_db()
    if reason := approving.reason_not_to(mailing, by):
        raise Refused(reason)
    shown = _as_submitted(mailing, seen)
    _check_times(mailing, _("Return it to its author."))
    if not agrees_to_night:
        _check_night(mailing)
    with transaction.atomic():
        # Who submitted it anew between the look above and this line is noticed, too; so is who approved it first.
        now = Mailing.objects.select_for_update().get(pk=mailing.pk)
        if now.state == State.SUBMITTED and now.content_hash != mailing.content_hash:
            raise Refused(_("It was submitted anew just now. Look at it again, then approve it."))
        _check_right("approve", by)
        if reason := approving.reason_not_to(now, by):
            raise Refused(reason)
        first = approving.first_of(now)
        if approving.takes_a_second(now, first):
            approving.note_first(now, by, comment)
            approval_notices.tell_second(now, by)
            return False
        _take("approve", mailing, by, comment=comment[:400], next_run_at=None)
        approving.write_order(now, shown, by, first, comment)
        approval_notices.tell_decided(mailing, "approved", by)
    return True


def _check_times(mailing: Mailing, advice: str) -> None:
    """Refused if its start or its end is over. A run, which was made for its moment, may be decided until its end."""
    if mailing.state not in (State.PLANNED, State.SUBMITTED):
        return
    problems = problems_with_times(mailing, mailing.time_zones)
    if mailing.series_id is not None:
        problems.pop("starts_at", None)
    names = {"starts_at": _("Its start cannot be kept."), "ends_at": _("Its end cannot be kept.")}
    for name, problem in problems.items():
        raise Refused(f"{names[name]} {problem} {advice}")


def _check_night(mailing: Mailing) -> None:
    """Refused if messages would leave at night."""
    from backoffice.mailings.check import night  # it asks for the lines, whose speeds take steps of ours

    if mailing.state == State.SUBMITTED and (said := night.words(night.count(mailing))):
        raise Refused(_("%(night)s Tick that you agree to it, or return it.") % {"night": said})


def _as_submitted(mailing: Mailing, seen: str | None) -> dict[str, Any]:
    """What is approved, or Refused if it is not what was submitted or seen."""
    shown = content(mailing)
    if mailing.state == State.SUBMITTED and content_hash(shown) != mailing.content_hash:
        raise Refused(_("The mailing was changed after it was submitted. Return it to its author."))
    if mailing.state == State.SUBMITTED and seen is not None and seen != mailing.content_hash:
        raise Refused(
            _("It was submitted anew after you opened its page. Look at it again, then approve it.")
        )
    return shown


def send_back(mailing: Mailing, by: User, comment: str) -> None:
    """Returns a submitted mailing to its author, with what to change."""
    with transaction.atomic():
        _take("send_back", mailing, by, problem=comment, content_hash="", runs_itself=False)
        approval_notices.tell_decided(mailing, "returned", by)


def refuse(mailing: Mailing, by: User, comment: str) -> None:
    """Ends a submitted mailing for good, and says why. Its author can only copy it."""
    if not comment.strip():
        raise Refused(_("Say why it must not be sent."))
    with transaction.atomic():
        _take(
            "refuse",
            mailing,
            by,
            problem=comment,
            content_hash="",
            runs_itself=False,
            finished_at=timezone.now(),
        )
        approval_notices.tell_decided(mailing, "refused", by)


def withdraw(mailing: Mailing, by: User) -> None:
    """Takes a mailing back that has not started."""
    _take("withdraw", mailing, by, content_hash="", runs_itself=False)


def pause(mailing: Mailing, by: User) -> None:
    """No further message leaves within 3 s; what Kannel already has goes on."""
    _take("pause", mailing, by)


def resume(mailing: Mailing, by: User) -> None:
    _take("resume", mailing, by, problem="")


def cancel(mailing: Mailing, by: User) -> None:
    """What has not left will not be sent. What has left is followed to its end."""
    if mailing.state == State.DRAFT and not mailing.problem:
        raise Refused(_("Nothing of this draft has been planned. Change it, or delete it."))
    _take("cancel", mailing, by, finished_at=timezone.now())


def edited(mailing: Mailing, by: User) -> bool:
    """Called in the transaction that saves a change: takes plan and approval away. True if there was one."""
    had = mailing.state in (State.PLANNED, State.SUBMITTED, State.APPROVED)
    if had:
        move(
            mailing,
            [State.PLANNED, State.SUBMITTED, State.APPROVED],
            State.DRAFT,
            by,
            "mailings.edited",
            content_hash="",
            planned_count=None,
            runs_itself=False,
        )
    elif mailing.state != State.DRAFT:
        raise Refused(_("This mailing can no longer be changed. Copy it to make another one."))
    return had


# What the machine does


def planned(mailing: Mailing, **values: Any) -> None:
    """The plan is frozen. Called in the transaction that wrote its rows."""
    move(mailing, [State.PLANNING], State.PLANNED, None, "mailings.planned", **values)


def planning_failed(mailing: Mailing, problem: str) -> None:
    move(mailing, [State.PLANNING], State.DRAFT, None, "mailings.planning_failed", problem=problem)


def start_due(now: datetime | None = None) -> list[Mailing]:
    """Starts what is approved and due, if plan and launch order still say the same. Returns what started."""
    now = now or timezone.now()
    started = []
    for mailing in Mailing.objects.due(now):
        try:
            if START.do(mailing.pk, partial(_start, mailing, now)):
                started.append(mailing)
        except Refused:
            continue  # another worker was faster, or somebody took it back
    return started


def _start(mailing: Mailing, now: datetime) -> bool:
    """False if it may not start: then it is a draft again, and says why. That it is late is told, too."""
    with transaction.atomic():
        problem = kept(lambda: _reason_not_to_start(mailing, now))
        if problem:
            refuse_start(mailing, problem)
        else:
            move(mailing, [State.APPROVED], State.RUNNING, None, "mailings.start", started_at=now)
            late.tell_started(mailing)
    return not problem


def refuse_start(mailing: Mailing, problem: str) -> None:
    """It is a draft again, and says why; so does the feed."""
    values = {"problem": problem, "content_hash": ""}
    move(mailing, [State.APPROVED], State.DRAFT, None, "mailings.start_refused", **values)
    late.tell_not_started(mailing, problem)


def _given_up_start(subject: str, sentence: str) -> None:
    refuse_start(Mailing.objects.get(pk=subject), sentence)


def _reason_not_to_start(mailing: Mailing, now: datetime) -> str:
    if content_hash(content(mailing)) != mailing.content_hash or (
        Message.objects.of(mailing).digest() != mailing.plan_digest
    ):
        return _("The mailing was changed after its approval. Plan it and have it approved again.")
    if not mailing.launch_orders.filter(content_hash=mailing.content_hash).exists():
        return _("Nobody has approved what it says now. Plan it and have it approved.")
    if mailing.series_id is not None and _series_was_stopped(mailing):
        return _("Its series was stopped or changed before this run began. Plan it and have it approved.")
    if last_end(mailing) <= now:
        return _("The time to send was over before the mailing could start. Plan it again.")
    return ""


def _series_was_stopped(run: Mailing) -> bool:
    """Whether a run was approved by the order of its series, and that order holds no more."""
    order = LaunchOrder.objects.filter(mailing=run, content_hash=run.content_hash).order_by("pk").last()
    if order is None or order.series_order is None:
        return False
    series = order.series_order.mailing
    return (
        series.state not in (State.APPROVED, State.FINISHED)
        or series.content_hash != order.series_order.content_hash
    )


def stop(mailing: Mailing, problem: str) -> None:
    """Pauses a running mailing because something is wrong that a person has to look at."""
    move(mailing, [State.RUNNING], State.PAUSED, None, "mailings.stop", problem=problem)


def finish(mailing: Mailing) -> None:
    """Every message of a running mailing has reached its end; Refused while one has not."""
    # One that is to be sent again may have become open since somebody looked.
    if Message.objects.of(mailing).open().exists():
        raise Refused(_("Some of its messages have not reached their end."))
    move(
        mailing,
        [State.RUNNING, State.PAUSED],
        State.FINISHED,
        None,
        "mailings.finish",
        finished_at=timezone.now(),
    )


def _check_right(name: str, by: User) -> None:
    if not by.has_perm(f"mailings.{STEPS[name].permission}"):
        raise Refused(_("Your role does not allow this."))


def _take(name: str, mailing: Mailing, by: User, comment: str = "", **values: Any) -> None:
    _check_right(name, by)
    step = STEPS[name]
    move(mailing, step.sources, step.target, by, f"mailings.{name}", comment, **values)


def move(
    mailing: Mailing,
    sources: Iterable[State],
    target: State,
    by: User | None,
    action: str,
    comment: str = "",
    **values: Any,
) -> None:
    """One conditional UPDATE and its line in the audit log, or Refused when somebody was faster."""
    now = timezone.now()
    with transaction.atomic():
        moved = Mailing.objects.filter(pk=mailing.pk, state__in=list(sources)).update(
            state=target, state_at=now, **values
        )
        if not moved:
            mailing.refresh_from_db(fields=["state"])
            raise Refused(
                _("The mailing is now “%(state)s”, so this is not possible.")
                % {"state": mailing.get_state_display()}
            )
        for name, value in {"state": target, "state_at": now, **values}.items():
            setattr(mailing, name, value)
        said = stored(comment or values.get("problem", ""), 400)
        log(mailing, action, user=by, data={"state": target.value, "comment": said})
        approval_notices.close(mailing)
        steps.forget_subject(background.OF_MAILING, mailing.pk)


START = background.step_of_mailing(
    f"{background.OF_MAILING}start",
    gettext_lazy("Starting a mailing"),
    gettext_lazy(
        "“%(name)s” could not start: something unforeseen happened (%(error)s), %(count)s times. Plan it and have it approved "
        "again, and tell the administrators."
    ),
    give_up=_given_up_start,
    passes=(Refused,),
)
FINISH = background.step_of_mailing(
    f"{background.OF_MAILING}finish", gettext_lazy("Finishing a mailing"), passes=(Refused,)
)
