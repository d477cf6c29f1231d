from collections import Counter
from typing import Any

import pytest

from deploy import late_receipts, tuning
from deploy.late_receipts import Clock
from kannel.simulator.record import Tally

ANNA, BORIS = "79120000001", "79120000002"


@pytest.fixture
def mailing(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """One in which Anna's message has no receipt: `states` by number, what operators have `taken`, what was `ended`."""
    seen: dict[str, Any] = {"states": {ANNA: "sent", BORIS: "delivered"}, "taken": [ANNA, BORIS], "ended": 0}

    def end(stack: object, *, made_after: int) -> None:
        seen["ended"] += 1

    monkeypatch.setattr(late_receipts, "SETTLED_SECONDS", 0.0)
    monkeypatch.setattr(tuning, "newest_mailing", lambda stack: 7)
    monkeypatch.setattr(tuning, "counts", lambda stack, made_after: Counter(seen["states"].values()))
    monkeypatch.setattr(tuning, "recipients", lambda stack, mailing_id: list(seen["states"].items()))
    monkeypatch.setattr(late_receipts, "taken", lambda stack: Tally(messages=Counter(seen["taken"])))
    monkeypatch.setattr(tuning, "end_given_away", end)
    return seen


@pytest.fixture
def clock() -> Clock:
    stack: Any = None
    return Clock(stack, 6, Tally())


def test_what_waits_for_nothing_but_a_lost_receipt_is_ended(mailing: dict[str, Any], clock: Clock) -> None:
    clock.look()
    clock.look()

    assert mailing["ended"] == 1


@pytest.mark.parametrize(
    "otherwise",
    [
        {"states": {ANNA: "sent", BORIS: "waiting"}},
        {"states": {ANNA: "sent", BORIS: "submitting"}},
        {"states": {ANNA: "sent", BORIS: "uncertain"}},
        {"taken": [BORIS]},
        {"states": {ANNA: "sent", BORIS: "accepted"}, "taken": [ANNA]},
    ],
)
def test_what_may_still_have_to_be_sent_is_not(
    mailing: dict[str, Any], clock: Clock, otherwise: dict[str, Any]
) -> None:
    mailing.update(otherwise)

    clock.look()
    clock.look()

    assert not mailing["ended"]


def test_nor_anything_while_the_mailing_moves(mailing: dict[str, Any], clock: Clock) -> None:
    clock.look()
    mailing["states"] = {ANNA: "sent", BORIS: "sent"}
    clock.look()

    assert not mailing["ended"]
