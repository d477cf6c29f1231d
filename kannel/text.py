"""How a text travels: GSM 03.38 when every character is in its tables, UCS-2 otherwise, and in how many parts.

Kannel replaces what GSM 03.38 lacks by "?" without a word, so the coding is always chosen here and told to it.
"""

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

GSM_CODING: Final = 0
UCS2_CODING: Final = 2

# 3GPP TS 23.038, section 6.2.1, without the escape character. Each is one septet.
GSM_BASIC: Final = (
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ"
    " !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§"
    "¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
# Section 6.2.1.1 of the same: an escape goes before each, so each is two septets.
GSM_EXTENSION: Final = "\f^{}\\[~]|€"

GSM_UNITS: Final = 160
GSM_UNITS_OF_A_PART: Final = 153
UCS2_UNITS: Final = 70
UCS2_UNITS_OF_A_PART: Final = 67

_only_gsm = re.compile(f"[{re.escape(GSM_BASIC + GSM_EXTENSION)}]*")
_extension = re.compile(f"[{re.escape(GSM_EXTENSION)}]")
_two_units = {ord(character): "\x1b" + character for character in GSM_EXTENSION}
_gsm = frozenset(GSM_BASIC + GSM_EXTENSION)

# What word processors and web pages put in place of what is on the keyboard, and what breaks lines without being seen.
_SIGNS: Final = {
    **dict.fromkeys("“”„‟«»″‶", '"'),
    **dict.fromkeys("‘’‚‛‹›′‵ʼʹ`´", "'"),
    **dict.fromkeys("‐‑‒–—―−⁃", "-"),
    **dict.fromkeys("•·∙◦‣", "*"),
    "…": "...",
    "⁄": "/",
    "×": "x",
}
_TYPOGRAPHY: Final = {
    **_SIGNS,
    **dict.fromkeys("\u00a0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u202f\u205f\u3000\t", " "),
    **dict.fromkeys("\u2028\u2029\u0085\v", "\n"),
    **dict.fromkeys("\u00ad\u200b\u200e\u200f\u2060\ufeff", ""),
    "©": "(c)",
    "®": "(r)",
    "№": "No.",
    "₽": "RUB",
    "œ": "oe",
    "Œ": "OE",
    "ł": "l",
    "Ł": "L",
    "đ": "d",
    "Đ": "D",
    "ı": "i",
    "ẞ": "SS",
}  # fmt: skip

# The signs among them, for str.translate: what a word processor made of the keyboard's, no letter.
PLAIN_SIGNS: Final = str.maketrans(_SIGNS)

# Cyrillic letters nobody can tell from Latin ones; replaced only where they stand inside a Latin word.
_LOOKALIKES: Final = dict(zip("АВЕКМНОРСТХаеорсухіІјЈѕЅ", "ABEKMHOPCTXaeopcyxiIjJsS", strict=True))
_latin = re.compile(r"[A-Za-z]")
_word = re.compile(r"\w+")


@dataclass(frozen=True, slots=True)
class Measure:
    """How large a text is on its way. Units are septets (coding 0) or UTF-16 units (coding 2)."""

    coding: int
    parts: int
    units: int
    units_left: int


def coding_of(text: str) -> int:
    """0 if GSM 03.38 has every character of the text, otherwise 2 (UCS-2)."""
    return GSM_CODING if _only_gsm.fullmatch(text) else UCS2_CODING


def measure(text: str) -> Measure:
    """Coding, parts as bearerbox splits them, units used, and units still free in the last part.

    An empty text is one part. Rules measured on Kannel 1.4.5: a part of a longer text carries 153 septets or
    67 UTF-16 units; an escape is never parted from its character (that part then carries 152); a surrogate
    pair may be.
    """
    if coding_of(text) == UCS2_CODING:
        units = len(text.encode("utf-16-be", "surrogatepass")) // 2
        if units <= UCS2_UNITS:
            return Measure(UCS2_CODING, 1, units, UCS2_UNITS - units)
        parts = -(-units // UCS2_UNITS_OF_A_PART)
        return Measure(UCS2_CODING, parts, units, parts * UCS2_UNITS_OF_A_PART - units)
    units = len(text) + len(_extension.findall(text))
    if units <= GSM_UNITS:
        return Measure(GSM_CODING, 1, units, GSM_UNITS - units)
    parts, left = _gsm_parts(text, units)
    return Measure(GSM_CODING, parts, units, left)


def _gsm_parts(text: str, units: int) -> tuple[int, int]:
    """Parts of a long GSM text and the septets free in the last one."""
    if units == len(text):  # no escape pair, so plain division
        parts = -(-units // GSM_UNITS_OF_A_PART)
        return parts, parts * GSM_UNITS_OF_A_PART - units
    septets = text.translate(_two_units)
    parts, start = 0, 0
    while units - start > GSM_UNITS_OF_A_PART:
        start += GSM_UNITS_OF_A_PART
        if septets[start - 1] == "\x1b":
            start -= 1
        parts += 1
    return parts + 1, GSM_UNITS_OF_A_PART - (units - start)


def encode(text: str) -> tuple[int, bytes]:
    """(coding, bytes) as the box protocol wants them: UTF-8 for coding 0, UTF-16BE for coding 2.

    A lone surrogate, which no operator could carry, becomes U+FFFD.
    """
    if coding_of(text) == GSM_CODING:
        return GSM_CODING, text.encode()
    whole = text.encode("utf-16-be", "surrogatepass").decode("utf-16-be", "replace")
    return UCS2_CODING, whole.encode("utf-16-be")


def forcing_characters(text: str) -> list[tuple[str, str | None]]:
    """The characters that force UCS-2, in order of appearance and each once, with what could stand instead.

    The replacement is plain GSM text, an empty string where the character can simply go, or None where nothing
    says the same (Cyrillic, Arabic, pictures).
    """
    return [
        (character, replacement) for character, replacement in _replacements(text) if character not in _gsm
    ]


def simplified(text: str) -> str:
    """The text with everything replaced that has a plain replacement; the rest stays as it is."""
    text = unicodedata.normalize("NFC", text)
    plain = {ord(was): now for was, now in _replacements(text) if now is not None}
    return text.translate(plain)


def _replacements(text: str) -> Iterator[tuple[str, str | None]]:
    lookalikes = _mistyped_letters(text)
    for character in dict.fromkeys(text):
        if character not in _gsm:
            yield character, lookalikes.get(character, _plain(character))


def _plain(character: str) -> str | None:
    """What stands in for a character outside GSM 03.38, or None."""
    known = _TYPOGRAPHY.get(character)
    if known is not None:
        return known
    letters = "".join(
        _TYPOGRAPHY.get(piece, piece)
        for piece in unicodedata.normalize("NFKD", character)
        if not unicodedata.combining(piece)
    )
    return letters if _only_gsm.fullmatch(letters) else None


def _mistyped_letters(text: str) -> dict[str, str]:
    """Cyrillic letters that stand only inside words that are otherwise Latin, with the Latin letter meant."""
    mistyped: set[str] = set()
    meant: set[str] = set()
    for word in _word.findall(text):
        foreign = {letter for letter in word if "\u0400" <= letter <= "\u04ff"}
        if foreign <= _LOOKALIKES.keys() and _latin.search(word):
            mistyped |= foreign
        else:
            meant |= foreign
    return {letter: _LOOKALIKES[letter] for letter in mistyped - meant}
