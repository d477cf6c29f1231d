"""Days as people and programs write them, read as they were meant or refused."""

import re
from datetime import date

from django.utils.translation import gettext as _

FIRST_YEAR, LAST_YEAR = 1900, 2199
# A moment of which only the day counts. One that names another zone may be the day before: only midnight is believed.
_TIME = r"(?:[ T][0-9]{1,2}:[0-9]{2}(?::[0-9]{2}(?:[.,][0-9]{1,9})?)?)?"
_MIDNIGHT = r"(?:[ T]00:00(?::00(?:[.,]0{1,9})?)?(?:Z|[-+][0-9]{2}:?[0-9]{2}))"
_YEAR_FIRST = re.compile(rf"([0-9]{{4}})([-./])([0-9]{{1,2}})\2([0-9]{{1,2}})(?:{_MIDNIGHT}|{_TIME})")
_YEAR_LAST = re.compile(rf"([0-9]{{1,2}})([-./])([0-9]{{1,2}})\2([0-9]{{4}})(?:{_MIDNIGHT}|{_TIME})")
_COMPACT = re.compile(r"([0-9]{4})([0-9]{2})([0-9]{2})")
_SHORT_YEAR = re.compile(r"[0-9]{1,2}[-./][0-9]{1,2}[-./][0-9]{2}")
_NO_DAY = re.compile(rf"0000[-./]?00[-./]?00{_TIME}|00[-./]00[-./]0000{_TIME}")
_SERIAL = re.compile(r"[1-9][0-9]{4}(?:[.,][0-9]+)?")


def day_of(text: str) -> date | None:
    """A day like 24.11.2026, 2026-11-24, 2026.11.24 or 20261124, with a time of day or without; None for an empty text.

    With strokes or hyphens, "12/05/1990" is May here and December there: it is refused, "25/05/1990" is not.

    :raises ValueError: with a sentence.
    """
    if not text or _NO_DAY.fullmatch(text):
        return None
    if found := _YEAR_FIRST.fullmatch(text):
        return _day(found[1], found[3], found[4])
    if found := _COMPACT.fullmatch(text):
        return _day(*found.groups())
    if found := _YEAR_LAST.fullmatch(text):
        first, mark, second, year = found.groups()
        if mark != ".":
            first, second = _without_doubt(int(first), int(second))
        return _day(year, second, first)
    if _SHORT_YEAR.fullmatch(text):
        raise ValueError(_("Write the year of this day with four digits, like 24.11.2026."))
    if _SERIAL.fullmatch(text):
        raise ValueError(
            _("This is the number by which an office program keeps a day. Format the column as a date.")
        )
    raise ValueError(_("This is no date. Write it like 2026-11-24 or 24.11.2026."))


def _without_doubt(first: int, second: int) -> tuple[str, str]:
    """Day and month, where only one reading is possible."""
    if first != second and first <= 12 and second <= 12:
        raise ValueError(
            _("Day and month cannot be told apart here. Write it like 2026-11-24 or 24.11.2026.")
        )
    return (str(second), str(first)) if second > 12 else (str(first), str(second))


def _day(year: str, month: str, day: str) -> date:
    try:
        found = date(int(year), int(month), int(day))
    except ValueError as error:
        raise ValueError(_("There is no such day. Look at its month and its year.")) from error
    if not FIRST_YEAR <= found.year <= LAST_YEAR:
        raise ValueError(
            _("The year has to lie between %(first)d and %(last)d. Leave the cell empty if there is no day.")
            % {"first": FIRST_YEAR, "last": LAST_YEAR}
        )
    return found
