"""Texts about people as they are kept: one form of each letter, ordinary blanks, nothing that nobody sees.

A no-break space, a zero-width space or a decomposed é in a name looks like nothing and makes an SMS of one part three.
"""

import re
import unicodedata

from django.utils.translation import gettext as _

# What says "nothing is known" in the exports of databases, pandas and office programs. Such a cell is empty.
# Not "Nan", which is a given name, and not "NA": Namibia and North America are called so.
NULL_MARKERS = frozenset(
    r"""NULL null Null <null> <NULL> (null) (NULL) [NULL] \N \n None none NONE nil NIL N/A n/a #N/A #NA <NA> NaN nan
    NAN NaT nat undefined - -- --- – — ? #Н/Д н/д Н/Д""".split()
)
# What an office program writes where a formula failed: the value itself is lost.
FAILED_FORMULAS = frozenset(
    "#REF! #VALUE! #DIV/0! #NAME? #NUM! #NULL! #ССЫЛКА! #ЗНАЧ! #ДЕЛ/0! #ИМЯ? #ЧИСЛО! #ПУСТО!".split()
)

# Seen as nothing although Unicode counts them among letters and marks: a joiner of graphemes, fillers of Hangul and Khmer.
_FILLERS = "\u034f\u115f\u1160\u17b4\u17b5\u3164\uffa0"
# They shape the sign before them in Arabic, in Indian scripts and in emoji; after Latin or Cyrillic they mean nothing.
_SHAPERS = "\u200c\u200d\ufe00-\ufe0f"
_SHAPED_FROM = "\u0590"
_UNSEEN = re.compile(f"[{_FILLERS}]|(?<![{_SHAPED_FROM}-\U0010ffff])[{_SHAPERS}]|[\u200c\u200d](?=\\s|$)")
_ODD = re.compile(f"[{_FILLERS}{_SHAPERS}\u2800]")
_BROKEN = re.compile("[\0\ud800-\udfff]")
_BLANKS = re.compile(r"[^\S\n]+")


def plain_lines(value: str) -> str:
    """A text of one or more lines, each as plain_text() has it; lines end in LF alone and empty ones stay.

    Lone surrogates and control characters go, too.
    """
    value = value.replace("\r\n", "\n").replace("\r", "\n")
    if value.isascii() and value.replace("\n", "").isprintable():
        return value
    value = "".join(_visible(sign) for sign in unicodedata.normalize("NFC", value))
    return unicodedata.normalize("NFC", _UNSEEN.sub("", value))


def plain_text(value: str) -> str:
    """A text of one line: NFC, each stretch of blanks one ordinary blank, none at its ends, no invisible signs."""
    if value.isprintable() and "  " not in value and (value.isascii() or not _ODD.search(value)):
        return unicodedata.normalize("NFC", value).strip()
    value = plain_lines(value).replace("\n", " ")
    return _BLANKS.sub(" ", value).strip()


def cell_text(value: str) -> str:
    """The text of an uploaded cell: plain, and empty where a program wrote that it knows nothing.

    :raises ValueError: with a sentence, for what a database cannot keep or an office program failed to compute.
    """
    if not value.isprintable() and _BROKEN.search(value):
        raise ValueError(_("This cell holds a broken character. Type its text anew."))
    value = plain_text(value)
    if value in NULL_MARKERS:
        return ""
    if value.startswith("#") and value in FAILED_FORMULAS:
        raise ValueError(_("A formula failed here. Put in its result, or leave the cell empty."))
    return value


def _visible(sign: str) -> str:
    """The sign; a blank for any kind of blank; nothing for what nobody sees."""
    kind = unicodedata.category(sign)
    if sign == "\n" or kind[0] not in "CZS":
        return sign
    if kind in ("Zs", "Zl", "Zp") or sign in "\t\v\f\x1c\x1d\x1e\x1f\x85\u2800":
        return " "
    is_shaper = sign in "\u200c\u200d"
    return "" if kind in ("Cf", "Cc", "Cs") and not is_shaper else sign
