import struct
import uuid

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kannel.wire import (
    LONGEST_FRAME,
    NOTHING,
    SMS_FIELDS,
    Ack,
    Admin,
    Command,
    Decoder,
    Heartbeat,
    Nack,
    Sms,
    SmsType,
    WireError,
    encode,
)

INTEGERS = st.integers(-(2**31), 2**31 - 1)
OCTETS = st.none() | st.binary(max_size=300)
KINDS = {"i": INTEGERS, "s": OCTETS, "u": st.uuids()}
MESSAGES = st.one_of(
    st.builds(Heartbeat, INTEGERS),
    st.builds(Admin, INTEGERS, OCTETS),
    st.builds(Ack, INTEGERS, INTEGERS, st.uuids()),
    st.builds(Sms, **{name: KINDS[kind] for name, kind in SMS_FIELDS}),
)


@given(st.lists(MESSAGES, max_size=5), st.integers(1, 64))
def test_what_is_written_is_read_however_the_network_cuts_it(messages: list[object], size: int) -> None:
    stream = b"".join(encode(message) for message in messages)  # type: ignore[arg-type]
    decoder = Decoder()
    read = [
        message
        for start in range(0, len(stream), size)
        for message in decoder.feed(stream[start : start + size])
    ]
    assert read == messages


def test_a_frame_has_the_bytes_that_bearerbox_expects() -> None:
    ident = uuid.UUID("12345678-1234-5678-1234-567812345678")
    assert encode(Ack(Nack.SUCCESS, 7, ident)) == (
        b"\0\0\0\x34" + b"\0\0\0\x03" + b"\0\0\0\0" + b"\0\0\0\x07" + b"\0\0\0\x24" + str(ident).encode()
    )
    assert encode(Admin(Command.IDENTIFY, b"box")) == b"\0\0\0\x0f\0\0\0\x01\0\0\0\x03\0\0\0\x03box"
    assert encode(Admin(Command.IDENTIFY)) == b"\0\0\0\x0c\0\0\0\x01\0\0\0\x03\xff\xff\xff\xff"


def test_an_sms_has_31_fields() -> None:
    assert len(SMS_FIELDS) == 31
    assert [name for name, kind in SMS_FIELDS if kind == "u"] == ["id"]


def test_a_datagram_for_the_wap_box_is_passed_over() -> None:
    stream = struct.pack(">Ii", 4, 4) + encode(Heartbeat(1))
    assert list(Decoder().feed(stream)) == [Heartbeat(1)]


def test_an_empty_uuid_is_nothing() -> None:
    frame = struct.pack(">iiii", 3, 0, 0, -1)
    assert list(Decoder().feed(struct.pack(">I", len(frame)) + frame)) == [Ack(0, 0, NOTHING)]


@pytest.mark.parametrize(
    "frame",
    [
        struct.pack(">I", LONGEST_FRAME + 1),
        struct.pack(">Iii", 8, 1, 3),
        struct.pack(">Iiii", 12, 1, 3, 100),
        struct.pack(">Iiii", 12, 1, 3, -2),
        struct.pack(">Iiiii", 21, 3, 0, 0, 5) + b"zzzzz",
        b"\0\0\0\x02\0\0",
    ],
    ids=["too long", "cut off", "field too long", "negative length", "no uuid", "no type"],
)
def test_bytes_that_make_no_sense_end_the_link(frame: bytes) -> None:
    with pytest.raises(WireError):
        list(Decoder().feed(frame))


def test_what_came_before_the_nonsense_is_given_out() -> None:
    decoder = Decoder()
    read = []
    stream = decoder.feed(encode(Heartbeat(5)) + struct.pack(">I", LONGEST_FRAME + 1))
    read.append(next(stream))
    with pytest.raises(WireError):
        next(stream)
    assert read == [Heartbeat(5)]


def test_kinds_of_sms_are_numbered_as_in_gw_msg_h() -> None:
    assert [SmsType.INBOUND, SmsType.REPLY, SmsType.PUSH, SmsType.REPORT, SmsType.REPORT_PUSH] == [
        0,
        1,
        2,
        3,
        4,
    ]
