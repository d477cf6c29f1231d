"""What the words of a text cost on their way: coding and parts, what makes them longer than they need be, and how to mend it.

Characters are looked for in what customers read: not in the names of fields, nor in what a condition compares with.
"""

import re
from collections.abc import Iterable

from backoffice.message_templates import merge
from backoffice.message_templates.formats import Kind
from backoffice.message_templates.pieces import Merged, Phrase, Piece
from kannel.text import (
    GSM_UNITS,
    GSM_UNITS_OF_A_PART,
    UCS2_CODING,
    UCS2_UNITS,
    UCS2_UNITS_OF_A_PART,
    Measure,
    forcing_characters,
    measure,
    simplified,
)

__all__ = [
    "UCS2_CODING",
    "Measure",
    "forcing",
    "is_wide",
    "measure",
    "plain",
    "text_fields_of",
    "tidy",
    "too_many",
    "without_field",
]

_OF_A_TEXT = re.compile(r"(\{\{|\}\}|\{[^{}]*\})")
_CONDITION = re.compile(r"\{\s*if\s", re.IGNORECASE)
_QUOTED = re.compile(r""""[^"]*"|'[^']*'|“[^“”]*”|„[^„“”]*[“”]|«[^«»]*»""")
_BLANKS = re.compile(r"(?<=\S)( ){2,}(?=\S)|[ \t]+(?=\n)|\s+\Z|\A\s+")


def forcing(text: str) -> tuple[tuple[str, str | None], ...]:
    """The characters of a text that make its parts hold 70 instead of 160, each once, and what could stand instead.

    Empty where the text is written in another alphabet: that forces it anyway. None: nothing says the same, as with
    pictures.

    :raises MergeError: where the text cannot be merged.
    """
    found = _forcing(text)
    if any(now is None and character.isalpha() for character, now in found):
        return ()
    return tuple(found)


def is_wide(text: str) -> bool:
    """Whether the text itself, whatever its customers are called, needs UCS-2. Raises as forcing does."""
    return bool(_forcing(text))


def plain(text: str) -> str:
    """The text with plain characters wherever they say the same; as it is, where that cannot be done."""
    parts = _OF_A_TEXT.split(text)
    changed = "".join(
        simplified(part) if number % 2 == 0 else _plain_field(part) for number, part in enumerate(parts)
    )
    return text if merge.problems(changed) else changed


def tidy(text: str) -> str:
    """The text without blanks that nobody sees: several in a row, and those at the ends of lines."""
    return _BLANKS.sub(lambda blanks: " " if blanks[1] else "", text)


def text_fields_of(text: str) -> list[str]:
    """Names of the merge fields, outside of phrases, whose values are words: those may be in any alphabet."""
    fields = (piece.field for piece in merge.parse(text) if isinstance(piece, Merged))
    return list(dict.fromkeys(field.name for field in fields if field.kind is Kind.TEXT))


def without_field(text: str, name: str) -> str:
    """The text with a merge field left out wherever it stands, and one blank before it."""
    return re.sub(rf" ?\{{\s*{re.escape(name)}\s*(?:\|[^{{}}]*)?\}}", "", text, flags=re.IGNORECASE)


def too_many(found: Measure) -> int:
    """By how many units a text is too long to do with one part less; 0 if it has only one."""
    if found.parts == 1:
        return 0
    is_wide = found.coding == UCS2_CODING
    whole, of_a_part = (UCS2_UNITS, UCS2_UNITS_OF_A_PART) if is_wide else (GSM_UNITS, GSM_UNITS_OF_A_PART)
    return found.units - (whole if found.parts == 2 else (found.parts - 1) * of_a_part)


def _forcing(text: str) -> list[tuple[str, str | None]]:
    return forcing_characters("\n".join(_words(merge.parse(text))))


def _plain_field(field: str) -> str:
    """A merge field with plain words in its quotes, as long as they do not end the quotes too early."""
    if field in ("{{", "}}") or _CONDITION.match(field):
        return field

    def plain_words(quoted: re.Match[str]) -> str:
        opens, words, closes = quoted[0][0], simplified(quoted[0][1:-1]), quoted[0][-1]
        return quoted[0] if opens in words or closes in words or "|" in words else opens + words + closes

    return _QUOTED.sub(plain_words, field)


def _words(pieces: Iterable[Piece]) -> list[str]:
    """Everything in a text that somebody may read, except for the values of customers."""
    words: list[str] = []
    for piece in pieces:
        if isinstance(piece, str):
            words.append(piece)
        elif isinstance(piece, Merged):
            words += [piece.default, *piece.forms]
        elif isinstance(piece, Phrase):
            words += [*_words(piece.shown), *_words(piece.otherwise)]
    return words
