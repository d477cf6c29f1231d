"""A small SMPP client that says exactly what a test tells it to."""

import socket
import struct
from typing import NamedTuple, Self

from kannel.simulator import pdu

TIMEOUT_SECONDS = 5.0


class Answer(NamedTuple):
    command: int
    status: int
    sequence: int
    body: bytes


class SmppClient:
    def __init__(self, port: int) -> None:
        self.line = socket.create_connection(("127.0.0.1", port), TIMEOUT_SECONDS)
        self._buffer = b""
        self._sequence = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.line.close()

    def send_octets(self, octets: bytes) -> None:
        self.line.sendall(octets)

    def send(self, command: int, body: bytes = b"", status: int = 0, sequence: int = 0) -> int:
        if not sequence:
            self._sequence += 1
            sequence = self._sequence
        self.send_octets(pdu.pdu(command, status, sequence, body))
        return sequence

    def receive(self, timeout_seconds: float = TIMEOUT_SECONDS) -> Answer:
        """The next PDU; ConnectionError when the other side closed, TimeoutError when nothing comes."""
        while len(self._buffer) < 16 or len(self._buffer) < struct.unpack_from(">I", self._buffer)[0]:
            self.line.settimeout(timeout_seconds)
            data = self.line.recv(1 << 16)
            if not data:
                raise ConnectionResetError
            self._buffer += data
        length, command, status, sequence = struct.unpack_from(">IIII", self._buffer)
        body, self._buffer = self._buffer[16:length], self._buffer[length:]
        return Answer(command, status, sequence, body)

    def ask(self, command: int, body: bytes = b"") -> Answer:
        self.send(command, body)
        return self.receive()

    def bind(self, command: int = pdu.BIND_TRANSCEIVER, password: bytes = b"secret") -> Answer:
        return self.ask(command, b"parley\0" + password + b"\0\0\x34\0\0\0")

    def submit(self, number: str, text: bytes = b"Hello", registered: int = 1, esm_class: int = 0) -> int:
        return self.send(pdu.SUBMIT_SM, submit_body(number, text, registered, esm_class))

    def accept(self, delivered: Answer) -> None:
        """Answer a deliver_sm with success."""
        self.send(pdu.DELIVER_SM | pdu.RESPONSE, b"\0", sequence=delivered.sequence)


def submit_body(number: str, text: bytes, registered: int = 1, esm_class: int = 0) -> bytes:
    return b"".join(
        [b"\0", b"\x05\0Parley\0", b"\x01\x01", number.lstrip("+").encode(), b"\0", bytes([esm_class, 0, 0]),
         b"\0", b"\0", bytes([registered, 0, 0, 0, len(text)]), text]
    )  # fmt: skip
