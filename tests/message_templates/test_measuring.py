"""What makes a text longer than it need be, and how it is mended without touching its fields."""

import pytest

from backoffice.message_templates.measuring import (
    forcing,
    is_wide,
    measure,
    plain,
    text_fields_of,
    tidy,
    too_many,
    without_field,
)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("Pay now", ()),
        ("Pay — «now»", (("—", "-"), ("«", '"'), ("»", '"'))),
        ("Hello 😀 — now", (("😀", None), ("—", "-"))),
        ("Оплатите — сейчас", ()),
        ('{if city = "Казань"}Pay{end}', ()),
        ('{city|default:"дом"}', ()),
        ("{debt|default:“nothing”}", ()),
        ('{city|default:"—"}', (("—", "-"),)),
        ('{if debt}{loyalty_points|plural:"a—,b"}{else}…{end}', (("—", "-"), ("…", "..."))),
    ],
)
def test_only_what_customers_read_and_can_be_mended_is_marked(
    text: str, found: tuple[tuple[str, str | None], ...]
) -> None:
    assert forcing(text) == found


def test_a_text_in_another_alphabet_is_wide_although_nothing_is_marked() -> None:
    assert is_wide("Оплатите — сейчас")
    assert not is_wide('{if city = "Казань"}Pay{end}')


@pytest.mark.parametrize(
    ("text", "better"),
    [
        ("Pay — «now» {first_name|default:“friend”}", 'Pay - "now" {first_name|default:“friend”}'),
        ('{city|default:"your — city"}', '{city|default:"your - city"}'),
        ('{city|default:"«city»"}', '{city|default:"«city»"}'),
        ('{if city = "Kazan — 1"}a…{end}', '{if city = "Kazan — 1"}a...{end}'),
        ("{{—}}", "{{-}}"),
    ],
)
def test_plain_characters_take_their_place_in_words_alone(text: str, better: str) -> None:
    assert plain(text) == better


@pytest.mark.parametrize(
    ("text", "better"),
    [
        ("a  b", "a b"),
        ("a \nb", "a\nb"),
        (" a ", "a"),
        ("a\n\n b", "a\n\n b"),
        ("a   {city}  b", "a {city} b"),
        ("a b", "a b"),
    ],
)
def test_blanks_that_nobody_sees_are_taken_out(text: str, better: str) -> None:
    assert tidy(text) == better


@pytest.mark.parametrize(
    ("text", "units"), [("x" * 160, 0), ("x" * 163, 3), ("x" * 310, 4), ("ж" * 71, 1), ("ж" * 140, 6)]
)
def test_how_much_too_long_a_text_is(text: str, units: int) -> None:
    assert too_many(measure(text)) == units


def test_a_field_is_left_out_with_the_blank_before_it() -> None:
    text = 'Dear { First_Name |default:"friend"}, {city}! {if first_name}{last_name}{end} {debt}'
    assert text_fields_of(text) == ["first_name", "city"]
    assert without_field(text, "first_name") == "Dear, {city}! {if first_name}{last_name}{end} {debt}"
