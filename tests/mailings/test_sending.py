"""Sending through a real bearerbox, and what becomes of messages when something breaks on the way."""

import threading
from collections.abc import Callable, Iterator
from datetime import date, time, timedelta
from decimal import Decimal

import pytest
from django.db import connections
from django.utils import timezone
from pytest_django import Settings

from backoffice.accounts.models import User
from backoffice.audiences.models import Audience
from backoffice.customers.models import Consent, Customer
from backoffice.mailings import lifecycle, planning, receipts, sending, settling, tasks
from backoffice.mailings.carriers import HandOverFailed, carrier_of
from backoffice.mailings.claiming import claim
from backoffice.mailings.models import Mailing, Message
from backoffice.mailings.sending import Sender, kannel_id, message_of, send
from backoffice.mailings.turns import whole
from backoffice.message_templates.models import MessageTemplate
from backoffice.operators.models import Operator, Tariff
from kannel.link import drop_link
from kannel.models import Connection, Event, Gateway
from kannel.simulator import control
from kannel.simulator.record import counts
from tests.kannel.endpoint import endpoint_at
from tests.kannel.house import Kannel, listening, until

State = Message.State
Launch = Callable[..., Mailing]


@pytest.fixture
def launch(kannel: Kannel) -> Iterator[Launch]:
    """A mailing to so many invented customers, running over the real Kannel's line North."""
    gateways: list[Gateway] = []

    def go(count: int = 3, **gateway_values: object) -> Mailing:
        gateway, _, south = kannel.saved(**gateway_values)
        gateways.append(gateway)
        Connection.objects.filter(pk=south.pk).update(is_enabled=False)
        Tariff.objects.create(
            operator=Operator.objects.get(),
            prefix="+7",
            price_per_part=Decimal(2),
            valid_from=date(2020, 1, 1),
        )
        for number in range(count):
            customer = Customer.objects.create(external_id=f"S{number}", phone=f"+7916555{number:04d}")
            Consent.objects.create(
                customer=customer, purpose="marketing", state="given", since=timezone.now(), source="test"
            )
        author, approver = (User.objects.create_superuser(name) for name in ("author", "approver"))
        mailing = Mailing.objects.create(
            name="Real",
            template=MessageTemplate.objects.create(name="Real", text="Come in."),
            audience=Audience.objects.create(name="Everybody"),
            local_from=time(0),
            local_to=time(0),
            created_by=author,
        )
        lifecycle.request_plan(mailing, author)
        planning.plan(mailing)
        lifecycle.submit(mailing, author)
        lifecycle.approve(mailing, approver)
        lifecycle.start_due()
        mailing.refresh_from_db()
        assert mailing.state == Mailing.State.RUNNING, mailing.problem
        return mailing

    yield go
    for gateway in gateways:
        drop_link(gateway)


def north() -> Connection:
    return Connection.objects.select_related("gateway", "operator").get(name="north-1")


def states() -> dict[str, int]:
    found: dict[str, int] = {}
    for state in Message.objects.values_list("state", flat=True):
        found[state] = found.get(state, 0) + 1
    return found


def test_one_uuid_says_message_and_attempt() -> None:
    assert message_of(kannel_id((322 << 40) | 5, 3)) == ((322 << 40) | 5, 3)


def test_a_mailing_goes_out_and_every_receipt_comes_back(kannel: Kannel, launch: Launch) -> None:
    launch(3)
    before = counts(kannel.folder / "north.record").messages
    with listening(north().gateway):
        assert send(north().pk, for_seconds=3) == 3
        until(lambda: (receipts.apply_events() and False) or states() == {"delivered": 3})
    arrived = counts(kannel.folder / "north.record").messages - before
    assert sorted(arrived.values()) == [1, 1, 1]


def test_nothing_leaves_over_a_line_that_is_not_online(kannel: Kannel, launch: Launch) -> None:
    launch(2)
    Connection.objects.update(status=Connection.Status.RECONNECTING)
    assert send(north().pk, for_seconds=1) == 0
    assert states() == {"waiting": 2}


def test_a_gateway_out_of_reach_leaves_everything_waiting(kannel: Kannel, launch: Launch) -> None:
    launch(2)
    Gateway.objects.update(box_port=1)
    assert send(north().pk, for_seconds=1) == 0
    assert states() == {"waiting": 2}


def test_a_refused_message_has_failed(kannel: Kannel, launch: Launch) -> None:
    launch(1)
    Connection.objects.filter(name="north-1").update(
        name="north-9"
    )  # a line that this bearerbox does not have
    via = Connection.objects.select_related("gateway", "operator").get(name="north-9")
    assert send(via.pk, for_seconds=3) == 0
    assert states() == {"failed": 1}


def test_another_sender_on_the_same_line_does_nothing(kannel: Kannel, launch: Launch) -> None:
    launch(1)
    first, done = threading.Event(), threading.Event()

    def hold() -> None:
        with connections["default"].cursor() as cursor:
            cursor.execute("SELECT pg_advisory_lock(hashtext('send'), %s)", [north().pk])
        first.set()
        done.wait(10)
        connections.close_all()

    thread = threading.Thread(target=hold)
    thread.start()
    first.wait(10)
    assert send(north().pk, for_seconds=1) == 0
    done.set()
    thread.join()
    assert states() == {"waiting": 1}


