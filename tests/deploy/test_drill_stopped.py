from dataclasses import replace
from decimal import Decimal

import pytest

from deploy.drill import Count
from deploy.drill_stopped import VICTIMS, Outcome, Stopped
from deploy.result import MailingResult, stopped_line

RESULT = MailingResult(
    mailing_id=7,
    balanced=True,
    closed=True,
    counts={"planned": 9, "excluded": 0, "held_out": 0},
    cost=Decimal(0),
    currency="RUB",
    seconds=9.0,
)
GOOD = Outcome(
    [Stopped(14.0, 1.0), Stopped(29.9, 0.5)], RESULT, Count(planned=9, reached=9, lost=0, doubled=0)
)


def test_all_told_and_closed_in_time_with_right_books_is_good() -> None:
    assert GOOD.is_good
    assert (GOOD.told, GOOD.closed) == (29.9, 1.0)


@pytest.mark.parametrize(
    "bad",
    [
        replace(GOOD, stopped=[Stopped(30.1, 1.0)]),
        replace(GOOD, stopped=[Stopped(1.0, 30.1)]),
        replace(GOOD, result=replace(RESULT, balanced=False)),
        replace(GOOD, count=Count(planned=9, reached=8, lost=1, doubled=0)),
        replace(GOOD, count=Count(planned=9, reached=9, lost=0, doubled=1)),
    ],
)
def test_anything_late_lost_or_doubled_is_not_good(bad: Outcome) -> None:
    assert not bad.is_good


def test_the_last_line_has_both_times_and_the_ledger() -> None:
    line = "drill stopped told_within_seconds=14.2 closed_within_seconds=1.0 ledger balanced=yes"
    assert stopped_line(14.24, 1.0, balanced=True) == line


def test_every_process_that_sends_or_receives_stands_still_once() -> None:
    stopped = {program for one in VICTIMS.values() for program in one.programs}
    assert stopped == {"listener", "worker-1", "worker-2", "pulse", "dlr-endpoint"}
