"""Regular expressions of people, before Kannel compiles them: with one it cannot compile bearerbox dies on the spot.

Debian's Kannel compiles with PCRE's POSIX face. Where that library is installed the expression is tried with it; without
it Python's engine has to do, and the dry start of a bearerbox is what decides.
"""

import ctypes
import ctypes.util
import re
from dataclasses import dataclass
from functools import cache

from django.utils.translation import gettext as _

LENGTH_AT_MOST = 120
# An answer of an operator is matched in the one thread of its connection. So many steps of repetition never stop it.
REPEATS_AT_MOST = 8
LIBRARY = "pcreposix"
# pcreposix.h of PCRE 8: the struct is smaller, the rest is spare.
_REGEX_T_BYTES = 256
_NOMATCH = 17


class PatternRefused(Exception):
    """The expression must not reach Kannel; the text says what to change."""


@dataclass(frozen=True)
class Found:
    """What an expression holds, besides plain characters."""

    repeats: int = 0
    repeats_a_group: bool = False
    goes_back: bool = False
    is_special: bool = False


def check(pattern: str, *, groups_at_least: int = 0) -> None:
    """Raises PatternRefused for what Kannel could not compile, or could spend for ever on."""
    if len(pattern) > LENGTH_AT_MOST:
        raise PatternRefused(_("Use at most %(most)d characters.") % {"most": LENGTH_AT_MOST})
    found = scan(pattern)
    if found.is_special or found.goes_back:
        raise PatternRefused(_("Use plain brackets only: (?…), (*…), \\1, \\Q and \\E are not taken."))
    if found.repeats_a_group:
        raise PatternRefused(
            _("Do not repeat a bracket with *, + or {…}: Kannel could spend hours on one answer.")
        )
    if found.repeats > REPEATS_AT_MOST:
        raise PatternRefused(_("Use at most %(most)d of the signs * + ? {.") % {"most": REPEATS_AT_MOST})
    groups, fits_nothing = compiled(pattern)
    if groups < groups_at_least:
        raise PatternRefused(_("Put brackets around the part that is wanted, for example ^OK ([0-9]+)."))
    if fits_nothing:
        raise PatternRefused(
            _("This fits every answer, even an empty one. Say what the answer must look like.")
        )


def scan(pattern: str) -> Found:
    """Walks over an expression as PCRE reads it: escapes, classes in [ ], then the rest."""
    repeats, group, back, special, at = 0, False, False, False, 0
    while at < len(pattern):
        sign, after = pattern[at], pattern[at + 1 : at + 2]
        if sign == "\\":
            back |= after.isdigit() or after in ("g", "k", "Q", "E", "C", "R", "X")
            at += 2
            continue
        if sign == "[":
            at = _class_end(pattern, at)
            continue
        special |= sign == "(" and after in ("?", "*")
        group |= sign == ")" and after in ("*", "+", "{")
        repeats += sign in "*+?{"
        at += 1
    return Found(repeats, group, back, special)


def _class_end(pattern: str, at: int) -> int:
    """The place after a class: ] ends it, but not as its first member, not escaped, not of a [:name:]."""
    at += 2 if pattern[at + 1 : at + 2] == "^" else 1
    at += pattern[at : at + 1] == "]"
    while at < len(pattern) and pattern[at] != "]":
        if pattern[at] == "\\":
            at += 2
        elif pattern[at] == "[" and (named := re.match(r"\[[:.=][^\]]*[:.=]\]", pattern[at:])):
            at += len(named[0])
        else:
            at += 1
    return at + 1


def compiled(pattern: str) -> tuple[int, bool]:
    """How many groups it has, and whether it fits an empty text. Raises PatternRefused if it does not compile."""
    if (library := _library()) is None:
        return _compiled_by_python(pattern)
    regex = ctypes.create_string_buffer(_REGEX_T_BYTES)
    if code := library.pcreposix_regcomp(regex, pattern.encode(), 0):
        said = ctypes.create_string_buffer(200)
        library.pcreposix_regerror(code, regex, said, len(said))
        raise PatternRefused(_refusal(said.value.decode("ascii", "replace").strip()))
    try:
        # regex_t begins with the compiled code and then the number of groups.
        groups = ctypes.cast(regex, ctypes.POINTER(ctypes.c_size_t))[1]
        return groups, library.pcreposix_regexec(regex, b"", 0, None, 0) == 0
    finally:
        library.pcreposix_regfree(regex)


def _compiled_by_python(pattern: str) -> tuple[int, bool]:
    try:
        known = re.compile(pattern)
    except (re.error, OverflowError, RecursionError) as error:
        raise PatternRefused(_refusal(str(error))) from error
    return known.groups, known.search("") is not None


def _refusal(reason: str) -> str:
    return _("This is no regular expression: %(reason)s.") % {"reason": reason}


@cache
def _library() -> ctypes.CDLL | None:
    for name in ("libpcreposix.so.3", ctypes.util.find_library(LIBRARY)):
        try:
            library = ctypes.CDLL(name) if name else None
        except OSError:
            continue
        if library is not None and hasattr(library, "pcreposix_regcomp"):
            return library
    return None
