"""The catalogue of codes, and what an operator means otherwise."""

import pytest
from django.core.exceptions import ValidationError
from django.utils.encoding import force_str

from backoffice.mailings.reasons import in_words
from backoffice.operators.error_codes import USUAL, ErrorCode, catalogues, code_in
from kannel.models import Connection
from kannel.receipt_text import code as receipt_code

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("error", "found"),
    [
        ("err:027", ("receipt", "27")),
        ("err:000", ("receipt", "0")),
        ("err:0A5", ("receipt", "A5")),
        ("err:-012", ("receipt", "-012")),
        ("err:EC_ABSENT_SUBSCRIBER", ("receipt", "EC_ABSENT_SUBSCRIBER")),
        ("NACK/0x0000000b/Invalid Destination Address", ("submit", "B")),
        ("0x00000045", ("submit", "45")),
        ("NACK/no SMSC", None),
        ("", None),
    ],
)
def test_the_code_is_found_in_what_a_message_keeps(error: str, found: tuple[str, str] | None) -> None:
    assert code_in(error) == found


@pytest.mark.parametrize(
    ("error", "sentence", "action"),
    [
        ("0x00000008", "The operator's system failed.", "other"),
        ("0x00000014", "The operator's queue was full.", "later"),
        ("0x00000045", "The operator refused the message without a reason.", "other"),
        ("0x00000058", "We sent faster than the contract allows.", "later"),
        ("0x0000000b", "The operator does not know this number.", "permanent"),
        ("err:001", "The number does not exist any more.", "permanent"),
        ("err:027", "The telephone was switched off or out of reach.", "permanent"),
    ],
)
def test_the_usual_codes_say_what_happened_and_what_is_done(error: str, sentence: str, action: str) -> None:
    meaning = USUAL.meaning(error)
    assert meaning is not None
    assert (force_str(meaning.sentence), meaning.action) == (sentence, action)
    assert meaning.advice


def test_nobody_knows_every_code() -> None:
    assert USUAL.meaning("0x00000499") is None
    assert USUAL.meaning("of no form") is None


@pytest.mark.parametrize(("typed", "kept"), [("0x0045", "45"), ("045", "45"), ("a5", "A5"), (" 000 ", "0")])
def test_codes_are_kept_in_one_form(typed: str, kept: str, north: Connection) -> None:
    row = ErrorCode(operator=north.operator, source="submit", code=typed, sentence="Ours.")
    row.clean()
    assert row.code == kept


def test_anything_else_is_refused_at_its_field(north: Connection) -> None:
    with pytest.raises(ValidationError) as refused:
        ErrorCode(operator=north.operator, source="submit", code="err 45", sentence="Ours.").clean()
    assert refused.value.message_dict == {"code": ["Write the code alone, for example 0x45 or 027."]}


def test_an_operators_own_meaning_goes_first_and_is_no_other_operators(
    north: Connection, south: Connection
) -> None:
    row = ErrorCode.objects.create(
        operator=north.operator, source="submit", code="45", sentence="Ours.", action="later"
    )
    by_operator = catalogues()
    assert str(row) == "answer when handed over: 45"
    assert south.operator_id not in by_operator
    own = by_operator[north.operator_id]
    meaning = own.meaning("NACK/0x00000045/")
    assert meaning is not None
    assert (meaning.sentence, meaning.action) == ("Ours.", "later")
    assert own.is_own("NACK/0x00000045/")
    assert not own.is_own("NACK/0x00000008/")
    assert in_words("rejected", "", "NACK/0x00000045/", own) == "Ours."
    assert in_words("rejected", "", "NACK/0x00000008/", own) == "The operator's system failed."


@pytest.mark.parametrize(
    "typed", ["045", "45", "0x2D", "-12", "EC_ABSENT_SUBSCRIBER", "ec_absent_subscriber", "0"]
)
def test_what_somebody_enters_for_a_receipt_is_found_by_what_receipts_write(
    typed: str, north: Connection
) -> None:
    row = ErrorCode(operator=north.operator, source="receipt", code=typed, sentence="Ours.")
    row.clean()
    assert code_in(f"err:{receipt_code(typed)}") == ("receipt", row.code)


@pytest.mark.parametrize("typed", ["stat:UNDELIV", "of no form", "…", ""])
def test_words_are_no_code_of_a_receipt(typed: str, north: Connection) -> None:
    with pytest.raises(ValidationError):
        ErrorCode(operator=north.operator, source="receipt", code=typed, sentence="Ours.").clean()
