"""Which way the messages of a plan go, at what price, and the reason that is kept with them."""

from collections import Counter
from collections.abc import Callable
from datetime import time, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.utils import timezone

from backoffice.mailings.models import Carried, Mailing, Message, RouteChoice
from backoffice.mailings.routes.usage import month_of, usage
from backoffice.message_templates.models import TextVariant
from backoffice.operators.models import DeliveryRate, Network, Operator, PortedNumber, VolumeStep
from backoffice.operators.routing import Reason
from kannel.models import Connection
from tests.mailings.conftest import MakeCustomer, message_to

pytestmark = pytest.mark.django_db
Planned = Callable[[], Mailing]


def measured(line: Connection, rate: float, prefix: str = "") -> None:
    DeliveryRate.objects.create(
        operator=line.operator, prefix=prefix, ended=1000, delivered=0, rate=rate, measured_at=timezone.now()
    )


def terms(line: Connection, **values: Any) -> None:
    Operator.objects.filter(pk=line.operator_id).update(**values)


def people(make_customer: MakeCustomer, count: int, start: str = "+7905") -> None:
    for number in range(count):
        make_customer(f"{start}{number:07d}")


def carried_by() -> Counter[str]:
    waiting = Message.objects.filter(state=Message.State.WAITING)
    return Counter(waiting.values_list("connection__operator__name", flat=True))


def ways() -> dict[tuple[str, str], RouteChoice]:
    found = RouteChoice.objects.select_related("operator")
    return {(way.prefix, way.operator.name): way for way in found}


def test_an_operator_that_delivers_little_loses_what_its_price_would_win(
    north: Connection, south: Connection, make_customer: MakeCustomer, planned: Planned
) -> None:
    measured(south, 0.7)
    measured(north, 0.95)
    customer = make_customer("+79050000001")
    planned()
    message = message_to(customer)
    assert (message.connection, message.cost) == (north, Decimal("2.50"))
    assert message.route is not None
    assert (message.route.reason, message.route.delivery_rate) == (Reason.CHEAPEST, 0.95)


def test_delivery_is_looked_up_by_the_longest_prefix_that_was_measured(
    north: Connection, south: Connection, make_customer: MakeCustomer, planned: Planned
) -> None:
    measured(north, 0.99)
    measured(south, 0.99)
    measured(north, 0.5, "+7916")
    special = make_customer("+79160000001")
    planned()
    assert message_to(special).connection == south


def test_what_a_way_is_to_carry_is_written_beside_its_reason(
    north: Connection, south: Connection, make_customer: MakeCustomer, planned: Planned
) -> None:
    people(make_customer, 3)
    make_customer("+79160000001")
    make_customer("+79160000002", consent=None)
    mailing = planned()
    found = ways()
    assert set(found) == {("+7", "South"), ("+7916", "North")}
    way = found["+7", "South"]
    assert (way.messages, way.parts, way.cost, way.share) == (3, 3, Decimal("6.00"), 1.0)
    assert mailing.planned_cost == Decimal("7.10")
    assert Message.objects.get(reason="no_consent").route is None


def test_planning_again_replaces_the_ways(
    north: Connection, south: Connection, make_customer: MakeCustomer, planned: Planned
) -> None:
    make_customer("+79050000001")
    planned()
    Connection.objects.filter(pk=south.pk).update(is_enabled=False)
    planned()
    [way] = RouteChoice.objects.all()
    assert (way.operator, way.reason) == (north.operator, Reason.ONLY)


def test_a_minimum_that_is_owed_anyway_is_used_up_by_a_share_of_the_people(
    north: Connection, south: Connection, make_customer: MakeCustomer, planned: Planned
) -> None:
    terms(north, commitment_per_month=Decimal(250))
    people(make_customer, 200)
    planned()
    found = carried_by()
    assert 80 < found["North"] < 120
    assert found["North"] + found["South"] == 200
    assert ways()["+7", "North"].reason == Reason.COMMITMENT
    shares = {way.operator.name: way.share for way in ways().values()}
    assert shares["North"] == pytest.approx(0.5)


def test_money_that_was_used_this_month_does_not_fill_a_minimum_twice(
    north: Connection, south: Connection, make_customer: MakeCustomer, planned: Planned, mailing: Mailing
) -> None:
    terms(north, commitment_per_month=Decimal(250))
    before = Mailing.objects.create(
        name="Before", template=mailing.template, audience=mailing.audience, created_by=mailing.created_by
    )
    way = RouteChoice.objects.create(
        mailing=before,
        prefix="+7",
        operator=north.operator,
        price_per_part=1,
        factor=1,
        delivery_rate=1,
        share=1,
        reason=Reason.ONLY,
    )
    Carried.objects.create(
        route=way, month=month_of(timezone.now()), messages=100, parts=100, cost=250, ended=0, delivered=0
    )
    people(make_customer, 5)
    planned()
    assert carried_by() == {"South": 5}


