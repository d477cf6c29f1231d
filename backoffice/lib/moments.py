"""What people type as a day, a time of the clock, or both: understood as it is meant, or refused with a sentence.

Days are written 31.12.2026, 31.12.26, 31.12. (the coming one) or 2026-12-31, in every language; times 10:00, 10.00 or 10.
Nothing is ever guessed: 12/31/2026, 30.02.2026, 25:00 and "tomorrow" raise ``ValueError``, whose text is for the reader.
"""

import re
from datetime import UTC, date, datetime, time, timedelta, timezone
from zoneinfo import ZoneInfo

from django.conf import settings
from django.utils import timezone as django_timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

# What does not lie in these years is a slip of the keyboard.
YEARS = range(1900, 2101)
# Two digits of a year are read as the year so near to this one, on either side, and no other.
NEAR_YEARS = 20

_DAY = re.compile(r"([0-9]{1,2})\. ?([0-9]{1,2})(?:\.(?: ?([0-9]{4}|[0-9]{2}))?)?")
_ISO_DAY = re.compile(r"([0-9]{4})-([0-9]{2})-([0-9]{2})")
_TIME = re.compile(r"([0-9]{1,2})(?:[:.]([0-9]{2})(?::([0-9]{2})(?:\.0+)?)?)?")
# The day, then the time, then how far the clock is from UTC where one time comes twice.
_MOMENT = re.compile(
    rf"(?P<day>{_ISO_DAY.pattern}|{_DAY.pattern})(?:(?:,? |T)(?P<time>[0-9][0-9:.]*))?"
    r" ?(?P<offset>Z|UTC|[+-][0-9]{2}:?[0-9]{2})?"
)


def company_zone() -> ZoneInfo:
    """The zone in which times are typed and told."""
    return ZoneInfo(settings.TIME_ZONE)


def company_day(moment: datetime | None = None) -> date:
    """The day that the company's clock shows at a moment, or now: prices, bills and conditions count by it."""
    return django_timezone.localdate(moment, company_zone())


def zone_words(zone: ZoneInfo | None = None) -> str:
    """Whose clock it is, in words: "Moscow time". The company's where no zone is given."""
    city = (zone or company_zone()).key.rpartition("/")[2].replace("_", " ")
    # Translators: Moscow is the city; other cities stay as they are.
    return _("%(city)s time") % {"city": _("Moscow") if city == "Moscow" else city}


def read_day(text: str, today: date | None = None) -> date:
    """The day that somebody typed.

    :param today: 31.12. is the one that comes on or after it; the company's today if left out.
    :raises ValueError: if it is no day; its text says what to write.
    """
    return _day(_plain(text), today or company_day())


def read_time(text: str) -> time:
    """The time of the clock that somebody typed.

    :raises ValueError: if it is none; its text says what to write.
    """
    return _time(_plain(text))


def read_moment(text: str, zone: ZoneInfo | None = None, today: date | None = None) -> datetime:
    """The moment at which the clock of a zone shows what somebody typed, as UTC.

    :param zone: whose clock is meant; the company's if left out.
    :raises ValueError: if it is none, does not exist because clocks go forward, or comes twice because they go back and the
        text does not say which is meant by its distance from UTC.
    """
    zone = zone or company_zone()
    plain = _plain(text)
    found = _MOMENT.fullmatch(plain)
    if not found:
        if _TIME.fullmatch(plain):
            raise ValueError(
                _("Write the day, too: for example %(example)s.") % {"example": "31.12.2026 10:00"}
            )
        raise ValueError(_("Write the day and the time like 31.12.2026 10:00."))
    day = _day(found["day"], today or datetime.now(zone).date())
    if found["time"] is None:
        raise ValueError(
            _("Write the time, too: for example %(example)s.") % {"example": f"{day:%d.%m.%Y} 10:00"}
        )
    at = datetime.combine(day, _time(found["time"]))
    if found["offset"]:
        return _with_offset(at, found["offset"])
    return _on_the_clock(at, zone)


def told(moment: datetime, *, zone: bool = True) -> str:
    """A moment as sentences say it, by the company's clock: "1 December, 10:00 (Moscow time)"."""
    words = date_format(moment.astimezone(company_zone()), "j E, H:i")
    return f"{words} ({zone_words()})" if zone else words


def moment_words(moment: datetime, zone: ZoneInfo | None = None) -> str:
    """A moment as it is typed; with the distance from UTC where the clock shows this time twice."""
    local = moment.astimezone(zone or company_zone())
    words = f"{local:%d.%m.%Y} {time_words(local)}"
    if local.replace(fold=0).utcoffset() != local.replace(fold=1).utcoffset():
        words += f" {_offset(local)}"
    return words


