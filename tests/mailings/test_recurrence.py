"""When something that repeats comes again: days, holidays, clocks that change."""

from datetime import UTC, date, datetime, time, timedelta
from itertools import islice
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.core.exceptions import ValidationError
from hypothesis import given
from hypothesis import strategies as st

from backoffice.mailings.recurrence import (
    OnHoliday,
    Recurrence,
    Repeats,
    countries,
    is_country,
    is_working_day,
    is_zone,
    zones,
)

BERLIN, MOSCOW = ZoneInfo("Europe/Berlin"), ZoneInfo("Europe/Moscow")
TEN = time(10)


def days(repeats: str, first: date, count: int, **values: Any) -> list[date]:
    return list(islice(Recurrence(repeats, TEN, MOSCOW, **values).days(first), count))


def utc(*values: int) -> datetime:
    return datetime(*values, tzinfo=UTC)


def test_every_day() -> None:
    assert days(Repeats.DAILY, date(2026, 12, 30), 3) == [
        date(2026, 12, 30),
        date(2026, 12, 31),
        date(2027, 1, 1),
    ]


def test_every_monday_and_thursday() -> None:
    found = days(Repeats.WEEKLY, date(2026, 11, 26), 3, weekdays=frozenset({1, 4}))
    assert found == [date(2026, 11, 26), date(2026, 11, 30), date(2026, 12, 3)]


def test_every_week_on_no_day_is_never() -> None:
    assert days(Repeats.WEEKLY, date(2026, 11, 26), 3) == []


def test_once_does_not_repeat() -> None:
    assert days(Repeats.ONCE, date(2026, 11, 26), 3) == []


def test_the_31st_is_the_last_day_of_a_shorter_month() -> None:
    found = days(Repeats.MONTHLY, date(2027, 1, 15), 4, month_day=31)
    assert found == [date(2027, 1, 31), date(2027, 2, 28), date(2027, 3, 31), date(2027, 4, 30)]


def test_a_day_of_the_month_that_is_over_comes_next_month() -> None:
    assert days(Repeats.MONTHLY, date(2026, 11, 16), 2, month_day=15) == [
        date(2026, 12, 15),
        date(2027, 1, 15),
    ]


def test_the_first_working_day_of_january_in_russia_comes_after_the_holidays() -> None:
    """In 2025 the 1st to the 8th were holidays, by law."""
    assert days(Repeats.FIRST_WORKING_DAY, date(2024, 12, 30), 1, country="RU") == [date(2025, 1, 9)]


def test_without_a_country_working_days_are_monday_to_friday() -> None:
    found = days(Repeats.FIRST_WORKING_DAY, date(2026, 8, 1), 2)
    assert found == [date(2026, 8, 3), date(2026, 9, 1)]
    assert days(Repeats.LAST_WORKING_DAY, date(2026, 5, 2), 2) == [date(2026, 5, 29), date(2026, 6, 30)]


def test_a_weekend_that_is_worked_is_a_working_day() -> None:
    """In Russia Saturday 2 November 2024 was worked for 30 April."""
    assert is_working_day(date(2024, 11, 2), "RU")
    assert not is_working_day(date(2024, 11, 2), "")


def test_on_a_holiday_it_may_run_be_left_out_or_wait_for_a_working_day() -> None:
    """Christmas of 2026 is a Friday in Germany, and the day after it is a holiday, too."""
    fridays = {"weekdays": frozenset({5}), "country": "DE"}
    first = date(2026, 12, 18)
    assert days(Repeats.WEEKLY, first, 2, **fridays) == [first, date(2026, 12, 25)]
    left_out = days(Repeats.WEEKLY, first, 2, on_holiday=OnHoliday.LEAVE_OUT, **fridays)
    assert left_out == [first, date(2027, 1, 8)]
    moved = days(Repeats.WEEKLY, first, 3, on_holiday=OnHoliday.NEXT, **fridays)
    assert moved == [first, date(2026, 12, 28), date(2027, 1, 4)]


def test_two_days_that_move_to_the_same_one_run_once() -> None:
    found = days(Repeats.DAILY, date(2026, 12, 24), 3, on_holiday=OnHoliday.NEXT, country="DE")
    assert found == [date(2026, 12, 24), date(2026, 12, 28), date(2026, 12, 29)]


def test_the_last_day_counts() -> None:
    found = days(Repeats.DAILY, date(2026, 12, 30), 5, until=date(2026, 12, 31))
    assert found == [date(2026, 12, 30), date(2026, 12, 31)]


def test_ten_o_clock_stays_ten_o_clock_when_clocks_change() -> None:
    rule = Recurrence(Repeats.DAILY, TEN, BERLIN)
    assert list(islice(rule.moments(utc(2026, 3, 28)), 3)) == [
        utc(2026, 3, 28, 9),
        utc(2026, 3, 29, 8),
        utc(2026, 3, 30, 8),
    ]


