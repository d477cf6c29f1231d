from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal

import pytest
from django.contrib.auth.models import Permission
from django.db import DatabaseError, transaction
from django.utils import timezone
from wagtail.models import ModelLogEntry

from backoffice.accounts.models import User
from backoffice.mailings import lifecycle
from backoffice.mailings.approving import COMMENTED
from backoffice.mailings.lifecycle import STEPS, Refused
from backoffice.mailings.models import LaunchOrder, Mailing, Message
from kannel.models import Connection
from tests.mailings.conftest import MakeCustomer

pytestmark = pytest.mark.django_db
Planned = Callable[[], Mailing]
Running = Callable[[], Mailing]
State = Mailing.State


def take(name: str, mailing: Mailing, by: User) -> None:
    arguments = ["Please shorten it."] if name in COMMENTED else []
    getattr(lifecycle, name)(mailing, by, *arguments)


@pytest.mark.parametrize("state", State)
@pytest.mark.parametrize("name", STEPS)
def test_a_step_is_taken_from_its_states_only(
    name: str, state: State, mailing: Mailing, approver: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    Mailing.objects.filter(pk=mailing.pk).update(
        state=state,
        planned_at=timezone.now(),
        submitted_at=timezone.now(),
        # A draft can be given up once it could not be planned.
        problem="There is no way to send it." if name == "cancel" else "",
    )
    mailing.refresh_from_db()
    Message.objects.create(
        id=1 + (((timezone.now().year - 2000) * 12 + timezone.now().month - 1) << 40),
        mailing=mailing,
        customer_id=1,
        state="waiting",
        state_at=timezone.now(),
    )
    mailing.submitted_by = mailing.created_by
    mailing.content_hash = lifecycle.content_hash(lifecycle.content(mailing))
    mailing.save()
    if state in STEPS[name].sources:
        take(name, mailing, approver)
        mailing.refresh_from_db()
        assert mailing.state == STEPS[name].target
    else:
        with pytest.raises(Refused):
            take(name, mailing, approver)
        mailing.refresh_from_db()
        assert mailing.state == state


@pytest.mark.parametrize("name", STEPS)
def test_without_the_right_no_step_is_taken(name: str, mailing: Mailing) -> None:
    stranger = User.objects.create_user("stranger")
    Mailing.objects.filter(pk=mailing.pk).update(state=next(iter(STEPS[name].sources)))
    mailing.refresh_from_db()
    assert lifecycle.allowed_actions(mailing, stranger) == []
    with pytest.raises(Refused):
        take(name, mailing, stranger)


def test_the_author_cannot_approve(
    north: Connection, make_customer: MakeCustomer, planned: Planned, editor: User
) -> None:
    make_customer()
    mailing = planned()
    lifecycle.submit(mailing, editor)
    assert "approve" not in lifecycle.allowed_actions(mailing, editor)
    with pytest.raises(Refused, match="Somebody else"):
        lifecycle.approve(mailing, editor)


def test_whoever_submitted_it_cannot_approve(
    north: Connection, make_customer: MakeCustomer, planned: Planned, approver: User
) -> None:
    make_customer()
    mailing = planned()
    lifecycle.submit(mailing, approver)
    with pytest.raises(Refused, match="Somebody else"):
        lifecycle.approve(mailing, approver)


def test_the_database_itself_refuses_a_launch_by_one_person(mailing: Mailing, editor: User) -> None:
    with pytest.raises(DatabaseError, match="two_people_launch"), transaction.atomic():
        LaunchOrder.objects.create(
            mailing=mailing,
            content={},
            content_hash="",
            requested_by=editor,
            requested_at=timezone.now(),
            approved_by=editor,
        )


def test_a_launch_order_cannot_be_changed(
    north: Connection, make_customer: MakeCustomer, running: Running
) -> None:
    make_customer()
    running()
    with pytest.raises(DatabaseError, match="never changed"), transaction.atomic():
        LaunchOrder.objects.update(content_hash="0" * 64)


def test_an_approval_says_who_asked_who_approved_and_what(
    north: Connection, make_customer: MakeCustomer, running: Running, editor: User, approver: User
) -> None:
    make_customer()
    mailing = running()
    order = LaunchOrder.objects.get(mailing=mailing)
    assert (order.requested_by, order.approved_by) == (editor, approver)
    assert order.content_hash == mailing.content_hash == lifecycle.content_hash(order.content)
    assert order.content["variants"] == {"": 'Dear {first_name|default:"customer"}, come in.'}
    assert order.content["planned_count"] == 1


def test_a_change_takes_plan_and_approval_away(
    north: Connection, make_customer: MakeCustomer, planned: Planned, editor: User, approver: User
) -> None:
    make_customer()
    mailing = planned()
    lifecycle.submit(mailing, editor)
    lifecycle.approve(mailing, approver)
    assert lifecycle.edited(mailing, editor)
    mailing.refresh_from_db()
    assert (mailing.state, mailing.content_hash, mailing.planned_count) == (State.DRAFT, "", None)


def test_a_draft_is_changed_without_ado(mailing: Mailing, editor: User) -> None:
    assert not lifecycle.edited(mailing, editor)


def test_a_running_mailing_cannot_be_changed(
    north: Connection, make_customer: MakeCustomer, running: Running, editor: User
) -> None:
    make_customer()
    with pytest.raises(Refused, match="no longer be changed"):
        lifecycle.edited(running(), editor)


def test_a_text_changed_after_submission_cannot_be_approved(
    north: Connection, make_customer: MakeCustomer, planned: Planned, editor: User, approver: User
) -> None:
    make_customer()
    mailing = planned()
    lifecycle.submit(mailing, editor)
    type(mailing.template).objects.update(text="Something else")
    with pytest.raises(Refused, match="changed after it was submitted"):
        lifecycle.approve(mailing, approver)


def test_a_plan_beyond_the_budget_cannot_be_submitted(
    north: Connection, make_customer: MakeCustomer, planned: Planned, mailing: Mailing, editor: User
) -> None:
    make_customer()
    Mailing.objects.filter(pk=mailing.pk).update(budget=Decimal("0.50"))
    with pytest.raises(Refused, match="more than the budget"):
        lifecycle.submit(planned(), editor)


def test_a_plan_without_recipients_cannot_be_submitted(
    north: Connection, make_customer: MakeCustomer, planned: Planned, editor: User
) -> None:
    make_customer(consent=None)
    with pytest.raises(Refused, match="Nobody would receive"):
        lifecycle.submit(planned(), editor)


def test_a_returned_mailing_says_what_to_change(
    north: Connection, make_customer: MakeCustomer, planned: Planned, editor: User, approver: User
) -> None:
    make_customer()
    mailing = planned()
    lifecycle.submit(mailing, editor)
    lifecycle.send_back(mailing, approver, "Please shorten it.")
    mailing.refresh_from_db()
    assert (mailing.state, mailing.problem) == (State.DRAFT, "Please shorten it.")


def test_a_mailing_starts_when_it_is_due(
    north: Connection,
    make_customer: MakeCustomer,
    planned: Planned,
    mailing: Mailing,
    editor: User,
    approver: User,
) -> None:
    make_customer()
    starts_at = timezone.now() + timedelta(hours=2)
    Mailing.objects.filter(pk=mailing.pk).update(starts_at=starts_at)
    mailing = planned()
    lifecycle.submit(mailing, editor)
    lifecycle.approve(mailing, approver)
    assert lifecycle.start_due() == []
    assert lifecycle.start_due(starts_at) == [mailing]


def test_a_mailing_approved_too_late_is_not_started(
    north: Connection, make_customer: MakeCustomer, planned: Planned, editor: User, approver: User
) -> None:
    make_customer()
    mailing = planned()
    lifecycle.submit(mailing, editor)
    lifecycle.approve(mailing, approver)
    assert lifecycle.start_due(timezone.now() + timedelta(days=2)) == []
    mailing.refresh_from_db()
    assert mailing.state == State.DRAFT
    assert "Plan it again" in mailing.problem


def test_every_step_stands_in_the_audit_log(
    north: Connection, make_customer: MakeCustomer, running: Running, editor: User
) -> None:
    make_customer()
    mailing = running()
    lifecycle.pause(mailing, editor)
    actions = list(ModelLogEntry.objects.for_instance(mailing).order_by("pk").values_list("action", "user"))
    assert [action for action, _ in actions] == [
        "mailings.request_plan",
        "mailings.planned",
        "mailings.submit",
        "mailings.approve",
        "mailings.start",
        "mailings.pause",
    ]
    assert actions[-1] == ("mailings.pause", editor.pk)


def test_of_two_who_click_at_once_one_is_told(
    north: Connection, make_customer: MakeCustomer, running: Running, editor: User
) -> None:
    make_customer()
    mailing = running()
    stale = Mailing.objects.get(pk=mailing.pk)
    lifecycle.cancel(mailing, editor)
    with pytest.raises(Refused, match="cancelled"):
        lifecycle.pause(stale, editor)


def test_an_editor_may_submit_but_neither_approve_nor_stop(mailing: Mailing) -> None:
    user = User.objects.create_user("plain")
    user.user_permissions.add(Permission.objects.get(codename="submit_mailing"))
    assert lifecycle.allowed_actions(mailing, user) == ["request_plan"]
