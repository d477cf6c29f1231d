from collections.abc import Callable
from datetime import time, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.utils import timezone

from backoffice.customers.models import Consent, Customer
from backoffice.mailings import lifecycle
from backoffice.mailings.claiming import _with_work, claim, shares
from backoffice.mailings.models import LaunchOrder, Mailing, Message
from kannel.models import Connection
from tests.mailings.conftest import MakeCustomer, message_to

pytestmark = pytest.mark.django_db
Running = Callable[[], Mailing]
State = Message.State


def test_a_claim_marks_before_anything_leaves(
    north: Connection, make_customer: MakeCustomer, running: Running
) -> None:
    customer = make_customer("+79050001122", first_name="Oleg")
    running()
    [taken] = claim(north, 10)
    message = message_to(customer)
    assert (taken.phone, taken.text, taken.sender) == ("+79050001122", "Dear Oleg, come in.", "Parley")
    assert (message.state, message.attempt, taken.attempt) == (State.SUBMITTING, 1, 1)
    assert message.submitted_at is not None


def test_what_is_claimed_is_not_claimed_again(
    north: Connection, make_customer: MakeCustomer, running: Running
) -> None:
    make_customer()
    running()
    assert len(claim(north, 10)) == 1
    assert claim(north, 10) == []


def test_a_claim_takes_no_more_than_it_was_asked_for(
    north: Connection, make_customer: MakeCustomer, running: Running
) -> None:
    for _ in range(5):
        make_customer()
    running()
    assert len(claim(north, 3)) == 3


def test_another_connection_takes_nothing_of_it(
    north: Connection, south: Connection, make_customer: MakeCustomer, running: Running
) -> None:
    make_customer("+79160000001")
    running()
    assert claim(south, 10) == []
    assert len(claim(north, 10)) == 1


def test_who_withdrew_after_planning_is_not_written_to(
    north: Connection, make_customer: MakeCustomer, running: Running
) -> None:
    customer = make_customer()
    running()
    Consent.objects.filter(customer=customer).update(state="withdrawn")
    assert claim(north, 10) == []
    assert (message_to(customer).state, message_to(customer).reason) == (State.EXCLUDED, "opted_out")


def test_who_was_blocked_after_planning_is_not_written_to(
    north: Connection, make_customer: MakeCustomer, running: Running
) -> None:
    customer = make_customer()
    running()
    Customer.objects.update(is_blocked=True)
    assert claim(north, 10) == []
    assert message_to(customer).reason == "opted_out"


def test_a_number_somebody_else_opted_out_with_after_planning_is_not_written_to(
    north: Connection, make_customer: MakeCustomer, running: Running
) -> None:
    customer = make_customer("+79050001122")
    running()
    make_customer("+79050001122", consent="withdrawn")
    assert claim(north, 10) == []
    assert message_to(customer).reason == "opted_out"


def test_whose_consent_is_gone_is_not_written_to(
    north: Connection, make_customer: MakeCustomer, running: Running
) -> None:
    customer = make_customer()
    running()
    Consent.objects.all().delete()
    assert claim(north, 10) == []
    assert message_to(customer).reason == "no_consent"


def test_whose_number_is_gone_is_not_written_to(
    north: Connection, make_customer: MakeCustomer, running: Running
) -> None:
    customer = make_customer()
    running()
    Customer.objects.update(phone="")
    assert claim(north, 10) == []
    assert message_to(customer).reason == "invalid_number"


def test_who_was_erased_is_not_written_to(
    north: Connection, make_customer: MakeCustomer, running: Running
) -> None:
    customer = make_customer()
    running()
    pk = customer.pk
    customer.delete()
    assert claim(north, 10) == []
    assert Message.objects.get(customer_id=pk).state == State.EXCLUDED


@pytest.mark.parametrize("step", ["pause", "cancel"])
def test_a_stopped_mailing_gives_nothing(
    step: str, north: Connection, make_customer: MakeCustomer, running: Running, editor: object
) -> None:
    make_customer()
    getattr(lifecycle, step)(running(), editor)
    assert claim(north, 10) == []


def test_without_a_launch_order_of_this_very_content_nothing_leaves(
    north: Connection, make_customer: MakeCustomer, running: Running
) -> None:
    make_customer()
    mailing = running()
    assert LaunchOrder.objects.filter(mailing=mailing).exists()
    Mailing.objects.filter(pk=mailing.pk).update(content_hash="0" * 64)
    assert claim(north, 10) == []


def test_outside_the_local_hours_a_message_waits_for_the_next_opening(
    north: Connection, make_customer: MakeCustomer, running: Running
) -> None:
    customer = make_customer(time_zone="Asia/Kamchatka")
    mailing = running()
    local = timezone.localtime(timezone=ZoneInfo("Asia/Kamchatka"))
    opens, closes = sorted([(local + timedelta(hours=2)).time(), (local + timedelta(hours=4)).time()])
    Mailing.objects.filter(pk=mailing.pk).update(local_from=opens, local_to=closes)
    if opens <= local.time() < closes:  # the four hours run over midnight
        Mailing.objects.filter(pk=mailing.pk).update(local_from=time(0), local_to=opens)
    Message.objects.update(latest_at=timezone.now() + timedelta(days=3))
    assert claim(north, 10) == []
    message = message_to(customer)
    assert message.state == State.WAITING
    assert message.earliest_at is not None
    assert message.earliest_at > timezone.now()


def test_a_message_that_is_too_late_expires(
    north: Connection, make_customer: MakeCustomer, running: Running
) -> None:
    customer = make_customer()
    running()
    Message.objects.update(latest_at=timezone.now() - timedelta(seconds=1))
    assert claim(north, 10) == []
    message = message_to(customer)
    assert (message.state, message.reason) == (State.EXPIRED, "window_closed")
    assert message.final_at is not None


def test_the_operator_must_deliver_before_the_window_ends(
    north: Connection, make_customer: MakeCustomer, running: Running, mailing: Mailing
) -> None:
    make_customer()
    Mailing.objects.filter(pk=mailing.pk).update(validity=timedelta(hours=72))
    running()
    end = timezone.now() + timedelta(minutes=30)
    Message.objects.update(latest_at=end)
    [taken] = claim(north, 10)
    assert taken.valid_until == end


def test_the_validity_of_the_mailing_is_the_operators_when_it_is_shorter(
    north: Connection, make_customer: MakeCustomer, running: Running, mailing: Mailing
) -> None:
    make_customer()
    Mailing.objects.filter(pk=mailing.pk).update(validity=timedelta(minutes=5))
    running()
    [taken] = claim(north, 10)
    assert timedelta(minutes=4) < taken.valid_until - timezone.now() <= timedelta(minutes=5)


def test_an_urgent_mailing_gets_nearly_the_whole_line() -> None:
    urgent, normal = Mailing(pk=1, priority=3), Mailing(pk=2, priority=1)
    urgent.created_at = normal.created_at = timezone.now()
    parts = list(shares([normal, urgent], 260))
    assert parts[0] == (urgent, 256)
    assert parts[1] == (normal, 4)
    assert parts[2] == (urgent, 260)


def test_a_mailing_alone_gets_everything() -> None:
    only = Mailing(pk=1, priority=0)
    only.created_at = timezone.now()
    assert list(shares([only], 250)) == [(only, 250)]


def test_whether_a_mailing_has_something_due_is_asked_of_the_index_once(north: Connection) -> None:
    plan = _with_work(north, timezone.now()).explain()

    assert "SubPlan" in plan
    assert "Semi Join" not in plan, "every waiting message would be read"
    assert "HashAggregate" not in plan, "every waiting message would be read"
