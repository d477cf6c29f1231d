"""The least that a box client can do: acknowledge every delivery report. The measure for our own chain.

`python -m deploy.acknowledging_client PORT COUNT` ends when COUNT reports came. Protocol: gw/msg-decl.h and
gw/bb_boxc.c of Kannel 1.4.5: frames of a 32-bit length and a payload; numbers are 32 bits, big endian.
"""

import socket
import struct
import sys

SMS, ACK, IDENTIFY = 2, 3, 3
NULL = struct.pack(">i", -1)
# Fields of an sms in their order: s octets, i number. The id is the eleventh.
FIELDS_BEFORE_ID = "ssssisssss"
TIME_FIELD = 4
ID_LENGTH = 36
TIMEOUT_SECONDS = 120


def frame(payload: bytes) -> bytes:
    return struct.pack(">I", len(payload)) + payload


def acknowledgement(payload: bytes) -> bytes | None:
    """The answer to a report, or None for anything else."""
    if struct.unpack_from(">i", payload)[0] != SMS:
        return None
    at, moment = 4, b""
    for number, kind in enumerate(FIELDS_BEFORE_ID):
        value = payload[at : at + 4]
        at += 4
        if kind == "s":
            at += max(struct.unpack(">i", value)[0], 0)
        elif number == TIME_FIELD:
            moment = value
    return frame(struct.pack(">ii", ACK, 0) + moment + payload[at : at + 4 + ID_LENGTH])


def serve(port: int, count: int) -> None:
    """Acknowledges so many reports; socket.timeout when none comes for two minutes."""
    with socket.create_connection(("127.0.0.1", port), TIMEOUT_SECONDS) as box:
        box.sendall(frame(struct.pack(">ii", 1, IDENTIFY) + NULL))
        buffer = b""
        while count > 0:
            received = box.recv(1 << 18)
            if not received:
                raise ConnectionError("bearerbox closed the connection.")
            answers, buffer = _answers(buffer + received)
            if answers:
                box.sendall(b"".join(answers))
                count -= len(answers)


def _answers(buffer: bytes) -> tuple[list[bytes], bytes]:
    answers, at = [], 0
    while len(buffer) - at >= 4:
        end = at + 4 + int(struct.unpack_from(">I", buffer, at)[0])
        if end > len(buffer):
            break
        answer = acknowledgement(buffer[at + 4 : end])
        if answer:
            answers.append(answer)
        at = end
    return answers, buffer[at:]


if __name__ == "__main__":
    serve(int(sys.argv[1]), int(sys.argv[2]))
