"""What somebody types as a day, a time or a moment is understood as it is meant, or refused; it never becomes another one."""

import re
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, time
from zoneinfo import ZoneInfo

import pytest
import time_machine
from django.utils import translation
from hypothesis import example, given
from hypothesis import strategies as st
from pytest_django import Settings

from backoffice.lib import moments
from deploy.programs import ROOT

NOW = datetime(2026, 11, 30, 20, 0, tzinfo=UTC)
MOSCOW, BERLIN = ZoneInfo("Europe/Moscow"), ZoneInfo("Europe/Berlin")
NONE = None
YEARS = (datetime.combine(date(2000, 1, 1), time()), datetime.combine(date(2099, 12, 31), time()))
DAYS: list[tuple[str, date | None]] = [
    ("31.12.2026", date(2026, 12, 31)),
    ("1.2.2027", date(2027, 2, 1)),
    ("01.02.2027", date(2027, 2, 1)),
    ("31. 12. 2026", date(2026, 12, 31)),
    ("  31.12.2026 ", date(2026, 12, 31)),
    ("31.12.2026\u00a0", date(2026, 12, 31)),
    ("2026-12-31", date(2026, 12, 31)),
    ("31.12.26", date(2026, 12, 31)),
    ("31.12.07", date(2007, 12, 31)),
    ("31.12.", date(2026, 12, 31)),
    ("31.12", date(2026, 12, 31)),
    ("30.11.", date(2026, 11, 30)),
    ("29.11.", date(2027, 11, 29)),
    ("29.02.2028", date(2028, 2, 29)),
    ("30.02.2027", NONE),
    ("29.02.2027", NONE),
    ("29.02.", NONE),
    ("31.04.2027", NONE),
    ("2026-02-30", NONE),
    ("2026-13-01", NONE),
    ("00.01.2027", NONE),
    ("32.01.2027", NONE),
    ("31.12.85", NONE),
    ("31.12.20266", NONE),
    ("31.12.202", NONE),
    ("31.12.0026", NONE),
    ("12/31/2026", NONE),
    ("01/02/2026", NONE),
    ("31-12-2026", NONE),
    ("2026/12/31", NONE),
    ("2026-1-2", NONE),
    ("20261231", NONE),
    ("31", NONE),
    ("tomorrow", NONE),
    ("завтра", NONE),
    ("31 December 2026", NONE),
    ("٣١.١٢.٢٠٢٦", NONE),
    ("31.12.2026 10:00", NONE),
    ("-1.12.2026", NONE),
    ("46387", NONE),
]
TIMES: list[tuple[str, time | None]] = [
    ("10:00", time(10)),
    ("10", time(10)),
    ("9", time(9)),
    ("9:05", time(9, 5)),
    ("09:05", time(9, 5)),
    ("10.30", time(10, 30)),
    ("10:00:00", time(10)),
    ("10:00:05", time(10, 0, 5)),
    ("0:00", time(0)),
    ("23:59", time(23, 59)),
    ("24:00", NONE),
    ("24", NONE),
    ("25:00", NONE),
    ("10:60", NONE),
    ("10:5", NONE),
    ("10:000", NONE),
    ("1000", NONE),
    ("10-30", NONE),
    ("10:00 pm", NONE),
    ("7pm", NONE),
    ("noon", NONE),
    ("-1:00", NONE),
    ("١٠:٠٠", NONE),
]
TEN = datetime(2026, 12, 31, 7, 0, tzinfo=UTC)
MOMENTS: list[tuple[str, datetime | None]] = [
    ("31.12.2026 10:00", TEN),
    ("31.12.2026, 10:00", TEN),
    ("31.12.2026  10:00", TEN),
    ("31.12.2026 10", TEN),
    ("31.12.26 10:00", TEN),
    ("31.12. 10:00", TEN),
    ("31.12 10:00", TEN),
    ("31.12. 10.00", TEN),
    ("2026-12-31 10:00", TEN),
    ("2026-12-31T10:00", TEN),
    ("2026-12-31T10:00:00", TEN),
    ("2026-12-31T07:00:00.000Z", TEN),
    ("2026-12-31T10:00+03:00", TEN),
    ("31.12.2026 12:00 +0500", TEN),
    ("31.12.2026 07:00 UTC", TEN),
    ("30.11. 10:00", datetime(2026, 11, 30, 7, 0, tzinfo=UTC)),
    ("31.12.2026", NONE),
    ("10:00", NONE),
    ("10", NONE),
    ("tomorrow", NONE),
    ("tomorrow 10:00", NONE),
    ("now", NONE),
    ("25:00", NONE),
    ("31.12.2026 25:00", NONE),
    ("31.12.2026 24:00", NONE),
    ("31.12.2026 10:61", NONE),
    ("31.12.2026 10:00 pm", NONE),
    ("30.02.2027 10:00", NONE),
    ("30.02. 10:00", NONE),
    ("2027-02-30 10:00", NONE),
    ("12/31/2026 10:00", NONE),
    ("31.12.85 10:00", NONE),
    ("31.12.2026 10:00 +25:00", NONE),
    ("31.12.2026 10:00 MSK", NONE),
    ("31.12.202610:00", NONE),
]


