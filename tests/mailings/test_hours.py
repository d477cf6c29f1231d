from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st

from backoffice.mailings.hours import Hours, zone_named

DAY = Hours(time(10), time(21))
MOSCOW = ZoneInfo("Europe/Moscow")
ZONES = ["Europe/Moscow", "Asia/Kamchatka", "Europe/Berlin", "America/New_York", "Pacific/Apia"]


def utc(*values: int) -> datetime:
    return datetime(*values, tzinfo=UTC)


def test_a_start_at_night_waits_for_the_morning() -> None:
    span = DAY.span(MOSCOW, utc(2026, 3, 1, 0, 0), utc(2026, 3, 2, 0, 0))
    assert span == (utc(2026, 3, 1, 7, 0), utc(2026, 3, 1, 18, 0))


def test_a_start_in_the_day_begins_at_once_and_may_end_on_the_next_day() -> None:
    span = DAY.span(MOSCOW, utc(2026, 3, 1, 12, 0), utc(2026, 3, 2, 12, 0))
    assert span == (utc(2026, 3, 1, 12, 0), utc(2026, 3, 2, 12, 0))


def test_an_end_before_the_morning_leaves_no_hour() -> None:
    assert DAY.span(MOSCOW, utc(2026, 3, 1, 19, 0), utc(2026, 3, 2, 6, 0)) is None


def test_the_same_beginning_and_end_mean_any_hour() -> None:
    at_any_hour = Hours(time(0), time(0))
    assert at_any_hour.span(MOSCOW, utc(2026, 3, 1), utc(2026, 3, 2)) == (utc(2026, 3, 1), utc(2026, 3, 2))
    assert at_any_hour.now(MOSCOW, utc(2026, 3, 1))[0] is not None


def test_by_day_it_is_open_until_the_evening_and_opens_again_tomorrow() -> None:
    assert DAY.now(MOSCOW, utc(2026, 3, 1, 12, 0)) == (utc(2026, 3, 1, 18, 0), utc(2026, 3, 2, 7, 0))


def test_by_night_it_is_closed_until_the_morning() -> None:
    assert DAY.now(MOSCOW, utc(2026, 3, 1, 20, 0)) == (None, utc(2026, 3, 2, 7, 0))


def test_an_unknown_zone_is_the_companys_own(settings: object) -> None:
    assert zone_named("Nowhere/City") == zone_named("") == ZoneInfo("Europe/Moscow")


@given(
    zone=st.sampled_from(ZONES),
    days=st.floats(0, 365),
    hours=st.floats(0.5, 80),
    opens=st.times(),
    closes=st.times(),
)
def test_every_permitted_moment_lies_within_the_local_hours(
    zone: str, days: float, hours: float, opens: time, closes: time
) -> None:
    if opens >= closes:
        return
    begin = utc(2026, 1, 1) + timedelta(days=days)
    for first, last in Hours(opens, closes).windows(ZoneInfo(zone), begin, begin + timedelta(hours=hours)):
        assert begin <= first <= last <= begin + timedelta(hours=hours)
        local = first.astimezone(ZoneInfo(zone))
        gap = timedelta(
            hours=1
        )  # a clock put forward skips an hour: its openings move to the next one that exists
        assert opens <= local.time() or (local + gap).time() >= opens
