"""A message never costs more than its mailing allows: a cheaper operator carries it, or it is left out."""

from collections.abc import Callable
from decimal import Decimal

import pytest
from django.db.models import Sum

from backoffice.mailings import ledger, lifecycle, moving
from backoffice.mailings.models import Mailing, Message, RouteChoice
from backoffice.operators import standing
from backoffice.operators.models import Tariff
from backoffice.operators.routing import Reason
from kannel.models import Connection
from tests.mailings.conftest import MakeCustomer, message_to
from tests.mailings.test_route_choice import measured

pytestmark = pytest.mark.django_db
Planned = Callable[[], Mailing]
Running = Callable[[], Mailing]
State = Message.State
# Three parts in GSM 03.38.
LONG = "Come in. " * 40


def allow(mailing: Mailing, price: str) -> None:
    Mailing.objects.filter(pk=mailing.pk).update(max_price=Decimal(price))


def test_who_would_cost_more_is_left_out_with_the_reason(
    north: Connection, make_customer: MakeCustomer, planned: Planned, mailing: Mailing
) -> None:
    cheap, dear = make_customer("+79160000001"), make_customer("+79050000001")
    allow(mailing, "2.00")
    planned()
    assert message_to(cheap).state == State.WAITING
    left_out = message_to(dear)
    assert (left_out.state, left_out.reason, left_out.text, left_out.parts, left_out.cost) == (
        State.EXCLUDED,
        "too_dear",
        "",
        0,
        0,
    )
    assert (left_out.connection, left_out.route) == (None, None)
    assert ledger.ledger(mailing.pk).balanced


def test_exactly_the_highest_price_is_allowed(
    north: Connection, make_customer: MakeCustomer, planned: Planned, mailing: Mailing
) -> None:
    customer = make_customer()
    allow(mailing, "2.50")
    planned()
    assert message_to(customer).state == State.WAITING


def test_all_parts_of_a_message_count(
    north: Connection, make_customer: MakeCustomer, planned: Planned, mailing: Mailing
) -> None:
    type(mailing.template).objects.update(text=LONG)
    customer = make_customer()
    allow(mailing, "7.40")
    planned()
    assert message_to(customer).reason == "too_dear"
    allow(mailing, "7.50")
    planned()
    assert (message_to(customer).parts, message_to(customer).cost) == (3, Decimal("7.50"))


def test_an_operator_that_delivers_better_but_costs_more_is_not_chosen(
    north: Connection, south: Connection, make_customer: MakeCustomer, planned: Planned, mailing: Mailing
) -> None:
    measured(south, 0.3)
    measured(north, 0.99)
    customer = make_customer()
    planned()
    assert message_to(customer).connection == north
    allow(mailing, "2.00")
    planned()
    assert (message_to(customer).connection, message_to(customer).cost) == (south, Decimal("2.00"))


def test_a_long_message_goes_the_cheaper_way_while_short_ones_keep_the_better_one(
    north: Connection, south: Connection, make_customer: MakeCustomer, planned: Planned, mailing: Mailing
) -> None:
    measured(south, 0.3)
    measured(north, 0.99)
    type(mailing.template).objects.update(text="Dear {first_name}, " + "come in. " * 16)
    short, long = make_customer(first_name="Al"), make_customer(first_name="Bartholomew-Maximilian")
    allow(mailing, "4.50")
    mailing = planned()
    assert (message_to(short).parts, message_to(short).connection) == (1, north)
    assert (message_to(long).parts, message_to(long).connection, message_to(long).cost) == (
        2,
        south,
        Decimal("4.00"),
    )
    way = RouteChoice.objects.get(mailing=mailing, reason=Reason.PRICE_LIMIT)
    assert (way.operator, way.messages, way.cost) == (south.operator, 1, Decimal("4.00"))
    planned_cost = Message.objects.aggregate(cost=Sum("cost"))["cost"]
    assert mailing.planned_cost == planned_cost == Decimal("6.50")


def test_a_way_in_reserve_that_none_took_is_not_kept(
    north: Connection, south: Connection, make_customer: MakeCustomer, planned: Planned, mailing: Mailing
) -> None:
    make_customer()
    allow(mailing, "9.00")
    planned()
    assert not RouteChoice.objects.filter(reason=Reason.PRICE_LIMIT).exists()


def test_who_is_left_out_for_another_reason_keeps_it(
    north: Connection, make_customer: MakeCustomer, planned: Planned, mailing: Mailing
) -> None:
    nameless, refused = make_customer(), make_customer(consent="withdrawn")
    type(mailing.template).objects.update(text="{first_name}")
    allow(mailing, "0.10")
    planned()
    assert message_to(nameless).reason == "empty_text"
    assert message_to(refused).reason == "opted_out"
    assert message_to(refused).connection is None


def test_a_dearer_prefix_is_not_sent_at_the_price_of_a_shorter_one(
    north: Connection, make_customer: MakeCustomer, planned: Planned, mailing: Mailing
) -> None:
    Tariff.objects.filter(prefix="+7916").update(price_per_part=Decimal("9.00"))
    customer = make_customer("+79160000001")
    allow(mailing, "3.00")
    planned()
    assert message_to(customer).reason == "too_dear"


def test_nothing_is_moved_to_a_way_that_costs_more_than_allowed(
    north: Connection, south: Connection, make_customer: MakeCustomer, running: Running, mailing: Mailing
) -> None:
    customer = make_customer()
    allow(mailing, "2.20")
    Mailing.objects.update(extra_percent=500)
    running()
    standing.leave(south, "It is dead.")
    assert moving.move_all().messages == 0
    assert message_to(customer).connection == south
    Mailing.objects.update(max_price=Decimal("2.50"))
    assert moving.move_all().messages == 1


def test_the_highest_price_is_part_of_what_is_approved(mailing: Mailing) -> None:
    assert "max_price" not in lifecycle.content(mailing)
    mailing.max_price = Decimal("2.5")
    assert lifecycle.content(mailing)["max_price"] == "2.5000"
