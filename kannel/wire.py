"""Frames of Kannel's box protocol, as bearerbox 1.4.5 speaks it on its smsbox port.

A frame is a length (uint32, big endian) and a payload: a type (int32) and the fields of gw/msg-decl.h in their order.
INTEGER is an int32 (-1: not set); OCTSTR is an int32 length and so many bytes (-1: NULL); a UUID is an octet string of
36 characters.
"""

import struct
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from enum import IntEnum
from itertools import groupby
from operator import attrgetter, itemgetter
from typing import Any

HEARTBEAT, ADMIN, SMS, ACK = 0, 1, 2, 3
UNSET = -1
# Kannel itself refuses longer ones (gwlib/conn.c, 10 MiB); what we exchange is far below.
LONGEST_FRAME = 1 << 20
NOTHING = uuid.UUID(int=0)

_INT = struct.Struct(">i")
_LENGTH = struct.Struct(">I")
_UUID_LENGTH = _INT.pack(36)
_NULL = _INT.pack(UNSET)


class WireError(Exception):
    """The bytes are not the box protocol. The link has to be closed."""


class SmsType(IntEnum):
    """What an Sms frame is about."""

    INBOUND = 0
    REPLY = 1
    PUSH = 2
    REPORT = 3
    REPORT_PUSH = 4


class Command(IntEnum):
    """Admin frames."""

    SHUTDOWN = 0
    SUSPEND = 1
    RESUME = 2
    IDENTIFY = 3
    RESTART = 4


class Nack(IntEnum):
    """Answers to an Sms frame."""

    SUCCESS = 0
    FAILED = 1
    FAILED_FOR_NOW = 2
    BUFFERED = 3


@dataclass(frozen=True, slots=True)
class Heartbeat:
    load: int = 0


@dataclass(frozen=True, slots=True)
class Admin:
    command: int
    boxc_id: bytes | None = None


@dataclass(frozen=True, slots=True)
class Ack:
    nack: int
    time: int
    id: uuid.UUID


@dataclass(slots=True)
class Sms:
    """A message on its way out, an inbound message, or a delivery report. Texts are bytes in the coding they say."""

    sender: bytes | None = None
    receiver: bytes | None = None
    udhdata: bytes | None = None
    msgdata: bytes | None = None
    time: int = UNSET
    smsc_id: bytes | None = None
    smsc_number: bytes | None = None
    foreign_id: bytes | None = None
    service: bytes | None = None
    account: bytes | None = None
    id: uuid.UUID = NOTHING
    sms_type: int = UNSET
    mclass: int = UNSET
    mwi: int = UNSET
    coding: int = UNSET
    compress: int = UNSET
    validity: int = UNSET
    deferred: int = UNSET
    dlr_mask: int = UNSET
    dlr_url: bytes | None = None
    pid: int = UNSET
    alt_dcs: int = UNSET
    rpi: int = UNSET
    charset: bytes | None = None
    boxc_id: bytes | None = None
    binfo: bytes | None = None
    msg_left: int = UNSET
    priority: int = UNSET
    resend_try: int = UNSET
    resend_time: int = UNSET
    meta_data: bytes | None = None


Message = Heartbeat | Admin | Ack | Sms

# Field order on the wire by kind: s octet string, i integer, u uuid.
SMS_FIELDS: tuple[tuple[str, str], ...] = tuple(
    zip(
        Sms.__slots__,
        ("s", "s", "s", "s", "i", "s", "s", "s", "s", "s", "u")
        + ("i",) * 8
        + ("s", "i", "i", "i", "s", "s", "s", "i", "i", "i", "i", "s"),
        strict=True,
    )
)
_FIELD_VALUES = attrgetter(*Sms.__slots__)
_ID = Sms.__slots__.index("id")
_TOO_LONG = "a field is longer than its frame"


@dataclass(frozen=True, slots=True)
class _Run:
    """Neighbouring fields of one kind, and what reads or writes them at once if they are integers."""

    kind: str
    start: int
    end: int
    integers: struct.Struct | None


def _runs() -> Iterator[_Run]:
    for kind, fields in groupby(enumerate(kind for _, kind in SMS_FIELDS), itemgetter(1)):
        places = [place for place, _ in fields]
        integers = struct.Struct(f">{len(places)}i") if kind == "i" else None
        yield _Run(kind, places[0], places[-1] + 1, integers)


