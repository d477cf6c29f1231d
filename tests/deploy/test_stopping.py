from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from deploy import programs, stopping
from deploy.result import MailingResult
from deploy.stopping import Stopped

RESULT = MailingResult(
    mailing_id=7, balanced=True, closed=True, counts={}, cost=Decimal(0), currency="RUB", seconds=9.0
)
GOOD = Stopped(
    name="pause",
    last_after_seconds=2.9,
    kept=500,
    result=RESULT,
    balanced=True,
    closed=True,
    lost=0,
    doubled=0,
    sent_though_cancelled=0,
)


def test_a_stop_within_three_seconds_with_right_books_is_good() -> None:
    assert GOOD.is_good
    assert GOOD.line() == "drill pause last_message_after_seconds=2.9 ledger balanced=yes"


@pytest.mark.parametrize(
    "wrong",
    [
        {"last_after_seconds": 3.1},
        {"kept": 0},
        {"balanced": False},
        {"closed": False},
        {"lost": 1},
        {"doubled": 1},
        {"sent_though_cancelled": 1},
    ],
)
def test_anything_else_is_not(wrong: dict[str, Any]) -> None:
    assert not replace(GOOD, **wrong).is_good


def test_the_last_message_is_the_last_of_all_operators(tmp_path: Path) -> None:
    stack: Any = SimpleNamespace(var=tmp_path)
    for kind, times in (("smpp", (5.0, 7.25)), ("http", (6.5,))):
        path = programs.record_path(tmp_path, kind)
        path.parent.mkdir(exist_ok=True)
        path.write_text("".join(f"{at} 79120000001 1 0 1 1 0 delivered aa\n" for at in times))
    assert stopping.last_message_at(stack, 0.01) == 7.25
