import pytest

from kannel.text import (
    GSM_BASIC,
    GSM_EXTENSION,
    Measure,
    encode,
    forcing_characters,
    measure,
    simplified,
)


def test_the_tables_hold_every_character_of_the_standard_once() -> None:
    assert len(GSM_BASIC) == 127
    assert len(GSM_EXTENSION) == 10
    assert len(set(GSM_BASIC + GSM_EXTENSION)) == 137


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", Measure(0, 1, 0, 160)),
        ("Hello", Measure(0, 1, 5, 155)),
        ("5 €", Measure(0, 1, 4, 156)),
        ("a" * 160, Measure(0, 1, 160, 0)),
        ("a" * 161, Measure(0, 2, 161, 145)),
        ("a" * 306, Measure(0, 2, 306, 0)),
        ("a" * 307, Measure(0, 3, 307, 152)),
        ("€" * 80, Measure(0, 1, 160, 0)),
        ("a" * 159 + "€", Measure(0, 2, 161, 145)),
        ("Ж", Measure(2, 1, 1, 69)),
        ("Ж" * 70, Measure(2, 1, 70, 0)),
        ("Ж" * 71, Measure(2, 2, 71, 63)),
        ("Ж" * 135, Measure(2, 3, 135, 66)),
        ("😀" * 35, Measure(2, 1, 70, 0)),
        ("ê", Measure(2, 1, 1, 69)),
        ("ç", Measure(2, 1, 1, 69)),
    ],
)
def test_a_text_is_measured_as_operators_bill_it(text: str, expected: Measure) -> None:
    assert measure(text) == expected


def test_an_escape_stays_with_its_character_so_a_part_may_carry_152() -> None:
    assert measure("a" * 152 + "€" + "a" * 152) == Measure(0, 3, 306, 152)


def test_a_surrogate_pair_is_parted_as_kannel_parts_it() -> None:
    assert measure("Ж" * 66 + "😀" * 34) == Measure(2, 2, 134, 0)


def test_plain_text_goes_as_utf8_and_other_text_as_utf16() -> None:
    assert encode("5 €") == (0, b"5 \xe2\x82\xac")
    assert encode("Да") == (2, b"\x04\x14\x040")
    assert encode("😀") == (2, b"\xd8=\xde\x00")


def test_half_a_pair_is_measured_and_encoded_without_an_error() -> None:
    assert measure("\ud83d") == Measure(2, 1, 1, 69)
    assert encode("\ud83d") == (2, b"\xff\xfd")


def test_forcing_characters_are_named_once_with_their_replacement() -> None:
    assert forcing_characters("“Sale” – 5\u00a0€…") == [
        ("“", '"'),
        ("”", '"'),
        ("–", "-"),
        ("\u00a0", " "),
        ("…", "..."),
    ]


def test_a_plain_text_has_no_forcing_characters() -> None:
    assert forcing_characters(GSM_BASIC + GSM_EXTENSION) == []


@pytest.mark.parametrize(
    ("character", "replacement"),
    [("ê", "e"), ("ç", "c"), ("œ", "oe"), ("½", "1/2"), ("ﬁ", "fi"), ("\u200b", ""), ("™", "TM"), ("\t", " "),
     ("Ж", None), ("й", None), ("ع", None), ("😀", None), ("\u200d", None)],
)  # fmt: skip
def test_a_character_is_replaced_by_plain_ones_or_not_at_all(character: str, replacement: str | None) -> None:
    assert forcing_characters(character) == [(character, replacement)]


def test_simplified_keeps_what_has_no_replacement() -> None:
    assert simplified("«Привет» — 5…") == '"Привет" - 5...'


def test_simplified_brings_a_text_back_to_one_cheap_part() -> None:
    text = "Don’t miss it – “Sale” until Friday… " + "a" * 100

    assert measure(text).parts == 3
    assert measure(simplified(text)) == Measure(0, 1, 139, 21)


def test_simplified_joins_a_letter_with_the_accent_typed_after_it() -> None:
    assert simplified("cafe\u0301") == "café"


def test_a_cyrillic_letter_inside_a_latin_word_is_taken_for_a_slip() -> None:
    assert forcing_characters("SАLE") == [("А", "A")]
    assert simplified("SАLE today") == "SALE today"


def test_cyrillic_words_are_left_alone() -> None:
    assert simplified("Сок SАLE А") == "Сок SАLE А"
