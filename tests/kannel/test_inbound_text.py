"""What telephones send: texts in every coding, octets that are none, parts."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kannel.inbound_text import Said, said
from kannel.wire import Sms

SHORT, LONG = bytes((5, 0, 3, 7, 2, 1)), bytes((6, 8, 4, 1, 7, 2, 2))


@pytest.mark.parametrize(
    ("octets", "coding", "udh", "found"),
    [
        (b"Stop", 0, b"", Said("Stop")),
        ("Стоп".encode(), 0, b"", Said("Стоп")),
        ("Стоп".encode("utf-16-be"), 2, b"", Said("Стоп")),
        ("Стоп 🙂".encode("utf-16-be"), 2, b"", Said("Стоп 🙂")),
        ("Стоп".encode("utf-16-be") + b"\x04", 2, b"", Said("Стоп")),
        (b"caf\xe9", 0, b"", Said("café")),
        (b"line\r\nline", 0, b"", Said("line\r\nline")),
        (b"", 0, b"", Said("")),
        (b"joined text", 1, b"", Said("joined text")),
        (b"\x01\x02\xfe\xff", 1, b"", Said("", b"\x01\x02\xfe\xff")),
        (b"\x00\x01\x02", 0, b"", Said("", b"\x00\x01\x02")),
        (b"\x89PNG\r\n", 1, b"", Said("", b"\x89PNG\r\n")),
        (b"vcard", 1, bytes((6, 5, 4, 35, 244, 0, 0)), Said("", b"vcard")),
        (b"first ", 0, SHORT, Said("first ", None, 7, 1, 2)),
        (b"second", 0, LONG, Said("second", None, 263, 2, 2)),
        (b"text", 0, bytes((5, 0, 3, 7, 2, 9)), Said("text")),
        (b"text", 0, b"\x05", Said("text")),
        (b"text", 0, b"\x05\x00\x09\x01", Said("text")),
    ],
)
def test_what_came_is_a_text_or_kept_as_octets(octets: bytes, coding: int, udh: bytes, found: Said) -> None:
    assert said(Sms(msgdata=octets, coding=coding, udhdata=udh)) == found


@given(st.binary(max_size=80), st.sampled_from([-1, 0, 1]), st.binary(max_size=12))
def test_nothing_is_lost_or_replaced(octets: bytes, coding: int, udh: bytes) -> None:
    found = said(Sms(msgdata=octets, coding=coding, udhdata=udh))
    assert (
        found.octets == octets
        or (found.octets is None and found.text.encode() == octets)
        or (coding != 1 and found.text.encode("latin-1") == octets)
    )
    assert "\ufffd" not in found.text or "\ufffd".encode() in octets
    assert 1 <= found.part <= found.parts