def time_words(at: time | datetime) -> str:
    """A time as it is typed, with seconds only where there are any."""
    return f"{at:%H:%M:%S}" if at.second else f"{at:%H:%M}"


def problem_on_the_clock_of(zone: ZoneInfo, wall: datetime) -> str:
    """What is wrong with a time that the clocks of a zone are to show: it is skipped there. Empty if nothing is.

    :param wall: what the clock shows, without a zone.
    """
    first, second = (wall.replace(tzinfo=zone, fold=fold) for fold in (0, 1))
    if first.utcoffset() == second.utcoffset() or first.astimezone(UTC) < second.astimezone(UTC):
        return ""
    return _skipped(first, second, zone)


def _plain(text: str) -> str:
    return " ".join(text.split())


def _day(text: str, today: date) -> date:
    if iso := _ISO_DAY.fullmatch(text):
        year, month, number = (int(part) for part in iso.groups())
    elif found := _DAY.fullmatch(text):
        number, month = int(found[1]), int(found[2])
        year = _year(found[3], month, number, today)
    else:
        raise ValueError(_("Write the day like 31.12.2026."))
    if year not in YEARS:
        raise ValueError(_("The year %(year)s is not meant. Write the day like 31.12.2026.") % {"year": year})
    try:
        return date(year, month, number)
    except ValueError:
        said = _("There is no day %(day)s. Choose one that is in the calendar.")
        raise ValueError(said % {"day": f"{number:02d}.{month:02d}.{year}"}) from None


def _year(digits: str | None, month: int, number: int, today: date) -> int:
    if digits is None:
        return today.year + ((month, number) < (today.month, today.day))
    if len(digits) == 4:
        return int(digits)
    century = today.year - today.year % 100
    near = [century + shift + int(digits) for shift in (-100, 0, 100)]
    for year in near:
        if abs(year - today.year) <= NEAR_YEARS:
            return year
    raise ValueError(_("Write the year with four digits, for example 31.12.2026."))


def _time(text: str) -> time:
    found = _TIME.fullmatch(text)
    if not found:
        raise ValueError(_("Write the time like 10:00."))
    hours, minutes, seconds = (int(part or 0) for part in found.groups())
    if (hours, minutes) == (24, 0):
        raise ValueError(_("A day ends at 23:59. Write 00:00 for the beginning of the next one."))
    try:
        return time(hours, minutes, seconds)
    except ValueError:
        raise ValueError(
            _("There is no time %(time)s. Write one from 00:00 to 23:59.") % {"time": text}
        ) from None


def _with_offset(at: datetime, words: str) -> datetime:
    if words in ("Z", "UTC"):
        return at.replace(tzinfo=UTC)
    plain = words.replace(":", "")
    hours, minutes = int(plain[1:3]), int(plain[3:])
    if hours > 14 or minutes > 59:
        raise ValueError(_("No clock is %(offset)s from UTC. Leave it out.") % {"offset": words})
    distance = timedelta(hours=hours, minutes=minutes) * (-1 if plain[0] == "-" else 1)
    return at.replace(tzinfo=timezone(distance)).astimezone(UTC)


def _on_the_clock(at: datetime, zone: ZoneInfo) -> datetime:
    first, second = (at.replace(tzinfo=zone, fold=fold) for fold in (0, 1))
    if first.utcoffset() == second.utcoffset():
        return first.astimezone(UTC)
    if first.astimezone(UTC) > second.astimezone(UTC):
        raise ValueError(_skipped(first, second, zone))
    said = _(
        "Clocks go back on %(day)s, so %(time)s comes twice. Write which one is meant: %(first)s or %(second)s."
    )
    words = f"{at:%d.%m.%Y %H:%M}"
    raise ValueError(
        said
        % {
            "day": f"{at:%d.%m.%Y}",
            "time": f"{at:%H:%M}",
            "first": f"{words} {_offset(first)}",
            "second": f"{words} {_offset(second)}",
        }
    )


def _skipped(first: datetime, second: datetime, zone: ZoneInfo) -> str:
    later = first.astimezone(UTC).astimezone(zone)
    said = _(
        "Clocks go forward on %(day)s, so there is no %(time)s (%(zone)s). Choose %(later)s, for example."
    )
    return said % {
        "day": f"{first:%d.%m.%Y}",
        "time": f"{first:%H:%M}",
        "zone": zone_words(zone),
        "later": f"{later:%H:%M}",
    }


def _offset(local: datetime) -> str:
    distance = local.utcoffset() or timedelta()
    minutes = distance // timedelta(minutes=1)
    return f"{'-' if minutes < 0 else '+'}{abs(minutes) // 60:02d}:{abs(minutes) % 60:02d}"
