"""On which days and at what moments something repeats: rules of dateutil, with holidays by country."""

import calendar
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import lru_cache
from itertools import takewhile
from zoneinfo import ZoneInfo, available_timezones

import holidays
from dateutil import rrule
from django.core.exceptions import ValidationError
from django.db import models
from django.utils.formats import date_format, time_format
from django.utils.translation import get_language, gettext_lazy, pgettext_lazy
from django.utils.translation import gettext as _
from holidays.registry import COUNTRIES

from backoffice.mailings.hours import moment_at
from backoffice.mailings.weekdays import names

# A day that falls on a holiday is moved by less than so much.
LONGEST_HOLIDAYS = timedelta(days=31)
WEEKEND = (6, 7)


class Repeats(models.TextChoices):
    """How often; the empty one is a mailing that goes out once."""

    ONCE = "", pgettext_lazy("how often a mailing goes out", "once")
    DAILY = "daily", gettext_lazy("every day")
    WEEKLY = "weekly", gettext_lazy("every week, on the days chosen below")
    MONTHLY = "monthly", gettext_lazy("every month, on the day given below")
    FIRST_WORKING_DAY = "first", gettext_lazy("on the first working day of each month")
    LAST_WORKING_DAY = "last", gettext_lazy("on the last working day of each month")


class OnHoliday(models.TextChoices):
    """What becomes of a run on a public holiday."""

    SEND = "send", gettext_lazy("it runs as on any other day")
    LEAVE_OUT = "leave_out", gettext_lazy("it is left out")
    NEXT = "next", gettext_lazy("it runs on the next working day")


@dataclass(frozen=True)
class Recurrence:
    """A rule. ``until`` is the last day; without ``country`` the working days are Monday to Friday."""

    repeats: str
    time_of_day: time
    zone: ZoneInfo
    weekdays: frozenset[int] = frozenset()
    month_day: int = 1
    until: date | None = None
    country: str = ""
    on_holiday: str = OnHoliday.SEND

    def moments(self, after: datetime) -> Iterator[datetime]:
        """Every moment later than ``after``, in order, as UTC. Without an end they never end."""
        for day in self.days(after.astimezone(self.zone).date()):
            moment = moment_at(day, self.time_of_day, self.zone)
            if moment > after:
                yield moment

    def days(self, first: date) -> Iterator[date]:
        """Every day from ``first`` on, in order."""
        last = date.min
        for day in takewhile(lambda day: self.until is None or day <= self.until, self._moved(first)):
            if day >= first and day > last:
                yield day
                last = day

    def sentence(self) -> str:
        """The rule in words."""
        words = {
            "days": names(self.weekdays),
            "day": self.month_day,
            "time": time_format(self.time_of_day, "H:i"),
        }
        said = {
            Repeats.ONCE: _("Once."),
            Repeats.DAILY: _("Every day at %(time)s."),
            Repeats.WEEKLY: _("Every week on %(days)s at %(time)s."),
            Repeats.MONTHLY: _("Every month on day %(day)s at %(time)s."),
            Repeats.FIRST_WORKING_DAY: _("On the first working day of each month at %(time)s."),
            Repeats.LAST_WORKING_DAY: _("On the last working day of each month at %(time)s."),
        }[Repeats(self.repeats)] % words
        if self.until and self.repeats:
            said += " " + _("The last day is %(day)s.") % {"day": date_format(self.until, "j E Y")}
        return said

    def _moved(self, first: date) -> Iterator[date]:
        """Days of the rule, in order, holidays seen to; the first few may lie before ``first``."""
        if self.repeats in (Repeats.FIRST_WORKING_DAY, Repeats.LAST_WORKING_DAY):
            yield from self._working_days(first)
            return
        for moment in self._rule(first - LONGEST_HOLIDAYS):
            day = moment.date()
            if self.on_holiday == OnHoliday.SEND or is_no_holiday(day, self.country):
                yield day
            elif self.on_holiday == OnHoliday.NEXT:
                yield _working_day_from(day, self.country)

    def _rule(self, first: date) -> "rrule.rrule | list[datetime]":
        begins = datetime.combine(first, time())
        match self.repeats:
            case Repeats.DAILY:
                return rrule.rrule(rrule.DAILY, dtstart=begins)
            case Repeats.WEEKLY if self.weekdays:
                days = [day - 1 for day in sorted(self.weekdays)]
                return rrule.rrule(rrule.WEEKLY, dtstart=begins, byweekday=days)
            case Repeats.MONTHLY:
                # The earlier of that day and the last one: months that are shorter are not skipped.
                month = begins.replace(day=1)
                return rrule.rrule(rrule.MONTHLY, dtstart=month, bymonthday=[self.month_day, -1], bysetpos=1)
        return []

    def _working_days(self, first: date) -> Iterator[date]:
        for month in rrule.rrule(rrule.MONTHLY, dtstart=datetime.combine(first.replace(day=1), time())):
            length = calendar.monthrange(month.year, month.month)[1]
            days = [month.date() + timedelta(days=number) for number in range(length)]
            working = [day for day in days if is_working_day(day, self.country)]
            if working:
                yield working[0] if self.repeats == Repeats.FIRST_WORKING_DAY else working[-1]


@lru_cache
def _holidays_of(country: str) -> holidays.HolidayBase:
    return holidays.country_holidays(country)


def is_working_day(day: date, country: str) -> bool:
    """Whether people work that day: no weekend, unless it was moved there, and no public holiday."""
    if not country:
        return day.isoweekday() not in WEEKEND
    known = _holidays_of(country)
    known.get(day)  # reads the year, with the weekends that are worked in it
    return bool(known.is_working_day(day))


def is_no_holiday(day: date, country: str) -> bool:
    """Whether it is no public holiday."""
    return not country or day not in _holidays_of(country)


def _working_day_from(day: date, country: str) -> date:
    while not is_working_day(day, country):
        day += timedelta(days=1)
    return day


@lru_cache
def countries() -> list[tuple[str, str]]:
    """Code and name of every country whose holidays are known, by name."""
    return sorted(
        ((codes[1], name.replace("_", " ").title()) for name, codes in COUNTRIES.items()),
        key=lambda one: one[1],
    )


def country_names() -> list[tuple[str, str]]:
    """The same in the reader's language, by that name."""
    language = get_language() or "en"
    return sorted(
        ((code, _called(code, language) or name) for code, name in countries()), key=lambda one: one[1]
    )


def _called(code: str, language: str) -> str:
    """The name of a country; empty where nobody knows it. One that begins with * is that of another language."""
    # Its package brings the places of all numbers, 0.2 s and 60 MiB for each process that does not ask for countries.
    from phonenumbers.geodata.locale import LOCALE_DATA

    names = LOCALE_DATA.get(code, {})
    name = names.get(language, "")
    return str(names.get(name[1:], "") if name.startswith("*") else name)


@lru_cache
def zones() -> list[str]:
    """Names of time zones that people know, such as Europe/Moscow."""
    return sorted(
        name
        for name in available_timezones()
        if "/" in name and not name.startswith(("Etc/", "SystemV/", "US/"))
    )


def is_country(code: str) -> None:
    """:raises ValidationError: if nobody knows the holidays of a country."""
    if code not in dict(countries()):
        raise ValidationError(_("Choose a country from the list."))


def is_zone(name: str) -> None:
    """:raises ValidationError: if it is no time zone."""
    if name not in zones():
        raise ValidationError(_("Choose a time zone from the list."))
