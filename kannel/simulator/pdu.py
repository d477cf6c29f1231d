"""SMPP 3.4 on the wire, as much of it as an SMSC needs. Section numbers are those of the specification 3.4."""

import struct
from typing import NamedTuple

GENERIC_NACK = 0x80000000
BIND_RECEIVER = 0x01
BIND_TRANSMITTER = 0x02
SUBMIT_SM = 0x04
DELIVER_SM = 0x05
UNBIND = 0x06
BIND_TRANSCEIVER = 0x09
ENQUIRE_LINK = 0x15
RESPONSE = 0x80000000  # the bit that makes a response of a command

OK = 0x00
INVALID_LENGTH = 0x02
INVALID_COMMAND = 0x03
WRONG_BIND_STATE = 0x04
ALREADY_BOUND = 0x05
SYSTEM_ERROR = 0x08
INVALID_DESTINATION = 0x0B
INVALID_PASSWORD = 0x0E
QUEUE_FULL = 0x14
THROTTLED = 0x58

MESSAGE_PAYLOAD = 0x0424
RECEIPTED_MESSAGE_ID = 0x001E
MESSAGE_STATE = 0x0427

HEADER_BYTES = 16
MAX_PDU_BYTES = 1 << 16
INTERNATIONAL = 1  # TON of a number that is E.164 without its plus
ALPHANUMERIC = 5
UDH_INDICATOR = 0x40
IS_RECEIPT = 0x04

header = struct.Struct(">IIII")
_tlv = struct.Struct(">HH")


class PduError(ValueError):
    """The body of a PDU that does not follow the specification."""


class Submit(NamedTuple):
    """What matters of a submit_sm. `destination` has its plus; `body` is without the user data header."""

    source_ton: int
    source: str
    destination: str
    registered: int
    coding: int
    reference: int
    total: int
    part: int
    body: bytes


class Bind(NamedTuple):
    """Who wants to bind."""

    system_id: str
    password: str


def pdu(command: int, status: int, sequence: int, body: bytes = b"") -> bytes:
    return header.pack(HEADER_BYTES + len(body), command, status, sequence) + body


def read_bind(body: bytes) -> Bind:
    """The name and password of a bind (4.1); raises `PduError`."""
    try:
        system_id, password, _ = body.split(b"\0", 2)
    except ValueError:
        raise PduError from None
    return Bind(system_id.decode("latin-1"), password.decode("latin-1"))


def read_submit(pdu_bytes: bytes) -> Submit:
    """A whole submit_sm (4.4.1) with its header; raises `PduError`."""
    try:
        at = pdu_bytes.index(0, HEADER_BYTES) + 1  # past service_type
        source_ton = pdu_bytes[at]
        end = pdu_bytes.index(0, at + 2)
        source = pdu_bytes[at + 2 : end].decode("latin-1")
        at = end + 1
        end = pdu_bytes.index(0, at + 2)
        destination = "+" + pdu_bytes[at + 2 : end].decode("ascii").lstrip("+")
        esm_class = pdu_bytes[end + 1]
        at = pdu_bytes.index(0, end + 4) + 1  # past schedule_delivery_time
        at = pdu_bytes.index(0, at) + 1  # past validity_period
        registered, _, data_coding, _, length = pdu_bytes[at : at + 5]
    except ValueError:
        raise PduError from None
    at += 5
    message = pdu_bytes[at : at + length]
    if len(message) < length:
        raise PduError
    if at + length < len(pdu_bytes):
        message = read_tlvs(pdu_bytes[at + length :]).get(MESSAGE_PAYLOAD, message)
    reference, total, part, body = 0, 1, 1, message
    if esm_class & UDH_INDICATOR:
        reference, total, part, body = split_header(message)
    return Submit(source_ton, source, destination, registered, data_coding, reference, total, part, body)


def split_header(message: bytes) -> tuple[int, int, int, bytes]:
    """(concatenation reference, total, part, text octets) of a message that begins with a user data header."""
    if not message or len(message) <= message[0]:
        raise PduError
    end = message[0] + 1
    at = 1
    while at + 1 < end:
        kind, length = message[at], message[at + 1]
        value = message[at + 2 : at + 2 + length]
        if (kind, len(value)) == (0, 3):
            return value[0], value[1], value[2], message[end:]
        if (kind, len(value)) == (8, 4):
            return value[0] << 8 | value[1], value[2], value[3], message[end:]
        at += 2 + length
    return 0, 1, 1, message[end:]


def read_tlvs(octets: bytes) -> dict[int, bytes]:
    """The optional parameters at the end of a PDU by tag; raises `PduError`."""
    found: dict[int, bytes] = {}
    at = 0
    while at < len(octets):
        if at + 4 > len(octets):
            raise PduError
        tag, length = _tlv.unpack_from(octets, at)
        found[tag] = octets[at + 4 : at + 4 + length]
        if len(found[tag]) < length:
            raise PduError
        at += 4 + length
    return found


def tlv(tag: int, value: bytes) -> bytes:
    return _tlv.pack(tag, len(value)) + value


def deliver_body(
    source: str, destination: str, destination_ton: int, esm_class: int, coding: int, message: bytes
) -> bytes:
    """The body of a deliver_sm (4.6.1) from a number in E.164; what is too long goes as message_payload."""
    payload = b""
    if len(message) > 254:
        message, payload = b"", tlv(MESSAGE_PAYLOAD, message)
    return b"".join((
        b"\0\x01\x01", source.lstrip("+").encode("ascii"), b"\0",
        bytes((destination_ton, 0 if destination_ton == ALPHANUMERIC else 1)),
        destination.lstrip("+").encode("latin-1", "replace"), b"\0",
        bytes((esm_class, 0, 0)), b"\0\0", bytes((0, 0, coding, 0, len(message))), message, payload,
    ))  # fmt: skip
