r"""Reading texts with merge fields: ``Hello {first_name|default:"customer"}, you owe {debt|whole}``.

Grammar::

    {field}   {field|format}   {field|default:"words"}   {field|plural:"point,points"}   {field|plural:"балл,балла,баллов"}
    {if field} words {end}   {if field >= 100} words {else} other words {end}

Options may be put together. ``{{`` and ``}}`` stand for brackets. A field that a customer lacks gives its default, or
nothing. Comparisons are = <> < <= > >= with a number, a date (31.12.2026) or a text in quotes (= and <> only).
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import Enum

from django.utils.translation import gettext as _

from backoffice.message_templates.mistakes import MergeError
from backoffice.message_templates.options import condition_of, merged_of
from backoffice.message_templates.pieces import Condition, Merged, Phrase, Piece

_TOKEN = re.compile(r"\{\{|\}\}|\{|\}")
_IF = re.compile(r"if(?:\s+(?P<rest>.*))?", re.IGNORECASE | re.DOTALL)


class _Word(Enum):
    ELSE = "else"
    END = "end"


@dataclass(frozen=True)
class _Mark:
    """Something found in a text, from ``start`` to before ``end``. ``opens`` a phrase, even if its condition is wrong."""

    start: int
    end: int
    what: str | Merged | Condition | _Word | MergeError
    opens: bool = False


@dataclass
class _Open:
    """A phrase whose end is not reached yet. ``condition`` is None if it was wrong."""

    mark: _Mark
    shown: list[str | Merged] = field(default_factory=list)
    otherwise: list[str | Merged] | None = None

    @property
    def current(self) -> list[str | Merged]:
        return self.shown if self.otherwise is None else self.otherwise


def read(text: str) -> tuple[list[Piece], list[MergeError]]:
    """The pieces of a text, and everything that is wrong in it, both in the order of the text."""
    reader = _Reader()
    for mark in _marks(text):
        reader.take(mark)
    return reader.ended()


class _Reader:
    """Puts marks together to pieces."""

    def __init__(self) -> None:
        self.pieces: list[Piece] = []
        self.errors: list[MergeError] = []
        self.open: _Open | None = None

    def take(self, mark: _Mark) -> None:
        if isinstance(mark.what, MergeError):
            self.errors.append(mark.what)
        if mark.opens:
            self._open(mark)
        elif mark.what is _Word.ELSE:
            self._otherwise(mark)
        elif mark.what is _Word.END:
            self._close(mark)
        elif isinstance(mark.what, str | Merged):
            (self.open.current if self.open else self.pieces).append(mark.what)

    def ended(self) -> tuple[list[Piece], list[MergeError]]:
        if self.open:
            self._wrong(self.open.mark, _("This phrase has no end. Write {end} where it stops."))
        return self.pieces, sorted(self.errors, key=lambda error: error.position)

    def _open(self, mark: _Mark) -> None:
        if self.open:
            self._wrong(mark, _("A phrase cannot stand within another. Write {end} before this one begins."))
        else:
            self.open = _Open(mark)

    def _otherwise(self, mark: _Mark) -> None:
        if self.open is None:
            self._wrong(
                mark, _("{else} belongs to a phrase. Write {if …} where the phrase begins, or leave it out.")
            )
        elif self.open.otherwise is not None:
            self._wrong(mark, _("This phrase has an {else} already. Leave one of them out."))
        else:
            self.open.otherwise = []

    def _close(self, mark: _Mark) -> None:
        if self.open is None:
            self._wrong(
                mark, _("{end} ends a phrase. Write {if …} where the phrase begins, or leave it out.")
            )
            return
        condition = self.open.mark.what
        if isinstance(condition, Condition):
            self.pieces.append(Phrase(condition, tuple(self.open.shown), tuple(self.open.otherwise or ())))
        self.open = None

    def _wrong(self, mark: _Mark, sentence: str) -> None:
        self.errors.append(MergeError(sentence, mark.start, mark.end))


def _marks(text: str) -> Iterator[_Mark]:
    literal: list[str] = []
    position = begins = 0
    while token := _TOKEN.search(text, position):
        literal.append(text[position : token.start()])
        position = token.end()
        if token[0] in ("{{", "}}"):
            literal.append(token[0][0])
            continue
        if token[0] == "}":
            sentence = _("A field must begin with {. Write }} if you mean the bracket itself.")
            yield _wrong(sentence, token.start(), token.end(), "}}")
            continue
        if words := "".join(literal):
            yield _Mark(begins, token.start(), words)
        literal, end = [], text.find("}", position)
        if end < 0 or "{" in text[position:end]:
            sentence = _("This field has no end. Add } after it, or write {{ if you mean the bracket itself.")
            yield _wrong(sentence, token.start(), token.end())
            continue
        yield _inside(text[position:end].strip(), token.start(), end + 1)
        position = begins = end + 1
    literal.append(text[position:])
    if words := "".join(literal):
        yield _Mark(begins, len(text), words)


def _wrong(sentence: str, start: int, end: int, instead: str = "") -> _Mark:
    return _Mark(start, end, MergeError(sentence, start, end, instead))


def _inside(words: str, start: int, end: int) -> _Mark:
    """What stands between two brackets."""
    if words.lower() in ("else", "end"):
        return _Mark(start, end, _Word(words.lower()))
    phrase = _IF.fullmatch(words)
    found = condition_of((phrase["rest"] or "").strip()) if phrase else merged_of(words)
    if isinstance(found, Condition | Merged):
        return _Mark(start, end, found, opens=phrase is not None)
    error = MergeError(found.sentence, start, end, found.instead)
    return _Mark(start, end, error, opens=phrase is not None)
