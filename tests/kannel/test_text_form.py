"""The one form of a text, and of a value that is merged into one."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kannel.text import GSM_CODING, coding_of, measure
from kannel.text_form import folded, one_form, plain_value

ODD = st.sampled_from(
    "aé eж’“—…-*1❤☎🏴😀न\u094d\u0301\u200b\u200c\u200d\ufe0f\u20e3\u00a0\u3000\u00ad\ufeff\t\r\n\x0b\x85\u2028\ue000\x00"
)
TEXTS = st.text(ODD, max_size=20) | st.text(max_size=20)


@pytest.mark.parametrize(
    ("written", "kept"),
    [
        ("Hello\r\nAnna\r\n", "Hello\nAnna"),
        ("Hello\rAnna\x85bye\u2028now\x0bthen", "Hello\nAnna\nbye\nnow\nthen"),
        ("Cafe\u0301", "Café"),
        ("и\u0306", "й"),
        ("10\u00a0000\u202fRUB\tnow", "10 000 RUB now"),
        ("so\u00adft, \ufeffBOM, zero\u200bwidth, \u202eturned\u202c", "soft, BOM, zerowidth, turned"),
        ("a\u200db", "ab"),
        ("NUL\x00, bell\x07, \ue0000\ue001, \U000e0041", "NUL, bell, 0,"),
        ("lone \ud800 half", "lone  half"),
        ("❤\ufe0f, 👩\u200d💻, 1\ufe0f\u20e3", "❤\ufe0f, 👩\u200d💻, 1\ufe0f\u20e3"),
        ("a\ufe0f 1\ufe0f", "a 1"),
        ("علی\u200cرضا", "علی\u200cرضا"),
        ("  two  blanks  ", "two  blanks"),
        ("“Quotes” — stay", "“Quotes” — stay"),
        ("", ""),
    ],
)
def test_a_text_has_one_form(written: str, kept: str) -> None:
    assert one_form(written) == kept


@given(TEXTS)
def test_the_form_of_a_text_is_composed_and_stays_as_it_is(text: str) -> None:
    kept = one_form(text)
    assert one_form(kept) == kept
    assert unicodedata.is_normalized("NFC", kept)
    assert not set(kept) & set("\r\x00\u200b\u00ad\ufeff\u00a0\ue000")
    kept.encode()


@given(TEXTS)
def test_a_value_is_one_line_with_single_blanks(value: str) -> None:
    merged = folded(value)
    assert folded(merged) == merged == " ".join(one_form(value).split())


@pytest.mark.parametrize(
    ("name", "merged"),
    [
        ("O’Neil", "O'Neil"),
        ("«Anna»", '"Anna"'),
        ("Anna—Maria", "Anna-Maria"),
        ("Anna…", "Anna..."),
        ("Rene\u0301", "René"),
        ("João", "João"),
        ("Д’Артаньян", "Д’Артаньян"),
    ],
)
def test_signs_of_a_name_are_plain_where_that_makes_it_gsm(name: str, merged: str) -> None:
    assert plain_value(folded(name)) == merged


@given(TEXTS)
def test_a_plain_value_never_needs_more_room(value: str) -> None:
    merged = folded(value)
    plain = plain_value(merged)
    assert plain == merged or coding_of(plain) == GSM_CODING
    assert measure(plain).parts <= measure(merged).parts
