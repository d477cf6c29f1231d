"""The reading of receipts: shapes as operators write them, each with its right outcome."""

import string
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kannel import receipt_text
from kannel.receipt_text import Beside, Outcome, code, moment, read, unmarked, without_words

DELIVERED, UNDELIVERED, EXPIRED, SENT, REJECTED = (
    Outcome.DELIVERED, Outcome.UNDELIVERED, Outcome.EXPIRED, Outcome.SENT, Outcome.REJECTED
)  # fmt: skip
HEAD = "id:77 sub:001 dlvrd:000 submit date:2611301950 done date:2611301951 "
CASES = Path(__file__).parents[2] / "fixtures" / "cases" / "receipts.txt"

# Words, Kannel's type for them, and what they mean: outcome, reason, the operator's id.
SHAPES: list[tuple[str, int, Outcome, str, str]] = [
    # States.
    (HEAD + "stat:DELIVRD err:000", 1, DELIVERED, "", "77"),
    (HEAD + "stat:delivrd err:000", 2, DELIVERED, "", "77"),
    (HEAD + "stat:Delivrd err:000", 2, DELIVERED, "", "77"),
    (HEAD + "stat:DELIVERED err:000", 2, DELIVERED, "", "77"),
    (HEAD + "stat:DELIVERED TO HANDSET err:000", 2, DELIVERED, "", "77"),
    (HEAD + "stat:DELIVERED_TO_HANDSET err:000", 2, DELIVERED, "", "77"),
    (HEAD + "stat:success err:000", 2, DELIVERED, "", "77"),
    (HEAD + "stat:2 err:000", 2, DELIVERED, "", "77"),
    (HEAD + 'stat:"DELIVRD" err:"000"', 2, DELIVERED, "", "77"),
    (HEAD + "stat: DELIVRD err: 000", 2, DELIVERED, "", "77"),
    (HEAD + "stat:UNDELIV err:045", 2, UNDELIVERED, "err:045", "77"),
    (HEAD + "stat:Undeliverable err:045", 2, UNDELIVERED, "err:045", "77"),
    (HEAD + "stat:NOT DELIVERED err:045", 2, UNDELIVERED, "err:045", "77"),
    (HEAD + "stat:REJECTD err:011", 2, UNDELIVERED, "err:011", "77"),
    (HEAD + "stat:REJECTED err:011", 2, UNDELIVERED, "err:011", "77"),
    (HEAD + "stat:DELETED err:002", 2, UNDELIVERED, "err:002", "77"),
    (HEAD + "stat:FAILED err:003", 2, UNDELIVERED, "err:003", "77"),
    (HEAD + "stat:Failure err:003", 2, UNDELIVERED, "err:003", "77"),
    (HEAD + "stat:EXPIRED err:027", 2, EXPIRED, "err:027", "77"),
    (HEAD + "stat:expired err:027", 34, EXPIRED, "err:027", "77"),
    (HEAD + "stat:UNKNOWN err:000", 2, SENT, "", "77"),
    (HEAD + "stat:Unknown err:012", 2, SENT, "", "77"),
    (HEAD + "stat:ACCEPTD err:000", 4, SENT, "", "77"),
    (HEAD + "stat:ACCEPTED err:000", 2, SENT, "", "77"),
    (HEAD + "stat:ENROUTE err:000", 4, SENT, "", "77"),
    (HEAD + "stat:En Route err:000", 2, SENT, "", "77"),
    (HEAD + "stat:BUFFERED err:000", 2, SENT, "", "77"),
    (HEAD + "stat:DELIVERED TO SMSC err:000", 2, SENT, "", "77"),
    (HEAD + "stat:PENDING err:000", 2, SENT, "", "77"),
    (HEAD + "stat:SCHEDULED", 2, SENT, "", "77"),
    # Codes.
    (HEAD + "stat:UNDELIV err:0", 2, UNDELIVERED, "err:000", "77"),
    (HEAD + "stat:UNDELIV err:0000", 2, UNDELIVERED, "err:000", "77"),
    (HEAD + "stat:UNDELIV err: 045", 2, UNDELIVERED, "err:045", "77"),
    (HEAD + "stat:UNDELIV err:45", 2, UNDELIVERED, "err:045", "77"),
    (HEAD + "stat:UNDELIV err:00045", 2, UNDELIVERED, "err:045", "77"),
    (HEAD + "stat:UNDELIV err:-12", 2, UNDELIVERED, "err:-012", "77"),
    (HEAD + "stat:UNDELIV err:+12", 2, UNDELIVERED, "err:012", "77"),
    (HEAD + "Stat:UNDELIV Err:045", 2, UNDELIVERED, "err:045", "77"),
    (HEAD + "STAT:UNDELIV ERR:045", 2, UNDELIVERED, "err:045", "77"),
    (HEAD + "stat:UNDELIV err:EC_ABSENT_SUBSCRIBER", 2, UNDELIVERED, "err:EC_ABSENT_SUBSCRIBER", "77"),
    (HEAD + "stat:UNDELIV err:ec_absent_subscriber", 2, UNDELIVERED, "err:EC_ABSENT_SUBSCRIBER", "77"),
    (HEAD + "stat:UNDELIV err:Absent subscriber", 2, UNDELIVERED, "err:ABSENT_SUBSCRIBER", "77"),
    (HEAD + "stat:UNDELIV err:1234567890123", 2, UNDELIVERED, "err:1234567890123", "77"),
    (HEAD + "stat:UNDELIV err:0x2D", 2, UNDELIVERED, "err:045", "77"),
    (HEAD + "stat:UNDELIV err:00A", 2, UNDELIVERED, "err:A", "77"),
    (HEAD + "stat:UNDELIV err:6b", 2, UNDELIVERED, "err:6B", "77"),
    (HEAD + "stat:UNDELIV err:", 2, UNDELIVERED, "UNDELIV", "77"),
    (HEAD + "stat:UNDELIV err:null", 2, UNDELIVERED, "UNDELIV", "77"),
    (HEAD + "stat:UNDELIV", 2, UNDELIVERED, "UNDELIV", "77"),
    (HEAD + "stat:undelivered", 2, UNDELIVERED, "UNDELIV", "77"),
    (HEAD + "stat:EXPIRED", 2, EXPIRED, "EXPIRED", "77"),
    (HEAD + "stat:UNDELIV err:045 - absent subscriber 79161234567", 2, UNDELIVERED, "err:045", "77"),
    (HEAD + "stat:UNDELIV error code:045", 2, UNDELIVERED, "err:045", "77"),
    # The operator's id.
    ("id:1A2B3C sub:001 dlvrd:001 stat:DELIVRD err:000", 1, DELIVERED, "", "1A2B3C"),
    ("id:0012 sub:001 dlvrd:001 stat:DELIVRD err:000", 1, DELIVERED, "", "0012"),
    ('id:"77" stat:DELIVRD err:000', 1, DELIVERED, "", "77"),
    ("id: 77 stat:DELIVRD err:000", 1, DELIVERED, "", "77"),
    ("ID:77 STAT:DELIVRD ERR:000", 2, DELIVERED, "", "77"),
    ("id:6f9619ff-8b86-d011-b42d-00cf4fc964ff stat:DELIVRD", 1, DELIVERED, "", "6f9619ff-8b86-d011-b42d-00cf4fc964ff"),
    ("id:ab:12 stat:DELIVRD", 1, DELIVERED, "", "ab:12"),
    ("message_id:77 status:DELIVERED error_code:0", 2, DELIVERED, "", "77"),
    ("msgid:77 state:EXPIRED err:27", 2, EXPIRED, "err:027", "77"),
    ("sub:001 dlvrd:000 stat:UNDELIV err:045", 2, UNDELIVERED, "err:045", ""),
    # Order, separators, what is missing.
    ("stat:UNDELIV err:045 id:77 sub:001 dlvrd:000", 2, UNDELIVERED, "err:045", "77"),
    ("err:045 stat:UNDELIV id:77", 2, UNDELIVERED, "err:045", "77"),
    ("id:77,sub:001,dlvrd:000,stat:UNDELIV,err:045", 2, UNDELIVERED, "err:045", "77"),
    ("id:77;stat:UNDELIV;err:045;", 2, UNDELIVERED, "err:045", "77"),
    ("id:77|stat:UNDELIV|err:045", 2, UNDELIVERED, "err:045", "77"),
    ("id=77&stat=UNDELIV&err=045", 2, UNDELIVERED, "err:045", "77"),
    ("id:77\nstat:UNDELIV\r\nerr:045", 2, UNDELIVERED, "err:045", "77"),
    ("id:77\tstat:UNDELIV\terr:045", 2, UNDELIVERED, "err:045", "77"),
    ("id:77   stat:UNDELIV   err:045", 2, UNDELIVERED, "err:045", "77"),
    ('{"id":"77","stat":"UNDELIV","err":"045"}', 2, UNDELIVERED, "err:045", "77"),
    ("id:77 stat:UNDELIV price:0.034 mcc:250 err:045", 2, UNDELIVERED, "err:045", "77"),
    ("id:77 stat:UNDELIV err:ABSENT price:0.034", 2, UNDELIVERED, "err:ABSENT", "77"),
    ("id:77 submit date:2026-11-30 19:50:00 done date:2026-11-30 19:51:10 stat:UNDELIV err:045", 2, UNDELIVERED, "err:045", "77"),
    ("id:77 stat:UNDELIV err:045 text:stat:DELIVRD err:000 id:9", 2, UNDELIVERED, "err:045", "77"),
    ("text:Hello: you id:77 stat:UNDELIV err:045", 2, UNDELIVERED, "err:045", "77"),
    # Words that are none, and no words at all: Kannel's type says it.
    ("", 1, DELIVERED, "", ""),
    ("", 2, UNDELIVERED, "UNDELIV", ""),
    ("", 4, SENT, "", ""),
    ("", 34, EXPIRED, "EXPIRED", ""),
    ("", 66, SENT, "", ""),
    ("\x01\x02\ufffd\ufffd", 2, UNDELIVERED, "UNDELIV", ""),
    ("message 8163 was lost", 2, UNDELIVERED, "UNDELIV", ""),
    (HEAD + "stat:FOO123 err:045", 2, UNDELIVERED, "err:045", "77"),
    (HEAD + "stat:FOO123", 2, UNDELIVERED, "UNDELIV", "77"),
    (HEAD + "stat:UNDELIV err:045", 1, UNDELIVERED, "err:045", "77"),
    # Answers to a submit are no receipts.
    ("ACK/", 8, SENT, "", ""),
    ("ACK/id:77 stat:DELIVRD", 8, SENT, "", ""),
    ("NACK/0x0000000b/Invalid Destination Address", 16, REJECTED, "NACK/0x0000000b/Invalid Destination Address", ""),
    ("NACK/NO 21211", 16, REJECTED, "NACK/NO 21211", ""),
    ("NACK/no such number +79161234567, request 6f9619ff-8b86", 16, REJECTED, "NACK/no such number …, request …", ""),
]  # fmt: skip

