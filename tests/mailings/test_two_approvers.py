"""Above a size or a cost a mailing takes two approvers, and the second one is another person."""

from collections.abc import Callable
from decimal import Decimal

import pytest
from django.db import DatabaseError, transaction
from django.utils import timezone
from wagtail.models import ModelLogEntry

from backoffice.accounts.models import User
from backoffice.mailings import approval_needs, comparing, lifecycle, planning, series
from backoffice.mailings.approval_needs import Size
from backoffice.mailings.approvers import who_may_approve
from backoffice.mailings.four_eyes import written_by_others
from backoffice.mailings.lifecycle import Refused
from backoffice.mailings.models import Approval, ApprovalRules, LaunchOrder, Mailing, Message
from backoffice.message_templates.models import MessageTemplate
from kannel.models import Connection
from tests.mailings.clock import clock_at
from tests.mailings.conftest import MakeCustomer
from tests.mailings.in_state import add_messages, put
from tests.mailings.repeating import FRIDAY, MONDAY, Repeat

pytestmark = pytest.mark.django_db
State = Mailing.State


@pytest.fixture
def olga(db: None) -> User:
    return User.objects.create_superuser("olga", first_name="Olga", last_name="Petrova")


@pytest.fixture
def submitted(mailing: Mailing, editor: User) -> Mailing:
    """Two messages that wait, 4.00 together."""
    add_messages(mailing, "waiting", "waiting", "excluded")
    Mailing.objects.update(planned_cost=Decimal("4.00"))
    return put(mailing, State.SUBMITTED, editor)


def above(recipients: int | None = None, cost: str | None = None) -> None:
    ApprovalRules.objects.update(
        second_above_recipients=recipients, second_above_cost=None if cost is None else Decimal(cost)
    )


def fresh(mailing: Mailing) -> Mailing:
    return Mailing.objects.get(pk=mailing.pk)


@pytest.mark.parametrize(
    ("recipients", "cost", "found"),
    [
        (None, None, []),
        (2, None, []),
        (1, None, ["more than 1 recipient"]),
        (None, "4.00", []),
        (None, "3.99", ["more than 3.99 RUB"]),
        (0, "0", ["more than 0 recipients", "more than 0.00 RUB"]),
    ],
)
def test_what_is_needed_is_read_from_the_plan(
    recipients: int | None, cost: str | None, found: list[str], submitted: Mailing
) -> None:
    above(recipients, cost)
    assert approval_needs.reasons(submitted) == found


def test_without_a_row_one_approver_is_enough(submitted: Mailing, approver: User) -> None:
    ApprovalRules.objects.all().delete()
    assert lifecycle.approve(submitted, approver)
    assert submitted.state == State.APPROVED


def test_the_first_of_two_leaves_it_waiting_and_is_written_down(submitted: Mailing, approver: User) -> None:
    above(1)
    assert not lifecycle.approve(submitted, approver, comment="Good prices.")
    now = fresh(submitted)
    assert (now.state, LaunchOrder.objects.count()) == (State.SUBMITTED, 0)
    given = Approval.objects.get()
    assert (given.approver, given.comment, given.content_hash) == (approver, "Good prices.", now.content_hash)
    entry = ModelLogEntry.objects.for_instance(submitted).get(action="mailings.approve_first")
    assert (entry.user, entry.data["comment"]) == (approver, "Good prices.")


def test_the_second_makes_the_launch_order_and_it_names_both(
    submitted: Mailing, editor: User, approver: User, olga: User
) -> None:
    above(1)
    lifecycle.approve(submitted, approver)
    assert lifecycle.approve(submitted, olga, comment="Agreed.")
    order = LaunchOrder.objects.get()
    assert (order.requested_by, order.first_approved_by, order.approved_by) == (editor, approver, olga)
    assert (order.comment, order.content_hash) == ("Agreed.", fresh(submitted).content_hash)
    assert fresh(submitted).state == State.APPROVED


def test_nobody_gives_both(submitted: Mailing, approver: User) -> None:
    above(1)
    lifecycle.approve(submitted, approver)
    assert "approve" not in lifecycle.allowed_actions(submitted, approver)
    with pytest.raises(Refused, match="already"):
        lifecycle.approve(submitted, approver)
    assert list(written_by_others(Mailing.objects.all(), approver)) == []


def test_the_author_gives_neither(submitted: Mailing, editor: User, approver: User) -> None:
    above(1)
    with pytest.raises(Refused, match="You wrote"):
        lifecycle.approve(submitted, editor)
    lifecycle.approve(submitted, approver)
    with pytest.raises(Refused, match="You wrote"):
        lifecycle.approve(submitted, editor)


def test_without_the_right_there_is_no_first_approval(submitted: Mailing) -> None:
    above(1)
    with pytest.raises(Refused, match="role"):
        lifecycle.approve(submitted, User.objects.create_user("stranger"))
    assert not Approval.objects.exists()


