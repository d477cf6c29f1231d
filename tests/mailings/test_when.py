"""When the messages of a plan may leave: on each customer's own clock, and spread over a period."""

from collections.abc import Callable
from datetime import UTC, datetime, time, timedelta

import pytest
from django.core.exceptions import ValidationError
from django.utils import timezone

from backoffice.accounts.models import User
from backoffice.mailings import lifecycle, when
from backoffice.mailings.contact_rules import ContactRules
from backoffice.mailings.models import Mailing, Message
from backoffice.mailings.progress import sentence
from kannel.models import Connection
from tests.mailings.clock import clock_at
from tests.mailings.conftest import MakeCustomer, message_to

pytestmark = pytest.mark.django_db
Planned = Callable[[], Mailing]
# A Tuesday, 12:00 in Moscow.
NOON = datetime(2026, 12, 1, 9, tzinfo=UTC)


def utc(*values: int) -> datetime:
    return datetime(*values, tzinfo=UTC)


def planned_at(moment: datetime, planned: Planned) -> Mailing:
    with clock_at(moment):
        return planned()


def test_ten_o_clock_is_ten_o_clock_where_the_customer_lives(
    north: Connection, make_customer: MakeCustomer, planned: Planned, mailing: Mailing
) -> None:
    """10:00 on 2 December: first in Kamchatka, then in Moscow, then in Kaliningrad; without a zone as in Moscow."""
    Mailing.objects.update(starts_at=utc(2026, 12, 2, 7), by_own_clock=True)
    zones = ["Asia/Kamchatka", "Europe/Moscow", "Europe/Kaliningrad", ""]
    customers = [make_customer(time_zone=zone) for zone in zones]
    mailing = planned_at(NOON, planned)
    assert [message_to(one).earliest_at for one in customers] == [
        utc(2026, 12, 1, 22),
        utc(2026, 12, 2, 7),
        utc(2026, 12, 2, 8),
        utc(2026, 12, 2, 7),
    ]
    assert message_to(customers[0]).latest_at == utc(2026, 12, 2, 22)
    assert mailing.first_at == utc(2026, 12, 1, 22)


def test_the_end_is_on_the_customers_own_clock_too(
    north: Connection, make_customer: MakeCustomer, planned: Planned, mailing: Mailing
) -> None:
    Mailing.objects.update(starts_at=utc(2026, 12, 2, 7), ends_at=utc(2026, 12, 2, 9), by_own_clock=True)
    far = make_customer(time_zone="Asia/Kamchatka")
    mailing = planned_at(NOON, planned)
    assert (message_to(far).earliest_at, message_to(far).latest_at) == (
        utc(2026, 12, 1, 22),
        utc(2026, 12, 2),
    )
    assert when.last_end(mailing) == utc(2026, 12, 2, 9)


def test_who_lives_where_the_time_is_over_already_is_left_out(
    north: Connection, make_customer: MakeCustomer, planned: Planned, mailing: Mailing
) -> None:
    Mailing.objects.update(starts_at=utc(2026, 12, 1, 7), ends_at=utc(2026, 12, 1, 11), by_own_clock=True)
    far, near = make_customer(time_zone="Asia/Kamchatka"), make_customer()
    planned_at(NOON, planned)
    assert (message_to(far).reason, message_to(near).reason) == ("out_of_hours", "")


def test_it_starts_when_the_first_zone_does(
    north: Connection,
    make_customer: MakeCustomer,
    planned: Planned,
    mailing: Mailing,
    editor: User,
    approver: User,
) -> None:
    Mailing.objects.update(starts_at=utc(2026, 12, 2, 7), by_own_clock=True)
    make_customer(time_zone="Asia/Kamchatka")
    mailing = planned_at(NOON, planned)
    with clock_at(NOON):
        lifecycle.submit(mailing, editor)
        lifecycle.approve(mailing, approver)
    assert lifecycle.start_due(utc(2026, 12, 1, 21, 59)) == []
    assert lifecycle.start_due(utc(2026, 12, 1, 22)) == [mailing]


