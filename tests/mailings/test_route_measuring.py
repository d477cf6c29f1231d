"""What became of messages by way and month, and the delivery rates drawn from it."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from django.utils import timezone

from backoffice.mailings.models import Carried, Mailing, Message
from backoffice.mailings.routes.measuring import count, measure, moving
from backoffice.mailings.routes.usage import month_of
from backoffice.operators.models import DeliveryRate
from backoffice.operators.routing import delivery_rates
from kannel.models import Connection
from tests.mailings.conftest import MakeCustomer

pytestmark = pytest.mark.django_db
Planned = Callable[[], Mailing]


def ended(**states: int) -> None:
    """Lets so many waiting messages of the plan come to their ends."""
    waiting = list(Message.objects.filter(state="waiting").order_by("id").values_list("id", flat=True))
    now = timezone.now()
    for state, number in states.items():
        ids, waiting = waiting[:number], waiting[number:]
        Message.objects.filter(id__in=ids).update(state=state, attempt=1, sent_at=now, state_at=now)


@pytest.fixture
def sent(south: Connection, make_customer: MakeCustomer, planned: Planned) -> Mailing:
    """Ten messages over South, under way."""
    for _ in range(10):
        make_customer()
    mailing = planned()
    Mailing.objects.filter(pk=mailing.pk).update(state=Mailing.State.RUNNING)
    mailing.refresh_from_db()
    return mailing


def test_what_was_carried_is_counted_by_way_and_month(sent: Mailing) -> None:
    ended(delivered=5, undelivered=2, sent=1)
    count(sent)
    row = Carried.objects.get()
    assert (row.messages, row.parts, row.cost) == (8, 8, Decimal("16.00"))
    assert (row.ended, row.delivered, row.month) == (7, 5, month_of(timezone.now()))


def test_counting_again_corrects_what_was_counted(sent: Mailing) -> None:
    ended(sent=4)
    count(sent)
    Message.objects.filter(state="sent").update(state="delivered")
    count(sent)
    row = Carried.objects.get()
    assert (row.messages, row.ended, row.delivered) == (4, 4, 4)


def test_what_was_never_tried_says_nothing_about_an_operator(sent: Mailing) -> None:
    Message.objects.update(state="expired", reason="window_closed")
    count(sent)
    assert not Carried.objects.exists()


def test_a_month_begins_on_the_companys_clock() -> None:
    assert month_of(datetime(2026, 10, 31, 22, tzinfo=UTC)).month == 11


def test_a_rate_of_few_messages_leans_on_the_operator_and_that_on_everybody(sent: Mailing) -> None:
    ended(undelivered=10)
    measure()
    overall, special = DeliveryRate.objects.order_by("prefix")
    assert (overall.prefix, special.prefix, special.ended, special.delivered) == ("", "+7", 10, 0)
    assert 0.9 < overall.rate < 0.95
    assert overall.rate - 0.04 < special.rate < overall.rate
    assert delivery_rates()[overall.operator_id][""] == overall.rate


def test_rates_of_what_nobody_sends_any_more_are_forgotten(sent: Mailing) -> None:
    ended(delivered=10)
    measure()
    Mailing.objects.update(planned_at=timezone.now() - timedelta(days=40), state="finished")
    Mailing.objects.update(state_at=timezone.now() - timedelta(days=40))
    measure()
    assert not DeliveryRate.objects.exists()


def test_only_mailings_that_may_still_move_are_counted(sent: Mailing) -> None:
    now = timezone.now()
    assert moving(now) == [sent]
    Mailing.objects.update(state="finished", state_at=now - timedelta(days=3))
    assert moving(now) == [sent]
    Mailing.objects.update(state_at=now - timedelta(days=5))
    assert moving(now) == []