def test_what_other_mailings_will_send_counts_as_used_and_takes_room(
    north: Connection, south: Connection, make_customer: MakeCustomer, planned: Planned, mailing: Mailing
) -> None:
    people(make_customer, 3)
    planned()
    Mailing.objects.filter(pk=mailing.pk).update(state=Mailing.State.APPROVED)
    now = timezone.now()
    found = usage(now, starts=now, ends=now + timedelta(hours=1))
    assert found.used == {south.operator_id: (3.0, 6.0)}
    assert found.promised_in_window == {south.operator_id: 3.0}
    tomorrow = now + timedelta(days=2)
    assert usage(now, starts=tomorrow, ends=tomorrow).promised_in_window == {south.operator_id: 0.0}
    assert usage(now, without=mailing).used == {}


def test_volume_steps_lower_the_price_and_draw_the_messages(
    north: Connection, south: Connection, make_customer: MakeCustomer, planned: Planned
) -> None:
    VolumeStep.objects.create(operator=north.operator, from_parts=50, factor=Decimal("0.4"))
    people(make_customer, 150)
    mailing = planned()
    assert carried_by() == {"North": 150}
    way = ways()["+7", "North"]
    assert way.reason == Reason.VOLUME
    assert way.factor == pytest.approx(Decimal("0.6"))
    assert mailing.planned_cost == Decimal("225.00")


def test_no_operator_gets_more_than_can_leave_in_the_time_there_is(
    north: Connection, south: Connection, make_customer: MakeCustomer, planned: Planned, mailing: Mailing
) -> None:
    Connection.objects.filter(pk=south.pk).update(throughput_per_second=1)
    now = timezone.now()
    Mailing.objects.filter(pk=mailing.pk).update(ends_at=now + timedelta(seconds=100))
    people(make_customer, 200)
    planned()
    found = carried_by()
    assert 70 < found["South"] < 130
    assert ways()["+7", "North"].reason == Reason.ROOM


def test_an_operator_that_does_not_allow_the_sender_or_the_purpose_is_not_asked(
    north: Connection, south: Connection, make_customer: MakeCustomer, planned: Planned
) -> None:
    customer = make_customer("+79050000001")
    terms(south, senders=["OTHER"])
    planned()
    assert message_to(customer).connection == north
    terms(south, senders=["PARLEY"], purposes=["marketing"])
    planned()
    assert message_to(customer).connection == south
    terms(south, purposes=["service"])
    planned()
    assert message_to(customer).connection == north


def test_where_nobody_allows_the_sender_the_plan_says_it(
    north: Connection, make_customer: MakeCustomer, planned: Planned
) -> None:
    terms(north, senders=["OTHER"])
    make_customer()
    mailing = planned()
    assert mailing.state == Mailing.State.DRAFT
    assert "allows the sender “Parley”" in mailing.problem


def test_a_number_taken_along_to_another_network_is_priced_as_that_networks_are(
    north: Connection, south: Connection, make_customer: MakeCustomer, planned: Planned
) -> None:
    network = Network.objects.create(name="North's own", prefix="+7916")
    moved, stayed = make_customer("+79050000001"), make_customer("+79050000002")
    PortedNumber.objects.create(phone="+79050000001", network=network)
    planned()
    assert (message_to(moved).connection, message_to(moved).cost) == (north, Decimal("1.10"))
    assert (message_to(stayed).connection, message_to(stayed).cost) == (south, Decimal("2.00"))


def test_parts_are_told_from_texts_before_the_ways_are_chosen(
    north: Connection, south: Connection, make_customer: MakeCustomer, planned: Planned, mailing: Mailing
) -> None:
    TextVariant.objects.create(template=mailing.template, language="ru", text="Приходите к нам. " * 8)
    VolumeStep.objects.create(operator=north.operator, from_parts=250, factor=Decimal("0.1"))
    for number in range(150):
        make_customer(f"+7905{number:07d}", language="ru")
    planned()
    # 450 parts reach the step that 150 messages would not.
    assert carried_by() == {"North": 150}
    assert ways()["+7", "North"].parts == 450


def test_the_holdout_asks_for_no_parts(
    north: Connection, south: Connection, make_customer: MakeCustomer, planned: Planned, mailing: Mailing
) -> None:
    Mailing.objects.filter(pk=mailing.pk).update(holdout_percent=50)
    people(make_customer, 100)
    planned()
    way = ways()["+7", "South"]
    assert way.messages == Message.objects.filter(state=Message.State.WAITING).count() < 100


def test_without_a_permitted_hour_nothing_is_chosen_and_nothing_fails(
    north: Connection, make_customer: MakeCustomer, planned: Planned, mailing: Mailing
) -> None:
    now = timezone.localtime()
    later = (now + timedelta(hours=2)).time()
    if later < now.time():
        later = time(0, 1)
    Mailing.objects.filter(pk=mailing.pk).update(
        ends_at=now + timedelta(minutes=10), local_from=later, local_to=time(23, 59)
    )
    customer = make_customer()
    planned()
    assert message_to(customer).state in (Message.State.EXCLUDED, Message.State.WAITING)