BESIDE: list[tuple[str, int, Beside, Outcome, str, str]] = [
    *(
        ("", 2, Beside(message_state=state, receipted_message_id="5"), outcome, reason, "5")
        for state, outcome, reason in (
            (0, SENT, ""), (1, SENT, ""), (2, DELIVERED, ""), (3, EXPIRED, "EXPIRED"), (4, UNDELIVERED, "DELETED"),
            (5, UNDELIVERED, "UNDELIV"), (6, SENT, ""), (7, SENT, ""), (8, UNDELIVERED, "REJECTD"),
            (9, UNDELIVERED, "SKIPPED"),
        )
    ),
    ("", 2, Beside(message_state=77), UNDELIVERED, "UNDELIV", ""),
    ("", 2, Beside(network_error=45), UNDELIVERED, "err:045", ""),
    ("", 2, Beside(network_error=0), UNDELIVERED, "UNDELIV", ""),
    ("", 1, Beside(network_error=45), DELIVERED, "", ""),
    (HEAD + "stat:UNDELIV err:011", 2, Beside(network_error=45), UNDELIVERED, "err:011", "77"),
    (HEAD + "stat:UNDELIV", 2, Beside(network_error=300), UNDELIVERED, "err:300", "77"),
    (HEAD + "stat:DELIVRD err:000", 2, Beside(message_state=5, receipted_message_id="8"), DELIVERED, "", "77"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "dlr_type", "outcome", "reason", "operator_id"), SHAPES)
