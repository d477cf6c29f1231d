"""Regular expressions of people with an end: PCRE2, which counts its steps and gives up, and lets other threads run meanwhile.

Python's own engine neither stops nor lets go of the interpreter: `.*.*.*.*.*.*.*x` on a hundred characters holds a whole
process for hours. libpcre2-8 is in every Debian (libselinux needs it).
"""

import ctypes
import weakref
from functools import cache

import structlog

logger = structlog.get_logger(__name__)

LIBRARY = "libpcre2-8.so.0"
# pcre2.h of 10.42.
_DOT_IS_ALL, _UTF, _NO_SINGLE_OCTETS = 0x20, 0x0008_0000, 0x0010_0000
_FROM_THE_BEGIN, _TO_THE_END = 0x8000_0000, 0x2000_0000
_GAVE_UP = (-47, -53, -63)
_UNSET = ctypes.c_size_t(-1).value
# About a fifth of a second. Counted anew at each place where a search begins, so shared among those.
STEPS_AT_MOST = 4_000_000
STEPS_AT_LEAST = 500
HEAP_AT_MOST_KIB = 16_384


class NoPattern(ValueError):
    """PCRE2 cannot compile it; the text says why."""


class Pattern:
    """A compiled expression. May be used by several threads at once."""

    def __init__(self, expression: str) -> None:
        """Raises NoPattern."""
        self.expression = expression
        pattern = expression.encode("utf-8", "replace")
        code, at = ctypes.c_int(), ctypes.c_size_t()
        options = _DOT_IS_ALL | _UTF | _NO_SINGLE_OCTETS
        library = _library()
        self._code = library.pcre2_compile_8(
            pattern, len(pattern), options, ctypes.byref(code), ctypes.byref(at), None
        )
        if not self._code:
            said = ctypes.create_string_buffer(200)
            library.pcre2_get_error_message_8(code, said, len(said))
            raise NoPattern(said.value.decode("ascii", "replace"))
        weakref.finalize(self, library.pcre2_code_free_8, self._code)

    def fits(self, text: str) -> bool:
        """Whether the whole text is as the expression says. One that takes too long does not fit."""
        return self._match(text, _FROM_THE_BEGIN | _TO_THE_END, STEPS_AT_MOST) is not None

    def first_group(self, text: str) -> str:
        """What the first bracket found; empty if nothing, or if it takes too long."""
        steps = max(STEPS_AT_LEAST, STEPS_AT_MOST // (len(text) + 1))
        return self._match(text, 0, steps) or ""

    def _match(self, text: str, options: int, steps: int) -> str | None:
        """The first group (empty if there is none) of a match; None if there is no match."""
        subject, library = text.encode("utf-8", "replace"), _library()
        limits = library.pcre2_match_context_create_8(None)
        found = library.pcre2_match_data_create_from_pattern_8(self._code, None)
        try:
            library.pcre2_set_match_limit_8(limits, steps)
            library.pcre2_set_heap_limit_8(limits, HEAP_AT_MOST_KIB)
            count = library.pcre2_match_8(self._code, subject, len(subject), 0, options, found, limits)
            if count in _GAVE_UP:
                logger.warning("pattern_gave_up", pattern=self.expression)
            if count < 0:
                return None
            places = library.pcre2_get_ovector_pointer_8(found)
            if count < 2 or places[2] == _UNSET:
                return ""
            return subject[places[2] : places[3]].decode("utf-8", "replace")
        finally:
            library.pcre2_match_data_free_8(found)
            library.pcre2_match_context_free_8(limits)


@cache
def _library() -> ctypes.CDLL:
    library = ctypes.CDLL(LIBRARY)
    pointer, size, number = ctypes.c_void_p, ctypes.c_size_t, ctypes.c_uint32
    for name, result, arguments in (
        ("compile", pointer, [ctypes.c_char_p, size, number, pointer, pointer, pointer]),
        ("code_free", None, [pointer]),
        ("get_error_message", ctypes.c_int, [ctypes.c_int, ctypes.c_char_p, size]),
        ("match_context_create", pointer, [pointer]),
        ("match_context_free", None, [pointer]),
        ("set_match_limit", ctypes.c_int, [pointer, number]),
        ("set_heap_limit", ctypes.c_int, [pointer, number]),
        ("match_data_create_from_pattern", pointer, [pointer, pointer]),
        ("match_data_free", None, [pointer]),
        ("match", ctypes.c_int, [pointer, ctypes.c_char_p, size, size, number, pointer, pointer]),
        ("get_ovector_pointer", ctypes.POINTER(size), [pointer]),
    ):
        function = getattr(library, f"pcre2_{name}_8")
        function.restype, function.argtypes = result, arguments
    return library
