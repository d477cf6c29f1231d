"""What a value must be before it may stand in kannel.conf: each check gives it back as Kannel is to read it."""

import re
from collections.abc import Callable
from ipaddress import AddressValueError, IPv4Address
from typing import Any

from django.utils.translation import gettext as _

from kannel import patterns

Value = str | int | float | bool
Check = Callable[[str, Any], Value | None]

# Kannel reads `include` anywhere in a line as a directive; a line end would begin a line of its own.
_INCLUDE = re.compile("include", re.IGNORECASE)
_PRINTABLE = re.compile(r"[\x20-\x7e]*")
NAME = re.compile(r"[A-Za-z0-9_-]{1,32}")
HOST = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9.-]{0,118}[A-Za-z0-9])?")
PATH = re.compile(r"(?:/[A-Za-z0-9._~/-]*)?")
FOLDER = re.compile(r"/[A-Za-z0-9._/-]+")
NO_MARKUP = re.compile(r"[^<>]*")
DIGITS = re.compile(r"[0-9]*")
LETTERS = re.compile(r"[A-Za-z0-9._-]*")
PORT_AT_MOST = 65_535
# Linux gives these to outgoing connections (net.ipv4.ip_local_port_range). A listener there that starts again, as that of a
# changed HTTP connection does, may find its port taken, for as long as some keep-alive lasts.
FIRST_OUTGOING_PORT = 32_768


class ConfigurationError(Exception):
    """A value that must not reach Kannel. ``field`` names it, the text says what is wrong, ``connection`` whose it is."""

    def __init__(self, field: str, sentence: str, connection: str = "") -> None:
        super().__init__(sentence)
        self.field, self.connection = field, connection


def text(most: int = 200) -> Check:
    """Printable ASCII without the word include."""

    def check(field: str, value: Any) -> str:
        return harmless(field, str(value), most)

    return check


def printable(most: int) -> Check:
    """Printable ASCII that never reaches Kannel."""

    def check(field: str, value: Any) -> str:
        found = str(value)
        if len(found) > most:
            raise ConfigurationError(field, _("Use at most %(most)d characters.") % {"most": most})
        if not _PRINTABLE.fullmatch(found):
            raise ConfigurationError(
                field, _("Use Latin letters, digits and common signs in one line, nothing else.")
            )
        return found

    return check


def harmless(field: str, value: str, most: int = 2000) -> str:
    """The text itself. Raises ConfigurationError for what Kannel would misread."""
    if len(value) > most:
        raise ConfigurationError(field, _("Use at most %(most)d characters.") % {"most": most})
    if not _PRINTABLE.fullmatch(value):
        raise ConfigurationError(
            field, _("Use Latin letters, digits and common signs in one line, nothing else.")
        )
    if _INCLUDE.search(value):
        raise ConfigurationError(
            field, _("Kannel would misread the word “include”. Choose a value without it.")
        )
    return value


def shaped(shape: re.Pattern[str], sentence: str = "", most: int = 200) -> Check:
    """Text of a shape of its own, and harmless besides."""

    def check(field: str, value: Any) -> str:
        found = harmless(field, str(value), most)
        if not shape.fullmatch(found):
            raise ConfigurationError(
                field,
                _(sentence) if sentence else _("Use Latin letters, digits and the signs usual for it only."),
            )
        return found

    return check


def number(least: int, most: int) -> Check:
    """A whole number in a range; nothing for nothing."""

    def check(field: str, value: Any) -> int | None:
        if value is None:
            return None
        if not isinstance(value, int) or isinstance(value, bool) or not least <= value <= most:
            raise ConfigurationError(
                field,
                _("Give a number from %(least)d to %(most)d.") % {"least": least, "most": most},
            )
        return value

    return check


def less(by: int, check: Check) -> Check:
    """A number that Kannel is told as a smaller one."""

    def checked(field: str, value: Any) -> int | None:
        found = check(field, value)
        return None if found is None else int(found) - by

    return checked


def one_of(choices: Callable[[], set[Any]]) -> Check:
    """One of the choices of a field."""

    def check(field: str, value: Any) -> Value | None:
        if value not in choices():
            raise ConfigurationError(field, _("Choose one of the values offered."))
        return None if value is None else value if isinstance(value, (int, str)) else str(value)

    return check


def flag(field: str, value: Any) -> bool:
    """Yes or no. Kannel takes any text it does not know for yes, so it never gets one."""
    if not isinstance(value, bool):
        raise ConfigurationError(field, _("Choose yes or no."))
    return value


def port(field: str, value: Any) -> int:
    """A port that somebody can listen on."""
    found = number(1, PORT_AT_MOST)(field, value)
    if not isinstance(found, int):
        raise ConfigurationError(field, _("Give a number from 1 to %(most)d.") % {"most": PORT_AT_MOST})
    return found


def listening_port(field: str, value: Any) -> int:
    """A port that Kannel can come back to after its listener ended."""
    found = port(field, value)
    if found >= FIRST_OUTGOING_PORT:
        raise ConfigurationError(
            field,
            _("Give a number below %(first)d: the system may take the others for connections of its own.")
            % {"first": FIRST_OUTGOING_PORT},
        )
    return found


def address(field: str, value: Any) -> str:
    """An IPv4 address; nothing for nothing. Kannel knows no IPv6."""
    if not value:
        return ""
    try:
        return str(IPv4Address(str(value)))
    except AddressValueError as error:
        raise ConfigurationError(field, _("Write an IPv4 address, for example 192.0.2.10.")) from error


def addresses(field: str, value: Any) -> str:
    """IPv4 addresses with semicolons between them, at least one: an empty list would let everybody in."""
    found = [address(field, one.strip()) for one in str(value).split(";") if one.strip()]
    if not found:
        raise ConfigurationError(
            field, _("Name the addresses the operator calls from, for example 192.0.2.10.")
        )
    return ";".join(found)


def pattern(groups_at_least: int = 0) -> Check:
    """A regular expression that Kannel compiles; nothing for nothing."""

    def check(field: str, value: Any) -> str:
        found = harmless(field, str(value), patterns.LENGTH_AT_MOST)
        if found:
            try:
                patterns.check(found, groups_at_least=groups_at_least)
            except patterns.PatternRefused as refused:
                raise ConfigurationError(field, str(refused)) from refused
        return found

    return check
