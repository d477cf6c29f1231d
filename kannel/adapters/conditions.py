"""Conditions of an adapter: lines such as `messages.0.status.groupName = PENDING|ACCEPTED`, `status = 2..`."""

from dataclasses import dataclass

from django.utils.translation import gettext as _

from kannel import patterns
from kannel.adapters.documents import PLACE, Node
from kannel.bounded import NoPattern, Pattern
from kannel.values import ConfigurationError


@dataclass(frozen=True)
class Condition:
    """A place, and what its whole value must look like."""

    place: str
    pattern: Pattern

    def fits(self, document: Node) -> bool:
        value = document.at(self.place)
        return value is not None and self.pattern.fits(value)


@dataclass(frozen=True)
class Wanted:
    """A place and the part of its value that is wanted: the first bracket of the pattern, or all of it."""

    place: str
    pattern: Pattern | None = None

    def of(self, document: Node) -> str:
        """The value; empty if there is none."""
        value = document.at(self.place) if self.place else None
        if value is None or self.pattern is None:
            return (value or "").strip()
        return self.pattern.first_group(value).strip()


def conditions(field: str, lines: str) -> list[Condition]:
    """The conditions of a field. Raises ConfigurationError."""
    return [_condition(field, line) for line in map(str.strip, lines.splitlines()) if line]


def _condition(field: str, line: str) -> Condition:
    at, sign, pattern = (part.strip() for part in line.partition("="))
    if not sign or not pattern:
        raise ConfigurationError(
            field,
            _("Write each line as place = value, for example status = 200; “%(line)s” is not.")
            % {"line": line[:40]},
        )
    return Condition(place(field, at), expression(field, pattern))


def wanted(field: str, text: str) -> Wanted:
    """A place with or without `= pattern`; its first bracket is what counts. Raises ConfigurationError."""
    at, sign, pattern = (part.strip() for part in text.partition("="))
    if not at and not sign:
        return Wanted("")
    return Wanted(place(field, at), expression(field, pattern, groups_at_least=1) if sign else None)


def place(field: str, text: str) -> str:
    """A place in an answer. Raises ConfigurationError."""
    if not PLACE.fullmatch(text):
        raise ConfigurationError(
            field,
            _("“%(place)s” is no place. Write names with dots between them, for example messages.0.status.")
            % {"place": text[:40]},
        )
    return text


def expression(field: str, pattern: str, groups_at_least: int = 0) -> Pattern:
    """A regular expression that cannot run for long. Raises ConfigurationError."""
    try:
        patterns.check(pattern, groups_at_least=groups_at_least)
        return Pattern(pattern)
    except patterns.PatternRefused as refused:
        raise ConfigurationError(field, str(refused)) from refused
    except NoPattern as error:
        raise ConfigurationError(field, _("This is no regular expression.")) from error