@pytest.fixture(autouse=True, params=["en", "ru"])
def _in_both_languages(request: pytest.FixtureRequest) -> Iterator[None]:
    with translation.override(request.param), time_machine.travel(NOW, tick=False):
        yield


def outcome(read: Callable[[str], object], text: str) -> object:
    """What was understood; None where it was refused with a sentence."""
    try:
        return read(text)
    except ValueError as problem:
        said = str(problem)
    assert said.endswith("."), said
    return None


@pytest.mark.parametrize(("text", "meant"), DAYS)
def test_a_day_is_understood_or_refused(text: str, meant: date | None) -> None:
    assert outcome(moments.read_day, text) == meant


@pytest.mark.parametrize(("text", "meant"), TIMES)
def test_a_time_is_understood_or_refused(text: str, meant: time | None) -> None:
    assert outcome(moments.read_time, text) == meant


@pytest.mark.parametrize(("text", "meant"), MOMENTS)
def test_a_moment_is_understood_or_refused(text: str, meant: datetime | None) -> None:
    assert outcome(moments.read_moment, text) == meant


@given(st.text(alphabet="0123456789.:-/ T+Zamp,", max_size=24) | st.text(max_size=24))
@example("31.12.26")
def test_whatever_is_typed_shows_its_own_digits_or_is_refused(text: str) -> None:
    for read, words in (
        (moments.read_day, "{:%d%m}"),
        (moments.read_moment, "{:%d%m%H%M}"),
    ):
        found = outcome(read, text)
        if found is None or "+" in text or "-" in text.rpartition(" ")[2] or "Z" in text or "U" in text:
            continue
        local = found.astimezone(MOSCOW) if isinstance(found, datetime) else found
        typed = [int(part) for part in "".join(c if c.isdigit() else " " for c in text).split()]
        assert set(map(int, (local.strftime("%d"), local.strftime("%m")))) <= set(typed), words


@given(st.datetimes(*YEARS, timezones=st.just(UTC)))
def test_what_is_shown_is_read_as_the_same_moment_in_every_zone(moment: datetime) -> None:
    moment = moment.replace(microsecond=0)
    for zone in (MOSCOW, BERLIN, ZoneInfo("Australia/Lord_Howe")):
        assert moments.read_moment(moments.moment_words(moment, zone), zone) == moment


def test_an_hour_that_is_skipped_is_refused_and_the_next_one_named() -> None:
    with pytest.raises(ValueError, match="03:30"):
        moments.read_moment("28.03.2027 02:30", BERLIN)
    assert moments.read_moment("28.03.2027 03:00", BERLIN) == datetime(2027, 3, 28, 1, 0, tzinfo=UTC)


def test_an_hour_that_comes_twice_has_to_say_which() -> None:
    with pytest.raises(ValueError, match=r"02:30 \+02:00.*02:30 \+01:00"):
        moments.read_moment("31.10.2027 02:30", BERLIN)
    first = moments.read_moment("31.10.2027 02:30 +02:00", BERLIN)
    second = moments.read_moment("31.10.2027 02:30 +01:00", BERLIN)
    assert (second - first).total_seconds() == 3600
    assert moments.moment_words(second, BERLIN) == "31.10.2027 02:30 +01:00"


def test_a_clock_elsewhere_tells_which_time_it_does_not_show() -> None:
    assert "02:30" in moments.problem_on_the_clock_of(
        BERLIN, datetime.combine(date(2027, 3, 28), time(2, 30))
    )
    assert moments.problem_on_the_clock_of(BERLIN, datetime.combine(date(2027, 10, 31), time(2, 30))) == ""
    assert moments.problem_on_the_clock_of(BERLIN, datetime.combine(date(2027, 10, 30), time(2, 30))) == ""


def test_nobody_takes_the_day_of_utc_or_of_the_reader_for_the_companys() -> None:
    """Between midnight in Moscow and midnight in UTC they differ: a new price would not be used, or used too early."""
    wrong = re.compile(r"now\(\)\.date\(\)|\bnow\.date\(\)|localdate\(\)|date\.today\(\)|_at\.date\(\)")
    allowed = {
        "backoffice/mailings/querysets.py",  # the month that an id carries, which is that of UTC
        "backoffice/mailings/planning.py",
        "backoffice/mailings/live.py",  # whether the reader needs to be told the day
    }
    found = {
        str(path.relative_to(ROOT))
        for room in ("backoffice", "reports")
        for path in (ROOT / room).rglob("*.py")
        if "migrations" not in path.parts and wrong.search(path.read_text())
    }
    assert found - allowed == set()


def test_the_day_is_the_companys(settings: Settings) -> None:
    moment = datetime(2026, 11, 30, 21, 27, tzinfo=UTC)
    assert moments.company_day(moment) == date(2026, 12, 1)
    settings.TIME_ZONE = "America/New_York"
    assert moments.company_day(moment) == date(2026, 11, 30)
