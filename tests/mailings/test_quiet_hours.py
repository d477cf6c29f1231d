"""Nobody is written to outside the hours and weekdays that the mailing and the rules for its purpose allow."""

from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.core.exceptions import ValidationError
from django.utils import timezone
from hypothesis import example, given
from hypothesis import strategies as st

from backoffice.customers.models import Purpose
from backoffice.mailings import lifecycle
from backoffice.mailings.claiming import claim
from backoffice.mailings.contact_rules import ContactRules
from backoffice.mailings.hours import EVERY_DAY, NEVER, Hours, moment_at, zone_named
from backoffice.mailings.models import Mailing, Message
from kannel.models import Connection
from tests.mailings.clock import clock_at
from tests.mailings.conftest import MakeCustomer, message_to

Running = Callable[[], Mailing]
Planned = Callable[[], Mailing]
MARKETING = ContactRules.objects.filter(purpose=Purpose.MARKETING)
DAY = Hours(time(10), time(21))
NOT_ON_SUNDAY = Hours(time(10), time(21), frozenset({1, 2, 3, 4, 5, 6}))
MOSCOW = ZoneInfo("Europe/Moscow")
# With daylight changes of an hour, of half an hour, at midnight, and without any.
ZONES = [
    "Europe/Berlin",
    "Australia/Lord_Howe",
    "Africa/Cairo",
    "America/New_York",
    "Asia/Kamchatka",
    "Pacific/Kiritimati",
    "America/St_Johns",
]
clock = st.times().map(lambda at: at.replace(second=0, microsecond=0))
# Every minute of three years.
moments = st.integers(0, 3 * 365 * 24 * 60).map(
    lambda minutes: datetime(2025, 1, 1, tzinfo=UTC) + timedelta(minutes=minutes)
)
weekdays = st.frozensets(st.integers(1, 7), min_size=1)


def hours(opens: time, closes: time, days: frozenset[int]) -> Hours:
    return Hours(min(opens, closes), max(opens, closes), days)


def utc(*values: int) -> datetime:
    return datetime(*values, tzinfo=UTC)


def allows(allowed: Hours, moment: datetime, zone: ZoneInfo) -> bool:
    """Read from the customer's clock on the wall."""
    local = moment.astimezone(zone)
    if local.isoweekday() not in allowed.weekdays:
        return False
    return allowed.is_any_hour or allowed.local_from <= local.time().replace(fold=0) < allowed.local_to


def test_on_sunday_it_is_closed_until_monday_morning() -> None:
    sunday_noon = utc(2026, 3, 1, 9)
    assert NOT_ON_SUNDAY.now(MOSCOW, sunday_noon) == (None, utc(2026, 3, 2, 7))


def test_on_saturday_evening_the_next_opening_is_on_monday() -> None:
    assert NOT_ON_SUNDAY.now(MOSCOW, utc(2026, 2, 28, 12)) == (utc(2026, 2, 28, 18), utc(2026, 3, 2, 7))


def test_days_at_any_hour_that_follow_each_other_are_one_stretch() -> None:
    working_days = Hours(time(0), time(0), frozenset({1, 2, 3, 4, 5}))
    assert list(working_days.windows(MOSCOW, utc(2026, 3, 1), utc(2026, 3, 9))) == [
        (utc(2026, 3, 1, 21), utc(2026, 3, 6, 21)),
        (utc(2026, 3, 8, 21), utc(2026, 3, 9)),
    ]


def test_both_hours_together_allow_what_each_of_them_allows() -> None:
    late = Hours(time(18), time(23), frozenset({6, 7}))
    assert DAY & late == Hours(time(18), time(21), frozenset({6, 7}))
    assert Hours(time(0), time(0)) & late == late
    assert late & Hours(time(0), time(0), frozenset({7})) == Hours(time(18), time(23), frozenset({7}))


