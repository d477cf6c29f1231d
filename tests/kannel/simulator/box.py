"""A box client just large enough to hand texts to a real bearerbox and take its events."""

import socket
import struct
import time
import uuid
from dataclasses import dataclass, field

_FIELDS = [
    "s:sender",
    "s:receiver",
    "s:udhdata",
    "s:msgdata",
    "i:time",
    "s:smsc_id",
    "s:smsc_number",
    "s:foreign_id",
    "s:service",
    "s:account",
    "u:id",
    "i:sms_type",
    "i:mclass",
    "i:mwi",
    "i:coding",
    "i:compress",
    "i:validity",
    "i:deferred",
    "i:dlr_mask",
    "s:dlr_url",
    "i:pid",
    "i:alt_dcs",
    "i:rpi",
    "s:charset",
    "s:boxc_id",
    "s:binfo",
    "i:msg_left",
    "i:priority",
    "i:resend_try",
    "i:resend_time",
    "s:meta_data",
]
ADMIN, SMS, ACK = 1, 2, 3
IDENTIFY = 3
MO, MT, DLR = 0, 2, 3


def octets(value: bytes | None) -> bytes:
    return struct.pack(">i", -1) if value is None else struct.pack(">i", len(value)) + value


def frame(payload: bytes) -> bytes:
    return struct.pack(">I", len(payload)) + payload


def sms(**values: object) -> bytes:
    out = [struct.pack(">i", SMS)]
    for one in _FIELDS:
        kind, name = one.split(":")
        value = values.get(name)
        if kind == "i":
            out.append(struct.pack(">i", -1 if value is None else value))
        else:
            out.append(octets(value))  # type: ignore[arg-type]
    return frame(b"".join(out))


def read_sms(payload: bytes) -> dict[str, object]:
    found: dict[str, object] = {}
    at = 4
    for one in _FIELDS:
        kind, name = one.split(":")
        (number,) = struct.unpack_from(">i", payload, at)
        at += 4
        found[name] = number
        if kind != "i":
            found[name] = None if number < 0 else payload[at : at + number]
            at += max(number, 0)
    return found


@dataclass
class Box:
    """A connection to bearerbox; `events` are what it gave back, each acknowledged."""

    port: int
    acks: list[int] = field(default_factory=list)
    events: list[dict[str, object]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._socket = socket.create_connection(("127.0.0.1", self.port), 10)
        self._socket.sendall(frame(struct.pack(">ii", ADMIN, IDENTIFY) + octets(None)))
        self._buffer = b""

    def close(self) -> None:
        self._socket.close()

    def send(
        self, connection: str, receiver: str, coding: int, text: bytes, reference: str, mask: int
    ) -> None:
        self._socket.sendall(
            sms(
                sender=b"Parley",
                receiver=receiver.encode(),
                msgdata=text,
                time=int(time.time()),
                smsc_id=connection.encode(),
                service=b"test",
                id=str(uuid.uuid4()).encode(),
                sms_type=MT,
                coding=coding,
                dlr_mask=mask,
                dlr_url=reference.encode(),
            )
        )

    def read(self, timeout_seconds: float = 0.5) -> None:
        """Take what has come within the time; returns at once after something came."""
        self._socket.settimeout(timeout_seconds)
        try:
            data = self._socket.recv(1 << 16)
        except TimeoutError:
            return
        assert data, "bearerbox closed the connection"
        self._buffer += data
        while len(self._buffer) >= 4:
            (length,) = struct.unpack_from(">I", self._buffer)
            if len(self._buffer) < 4 + length:
                return
            self._take(self._buffer[4 : 4 + length])
            self._buffer = self._buffer[4 + length :]

    def _take(self, payload: bytes) -> None:
        (kind,) = struct.unpack_from(">i", payload)
        if kind == ACK:
            self.acks.append(struct.unpack_from(">i", payload, 4)[0])
        elif kind == SMS:
            event = read_sms(payload)
            self.events.append(event)
            ack = struct.pack(">iii", ACK, 0, int(time.time())) + octets(event["id"])  # type: ignore[arg-type]
            self._socket.sendall(frame(ack))
