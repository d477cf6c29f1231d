"""The drills, small: whatever dies in the middle of a mailing, nothing is lost, and nothing is sent twice by our doing."""

from collections.abc import Iterator

import pytest

from deploy import drill, drill_each, drill_stopped, failing, programs, stopping
from deploy.stack import Stack

MESSAGES = 3_000
PER_SECOND = 200  # by each connection: slow enough that there is a middle to break things in
# Far from what a drill takes: a busy machine has its time, and what is only waited for by the clock is ended (is_small).
DEADLINE_SECONDS = 300

pytestmark = [pytest.mark.drill, pytest.mark.timeout(DEADLINE_SECONDS + 120)]


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """A whole Parley with both ways back for delivery reports."""
    operators = dict.fromkeys(programs.OPERATORS, drill.QUICK_RECEIPTS)
    with Stack(tmp_path_factory.mktemp("drills"), smsbox=True, simulators=operators) as whole:
        drill.bring_up(whole, "dlr-endpoint", MESSAGES, PER_SECOND)
        yield whole
        whole.abandon()


def assert_whole(outcome: drill.Outcome) -> None:
    """The ledger closes, everybody was reached, and no more came twice than Kannel may repeat."""
    assert outcome.result.is_good, outcome.result.line()
    assert outcome.count.lost == 0
    assert outcome.count.doubled <= outcome.may_repeat
    assert outcome.count.reached == outcome.count.planned > 0.8 * MESSAGES


def stopped(stack: Stack, name: str) -> drill_stopped.Stopped:
    return drill_stopped.stop(stack, drill_stopped.VICTIMS[name])


def assert_told(found: drill_stopped.Stopped) -> None:
    """In the feed and by /health/, and taken back when it went on."""
    assert found.told_after_seconds < drill_stopped.WITHIN_SECONDS
    assert found.closed_after_seconds < drill_stopped.WITHIN_SECONDS


# A liar first: how long receipts usually take is learnt from what was sent before, and the drills below keep them waiting.
def test_when_an_operator_lies_the_rest_goes_over_the_other(stack: Stack) -> None:
    drill.choose_way_back(stack, failing.LIES)
    try:
        outcome = drill.drill(stack, failing.LIES, DEADLINE_SECONDS, is_small=True)
    finally:
        failing.restore(stack, failing.LIES)

    assert_whole(outcome)
    assert outcome.went_elsewhere > 0


@pytest.fixture(scope="module")
def gone(stack: Stack) -> tuple[drill.Outcome, drill_stopped.Stopped]:
    """A mailing whose operator was gone until its end. Before anybody noticed, all workers stood still, too.

    So `deploy/drill operator-dies`, where it is stopped in order and never comes back, is not tried apart.
    """
    workers: list[drill_stopped.Stopped] = []
    drill.choose_way_back(stack, failing.GONE)
    try:
        outcome = drill.drill(
            stack,
            failing.GONE,
            DEADLINE_SECONDS,
            is_small=True,
            meanwhile=lambda: workers.append(stopped(stack, "all-workers")),
        )
    except BaseException:
        failing.restore(stack, failing.GONE)  # the drill did it where it went well
        raise
    return outcome, workers[0]


def test_when_an_operator_is_gone_the_rest_goes_over_the_other(
    gone: tuple[drill.Outcome, drill_stopped.Stopped],
) -> None:
    outcome, _ = gone

    assert_whole(outcome)
    assert outcome.went_elsewhere > 0


@pytest.fixture(scope="module")
def deaths(stack: Stack) -> drill_each.Outcome:
    """One mailing that is paused and resumed, and in which everything dies once, one after the other."""
    return drill_each.break_each(stack, DEADLINE_SECONDS)


@pytest.mark.parametrize("name", drill.VICTIMS)
def test_a_mailing_goes_on_by_itself_when_it_breaks(deaths: drill_each.Outcome, name: str) -> None:
    death = deaths.deaths[name]

    assert death.gone_on_after_seconds < drill_each.WITHIN_SECONDS
    assert death.doubled <= death.may_repeat


def test_nothing_is_lost_and_nothing_sent_twice_whatever_breaks(deaths: drill_each.Outcome) -> None:
    assert_whole(deaths.outcome)


# Told within 30 s is measured by deploy/drill, too; all five in turn take two minutes there.
def test_workers_that_stand_still_are_told_by_the_pulse(
    gone: tuple[drill.Outcome, drill_stopped.Stopped],
) -> None:
    assert_told(gone[1])


def test_a_pulse_that_stands_still_is_told_by_the_workers(deaths: drill_each.Outcome) -> None:
    assert_told(deaths.pulse)


# Full speed is measured by deploy/drill; here it is slow, and the machine busy.
STOPPED_WITHIN_SECONDS = 8


def test_a_pause_stops_what_has_not_left_until_it_is_resumed(deaths: drill_each.Outcome) -> None:
    assert deaths.paused.last_after_seconds < STOPPED_WITHIN_SECONDS
    assert deaths.paused.kept > 0


def test_a_cancel_stops_what_has_not_left_and_the_books_close(stack: Stack) -> None:
    drill.choose_way_back(stack, stopping.CANCEL)

    found = stopping.stop(stack, stopping.CANCEL, DEADLINE_SECONDS, drill_each.QUIET_SECONDS)

    assert found.is_whole, found
    assert found.last_after_seconds < STOPPED_WITHIN_SECONDS
    assert found.line().endswith("ledger balanced=yes")