def test_hours_that_do_not_meet_never_open() -> None:
    never = DAY & Hours(time(21), time(23))
    assert never == NEVER
    assert never.now(MOSCOW, utc(2026, 3, 1)) == (None, utc(2026, 3, 2))
    assert never.span(MOSCOW, utc(2026, 3, 1), utc(2026, 4, 1)) is None


@pytest.mark.parametrize(
    ("at", "moment"),
    [
        (time(1, 30), utc(2026, 3, 29, 0, 30)),
        (time(2, 30), utc(2026, 3, 29, 1, 30)),  # skipped: 03:30 by the new clock
        (time(3, 30), utc(2026, 3, 29, 1, 30)),
    ],
)
def test_a_time_that_the_clock_skips_is_an_hour_later(at: time, moment: datetime) -> None:
    assert moment_at(date(2026, 3, 29), at, ZoneInfo("Europe/Berlin")) == moment


@given(
    zone=st.sampled_from(ZONES).map(ZoneInfo),
    begin=moments,
    length=st.floats(0.2, 400),
    own=st.builds(hours, clock, clock, weekdays),
    rules=st.builds(hours, clock, clock, weekdays),
    place=st.floats(0, 0.999),
)
@example(ZoneInfo("Europe/Berlin"), utc(2026, 10, 25), 4.0, hours(time(2, 30), time(4), EVERY_DAY), DAY, 0.0)
@example(ZoneInfo("Africa/Cairo"), utc(2026, 4, 23), 48.0, Hours(time(0), time(0), frozenset({5})), DAY, 0.0)
def test_every_permitted_moment_is_permitted_by_the_customers_clock(
    zone: ZoneInfo, begin: datetime, length: float, own: Hours, rules: Hours, place: float
) -> None:
    ends = begin + timedelta(hours=length)
    before = begin
    for first, last in (own & rules).windows(zone, begin, ends):
        assert before <= first < last <= ends
        before = last
        for moment in (first, first + place * (last - first), last - timedelta(seconds=1)):
            assert allows(own, moment, zone)
            assert allows(rules, moment, zone)


@given(
    zone=st.sampled_from(ZONES).map(ZoneInfo),
    begin=moments,
    allowed=st.builds(hours, clock, clock, weekdays),
)
def test_whoever_asks_at_any_moment_is_told_whether_it_is_open(
    zone: ZoneInfo, begin: datetime, allowed: Hours
) -> None:
    closes, opens = allowed.now(zone, begin)
    if closes is not None:
        assert allows(allowed, begin, zone)
        assert closes > begin
    assert opens > begin


@given(
    zone=st.sampled_from(["Europe/Moscow", "Asia/Tokyo", "Asia/Kamchatka"]).map(ZoneInfo),
    begin=moments,
    opens=clock,
    closes=clock,
    days=weekdays,
)
def test_where_clocks_never_change_no_permitted_minute_is_lost(
    zone: ZoneInfo, begin: datetime, opens: time, closes: time, days: frozenset[int]
) -> None:
    allowed = hours(opens, closes, days)
    windows = list(allowed.windows(zone, begin, begin + timedelta(days=7)))
    minutes = sum((last - first) / timedelta(minutes=1) for first, last in windows)
    a_day = (
        24 * 60
        if allowed.is_any_hour
        else (datetime.combine(date.min, allowed.local_to) - datetime.combine(date.min, allowed.local_from))
        / timedelta(minutes=1)
    )
    assert minutes == pytest.approx(a_day * len(days), abs=0.1)


@pytest.mark.django_db
def test_offers_start_with_the_hours_of_good_manners(monkeypatch: pytest.MonkeyPatch) -> None:
    rules = ContactRules(
        purpose=Purpose.MARKETING, local_from=time(10), local_to=time(21), weekdays=[1, 2, 3, 4, 5, 6]
    )
    assert rules.sentences()[-2:] == [
        "Only between 10:00 and 21:00 on the customer's own clock.",
        "Not on Sunday.",
    ]
    assert rules.hours == NOT_ON_SUNDAY
    rules.weekdays = [2, 4]
    assert rules.weekdays_words() == "Only on Tuesday and Thursday."