def test_an_old_claim_is_given_back_before_a_byte_is_written(
    kannel: Kannel, launch: Launch, monkeypatch: pytest.MonkeyPatch
) -> None:
    launch(2)
    monkeypatch.setattr(sending, "CLAIM_IS_GOOD_FOR_SECONDS", -1.0)
    assert send(north().pk, for_seconds=0.5) == 0
    assert states() == {"waiting": 2}


def test_what_a_broken_link_leaves_unanswered_is_uncertain(kannel: Kannel, launch: Launch) -> None:
    launch(2)
    carrier = carrier_of(north())
    kannel.kill("bearerbox")
    Sender(north(), carrier).run(whole(2))
    assert states() in ({"uncertain": 2}, {"waiting": 2})
    with pytest.raises(HandOverFailed):
        carrier_of(north())


def test_what_kannel_never_had_waits_again(kannel: Kannel, launch: Launch) -> None:
    """The sender died after its claim and before it wrote."""
    launch(2)
    assert len(claim(north(), 10)) == 2
    Message.objects.update(state_at=timezone.now() - timedelta(minutes=1))
    settling.doubt_unanswered()
    Message.objects.update(state_at=timezone.now() - timedelta(minutes=1))
    with listening(north().gateway):
        assert settling.settle(north().gateway) == {"kept": 0, "told": 0, "never_taken": 2}
    assert states() == {"waiting": 2}


def test_what_kannel_has_in_its_store_is_accepted(kannel: Kannel, launch: Launch) -> None:
    """The sender died after it wrote; the operator's line is cut, so Kannel still holds the messages."""
    launch(2)
    control.cut(kannel.controls["north"])
    try:
        carrier = carrier_of(north())
        claims = claim(north(), 10)
        carrier.hand_over([(kannel_id(one.message_id, one.attempt), one) for one in claims])
        until(lambda: carrier.answers(0.2).taken)
        Message.objects.update(state=State.UNCERTAIN, state_at=timezone.now() - timedelta(minutes=1))
        with listening(north().gateway):
            assert settling.settle(north().gateway)["kept"] == 2
        assert states() == {"accepted": 2}
    finally:
        control.restore(kannel.controls["north"])
    with listening(north().gateway):
        until(lambda: (receipts.apply_events() and False) or states() == {"delivered": 2}, 40)


def test_what_an_event_tells_of_is_left_to_the_receipts(kannel: Kannel, launch: Launch) -> None:
    launch(1)
    with listening(north().gateway):
        send(north().pk, for_seconds=2)
        until(lambda: Event.objects.count() == 2)
        Message.objects.update(state=State.UNCERTAIN, state_at=timezone.now() - timedelta(minutes=1))
        assert settling.settle(north().gateway) == {"kept": 0, "told": 1, "never_taken": 0}
    receipts.apply_events()
    assert states() == {"delivered": 1}


def test_without_anything_uncertain_kannel_is_not_asked(kannel: Kannel, launch: Launch) -> None:
    launch(1)
    Gateway.objects.update(admin_port=1)
    assert settling.settle(north().gateway) == {}


def test_a_gateway_that_cannot_say_decides_nothing(kannel: Kannel, launch: Launch) -> None:
    launch(1)
    Gateway.objects.update(admin_port=1)
    Message.objects.update(state=State.UNCERTAIN, state_at=timezone.now() - timedelta(minutes=1))
    tasks.settle.call_local(north().gateway_id)
    assert states() == {"uncertain": 1}


def test_a_message_that_nobody_can_ask_for_over_http_stays_uncertain(kannel: Kannel, launch: Launch) -> None:
    launch(1, transport="sendsms", smsbox_id="main-http")
    Message.objects.update(state=State.UNCERTAIN, state_at=timezone.now() - timedelta(minutes=1))
    assert settling.settle(north().gateway) == {}
    assert states() == {"uncertain": 1}


def test_over_sendsms_a_mailing_arrives_and_its_receipts_come_through_smsbox(
    kannel: Kannel, launch: Launch, settings: Settings
) -> None:
    launch(2, transport="sendsms", smsbox_id="main-http")
    with endpoint_at(kannel, settings):
        assert send(north().pk, for_seconds=3) == 2
        until(lambda: (receipts.apply_events() and False) or states() == {"delivered": 2}, 30)


def test_the_tasks_do_the_work_of_their_rows(kannel: Kannel, launch: Launch) -> None:
    mailing = launch(1)
    with listening(north().gateway):
        tasks.send.call_local(north().pk)
        until(lambda: tasks.apply_receipts.call_local() or states() == {"delivered": 1})
    tasks.sweep.call_local()
    mailing.refresh_from_db()
    assert mailing.state == Mailing.State.FINISHED
    tasks.plan.call_local(mailing.pk)
    tasks.start.call_local()
    tasks.check_ledgers.call_local()
    tasks.make_partitions.call_local()
