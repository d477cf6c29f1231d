"""When a plan leaves: over its lines, beside other mailings, and at what hour where the recipients live."""

from collections.abc import Callable
from datetime import UTC, datetime, time, timedelta
from typing import Any

import pytest
from django.core.cache import cache

from backoffice.accounts.models import User
from backoffice.mailings import lifecycle, planning
from backoffice.mailings.check.facts import Leaving, PlanFacts, facts_of
from backoffice.mailings.check.forecast import Group, Job
from backoffice.mailings.check.lines import Line, Load, Shared, shared_lines
from backoffice.mailings.check.outlook import Outlook, offset_words, outlook_of, zones_words
from backoffice.mailings.models import Mailing, Message, SpeedLimit
from kannel.models import Connection
from tests.mailings.clock import clock_at
from tests.mailings.conftest import MakeCustomer
from tests.mailings.repeating import MONDAY, Repeat

Planned = Callable[[], Mailing]
# A Thursday; in Moscow it is 10:00.
NOW = datetime(2026, 11, 26, 7, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)


@pytest.fixture(autouse=True)
def fresh() -> None:
    cache.clear()


def test_zones_are_said_in_few_words() -> None:
    hours = [timedelta(hours=one) for one in (11, 3, 9, 10, 12, 5)]
    assert zones_words(hours) == "UTC+3, +5, +9…+12"
    assert zones_words([timedelta(hours=-4)]) == "UTC−4"
    assert zones_words([timedelta(hours=5, minutes=30)]) == "UTC+5:30"
    assert zones_words([]) == ""
    assert offset_words(timedelta(0)) == "+0"


def load(messages: dict[str, int], hours: tuple[int, int], parts_per_second: int = 1, **line: bool) -> Load:
    """A line with messages by zone, all of which may leave between these hours UTC."""
    day = NOW.replace(hour=0)
    window = (day + hours[0] * HOUR, day + hours[1] * HOUR)
    own = Job(tuple(Group((window,), count, count) for count in messages.values()))
    is_connected = line.get("is_connected", True)
    return Load(Line("north-1", "North", parts_per_second, is_connected), own, tuple(messages), ())


def look(*loads: Load) -> Outlook:
    return outlook_of(Shared(NOW, list(loads), []))


def test_it_says_first_last_and_the_hour_where_the_recipients_live() -> None:
    found = look(load({"Europe/Moscow": 3600, "Asia/Vladivostok": 1800}, (7, 12)))
    assert (found.first_at, found.last_at) == (NOW, NOW + 1.5 * HOUR)
    assert (found.messages, found.too_late, found.leaves) == (5400, 0, 5400)
    assert [(row.hour, row.messages, row.percent) for row in found.hours] == [(10, 3600, 100), (18, 1800, 50)]
    assert [(zone.name, zone.messages, zone.first_words, zone.last_words) for zone in found.zones] == [
        ("UTC+3", 3600, "26 November, 10:00", "26 November, 11:00"),
        ("UTC+10", 1800, "26 November, 18:00", "26 November, 18:30"),
    ]


def test_what_will_not_fit_is_counted_where_it_is() -> None:
    found = look(load({"Europe/Moscow": 3600, "Asia/Vladivostok": 1800, "Asia/Magadan": 900}, (7, 8)))
    assert (found.too_late, found.late_zones) == (2700, "UTC+10…+11")
    assert [(zone.name, zone.too_late, zone.first_words) for zone in found.zones[1:]] == [
        ("UTC+10", 1800, "–"),
        ("UTC+11", 900, "–"),
    ]


def test_zones_with_the_same_clock_are_one() -> None:
    found = look(load({"Europe/Moscow": 10, "Europe/Minsk": 20, "": 30}, (7, 12)))
    assert [(zone.name, zone.messages) for zone in found.zones] == [("UTC+3", 60)]


def test_what_leaves_just_before_the_end_is_counted() -> None:
    assert look(load({"Europe/Moscow": 3600}, (7, 8))).at_edge == 1800
    assert look(load({"Europe/Moscow": 3600}, (7, 12))).at_edge == 0


def test_a_line_that_is_away_is_named() -> None:
    assert look(load({"": 5}, (7, 12), is_connected=False)).lines_away == [("North", "north-1", 5)]
    assert look(load({"": 5}, (7, 12), 0)).lines_away == [("North", "north-1", 5)]
    assert look(load({"": 5}, (7, 12))).lines_away == []


def test_no_line_is_no_forecast() -> None:
    found = look()
    assert (found.messages, found.first_at, found.hours, found.late_zones) == (0, None, [], "")


@pytest.fixture
def at_ten() -> Any:
    """It is ten in the morning in Moscow, on a Thursday."""
    with clock_at(NOW) as clock:
        yield clock


def outlook(mailing: Mailing) -> Outlook:
    return outlook_of(shared_lines(mailing, facts_of(mailing)))