def test_a_receipt_is_read_as_its_operator_means_it(
    text: str, dlr_type: int, outcome: Outcome, reason: str, operator_id: str
) -> None:
    found = read(text, dlr_type)
    assert (found.outcome, found.reason, found.operator_id) == (outcome, reason, operator_id)


@pytest.mark.parametrize(("text", "dlr_type", "beside", "outcome", "reason", "operator_id"), BESIDE)
def test_what_came_beside_counts_where_the_words_are_silent(
    text: str, dlr_type: int, beside: Beside, outcome: Outcome, reason: str, operator_id: str
) -> None:
    found = read(text, dlr_type, beside)
    assert (found.outcome, found.reason, found.operator_id) == (outcome, reason, operator_id)


def test_the_collected_receipts_have_their_outcomes() -> None:
    lines = [line for line in CASES.read_text().splitlines() if not line.startswith("#")]
    found = [read(without_words(line.format(id=number)), 2) for number, line in enumerate(lines)]
    assert [(one.outcome.value, one.reason) for one in found] == [
        ("undelivered", "err:045"),
        ("undelivered", "err:-012"),
        ("undelivered", "UNDELIV"),
        ("undelivered", "err:045"),
        ("undelivered", "err:EC_ABSENT_SUBSCRIBER"),
        ("undelivered", "err:1234567890123"),
        ("delivered", ""),
        ("delivered", ""),
        ("delivered", ""),
    ]
    assert [one.operator_id for one in found] == [str(number) for number in range(len(lines))]


