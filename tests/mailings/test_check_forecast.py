"""How messages leave over a line that several mailings share."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from backoffice.mailings.check.forecast import Departure, Group, Job, Window, departures, shares

NOW = datetime(2026, 11, 26, 9, 7, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


def window(opens_minute: int, closes_minute: int) -> Window:
    return NOW + opens_minute * MINUTE, NOW + closes_minute * MINUTE


def job(messages: int, *windows: Window, parts: int | None = None, **values: object) -> Job:
    return Job((Group(windows, messages, parts or messages),), **values)  # type: ignore[arg-type]


def leaving(found: list[Departure]) -> int:
    return sum(one.messages for one in found)


@st.composite
def groups(draw: st.DrawFn) -> Group:
    at, windows = draw(st.integers(-600, 1500)), []
    for _number in range(draw(st.integers(1, 3))):
        length = draw(st.integers(1, 700))
        windows.append(window(at, at + length))
        at += length + draw(st.integers(1, 900))
    messages = draw(st.integers(1, 3000))
    return Group(tuple(windows), messages, messages * draw(st.integers(1, 4)))


@st.composite
def jobs(draw: st.DrawFn) -> Job:
    limit = draw(st.one_of(st.none(), st.floats(0.01, 20)))
    weight = draw(st.sampled_from([1, 4, 16, 256]))
    return Job(tuple(draw(st.lists(groups(), min_size=1, max_size=4))), weight, limit)


RATES = st.floats(0, 30)
OTHERS = st.lists(jobs(), max_size=3)


@settings(max_examples=60, deadline=None)
@given(jobs(), OTHERS, RATES)
def test_nothing_leaves_before_now_or_outside_its_windows(own: Job, others: list[Job], rate: float) -> None:
    for one in departures(own, others, rate, NOW):
        assert NOW <= one.begins_at <= one.ends_at
        assert any(
            opens <= one.begins_at and one.ends_at <= closes and closes == one.closes_at
            for opens, closes in own.groups[one.group].windows
        )


@settings(max_examples=60, deadline=None)
@given(jobs(), OTHERS, RATES)
def test_nothing_leaves_twice_and_no_group_has_more_than_its_messages(
    own: Job, others: list[Job], rate: float
) -> None:
    left = [0] * len(own.groups)
    for one in departures(own, others, rate, NOW):
        assert one.messages > 0
        left[one.group] += one.messages
    assert all(count <= group.messages for count, group in zip(left, own.groups, strict=True))


@settings(max_examples=60, deadline=None)
@given(jobs(), OTHERS)
def test_a_line_that_is_fast_enough_leaves_nothing_behind_but_what_was_late_before(
    own: Job, others: list[Job]
) -> None:
    unlimited = Job(own.groups, own.weight)
    found = departures(unlimited, others, 1e9, NOW)
    due = [group.messages for group in own.groups if group.windows[-1][1] > NOW]
    assert leaving(found) == sum(due)


@settings(max_examples=60, deadline=None)
@given(jobs(), OTHERS, RATES, st.floats(1, 5))
def test_a_faster_line_never_carries_less(own: Job, others: list[Job], rate: float, times: float) -> None:
    slower, faster = (departures(own, others, speed, NOW) for speed in (rate, rate * times))
    assert leaving(slower) <= leaving(faster)


@settings(max_examples=60, deadline=None)
@given(jobs(), OTHERS, RATES)
def test_other_mailings_never_help(own: Job, others: list[Job], rate: float) -> None:
    assert leaving(departures(own, others, rate, NOW)) <= leaving(departures(own, [], rate, NOW))


@settings(max_examples=60, deadline=None)
@given(jobs(), OTHERS, RATES)
def test_at_no_moment_has_more_left_than_the_line_carries(own: Job, others: list[Job], rate: float) -> None:
    found = departures(own, others, rate, NOW)
    carried = 0.0
    for one in found:
        group = own.groups[one.group]
        carried += one.messages * group.parts / group.messages
        # What is told at the end of a quarter may have left at its beginning.
        seconds = (one.ends_at - NOW).total_seconds()
        assert carried <= rate * seconds * (1 + 1e-6) + 1


@given(
    st.floats(0, 1e6),
    st.lists(st.tuples(st.floats(0, 1e6), st.sampled_from([1, 4, 16, 256])), min_size=1, max_size=6),
)
def test_shares_give_all_there_is_and_nobody_more_than_wanted(
    capacity: float, wanted: list[tuple[float, int]]
) -> None:
    given_to = shares(capacity, [want for want, _weight in wanted], [weight for _want, weight in wanted])
    assert all(got <= want for got, (want, _weight) in zip(given_to, wanted, strict=True))
    assert sum(given_to) == pytest.approx(min(capacity, sum(want for want, _weight in wanted)), abs=1e-3)


def test_an_hour_of_parts_takes_an_hour() -> None:
    found = departures(job(1800, window(0, 600), parts=3600), [], 1.0, NOW)
    assert leaving(found) == 1800
    assert found[0].begins_at == NOW
    assert found[-1].ends_at == NOW + timedelta(hours=1)


def test_what_does_not_leave_before_its_window_closes_goes_in_the_next_one() -> None:
    found = departures(job(3600, window(0, 30), window(600, 660)), [], 1.0, NOW)
    assert sum(one.messages for one in found if one.ends_at <= NOW + 30 * MINUTE) == 1800
    assert leaving(found) == 3600


def test_what_fits_into_no_window_is_missing() -> None:
    assert leaving(departures(job(3600, window(0, 30)), [], 1.0, NOW)) == 1800


def test_a_window_that_is_over_takes_nothing() -> None:
    assert departures(job(10, window(-60, 0)), [], 1.0, NOW) == []
    assert departures(Job((Group((), 10, 10),)), [], 1.0, NOW) == []
    assert departures(Job(()), [], 1.0, NOW) == []


def test_a_line_out_of_use_carries_nothing() -> None:
    assert departures(job(10, window(0, 60)), [], 0, NOW) == []


def test_two_alike_take_half_of_the_line_each() -> None:
    found = departures(job(1800, window(0, 600)), [job(7200, window(0, 600))], 1.0, NOW)
    assert found[-1].ends_at == NOW + timedelta(hours=1)


def test_what_another_has_sent_by_then_is_out_of_the_way() -> None:
    own = job(1800, window(60, 600))
    assert departures(own, [job(3600, window(0, 600))], 1.0, NOW)[-1].ends_at == NOW + 90 * MINUTE


def test_an_urgent_mailing_gets_nearly_the_whole_line() -> None:
    urgent = job(3600, window(0, 600), weight=256)
    found = departures(urgent, [job(36_000, window(0, 600), weight=1)], 1.0, NOW)
    assert timedelta(hours=1) < found[-1].ends_at - NOW < timedelta(hours=1, minutes=1)


def test_a_mailing_keeps_to_its_own_limit() -> None:
    found = departures(job(1800, window(0, 600), parts_per_second=0.5), [], 100.0, NOW)
    assert found[-1].ends_at == NOW + timedelta(hours=1)


def test_what_is_due_first_leaves_first() -> None:
    both = Job((Group((window(10, 600),), 600, 600), Group((window(0, 600),), 1200, 1200)))
    found = departures(both, [], 1.0, NOW)
    assert next(one.group for one in found) == 1
    assert max(one.ends_at for one in found if one.group == 1) <= min(
        one.ends_at for one in found if one.group == 0
    )


def test_a_long_time_is_looked_at_by_the_hour() -> None:
    day = 24 * 60
    found = departures(job(10 * 86_400, window(0, 20 * day)), [], 1.0, NOW)
    assert leaving(found) == 10 * 86_400
    assert len(found) <= 10 * 24 + 2
    assert found[-1].ends_at == NOW + timedelta(days=10)
