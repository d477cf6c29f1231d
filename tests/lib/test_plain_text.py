"""Texts about people have one form, in which nothing is that nobody sees."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backoffice.lib.plain_text import FAILED_FORMULAS, NULL_MARKERS, cell_text, plain_lines, plain_text


@pytest.mark.parametrize(
    "typed",
    [
        "Zoé Ann",
        "Zoe\u0301 Ann",
        "Zoé\u00a0Ann",
        "Zoé\u202fAnn",
        "\ufeffZoé Ann",
        "Zo\u200bé Ann",
        "Zo\u00adé Ann",
        "\u202aZoé Ann\u202c",
        "\u200eZoé\u2009 \tAnn\u3000",
        "Zoé\r\nAnn",
        "Zoé\u2028Ann",
        "Zoé\u2800Ann",
        "Zo\u034fé Ann",
        "Zoé\u3164 Ann",
        "Zo\u200dé\ufe0f Ann\u200c",
        "Zo\x07é Ann",
        "Zoé\u180e\u2060 Ann",
    ],
)
def test_what_looks_the_same_is_the_same(typed: str) -> None:
    assert plain_text(typed) == "Zoé Ann"


@pytest.mark.parametrize("shaped", ["می‌خواهم", "क्‍ष", "👨‍👩‍👧", "❤️"])
def test_signs_that_shape_the_one_before_them_stay_where_they_do(shaped: str) -> None:
    assert plain_text(shaped) == unicodedata.normalize("NFC", shaped)


@given(st.text())
def test_plain_text_is_settled_at_once(typed: str) -> None:
    once = plain_text(typed)
    assert plain_text(once) == once
    assert unicodedata.is_normalized("NFC", once)
    assert "\n" not in once


@given(st.text())
def test_lines_are_settled_at_once_and_end_in_lf_alone(typed: str) -> None:
    once = plain_lines(typed)
    assert plain_lines(once) == once
    assert "\r" not in once


def test_lines_and_their_blanks_stay() -> None:
    assert plain_lines("Hello\u00a0 there,\r\n\r\n- one\r") == "Hello  there,\n\n- one\n"


@pytest.mark.parametrize("marker", sorted(NULL_MARKERS))
def test_what_says_that_nothing_is_known_is_empty(marker: str) -> None:
    assert cell_text(f" {marker}\u00a0") == ""


@pytest.mark.parametrize("name", ["Nan", "NA", "Nullen", "0", "нет"])
def test_what_only_resembles_it_stays(name: str) -> None:
    assert cell_text(name) == name


@pytest.mark.parametrize("text", [*sorted(FAILED_FORMULAS), "a\0b", "\ud83d"])
def test_what_is_broken_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"formula failed|broken character"):
        cell_text(text)