@given(st.text(max_size=300), st.sampled_from([1, 2, 4, 34, 66, 8, 16]), st.none() | st.integers(0, 65_535))
def test_whatever_comes_there_is_an_outcome_and_a_short_reason(
    text: str, dlr_type: int, error: int | None
) -> None:
    found = read(text, dlr_type, Beside(network_error=error))
    assert len(found.reason) <= receipt_text.REASON_AT_MOST
    assert bool(found.reason) <= (found.outcome in (UNDELIVERED, EXPIRED, REJECTED))
    assert without_words(without_words(text)) == without_words(text) or "text" in text.lower()


@given(st.text(string.printable, max_size=60), st.integers(10**9, 10**13), st.integers(10**9, 10**13))
def test_two_messages_with_the_same_fate_have_one_reason(words: str, first: int, second: int) -> None:
    found = {
        read(f"id:{one} sub:001 dlvrd:000 done date:2611301951 stat:UNDELIV {words}", 2).reason
        for one in (first, second)
    }
    assert len(found) == 1


@given(st.integers(0, 4).map("0".__mul__), st.sampled_from(["12", "0", "A7", "EC_X"]), st.booleans())
def test_a_code_has_one_form(zeros: str, digits: str, is_small: bool) -> None:
    written = f"{zeros}{digits}" if digits != "EC_X" else digits
    assert code(written.lower() if is_small else written) == code(digits)


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        (HEAD + "stat:DELIVRD err:000 text:Dear Anna: hello", HEAD + "stat:DELIVRD err:000"),
        (HEAD + "stat:DELIVRD err:000 Text: Dear id:4", HEAD + "stat:DELIVRD err:000"),
        ("text:Dear Anna id:7 stat:DELIVRD", "id:7 stat:DELIVRD"),
        ("id:7 text:Dear Anna stat:DELIVRD", "id:7 stat:DELIVRD"),
        ("ACK/", "ACK/"),
    ],
)
def test_the_customers_words_are_left_out(text: str, kept: str) -> None:
    assert without_words(text) == kept