def test_the_page_says_whose_clock_it_is(mailing: Mailing) -> None:
    mailing.starts_at, mailing.state = utc(2026, 12, 2, 7), Mailing.State.PLANNED
    assert sentence(mailing).endswith(
        "It starts on 2 December, 10:00 (Moscow time) in each customer's own hours."
    )
    mailing.by_own_clock = True
    assert sentence(mailing).endswith(
        "It starts on 2 December, 10:00 (Moscow time) on each customer's own clock."
    )


def test_messages_are_spread_evenly_over_a_period(
    north: Connection, make_customer: MakeCustomer, planned: Planned, mailing: Mailing
) -> None:
    Mailing.objects.update(spread_hours=10)
    for _ in range(400):
        make_customer()
    planned_at(NOON, planned)
    moments = sorted(Message.objects.values_list("earliest_at", flat=True))
    assert moments[0] >= NOON
    assert moments[-1] < NOON + timedelta(hours=10)
    by_hour = [
        sum(NOON + timedelta(hours=n) <= one < NOON + timedelta(hours=n + 1) for one in moments)
        for n in range(10)
    ]
    assert all(20 < count < 65 for count in by_hour)
    assert {*Message.objects.values_list("latest_at", flat=True)} == {NOON + timedelta(hours=34)}


def test_a_spread_mailing_leaves_at_permitted_hours_only(
    north: Connection, make_customer: MakeCustomer, planned: Planned, mailing: Mailing
) -> None:
    """Two days from Tuesday noon: nine hours, a night, eleven hours, a night, an hour."""
    Mailing.objects.update(
        spread_hours=48, local_from=time(10), local_to=time(21), ends_at=NOON + timedelta(days=3)
    )
    for _ in range(300):
        make_customer()
    planned_at(NOON, planned)
    days = [0, 0, 0]
    for moment in Message.objects.values_list("earliest_at", flat=True):
        local = timezone.localtime(moment)
        assert time(10) <= local.time() < time(21)
        days[local.day - 1] += 1
    assert [round(day / 300 * 22) for day in days] == pytest.approx([9, 11, 2], abs=2)


def test_who_is_drawn_when_does_not_change_with_another_plan(
    north: Connection, make_customer: MakeCustomer, planned: Planned, mailing: Mailing
) -> None:
    Mailing.objects.update(spread_hours=5)
    for _ in range(5):
        make_customer()
    planned_at(NOON, planned)
    first = dict(Message.objects.values_list("customer", "earliest_at"))
    planned_at(NOON, planned)
    assert dict(Message.objects.values_list("customer", "earliest_at")) == first
    assert len(set(first.values())) == 5


def test_without_an_hour_left_in_the_day_the_spread_begins_in_the_morning(
    north: Connection, make_customer: MakeCustomer, planned: Planned, mailing: Mailing
) -> None:
    Mailing.objects.update(
        spread_hours=2, local_from=time(10), local_to=time(11), ends_at=NOON + timedelta(days=2)
    )
    customer = make_customer()
    planned_at(NOON, planned)
    earliest = message_to(customer).earliest_at
    assert earliest is not None
    assert utc(2026, 12, 2, 7) <= earliest < utc(2026, 12, 2, 8)


def test_a_spread_that_does_not_fit_before_the_end_is_refused_at_its_field(mailing: Mailing) -> None:
    mailing.starts_at, mailing.ends_at, mailing.spread_hours = NOON, NOON + timedelta(hours=2), 3
    with pytest.raises(ValidationError, match="does not fit between the start and the end"):
        mailing.clean()


def test_clock_and_spread_are_part_of_what_is_approved(mailing: Mailing) -> None:
    plain = lifecycle.content(mailing)
    mailing.by_own_clock, mailing.spread_hours = True, 3
    assert lifecycle.content(mailing) == {**plain, "by_own_clock": True, "spread_hours": 3}


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({}, "at any hour"),
        ({"local_from": time(10), "local_to": time(21)}, "10:00 – 21:00"),
    ],
)
def test_the_hours_of_a_mailing_in_words(values: dict[str, time], words: str, mailing: Mailing) -> None:
    for name, value in values.items():
        setattr(mailing, name, value)
    assert when.hours_words(mailing) == words


def test_days_that_the_rules_forbid_are_said(mailing: Mailing) -> None:
    ContactRules.objects.update(weekdays=[1, 2, 3, 4, 5])
    assert when.hours_words(mailing) == "at any hour, not on Saturday and Sunday"