def test_an_evening_before_the_morning_is_refused() -> None:
    with pytest.raises(ValidationError, match="The evening must come after the morning"):
        ContactRules(purpose=Purpose.SERVICE, local_from=time(21), local_to=time(10)).clean()


@pytest.mark.django_db
def test_a_mailing_at_hours_that_the_rules_forbid_is_refused_at_the_field(mailing: Mailing) -> None:
    MARKETING.update(local_from=time(10), local_to=time(21))
    mailing.local_from, mailing.local_to = time(22), time(23)
    with pytest.raises(ValidationError) as refused:
        mailing.clean()
    assert refused.value.message_dict == {
        "local_to": [
            "The rules for everybody forbid these hours: Only between 10:00 and 21:00 on the customer's own clock."
        ]
    }


@pytest.mark.django_db
def test_a_plan_keeps_to_the_rules_of_its_purpose(
    north: Connection, make_customer: MakeCustomer, planned: Planned, mailing: Mailing
) -> None:
    """It starts on Saturday at 20:00 in Moscow; in Kamchatka it is Sunday already."""
    MARKETING.update(local_from=time(10), local_to=time(21), weekdays=[1, 2, 3, 4, 5, 6])
    Mailing.objects.filter(pk=mailing.pk).update(ends_at=utc(2026, 11, 30, 6))
    near, far = make_customer(), make_customer(time_zone="Asia/Kamchatka")
    with clock_at(utc(2026, 11, 28, 17)):
        planned()
    assert (message_to(near).earliest_at, message_to(near).latest_at) == (
        utc(2026, 11, 28, 17),
        utc(2026, 11, 28, 18),
    )
    assert (message_to(far).earliest_at, message_to(far).latest_at) == (
        utc(2026, 11, 29, 22),
        utc(2026, 11, 30, 6),
    )


@pytest.mark.django_db
def test_hours_that_were_made_stricter_after_the_plan_hold_when_a_message_is_about_to_leave(
    north: Connection, make_customer: MakeCustomer, running: Running
) -> None:
    customer = make_customer()
    running()
    MARKETING.update(weekdays=[timezone.localdate().isoweekday() % 7 + 1])
    Message.objects.update(latest_at=timezone.now() + timedelta(days=3))
    assert claim(north, 10) == []
    message = message_to(customer)
    assert message.state == Message.State.WAITING
    tomorrow = timezone.localdate() + timedelta(days=1)
    assert message.earliest_at == moment_at(tomorrow, time(0), MOSCOW)


@pytest.mark.django_db
def test_rules_of_another_purpose_do_not_matter(
    north: Connection, make_customer: MakeCustomer, running: Running
) -> None:
    ContactRules.objects.filter(purpose=Purpose.SERVICE).update(
        weekdays=[timezone.localdate().isoweekday() % 7 + 1]
    )
    make_customer()
    running()
    assert len(claim(north, 10)) == 1


@pytest.mark.django_db
def test_a_mailing_planned_days_ahead_without_an_end_starts_on_its_day(
    north: Connection,
    make_customer: MakeCustomer,
    planned: Planned,
    mailing: Mailing,
    editor: object,
    approver: object,
) -> None:
    make_customer()
    starts_at = timezone.now() + timedelta(days=5)
    Mailing.objects.filter(pk=mailing.pk).update(starts_at=starts_at)
    mailing = planned()
    lifecycle.submit(mailing, editor)
    lifecycle.approve(mailing, approver)
    assert lifecycle.start_due(starts_at + timedelta(minutes=1)) == [mailing]


def test_a_zone_nobody_knows_is_the_companys_own() -> None:
    assert zone_named("Nowhere/City") == MOSCOW
