import struct

from deploy.acknowledging_client import acknowledgement

ID = b"0f6d3f6e-3c1b-4f38-9d5b-0c1d2e3f4a5b"


def octets(value: bytes | None) -> bytes:
    return struct.pack(">i", -1) if value is None else struct.pack(">i", len(value)) + value


def test_a_report_is_acknowledged_with_its_time_and_id() -> None:
    before = [
        octets(b"Parley"),
        octets(b"79120000001"),
        octets(None),
        octets(b"ACK/"),
        struct.pack(">i", 1234),
    ]
    report = (
        struct.pack(">i", 2) + b"".join(before) + octets(b"OP1") + octets(None) * 4 + octets(ID) + b"rest"
    )
    assert acknowledgement(report) == struct.pack(">Iiii", 52, 3, 0, 1234) + octets(ID)


def test_a_heartbeat_needs_no_answer() -> None:
    assert acknowledgement(struct.pack(">ii", 0, 5)) is None
