from collections import Counter
from typing import Any

import pytest

from kannel.simulator.behaviour import Behaviour, BehaviourError, Outcome

NUMBERS = [f"+7912{number:07}" for number in range(10_000)]


def shares(behaviour: Behaviour) -> dict[Outcome, float]:
    fates = Counter(behaviour.decide(number).outcome for number in NUMBERS)
    return {outcome: round(count / len(NUMBERS), 2) for outcome, count in fates.items()}


def test_the_shares_asked_for_come_about() -> None:
    behaviour = Behaviour(undelivered=0.2, expired=0.1, rejected=0.1, no_receipt=0.05)

    assert shares(behaviour) == pytest.approx(
        {
            Outcome.DELIVERED: 0.55,
            Outcome.UNDELIVERED: 0.2,
            Outcome.EXPIRED: 0.1,
            Outcome.REJECTED: 0.1,
            Outcome.SILENT: 0.05,
        },
        abs=0.02,
    )


def test_what_a_given_share_of_delivered_leaves_over_stays_silent() -> None:
    assert shares(Behaviour(delivered=0)) == {Outcome.SILENT: 1}


def test_the_same_number_always_meets_the_same_fate_with_or_without_its_plus() -> None:
    behaviour = Behaviour(undelivered=0.5, reply=0.5, receipt_delay_max_seconds=9)

    assert behaviour.decide("+79120000001") == behaviour.decide("79120000001")


def test_another_seed_decides_otherwise() -> None:
    fates = [
        [Behaviour(undelivered=0.5, seed=seed).decide(number).outcome for number in NUMBERS[:50]]
        for seed in (1, 2)
    ]

    assert fates[0] != fates[1]


def test_delays_lie_between_their_limits() -> None:
    behaviour = Behaviour(receipt_delay_min_seconds=2, receipt_delay_max_seconds=4)

    delays = [behaviour.decide(number).receipt_delay_seconds for number in NUMBERS]

    assert 2 <= min(delays) < 2.1
    assert 3.9 < max(delays) <= 4


def test_values_may_come_as_text() -> None:
    changed = Behaviour(delivered=1).changed(
        {"delivered": "", "throttled": "0.25", "drop_every": "7", "hex_answer_ids": "yes"}
    )

    assert changed == Behaviour(throttled=0.25, drop_every=7, hex_answer_ids=True)


@pytest.mark.parametrize(
    ("values", "sentence"),
    [
        ({"undelivered": 1.2}, "undelivered is a share: give a number from 0 to 1, not 1.2."),
        ({"drop_every": -1}, "drop_every cannot be less than 0."),
        (
            {"undelivered": 0.6, "expired": 0.6},
            "delivered, undelivered, expired, rejected and no_receipt add up to more than 1.",
        ),
        ({"throttled": 0.6, "queue_full": 0.6}, "throttled and queue_full add up to more than 1."),
        (
            {"receipt_delay_min_seconds": 2},
            "receipt_delay_max_seconds is less than receipt_delay_min_seconds.",
        ),
        ({"drop_every": "often"}, "drop_every needs a value of the kind int, not 'often'."),
        ({"receipt_tlvs": "perhaps"}, "receipt_tlvs needs a value of the kind bool, not 'perhaps'."),
    ],
)
def test_an_impossible_behaviour_is_refused_with_a_sentence(values: dict[str, Any], sentence: str) -> None:
    with pytest.raises(BehaviourError) as caught:
        Behaviour().changed(values)

    assert str(caught.value) == sentence


def test_an_unknown_behaviour_is_refused_naming_the_known_ones() -> None:
    with pytest.raises(BehaviourError, match=r"There is no behaviour mood\. Choose from: delivered, "):
        Behaviour().changed({"mood": 1})