@pytest.mark.parametrize(
    ("value", "at"),
    [
        ("2611301951", "2026-11-30 19:51:00"),
        ("261130195110", "2026-11-30 19:51:10"),
        ("202611301951", "2026-11-30 19:51:00"),
        ("20261130195110", "2026-11-30 19:51:10"),
        ("2026-11-30 19:51:10", "2026-11-30 19:51:10"),
        ("2026-11-30T19:51:10.123Z", "2026-11-30 19:51:10"),
        ("2026-11-30T19:51+03:00", "2026-11-30 19:51:00"),
        ("30.11.2026 19:51", "2026-11-30 19:51:00"),
        ("30/11/2026 19:51:10", "2026-11-30 19:51:10"),
        ("1796068270", "2026-11-30 19:51:10"),
        ("1796068270000", "2026-11-30 19:51:10"),
        ("", None),
        ("261330", None),
        ("yesterday", None),
    ],
)  # fmt: skip
def test_moments_are_read_in_the_shapes_that_operators_use(value: str, at: str | None) -> None:
    found = moment(value)
    assert (str(found) if found else None) == at


def test_the_moments_of_a_receipt_are_told() -> None:
    found = read("id:7 submit date:2026-11-30 19:50:00 done date:2611301951 stat:DELIVRD", 1)
    assert (str(found.submitted_at), str(found.done_at)) == (
        "2026-11-30 19:50:00",
        "2026-11-30 19:51:00",
    )


@pytest.mark.parametrize(
    "text", [HEAD + "stat:DELIVRD err:000", HEAD + "Stat:UNDELIV", "ID:7 STAT:EXPIRED ERR:1 SUB:1 DLVRD:0"]
)
def test_a_whole_receipt_without_its_mark_is_known_by_its_shape(text: str) -> None:
    found = unmarked(text)
    assert found is not None
    assert found.is_whole


@pytest.mark.parametrize("text", ["id:77 stat:DELIVRD", "Id: 77, status: delivered"])
def test_two_fields_alone_are_not_certain(text: str) -> None:
    found = unmarked(text)
    assert found is not None
    assert not found.is_whole


@pytest.mark.parametrize(
    "text",
    ["id", "ID 77", "id: 77", "my id:77 please", "stat: what?", "stat:DELIVRD", "Stop", "", "status: id", "x" * 2000],
)  # fmt: skip
def test_what_a_person_writes_is_no_receipt(text: str) -> None:
    assert unmarked(text) is None


@pytest.mark.parametrize(
    ("meta_data", "error"),
    [
        (b"?orig_msg?dlr_mask=27&?smpp?dlr_err=%03%00-&", 45),
        (b"?smpp?dlr_err=%03%01%2C&?orig_msg?dlr_mask=27&", 300),
        (b"?smpp?other=1&dlr_err=045&", 45),
        (b"?smpp?dlr_err=%03%00&", None),
        (b"?orig_msg?dlr_mask=27&", None),
        (b"", None),
        (None, None),
    ],
)
def test_the_networks_error_is_read_from_kannels_meta_data(
    meta_data: bytes | None, error: int | None
) -> None:
    assert receipt_text.network_error(meta_data) == error


def test_a_receipt_in_ucs_2_is_read_as_words() -> None:
    assert receipt_text.decoded("id:7 stat:DELIVRD".encode("utf-16-be")) == "id:7 stat:DELIVRD"
    assert receipt_text.decoded("id:7 stat:DELIVRD".encode("utf-16-le")) == "id:7 stat:DELIVRD"
    assert receipt_text.decoded(b"\xff\xfe\x01") == "\ufffd\ufffd\x01"
