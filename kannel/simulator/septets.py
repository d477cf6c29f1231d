"""GSM 03.38 as it stands in SMPP: one octet a septet."""

from kannel.text import GSM_BASIC, GSM_EXTENSION

ESCAPE = 0x1B
_basic = GSM_BASIC[:ESCAPE] + "\x1b" + GSM_BASIC[ESCAPE:]
_extension = dict(zip(b"\x0a\x14\x28\x29\x2f\x3c\x3d\x3e\x40\x65", GSM_EXTENSION, strict=True))
_octets = {character: bytes([code]) for code, character in enumerate(_basic)} | {
    character: bytes([ESCAPE, code]) for code, character in _extension.items()
}


def to_octets(text: str) -> bytes:
    """The octets of a text; raises KeyError for a character GSM 03.38 lacks."""
    return b"".join([_octets[character] for character in text])


def to_text(octets: bytes) -> str:
    """The text of octets from 0 to 127; an escape before an unknown code is a blank, as the standard says."""
    characters: list[str] = []
    is_escaped = False
    for octet in octets:
        if is_escaped:
            characters.append(_extension.get(octet, " " + _basic[octet]))
            is_escaped = False
        elif octet == ESCAPE:
            is_escaped = True
        else:
            characters.append(_basic[octet])
    return "".join(characters)