@pytest.mark.django_db
def test_a_plan_keeps_to_the_hours_of_its_zones(
    at_ten: Any, north: Connection, make_customer: MakeCustomer, planned: Planned
) -> None:
    Mailing.objects.update(local_from=time(10), local_to=time(20))
    make_customer(time_zone="Europe/Moscow")
    make_customer(time_zone="Asia/Kamchatka")
    found = outlook(planned())
    assert [(zone.name, zone.first_words) for zone in found.zones] == [
        ("UTC+3", "26 November, 10:00"),
        ("UTC+12", "26 November, 19:00"),
    ]
    assert found.too_late == 0


@pytest.mark.django_db
def test_a_line_that_is_too_slow_leaves_the_east_behind(
    at_ten: Any, north: Connection, make_customer: MakeCustomer, planned: Planned
) -> None:
    Connection.objects.update(throughput_per_second=1)
    make_customer(time_zone="Asia/Kamchatka")
    Mailing.objects.update(
        local_from=time(10),
        local_to=time(19, 10),
        ends_at=NOW + 5 * HOUR,
        starts_at=NOW + timedelta(minutes=1),
    )
    mailing = planned()
    facts = facts_of(mailing)
    [one] = facts.leaving
    facts.leaving = [one._replace(messages=1000, parts=1000)]
    found = outlook_of(shared_lines(mailing, facts))
    assert (found.late_zones, found.too_late) == ("UTC+12", 1000 - 9 * 60)


def beside(mailing: Mailing, editor: User, approver: User, state: str = "approved") -> Mailing:
    """Another mailing to the same people at the same time, approved."""
    other = Mailing.objects.get(pk=mailing.pk)
    other.pk, other.name, other.state, other.plan_digest = None, "Other", "draft", ""
    other.save()
    lifecycle.request_plan(other, editor)
    planning.plan(other)
    other.refresh_from_db()
    Mailing.objects.filter(pk=other.pk).update(state=state)
    other.refresh_from_db()
    return other


@pytest.fixture
def thirty(
    at_ten: Any, no_limits: None, north: Connection, make_customer: MakeCustomer, planned: Planned
) -> Mailing:
    """Thirty messages over a line that takes one a second."""
    Connection.objects.update(throughput_per_second=1)
    for _number in range(30):
        make_customer()
    return planned()


@pytest.mark.django_db
@pytest.mark.parametrize("state", ["submitted", "approved", "running"])
def test_other_mailings_over_the_same_lines_take_their_time(
    state: str, thirty: Mailing, editor: User, approver: User
) -> None:
    alone = outlook(thirty)
    beside(thirty, editor, approver, state)
    shared = outlook(thirty)
    assert alone.last_at == NOW + timedelta(seconds=30)
    assert shared.last_at == NOW + timedelta(seconds=60)
    assert (alone.others, shared.others) == ([], ["Other"])


@pytest.mark.django_db
def test_only_what_still_waits_of_a_running_mailing_counts(
    thirty: Mailing, editor: User, approver: User
) -> None:
    other = beside(thirty, editor, approver, "running")
    gone = Message.objects.filter(mailing=other)[:20].values_list("pk", flat=True)
    Message.objects.filter(pk__in=list(gone)).update(state="delivered")
    assert outlook(thirty).last_at == NOW + timedelta(seconds=40)


@pytest.mark.django_db
def test_a_mailing_of_another_day_is_not_in_the_way(
    at_ten: Any,
    no_limits: None,
    north: Connection,
    make_customer: MakeCustomer,
    planned: Planned,
    editor: User,
    approver: User,
) -> None:
    make_customer()
    mailing = planned()
    other = beside(mailing, editor, approver)
    week = timedelta(days=7)
    Message.objects.filter(mailing=other).update(earliest_at=NOW + week, latest_at=NOW + week + HOUR)
    assert outlook(mailing).others == []


@pytest.mark.django_db
def test_a_limit_of_speed_is_kept(
    at_ten: Any, north: Connection, make_customer: MakeCustomer, planned: Planned, editor: User
) -> None:
    for _number in range(30):
        make_customer()
    mailing = planned()
    SpeedLimit.objects.create(mailing=mailing, per_second=1, set_by=editor, counted_at=NOW)
    mailing = Mailing.objects.get(pk=mailing.pk)
    assert outlook(mailing).last_at == NOW + timedelta(seconds=30)


@pytest.mark.django_db
def test_a_series_is_looked_at_where_its_next_run_is(repeat: Repeat, make_customer: MakeCustomer) -> None:
    make_customer()
    series = repeat()
    monday = MONDAY + timedelta(days=28)
    with clock_at(monday - timedelta(days=3)):
        without_a_next = outlook(series)
        Mailing.objects.update(next_run_at=monday)
        series.refresh_from_db()
        with_a_next = outlook(series)
    assert without_a_next.first_at is None
    assert with_a_next.first_at == monday
    assert with_a_next.too_late == 0


@pytest.mark.django_db
def test_what_has_no_time_left_leaves_never(north: Connection, mailing: Mailing) -> None:
    facts = PlanFacts(leaving=[Leaving(north.pk, "", NOW, NOW, 5, 5)])
    found = outlook_of(shared_lines(mailing, facts, NOW))
    assert (found.messages, found.too_late, found.late_zones) == (5, 5, "UTC+3")
