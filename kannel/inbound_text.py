"""What a telephone sent, as Kannel hands it over: a text, or octets that are none; whole, or one part of several."""

from dataclasses import dataclass

from kannel.wire import Sms

EIGHT_BIT, UCS2 = 1, 2
_CONTROLS = frozenset(chr(code) for code in range(32)) - set("\n\r\t\f\x1b")
# Information elements of a user data header (3GPP 23.040, 9.2.3.24): concatenation with a short and a long reference.
_SHORT, _LONG = 0x00, 0x08


@dataclass(frozen=True, slots=True)
class Said:
    """A text, or ``octets`` where it is none. Part so much of so many; Kannel joins parts, but not over its own restart."""

    text: str = ""
    octets: bytes | None = None
    reference: int = 0
    part: int = 1
    parts: int = 1


def said(sms: Sms) -> Said:
    """What an inbound frame says. Nothing of it is lost: what is no text is kept as octets."""
    data = sms.msgdata or b""
    reference, parts, part, has_ports = _header(sms.udhdata or b"")
    text = None if has_ports else _text(data, sms.coding)
    if text is None:
        return Said("", data, reference, part, parts)
    return Said(text, None, reference, part, parts)


def _text(data: bytes, coding: int) -> str | None:
    """The text in its coding; None if it is none. Joined parts come as eight-bit data, although they are texts."""
    if coding == UCS2:
        # Half a letter at the end is no reason to show the rest as octets.
        return data[: len(data) // 2 * 2].decode("utf-16-be", "replace")
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError:
        if coding == EIGHT_BIT:
            return None
        text = data.decode("latin-1")  # an operator whose plain texts are Latin-1, which Kannel was not told
    return None if _CONTROLS & set(text) or any("\x7f" <= one <= "\x9f" for one in text) else text


def _header(udh: bytes) -> tuple[int, int, int, bool]:
    """Reference, number of parts, this part, and whether the rest is for a program at a port."""
    reference, parts, part, has_ports, at = 0, 1, 1, False, 1
    while at + 1 < len(udh):
        kind, value = udh[at], udh[at + 2 : at + 2 + udh[at + 1]]
        if kind == _SHORT and len(value) == 3:
            reference, parts, part = value
        elif kind == _LONG and len(value) == 4:
            reference, parts, part = value[0] << 8 | value[1], value[2], value[3]
        has_ports |= kind in (0x04, 0x05)
        at += 2 + udh[at + 1]
    if not 1 <= part <= parts:
        return 0, 1, 1, has_ports
    return reference, parts, part, has_ports
