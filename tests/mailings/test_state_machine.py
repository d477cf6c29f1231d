"""Every state, every action, every role: what may happen is written here once more, and nothing else happens."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import Group
from django.utils import timezone
from wagtail.log_actions import log
from wagtail.models import ModelLogEntry

from backoffice.accounts.models import User
from backoffice.accounts.roles import RIGHTS
from backoffice.mailings import lifecycle, rescheduling, results, speed
from backoffice.mailings.lifecycle import Refused
from backoffice.mailings.models import Approval, ApprovalRules, LaunchOrder, Mailing, Message
from tests.mailings.in_state import add_messages, put, undone

pytestmark = pytest.mark.django_db
S = Mailing.State

WRITERS = frozenset({"Editor"})
APPROVERS = frozenset({"Approver"})
BOTH = WRITERS | APPROVERS
# Administrators: who made it, who submitted it, who changed it, and one who wrote nothing of it.
WROTE = frozenset({"author", "submitter", "changer"})
ADMINISTRATORS = WROTE | {"administrator"}


@dataclass(frozen=True)
class Action:
    """From which states it leads where (None: the state stays), and who may do it."""

    sources: frozenset[str]
    target: str | None
    people: frozenset[str]
    do: Callable[[Mailing, User], Any]


def take(name: str) -> Callable[[Mailing, User], Any]:
    words = {"comment": "Shorter."} if name in ("send_back", "refuse") else {}
    return lambda mailing, by: getattr(lifecycle, name)(mailing, by, **words)


def another_day(mailing: Mailing, by: User) -> None:
    rescheduling.move_to(mailing, timezone.now() + timedelta(days=3), by)


ACTIONS = {
    "request_plan": Action(
        frozenset({S.DRAFT, S.PLANNED}), S.PLANNING, WRITERS | ADMINISTRATORS, take("request_plan")
    ),
    "submit": Action(frozenset({S.PLANNED}), S.SUBMITTED, WRITERS | ADMINISTRATORS, take("submit")),
    "approve": Action(frozenset({S.SUBMITTED}), S.APPROVED, APPROVERS | {"administrator"}, take("approve")),
    "send_back": Action(frozenset({S.SUBMITTED}), S.DRAFT, APPROVERS | ADMINISTRATORS, take("send_back")),
    "refuse": Action(frozenset({S.SUBMITTED}), S.CANCELLED, APPROVERS | ADMINISTRATORS, take("refuse")),
    "withdraw": Action(
        frozenset({S.SUBMITTED, S.APPROVED}), S.DRAFT, WRITERS | ADMINISTRATORS, take("withdraw")
    ),
    "pause": Action(frozenset({S.RUNNING}), S.PAUSED, BOTH | ADMINISTRATORS, take("pause")),
    "resume": Action(frozenset({S.PAUSED}), S.RUNNING, BOTH | ADMINISTRATORS, take("resume")),
    "cancel": Action(
        frozenset({S.PLANNING, S.PLANNED, S.SUBMITTED, S.APPROVED, S.RUNNING, S.PAUSED}),
        S.CANCELLED,
        BOTH | ADMINISTRATORS,
        take("cancel"),
    ),
    "slow_down": Action(
        frozenset({S.APPROVED, S.RUNNING, S.PAUSED}),
        None,
        BOTH | ADMINISTRATORS,
        lambda mailing, by: speed.slow_down(mailing, 10, by),
    ),
    "full_speed": Action(
        frozenset({S.APPROVED, S.RUNNING, S.PAUSED}), None, BOTH | ADMINISTRATORS, speed.full_speed
    ),
    "another_day": Action(
        frozenset({S.DRAFT, S.PLANNED, S.SUBMITTED, S.APPROVED}),
        S.DRAFT,
        WRITERS | ADMINISTRATORS,
        another_day,
    ),
    "resend": Action(frozenset({S.FINISHED, S.CANCELLED}), None, WRITERS | ADMINISTRATORS, results.resend),
}
# What Parley does by itself.
MACHINE: dict[str, tuple[frozenset[str], str, Callable[[Mailing], Any]]] = {
    "planned": (frozenset({S.PLANNING}), S.PLANNED, lifecycle.planned),
    "planning_failed": (
        frozenset({S.PLANNING}),
        S.DRAFT,
        lambda mailing: lifecycle.planning_failed(mailing, "No operator."),
    ),
    "stop": (
        frozenset({S.RUNNING}),
        S.PAUSED,
        lambda mailing: lifecycle.stop(mailing, "Its books do not balance."),
    ),
    "finish": (frozenset({S.RUNNING, S.PAUSED}), S.FINISHED, lifecycle.finish),
}


@pytest.fixture
def people(mailing: Mailing) -> dict[str, User]:
    """One person for each role with that role alone, and four administrators."""
    found = {}
    for role in RIGHTS:
        found[role] = User.objects.create_user(f"{role} alone")
        found[role].groups.set([Group.objects.get(name=role)])
    for name in ("submitter", "changer", "administrator"):
        found[name] = User.objects.create_superuser(name)
    found["author"] = mailing.created_by
    log(mailing, "wagtail.edit", user=found["changer"])
    tomorrow = timezone.now() + timedelta(days=1)
    Mailing.objects.update(starts_at=tomorrow, ends_at=tomorrow + timedelta(days=1))
    add_messages(mailing, "waiting", "rejected")
    return found


@pytest.mark.parametrize("name", ACTIONS)
def test_an_action_is_done_from_its_states_by_its_people_only(
    name: str, mailing: Mailing, people: dict[str, User]
) -> None:
    action, wrong = ACTIONS[name], []
    for state in S:
        put(mailing, state, people["submitter"])
        for person, by in people.items():
            with undone():
                outcome = attempt(action, mailing, by)
            expected = (action.target or state) if is_allowed(action, state, person) else "refused"
            if outcome != expected:
                wrong.append(f"{person}, {state}: {outcome} instead of {expected}")
    assert wrong == []


# The same where it takes two approvers: of the first approval, and of the second after "first" has given the first.
OF_TWO = {
    "first": (None, APPROVERS | {"administrator", "first"}),
    "second": (S.APPROVED, APPROVERS | {"administrator"}),
}


@pytest.mark.parametrize("which", OF_TWO)
def test_each_of_two_approvals_is_given_from_its_state_by_its_people_only(
    which: str, mailing: Mailing, people: dict[str, User]
) -> None:
    ApprovalRules.objects.update(second_above_recipients=0)
    people["first"] = User.objects.create_superuser("first")
    target, who = OF_TWO[which]
    action, wrong = Action(frozenset({S.SUBMITTED}), target, who, take("approve")), []
    for state in S:
        put(mailing, state, people["submitter"])
        for person, by in people.items():
            with undone():
                if which == "second" and state == S.SUBMITTED:
                    lifecycle.approve(Mailing.objects.get(pk=mailing.pk), people["first"])
                outcome = attempt(action, mailing, by)
                given = Approval.objects.count()
            expected = (target or state) if is_allowed(action, state, person) else "refused"
            had = which == "second" and state == S.SUBMITTED
            if outcome != expected or given != (had or (which == "first" and expected != "refused")):
                wrong.append(f"{person}, {state}: {outcome} instead of {expected}, {given}")
    assert wrong == []


def is_allowed(action: Action, state: str, person: str) -> bool:
    return state in action.sources and person in action.people


def attempt(action: Action, mailing: Mailing, by: User) -> str:
    """The state it is in then, or that it was refused and nothing was changed."""
    before = Mailing.objects.values().get(pk=mailing.pk)
    entries = ModelLogEntry.objects.count()
    try:
        action.do(Mailing.objects.get(pk=mailing.pk), by)
    except Refused:
        assert Mailing.objects.values().get(pk=mailing.pk) == before
        assert not LaunchOrder.objects.exists()
        assert ModelLogEntry.objects.count() == entries
        return "refused"
    return str(Mailing.objects.values_list("state", flat=True).get(pk=mailing.pk))


def test_only_what_is_allowed_is_offered(mailing: Mailing, people: dict[str, User]) -> None:
    for state in S:
        put(mailing, state, people["submitter"])
        for person, by in people.items():
            offered = set(lifecycle.allowed_actions(mailing, by))
            steps = {name: ACTIONS[name] for name in lifecycle.STEPS}
            allowed = {name for name, action in steps.items() if is_allowed(action, state, person)}
            assert offered == allowed, (person, state)


def test_every_step_is_written_here() -> None:
    assert set(lifecycle.STEPS) <= set(ACTIONS)


@pytest.mark.parametrize("name", MACHINE)
def test_what_parley_does_by_itself_is_done_from_its_states_only(
    name: str, mailing: Mailing, people: dict[str, User]
) -> None:
    sources, target, do = MACHINE[name]
    Message.objects.update(state="delivered")
    for state in S:
        put(mailing, state, people["submitter"])
        with undone():
            try:
                do(Mailing.objects.get(pk=mailing.pk))
                outcome = Mailing.objects.get(pk=mailing.pk).state
            except Refused:
                outcome = "refused"
        assert outcome == (target if state in sources else "refused"), state


def test_a_change_takes_plan_and_approval_away_from_every_state_that_has_them(
    mailing: Mailing, people: dict[str, User]
) -> None:
    for state in S:
        put(mailing, state, people["submitter"])
        with undone():
            try:
                had = lifecycle.edited(Mailing.objects.get(pk=mailing.pk), people["Editor"])
                now = Mailing.objects.get(pk=mailing.pk)
                outcome: Any = (had, now.state, now.content_hash if had else "")
            except Refused:
                outcome = "refused"
        if state in (S.PLANNED, S.SUBMITTED, S.APPROVED):
            assert outcome == (True, S.DRAFT, ""), state
        else:
            assert outcome == ((False, S.DRAFT, "") if state == S.DRAFT else "refused"), state


def test_only_what_is_approved_starts(mailing: Mailing, people: dict[str, User]) -> None:
    for state in S:
        put(mailing, state, people["submitter"], people["administrator"])
        with undone():
            started = lifecycle.start_due(timezone.now() + timedelta(days=1, minutes=1))
            now = Mailing.objects.get(pk=mailing.pk)
        assert started == ([mailing] if state == S.APPROVED else []), state
        assert now.state == (S.RUNNING if state == S.APPROVED else state)