def test_a_time_the_clock_skips_is_kept_an_hour_later() -> None:
    rule = Recurrence(Repeats.DAILY, time(2, 30), BERLIN)
    assert list(islice(rule.moments(utc(2026, 3, 28, 12)), 2)) == [
        utc(2026, 3, 29, 1, 30),
        utc(2026, 3, 30, 0, 30),
    ]


def test_a_moment_that_was_is_not_the_next_one() -> None:
    rule = Recurrence(Repeats.DAILY, TEN, MOSCOW)
    assert next(rule.moments(utc(2026, 12, 1, 7))) == utc(2026, 12, 2, 7)
    assert next(rule.moments(utc(2026, 12, 1, 6, 59))) == utc(2026, 12, 1, 7)


rules = st.builds(
    Recurrence,
    repeats=st.sampled_from([one for one in Repeats if one]),
    time_of_day=st.times().map(lambda at: at.replace(second=0, microsecond=0)),
    zone=st.sampled_from(["Europe/Berlin", "Australia/Lord_Howe", "Africa/Cairo", "Asia/Kamchatka"]).map(
        ZoneInfo
    ),
    weekdays=st.frozensets(st.integers(1, 7), min_size=1),
    month_day=st.integers(1, 31),
    country=st.sampled_from(["", "RU", "DE", "AE"]),
    on_holiday=st.sampled_from(OnHoliday),
)
starts = st.integers(0, 2 * 365 * 24 * 60).map(lambda minutes: utc(2025, 1, 1) + timedelta(minutes=minutes))


@given(rule=rules, after=starts)
def test_moments_come_in_order_each_day_at_most_once_and_at_the_time_on_the_clock(
    rule: Recurrence, after: datetime
) -> None:
    moments = list(islice(rule.moments(after), 6))
    assert len(moments) == 6
    assert all(first < second for first, second in zip([after, *moments], moments, strict=False))
    local = [moment.astimezone(rule.zone) for moment in moments]
    assert len({one.date() for one in local}) == 6
    for one in local:
        # Where the clock skips that time it is up to an hour later.
        shown = datetime.combine(date.min, one.time().replace(fold=0))
        assert timedelta(0) <= shown - datetime.combine(date.min, rule.time_of_day) <= timedelta(hours=1)


@given(rule=rules, after=starts, steps=st.integers(1, 5))
def test_walking_from_moment_to_moment_misses_none(rule: Recurrence, after: datetime, steps: int) -> None:
    """However often somebody asks in between, the moments are the same ones."""
    at_once = list(islice(rule.moments(after), steps))
    one_by_one = []
    for _ in range(steps):
        after = next(rule.moments(after))
        one_by_one.append(after)
    assert one_by_one == at_once


@given(rule=rules, after=starts)
def test_on_a_working_day_rule_nobody_works_on_a_holiday(rule: Recurrence, after: datetime) -> None:
    for day in islice(rule.days(after.date()), 5):
        if rule.repeats in (Repeats.FIRST_WORKING_DAY, Repeats.LAST_WORKING_DAY):
            assert is_working_day(day, rule.country)
        elif rule.repeats == Repeats.WEEKLY and rule.on_holiday != OnHoliday.NEXT:
            assert day.isoweekday() in rule.weekdays


@pytest.mark.parametrize(
    ("values", "sentence"),
    [
        ({"repeats": Repeats.ONCE}, "Once."),
        ({"repeats": Repeats.DAILY}, "Every day at 10:00."),
        (
            {"repeats": Repeats.WEEKLY, "weekdays": frozenset({1, 4})},
            "Every week on Monday and Thursday at 10:00.",
        ),
        ({"repeats": Repeats.MONTHLY, "month_day": 15}, "Every month on day 15 at 10:00."),
        ({"repeats": Repeats.FIRST_WORKING_DAY}, "On the first working day of each month at 10:00."),
        (
            {"repeats": Repeats.LAST_WORKING_DAY, "until": date(2027, 3, 1)},
            "On the last working day of each month at 10:00. The last day is 1 March 2027.",
        ),
    ],
)
def test_a_rule_in_words(values: dict[str, Any], sentence: str) -> None:
    assert Recurrence(time_of_day=TEN, zone=MOSCOW, **values).sentence() == sentence


def test_countries_and_zones_are_chosen_by_name() -> None:
    assert ("RU", "Russia") in countries()
    assert "Europe/Moscow" in zones()
    is_country("RU")
    is_zone("Europe/Moscow")
    with pytest.raises(ValidationError, match="Choose a country"):
        is_country("XX")
    with pytest.raises(ValidationError, match="Choose a time zone"):
        is_zone("Mars/Olympus")
