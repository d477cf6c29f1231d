"""What the counts say, without a database: cohorts in, a sentence out."""

from datetime import UTC, datetime, timedelta

import pytest

from backoffice.mailings.cohorts import Counts, Slice
from backoffice.mailings.signs import Sign, View, code_sign, delivery_sign, has_recovered, usual_within, view
from backoffice.operators.error_codes import Catalogue, Meaning

NOW = datetime(2026, 11, 25, 12, 0, tzinfo=UTC)


def cohort(
    seconds_ago: int | None, outcome: str, messages: int, *, error: str = "", seconds: int = 5
) -> Slice:
    """So many messages that a connection took so long ago; their receipts came after ``seconds``."""
    within = tuple(messages if seconds <= limit else 0 for limit in (20, 60, 300, 900))
    at = None if seconds_ago is None else NOW - timedelta(seconds=seconds_ago)
    return Slice(1, 1, at, outcome, error, messages, within)


GOOD_PAST = [cohort(None, "taken", 1000), cohort(None, "delivered", 950)]


def sign(*slices: Slice) -> Sign | None:
    return delivery_sign(view(slices, now=NOW), "North")


def test_as_many_as_before_is_no_sign() -> None:
    assert sign(*GOOD_PAST, cohort(60, "taken", 200), cohort(60, "delivered", 188)) is None


def test_far_fewer_than_before_is_a_sign_in_numbers() -> None:
    found = sign(
        *GOOD_PAST,
        cohort(60, "taken", 200),
        cohort(60, "delivered", 100),
        cohort(60, "undelivered", 90, error="err:34"),
    )
    assert found == Sign(
        "Of the last 200 messages that North took, only 50 % were delivered. Before, 95 % were delivered."
    )


def test_no_receipts_at_all_is_grave() -> None:
    found = sign(*GOOD_PAST, cohort(60, "taken", 200))
    assert found is not None
    assert found.is_grave
    assert found.sentence.startswith("Of the last 200 messages that North took, only 0 % have a receipt.")


def test_nothing_of_the_newest_hundred_is_grave_whatever_came_before_them() -> None:
    found = sign(
        *GOOD_PAST,
        cohort(60, "taken", 120),
        cohort(80, "taken", 180),
        cohort(80, "delivered", 175),
    )
    assert found is not None
    assert found.is_grave


def test_what_was_delivered_a_minute_ago_does_not_hide_that_nothing_arrives_now() -> None:
    found = sign(
        *[
            cohort(ago, outcome, 30)
            for ago in (120, 130, 140, 150, 160)
            for outcome in ("taken", "delivered")
        ],
        *[cohort(ago, "taken", 30) for ago in (60, 70, 80, 90)],
    )
    assert found == Sign(
        "Of the last 120 messages that North took, only 0 % have a receipt. Before, 100 % were delivered. "
        "Receipts that it sends before its own answer are lost: ask it about that (see Receipts).",
        is_grave=True,
    )


def test_receipts_that_may_still_come_are_no_loss() -> None:
    assert sign(*GOOD_PAST, cohort(20, "taken", 200)) is None


def test_an_operator_whose_receipts_take_minutes_is_given_minutes() -> None:
    slow = [cohort(None, "taken", 1000), cohort(None, "delivered", 950, seconds=200)]
    assert usual_within(slow) == 2
    assert sign(*slow, cohort(120, "taken", 200)) is None
    assert sign(*slow, cohort(330, "taken", 200)) is not None


def test_few_messages_say_nothing() -> None:
    assert sign(*GOOD_PAST, cohort(60, "taken", 99)) is None


def test_without_a_past_half_has_to_arrive_within_five_minutes() -> None:
    assert sign(cohort(60, "taken", 200)) is None
    assert sign(cohort(320, "taken", 200), cohort(320, "delivered", 120)) is None
    found = sign(cohort(320, "taken", 200), cohort(320, "delivered", 60))
    assert found == Sign(
        "Of the last 200 messages that North took, only 30 % have a receipt. "
        "Receipts that it sends before its own answer are lost: ask it about that (see Receipts)."
    )


def test_what_was_taken_before_a_line_broke_is_past() -> None:
    broke_at = NOW - timedelta(seconds=50)
    slices = [*GOOD_PAST, cohort(60, "taken", 200)]
    assert delivery_sign(view(slices, broke_at, NOW), "North") is None


def test_a_mailing_without_a_past_is_compared_mildly_with_the_others() -> None:
    """Its numbers may be older than theirs."""
    seen = View(Counts(taken=200, delivered=150), Counts(), Counts())
    others = Counts(taken=1000, delivered=950)
    assert delivery_sign(seen, "North", others=others) is None
    worse = View(Counts(taken=200, delivered=90), Counts(), Counts())
    assert delivery_sign(worse, "North", others=others) is not None


