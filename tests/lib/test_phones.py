"""Phone numbers: our short way must agree with the library."""

import phonenumbers
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from backoffice.lib.phones import normalise


@pytest.mark.parametrize("raw", ["+7 916 123-45-67", "8 (916) 123.45.67", "9161234567", "7\u00a0916 1234567"])
def test_a_number_in_any_form_becomes_e164(raw: str) -> None:
    assert normalise(raw, "RU") == "+79161234567"


@settings(max_examples=400, deadline=None)
@given(st.integers(min_value=9_000_000_000, max_value=9_999_999_999), st.sampled_from(["+7", "8", "7", ""]))
def test_the_short_way_agrees_with_the_library_wherever_the_library_knows_the_number(
    number: int, start: str
) -> None:
    parsed = phonenumbers.parse(f"+7{number}")
    if phonenumbers.is_valid_number(parsed):
        expected = phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.E164)
        assert normalise(f"{start}{number}", "RU") == expected


def test_a_number_of_another_country_is_read() -> None:
    assert normalise("020 7946 0018", "GB") == "+442079460018"


@pytest.mark.parametrize(
    ("raw", "words"), [("hello", "not a phone number"), ("+7 12", "No such phone number")]
)
def test_what_is_no_number_is_refused_in_a_sentence(raw: str, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        normalise(raw, "RU")


@settings(max_examples=400, deadline=None)
@given(
    st.from_regex(r"\A(\+7|8|7)?9[0-9]{2}[ (.-]{0,2}[0-9]{3}[ ).-]{0,2}[0-9]{2}[ -]?[0-9]{2}\Z"),
)
def test_bare_and_decorated_numbers_are_the_same_to_the_short_way_and_to_the_library(raw: str) -> None:
    parsed = phonenumbers.parse(raw, "RU")
    if phonenumbers.is_valid_number(parsed):
        assert normalise(raw, "RU") == phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.E164)