_SMS_RUNS = tuple(_runs())


def encode(message: Message) -> bytes:
    """The bytes of one frame."""
    if isinstance(message, Sms):
        payload = _encode_sms(message)
    elif isinstance(message, Ack):
        payload = struct.pack(">iii", ACK, message.nack, message.time) + _uuid(message.id)
    elif isinstance(message, Admin):
        payload = struct.pack(">ii", ADMIN, message.command) + _octets(message.boxc_id)
    else:
        payload = struct.pack(">ii", HEARTBEAT, message.load)
    return _LENGTH.pack(len(payload)) + payload


def _encode_sms(sms: Sms) -> bytes:
    values = _FIELD_VALUES(sms)
    pieces = [_INT.pack(SMS)]
    for run in _SMS_RUNS:
        mine = values[run.start : run.end]
        if run.integers:
            pieces.append(run.integers.pack(*mine))
        else:
            pieces += map(_octets if run.kind == "s" else _uuid, mine)
    return b"".join(pieces)


def _octets(value: bytes | None) -> bytes:
    return _NULL if value is None else _INT.pack(len(value)) + value


def _uuid(value: uuid.UUID) -> bytes:
    return _UUID_LENGTH + str(value).encode()


class Decoder:
    """Cuts a stream of bytes into messages, however the network has chopped it."""

    def __init__(self) -> None:
        self._buffer = bytearray()

    def feed(self, data: bytes) -> Iterator[Message]:
        """Yields each message that is complete now.

        Raises WireError where the bytes make no sense; nothing that comes after them can be trusted.
        """
        self._buffer += data
        start = 0
        try:
            while len(self._buffer) - start >= _LENGTH.size:
                (length,) = _LENGTH.unpack_from(self._buffer, start)
                if length > LONGEST_FRAME:
                    raise WireError(f"a frame of {length} bytes")
                end = start + _LENGTH.size + length
                if len(self._buffer) < end:
                    break
                message = _decode(bytes(self._buffer[start + _LENGTH.size : end]))
                start = end
                if message is not None:
                    yield message
        finally:
            del self._buffer[:start]


def _decode(payload: bytes) -> Message | None:
    reader = _Reader(payload)
    try:
        kind = reader.integer()
        if kind == SMS:
            return _decode_sms(payload, reader.position)
        if kind == ACK:
            return Ack(reader.integer(), reader.integer(), reader.uuid())
        if kind == ADMIN:
            return Admin(reader.integer(), reader.octets())
        if kind == HEARTBEAT:
            return Heartbeat(reader.integer())
    except (struct.error, ValueError) as error:
        raise WireError(str(error)) from error
    return None  # a datagram for the WAP box, which we are not


def _decode_sms(payload: bytes, at: int) -> Sms:
    """All of it in one loop without calls: a delivery report is read in 9 µs, and there are two a message."""
    values: list[Any] = []
    size, read_length = len(payload), _INT.unpack_from
    for run in _SMS_RUNS:
        if run.integers:
            values += run.integers.unpack_from(payload, at)
            at += run.integers.size
            continue
        for _ in range(run.start, run.end):
            (length,) = read_length(payload, at)
            at += _INT.size
            if length == UNSET:
                values.append(None)
            elif length < 0 or at + length > size:
                raise WireError(_TOO_LONG)
            else:
                values.append(payload[at : at + length])
                at += length
    values[_ID] = _read_uuid(values[_ID])
    return Sms(*values)  # in the order of the fields


def _read_uuid(octets: bytes | None) -> uuid.UUID:
    return uuid.UUID(octets.decode("ascii")) if octets else NOTHING


class _Reader:
    def __init__(self, payload: bytes) -> None:
        self.payload = payload
        self.position = 0

    def integer(self) -> int:
        (value,) = _INT.unpack_from(self.payload, self.position)
        self.position += _INT.size
        return int(value)

    def octets(self) -> bytes | None:
        length = self.integer()
        if length == UNSET:
            return None
        if length < 0 or self.position + length > len(self.payload):
            raise WireError(_TOO_LONG)
        value = self.payload[self.position : self.position + length]
        self.position += length
        return value

    def uuid(self) -> uuid.UUID:
        return _read_uuid(self.octets())