@pytest.mark.parametrize("step", ["send_back", "withdraw", "edited"])
def test_what_is_submitted_again_begins_with_no_approval(
    step: str, submitted: Mailing, editor: User, approver: User, olga: User
) -> None:
    above(1)
    lifecycle.approve(submitted, approver)
    words = {"comment": "Shorter."} if step == "send_back" else {}
    getattr(lifecycle, step)(submitted, editor, **words)
    put(submitted, State.SUBMITTED, editor)
    assert not lifecycle.approve(fresh(submitted), olga)
    assert fresh(submitted).state == State.SUBMITTED
    assert lifecycle.approve(fresh(submitted), approver)
    order = LaunchOrder.objects.get()
    assert (order.first_approved_by, order.approved_by) == (olga, approver)


def test_a_change_after_the_first_approval_is_not_approved(
    submitted: Mailing, approver: User, olga: User
) -> None:
    above(1)
    lifecycle.approve(submitted, approver)
    MessageTemplate.objects.update(text="Buy now.")
    with pytest.raises(Refused, match="changed after it was submitted"):
        lifecycle.approve(submitted, olga)


def test_rules_made_stricter_meanwhile_count(submitted: Mailing, approver: User, olga: User) -> None:
    above(100)
    assert approval_needs.reasons(submitted) == []
    above(1)
    assert not lifecycle.approve(submitted, approver)
    above(100)
    assert lifecycle.approve(submitted, olga)
    assert LaunchOrder.objects.get().first_approved_by == approver


@pytest.mark.parametrize("who", ["editor", "approver"])
def test_the_database_itself_refuses_two_approvals_by_one_person(
    who: str, mailing: Mailing, editor: User, approver: User
) -> None:
    first = {"editor": editor, "approver": approver}[who]
    with pytest.raises(DatabaseError, match="two_approvers_differ"), transaction.atomic():
        LaunchOrder.objects.create(
            mailing=mailing,
            content={},
            content_hash="",
            requested_by=editor,
            requested_at=timezone.now(),
            approved_by=approver,
            first_approved_by=first,
        )


def test_the_database_itself_keeps_an_approval_as_it_was_given(submitted: Mailing, approver: User) -> None:
    above(1)
    lifecycle.approve(submitted, approver)
    with pytest.raises(DatabaseError, match="never changed"), transaction.atomic():
        Approval.objects.update(comment="")
    with pytest.raises(DatabaseError, match="one_first_approval"), transaction.atomic():
        Approval.objects.create(mailing=submitted, submitted_at=submitted.submitted_at, approver=approver)


def test_a_refusal_ends_it_with_its_comment(submitted: Mailing, approver: User) -> None:
    lifecycle.refuse(submitted, approver, "We do not offer this.")
    now = fresh(submitted)
    assert (now.state, now.problem, now.content_hash) == (State.CANCELLED, "We do not offer this.", "")
    assert now.finished_at is not None
    entry = ModelLogEntry.objects.for_instance(submitted).get(action="mailings.refuse")
    assert entry.data["comment"] == "We do not offer this."


def test_a_refusal_says_why(submitted: Mailing, approver: User) -> None:
    with pytest.raises(Refused, match="Say why"):
        lifecycle.refuse(submitted, approver, " ")
    assert fresh(submitted).state == State.SUBMITTED


def test_of_a_series_the_limits_of_a_run_count(mailing: Mailing) -> None:
    mailing.repeats = "daily"
    assert approval_needs.size_of(mailing) == Size(0, Decimal(0))
    mailing.run_recipients, mailing.run_cost = 500, Decimal("90.00")
    assert approval_needs.size_of(mailing) == Size(500, Decimal("90.00"))


def test_a_run_within_its_limits_waits_if_it_takes_two_now(
    repeat: Repeat, make_customer: MakeCustomer
) -> None:
    make_customer()
    one = repeat()
    with clock_at(FRIDAY):
        run = series.run_for(one, MONDAY)
        run.state = State.PLANNING
        run.save()
        planning.plan(run)
    order = series.order_of(run)
    assert order is not None
    assert series.reason_for_a_person(run, order) == ""
    above(0)
    assert series.reason_for_a_person(run, order) == "It takes two approvers now: more than 0 recipients."
    order.first_approved_by = User.objects.create_superuser("other")
    assert series.reason_for_a_person(run, order) == ""


def test_of_a_comparison_those_count_who_get_the_best_text_later(
    north: Connection,
    make_customer: MakeCustomer,
    planned: Callable[[], Mailing],
    mailing: Mailing,
) -> None:
    other = MessageTemplate.objects.create(name="Shorter", text="Come in.")
    Mailing.objects.update(second_text=other, test_percent=40)
    for _ in range(12):
        make_customer()
    found = planned()
    kept = Message.objects.filter(reason=Message.Reason.FOR_WINNER).count()
    assert 0 < kept < 12
    size = approval_needs.size_of(found)
    assert size == Size(12, found.planned_cost + comparing.cost_limit(found))
    above(11)
    assert approval_needs.reasons(found) == ["more than 11 recipients"]


def test_whoever_gave_the_first_approval_is_not_asked_for_the_second(
    submitted: Mailing, olga: User, approver: User
) -> None:
    above(recipients=1)
    lifecycle.approve(submitted, olga)
    assert who_may_approve(fresh(submitted)) == ["approver"]
