import dataclasses
from decimal import Decimal

import pytest

from deploy.result import REPORTED, MailingResult, drill_line, sending_line, stop_line, whole_line

COUNTS = dict.fromkeys(REPORTED, 0)
RESULT = MailingResult(
    mailing_id=7,
    balanced=True,
    closed=True,
    counts={
        **COUNTS,
        "planned": 5000,
        "excluded": 400,
        "held_out": 100,
        "delivered": 4300,
        "undelivered": 200,
    },
    cost=Decimal("12345.6000"),
    currency="RUB",
    seconds=9.0,
)


def test_the_last_line_says_how_the_mailing_ended() -> None:
    assert RESULT.line() == (
        "ledger balanced=yes planned=5000 excluded=400 held_out=100 delivered=4300 undelivered=200 rejected=0 "
        "expired=0 failed=0 uncertain=0 cost=12345.60 currency=RUB messages_per_second=500"
    )


def test_what_has_not_reached_its_end_is_no_part_of_the_rate_and_is_said() -> None:
    stuck = dataclasses.replace(
        RESULT, closed=False, counts={**RESULT.counts, "delivered": 100, "waiting": 4200}
    )
    assert stuck.messages_per_second == pytest.approx(300 / 9)
    assert stuck.line().endswith("messages_per_second=33 unfinished=4200")
    assert not stuck.is_good


def test_a_result_survives_being_written_down() -> None:
    assert MailingResult.from_json(RESULT.as_json()) == RESULT


def test_a_balanced_and_closed_mailing_is_good() -> None:
    assert RESULT.is_good


@pytest.mark.parametrize("name", ["balanced", "closed"])
def test_a_mailing_that_does_not_balance_or_close_is_not_good(name: str) -> None:
    assert not dataclasses.replace(RESULT, **{name: False}).is_good


def test_a_mailing_to_nobody_is_not_good() -> None:
    assert not dataclasses.replace(RESULT, counts={**COUNTS, "planned": 1, "excluded": 1}).is_good


def test_the_line_of_a_drill_has_its_fixed_words() -> None:
    line = drill_line("link", planned=20000, reached=20000, lost=0, doubled=4, allowed=10)
    assert line == "drill link planned=20000 reached_operator=20000 lost=0 doubled=4 allowed=10"


def test_the_line_of_the_bench_has_the_ratio() -> None:
    assert sending_line(1450.4, 1650.2) == "bench sending ours=1450 reference=1650 ratio=0.88"


def test_the_line_of_a_stop_has_its_fixed_words() -> None:
    assert stop_line("pause", 1.94, True) == "drill pause last_message_after_seconds=1.9 ledger balanced=yes"
    assert stop_line("cancel", 4.0, False) == "drill cancel last_message_after_seconds=4.0 ledger balanced=no"


def test_the_line_of_the_whole_compares_the_two_rates() -> None:
    small = dataclasses.replace(RESULT, seconds=5.0)
    assert whole_line(RESULT, small, deadlocks=0, worker_peak_mib=590.4) == (
        "bench whole messages=4500 seconds=9 messages_per_second=500 ratio_to_100000=0.56 "
        "deadlocks=0 worker_peak_mib=590"
    )
