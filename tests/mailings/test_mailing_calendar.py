from datetime import UTC, date, datetime, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from backoffice.accounts.models import User
from backoffice.audiences.limits import CountTooSlowError
from backoffice.mailings import mailing_calendar
from backoffice.mailings.models import Mailing, Message, RouteChoice
from kannel.models import Connection
from tests.mailings.in_state import add_messages, put

pytestmark = pytest.mark.django_db
State = Mailing.State
FRIDAY = date(2026, 11, 20)
NOON = datetime(2026, 11, 20, 9, tzinfo=UTC)  # by the clock of Moscow

# No pg_sleep(): under a set clock nothing stops it.
ENDLESS = "SELECT 1, 1, 1 FROM generate_series(1, 1000000000) AS n WHERE n = 0 AND %(ids)s IS NOT NULL"


def starting(mailing: Mailing, name: str, at: datetime | None, **values: object) -> Mailing:
    mailing.pk = None
    mailing.name, mailing.starts_at = name, at
    for field, value in values.items():
        setattr(mailing, field, value)
    mailing.save()
    return Mailing.objects.get(name=name)


def names(first: date, last: date) -> dict[date, list[str]]:
    found = mailing_calendar.days(first, last)
    return {day: [entry.mailing.name for entry in one.entries] for day, one in found.items()}


def test_a_mailing_stands_on_the_day_of_its_start_here(mailing: Mailing) -> None:
    starting(mailing, "late in the evening", datetime(2026, 11, 20, 20, 59, tzinfo=UTC))
    starting(mailing, "just after midnight", datetime(2026, 11, 20, 21, 1, tzinfo=UTC))
    assert names(FRIDAY, date(2026, 11, 21)) == {
        FRIDAY: ["late in the evening"],
        date(2026, 11, 21): ["just after midnight"],
    }


def test_one_that_has_started_stands_on_the_day_it_did(mailing: Mailing) -> None:
    starting(mailing, "late", NOON, started_at=NOON + timedelta(days=1), state=State.RUNNING)
    assert names(FRIDAY, date(2026, 11, 21))[date(2026, 11, 21)] == ["late"]


def test_days_without_a_mailing_are_there_and_others_are_not(mailing: Mailing) -> None:
    starting(mailing, "a week before", NOON - timedelta(days=7))
    assert names(FRIDAY, date(2026, 11, 22)) == {
        FRIDAY: [],
        date(2026, 11, 21): [],
        date(2026, 11, 22): [],
    }


@pytest.mark.unbalanced
def test_the_size_is_of_what_leaves_and_operators_are_busy_for_their_share(
    mailing: Mailing, north: Connection, south: Connection
) -> None:
    Connection.objects.update(throughput_per_second=100)
    one = starting(mailing, "one", NOON, state=State.APPROVED, planned_count=500_000)
    for via, messages, parts in ((north, 100_000, 360_000), (south, 300_000, 300_000)):
        RouteChoice.objects.create(
            mailing=one,
            prefix="+7",
            operator=via.operator,
            price_per_part=1,
            factor=1,
            delivery_rate=1,
            share=1,
            reason=2,
            messages=messages,
            parts=parts,
        )
    day = mailing_calendar.days(FRIDAY, FRIDAY)[FRIDAY]
    assert (day.entries[0].messages, day.messages) == (400_000, 400_000)
    assert day.busy == [("North", timedelta(hours=1)), ("South", timedelta(minutes=50))]


@pytest.mark.unbalanced
def test_an_operator_without_a_line_in_use_is_not_counted(mailing: Mailing, north: Connection) -> None:
    Connection.objects.update(is_enabled=False)
    one = starting(mailing, "one", NOON, planned_count=5)
    values = {"price_per_part": 1, "factor": 1, "delivery_rate": 1, "share": 1, "reason": 2, "parts": 9}
    RouteChoice.objects.create(mailing=one, prefix="+7", operator=north.operator, **values)
    assert mailing_calendar.days(FRIDAY, FRIDAY)[FRIDAY].busy == []


@pytest.mark.unbalanced
def test_without_a_plan_the_size_is_not_known(mailing: Mailing) -> None:
    starting(mailing, "draft", NOON)
    starting(mailing, "planned before ways were kept", NOON, planned_count=7, state=State.PLANNED)
    entries = mailing_calendar.days(FRIDAY, FRIDAY)[FRIDAY].entries
    assert [entry.messages for entry in entries] == [None, 7]


def test_what_starts_with_its_approval_stands_apart(mailing: Mailing) -> None:
    starting(mailing, "submitted", None, state=State.SUBMITTED)
    starting(mailing, "finished", None, state=State.FINISHED)
    assert [one.name for one in mailing_calendar.without_a_day()] == ["submitted"]


@pytest.mark.unbalanced
def test_a_month_takes_the_same_statements_for_many_as_for_one(mailing: Mailing, north: Connection) -> None:
    starting(mailing, "one", NOON, planned_count=5)
    with CaptureQueriesContext(connection) as few:
        mailing_calendar.days(date(2026, 11, 1), date(2026, 11, 30))
    for number in range(30):
        starting(mailing, f"more {number}", NOON + timedelta(days=number % 9), planned_count=5)
    with CaptureQueriesContext(connection) as many:
        mailing_calendar.days(date(2026, 11, 1), date(2026, 11, 30))
    assert len(few) == len(many) == 5


def test_who_gets_several_is_counted_for_each_two(mailing: Mailing, north: Connection, editor: User) -> None:
    add_messages(mailing, "waiting", "waiting", "excluded")
    other = starting(Mailing.objects.get(), "other", NOON, planned_at=mailing.planned_at)
    for message in Message.objects.filter(mailing=mailing):
        message.pk, message.mailing = message.pk + 1000, other
        message.save(force_insert=True)
    first = Mailing.objects.exclude(pk=other.pk).get()
    assert mailing_calendar.overlaps([first, other]) == [(first, other, 2)]


def test_a_comparison_that_takes_too_long_is_given_up(
    mailing: Mailing, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(mailing_calendar, "OVERLAP", ENDLESS)
    monkeypatch.setattr(mailing_calendar, "OVERLAP_WITHIN", timedelta(milliseconds=50))
    with pytest.raises(CountTooSlowError):
        mailing_calendar.overlaps([put(mailing, State.PLANNED, mailing.created_by)])
