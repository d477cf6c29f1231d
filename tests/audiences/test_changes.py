"""What changed between two versions of an audience reads as sentences."""

from typing import Any

import pytest

from backoffice.audiences.changes import RulesComparison, changes
from backoffice.audiences.models import Audience


def rule(kind: str, block_id: str = "", **value: Any) -> dict[str, Any]:
    return {"type": kind, "value": value, "id": block_id or f"{kind}-1"}


def audience(*rules: dict[str, Any], **values: Any) -> Audience:
    found = Audience(**({"name": "Debtors"} | values))
    found.rules = Audience._meta.get_field("rules").stream_block.to_python(list(rules))
    return found


KAZAN = rule("city", is_or_not="in", names="Kazan")
PERM = rule("city", is_or_not="in", names="Perm")
WOMEN = rule("gender", who="f")


def group(*rules: dict[str, Any], match: str = "any") -> dict[str, Any]:
    return rule("group", match=match, rules=list(rules))


@pytest.mark.parametrize(
    ("old", "new", "sentences"),
    [
        ([KAZAN], [KAZAN], []),
        ([], [KAZAN], ["Added: “the city is Kazan”."]),
        ([KAZAN, WOMEN], [WOMEN], ["Removed: “the city is Kazan”."]),
        ([KAZAN], [PERM], ["Changed: “the city is Kazan” became “the city is Perm”."]),
        ([KAZAN, WOMEN], [WOMEN, KAZAN], ["The order of the conditions was changed."]),
        ([KAZAN], [{**KAZAN, "id": "other"}], []),
        ([group(KAZAN)], [group(KAZAN, WOMEN)], ["Added to a group: “they are women”."]),
        (
            [group(KAZAN)],
            [group(PERM)],
            ["Changed in a group: “the city is Kazan” became “the city is Perm”."],
        ),
        ([group(KAZAN, WOMEN)], [group(KAZAN)], ["Removed from a group: “they are women”."]),
        (
            [group(KAZAN)],
            [group(KAZAN, match="none")],
            ["Changed: “(the city is Kazan)” became “(not one of these holds: the city is Kazan)”."],
        ),
        ([], [rule("city", is_or_not="in", names="")], ["Added: “a condition that is not complete”."]),
    ],
)
def test_each_change_of_a_condition_is_one_sentence(
    old: list[dict[str, Any]], new: list[dict[str, Any]], sentences: list[str]
) -> None:
    assert changes(audience(*old), audience(*new)) == sentences


def test_name_purpose_and_the_way_conditions_are_joined_are_named_too() -> None:
    assert changes(
        audience(name="Debtors"), audience(name="Late payers", description="To remind.", match="any")
    ) == [
        "The name was “Debtors”.",
        "What it is for was changed.",
        "Customers met “all of these conditions”, and now meet “at least one of these conditions”.",
    ]


def test_the_comparison_marks_what_is_gone_and_what_is_new_in_words_and_colour() -> None:
    field = Audience._meta.get_field("rules")
    changed = RulesComparison(field, audience(KAZAN), audience(PERM))
    assert changed.has_changed()
    assert changed.htmldiff() == (
        '<ul><li>Changed: <span class="deletion">the city is Kazan</span>'
        ' <span class="addition">the city is Perm</span></li></ul>'
    )
    moved = RulesComparison(field, audience(KAZAN, WOMEN), audience(WOMEN, KAZAN))
    assert moved.htmldiff() == "<p>The order of the conditions was changed.</p>"
    assert not RulesComparison(field, audience(KAZAN), audience(KAZAN)).has_changed()