def test_a_code_of_the_operator_that_jumps_is_a_sign_at_once() -> None:
    slices = [*GOOD_PAST, cohort(5, "taken", 150), cohort(5, "rejected", 100, error="0x00000045")]
    found = code_sign(view(slices, now=NOW), "North")
    assert found == Sign(
        "40 % of the last messages over North end with the code 0x00000045: "
        "The operator refused the message without a reason."
    )


def test_nearly_everything_refused_is_grave() -> None:
    slices = [*GOOD_PAST, cohort(5, "rejected", 200, error="0x00000008")]
    found = code_sign(view(slices, now=NOW), "North")
    assert found is not None
    assert found.is_grave


def test_numbers_that_do_not_exist_are_not_the_operators_fault() -> None:
    slices = [*GOOD_PAST, cohort(5, "rejected", 200, error="0x0000000b")]
    found = code_sign(view(slices, now=NOW), "North")
    assert found is not None
    assert (found.is_theirs, found.is_grave) == (False, False)


def test_a_code_of_receipts_is_compared_among_those_due() -> None:
    bad = [cohort(60, "taken", 200), cohort(60, "undelivered", 80, error="err:034")]
    found = code_sign(view([*GOOD_PAST, *bad], now=NOW), "North")
    assert found is not None
    assert (
        "40 % of the last messages over North end with the code err:034: The network failed."
        in found.sentence
    )


def test_a_code_that_was_always_frequent_is_none() -> None:
    past = [cohort(None, "taken", 1000), cohort(None, "rejected", 400, error="0x45")]
    assert (
        code_sign(
            view([*past, cohort(5, "taken", 150), cohort(5, "rejected", 60, error="0x45")], now=NOW), "N"
        )
        is None
    )


def test_an_operators_own_meaning_is_the_one_that_is_said() -> None:
    codes = Catalogue({("submit", "499"): Meaning("The sender is not registered.", "", "permanent")})
    slices = [*GOOD_PAST, cohort(5, "rejected", 200, error="0x499")]
    found = code_sign(view(slices, now=NOW), "North", codes=codes)
    assert found is not None
    assert found.sentence.endswith("The sender is not registered.")
    unknown = code_sign(view(slices, now=NOW), "North")
    assert unknown is not None
    assert unknown.sentence.endswith("Nobody knows this code.")


@pytest.mark.parametrize("messages", [15, 20])
def test_of_a_connection_that_is_tried_few_messages_are_enough(messages: int) -> None:
    seen = View(Counts(taken=messages), Counts(), Counts())
    assert delivery_sign(seen, "North") is None
    assert delivery_sign(seen, "North", enough=15) is not None


@pytest.mark.parametrize("seconds", [21, 30, 55])
def test_receipts_that_are_merely_late_are_no_sign(seconds: int) -> None:
    """They usually come within 20 s; now they take longer, and all arrive."""
    taken = [cohort(ago, "taken", 100) for ago in (40, 50, 60, 70, 80)]
    came = [cohort(ago, "delivered", 95, seconds=seconds) for ago in (40, 50, 60, 70, 80) if ago > seconds]
    quick = [cohort(ago, "delivered", 58) for ago in (40, 50) if ago <= seconds]
    assert sign(*GOOD_PAST, *taken, *came, *quick) is None


def test_half_with_a_receipt_and_all_of_those_well_may_still_be_late() -> None:
    assert sign(*GOOD_PAST, cohort(50, "taken", 300), cohort(50, "delivered", 174)) is None


def test_what_older_messages_lack_too_is_not_late_but_lost() -> None:
    lost = [
        cohort(ago, outcome, n) for ago in (50, 90, 100) for outcome, n in (("taken", 150), ("delivered", 80))
    ]
    assert sign(*GOOD_PAST, *lost) is not None


def test_failures_are_a_sign_however_late_the_other_receipts_are() -> None:
    found = sign(
        *GOOD_PAST, cohort(50, "taken", 300), cohort(50, "delivered", 100), cohort(50, "undelivered", 100)
    )
    assert found is not None
    assert found.is_about_receipts


def test_a_pause_is_taken_back_when_what_was_missing_has_come() -> None:
    before = [*GOOD_PAST, cohort(60, "taken", 300), cohort(60, "delivered", 174)]
    assert not has_recovered(before, NOW)
    assert has_recovered([*before, cohort(60, "delivered", 115, seconds=40)], NOW)
