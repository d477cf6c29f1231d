"""The one form of a text: composed letters (NFC), LF between lines, plain blanks, and nothing that nobody sees.

Whatever way a text comes, it gets this form before anybody measures, plans or approves it, so all of them see the same
characters, and the operator gets just these. PostgreSQL does the same to values that are merged (``parley_folded`` and
``parley_plain``, made by the migrations of backoffice.message_templates); property tests hold the two together.
"""

import re
import unicodedata
from typing import Final

from kannel.text import GSM_CODING, PLAIN_SIGNS, coding_of

# Ranges as both re and PostgreSQL read them within brackets.
BREAKS: Final = r"\x0b\x0c\x0d\x1c-\x1e\x85\u2028\u2029"
BLANKS: Final = r"\x09\xa0\u1680\u2000-\u200a\u202f\u205f\u2800\u3000"
# Control characters, soft hyphens, marks of direction, fillers, annotations, private use (Parley's own marks among it).
INVISIBLE: Final = (
    r"\x00-\x08\x0e-\x1b\x1f\x7f-\x84\x86-\x9f\xad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b\u200e\u200f"
    r"\u202a-\u202e\u2060-\u206f\u3164\ue000-\uf8ff\ufdd0-\ufdef\ufeff\uffa0\ufff0-\ufffc\ufffe\uffff"
    r"\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e0fff\U000f0000-\U0010ffff"
)
# What chooses between a picture in colour and one in black does so behind a picture, and within the sign of a key.
PICTURES: Final = (
    r"\xa9\xae\u203c\u2049\u2122\u2139\u2190-\u2bff\u3030\u303d\u3297\u3299\U0001f000-\U0001faff"
)
CHOICES: Final = rf"(?<![0-9#*{PICTURES}])[\ufe00-\ufe0f]|(?<=[0-9#*])[\ufe00-\ufe0f](?!\u20e3)"
# Joiners say something only between letters of the East and between pictures.
JOINED: Final = (
    r"\u0590-\u167f\u1681-\u1dff\u2190-\u27ff\u2801-\u2bff\u3001-\ufdcf\ufe0f\U00010000-\U0001ffff"
)
JOINERS: Final = rf"(?<![{JOINED}])[\u200c\u200d]|[\u200c\u200d](?![{JOINED}])"

_breaks = re.compile(rf"\r\n|[{BREAKS}]")
_blanks = re.compile(f"[{BLANKS}]")
_invisible = re.compile(rf"[{INVISIBLE}\ud800-\udfff]")
_choices = re.compile(CHOICES)
_joiners = re.compile(JOINERS)
_several = re.compile(r"[ \n]+")
# Most texts and names: letters that are composed already, signs of the keyboard, single line breaks.
_usual = re.compile(
    r"[ -~\n\xa1-\xac\xae-\u017f\u0400-\u045f\u2018-\u201e\u2013\u2014\u2026\u2116\u20ac\u20bd]*"
)


def one_form(text: str) -> str:
    """A text that somebody wrote, as it is kept and sent. Without blanks and empty lines at both ends."""
    return _composed(text).strip(" \n")


def folded(value: str) -> str:
    """A value that is merged into a text: in one line, with single blanks, otherwise as :func:`one_form`."""
    return _several.sub(" ", _composed(value)).strip(" ")


def plain_value(value: str) -> str:
    """A folded value for a text of GSM 03.38: with plain quotes, apostrophes and dashes, if it then is GSM 03.38, too.

    A name that is written in another alphabet keeps its signs: they cost nothing more.
    """
    if coding_of(value) == GSM_CODING:
        return value
    changed = value.translate(PLAIN_SIGNS)
    return changed if coding_of(changed) == GSM_CODING else value


def _composed(text: str) -> str:
    if _usual.fullmatch(text):
        return text
    text, before = _invisible.sub("", _blanks.sub(" ", _breaks.sub("\n", text))), ""
    # What is taken out brings others together, which may then compose.
    while text != before:
        before = text
        text = unicodedata.normalize("NFC", _joiners.sub("", _choices.sub("", text)))
    return text
