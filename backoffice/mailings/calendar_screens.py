"""The calendar of mailings by month and by week, and moving one of them to another day."""

import calendar as months
from datetime import date, datetime, timedelta
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import include, path, reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from wagtail import hooks

from backoffice.audiences.limits import CountTooSlowError
from backoffice.lib.durations import in_words
from backoffice.lib.moment_fields import ClockField, DayField
from backoffice.lib.moments import company_day, company_zone, told, zone_words
from backoffice.lib.screens import Screen
from backoffice.mailings import mailing_calendar, rescheduling
from backoffice.mailings.control_screens import MailingScreen
from backoffice.mailings.lifecycle import Refused

SHOWN_IN_MONTH = 4
# Recipients of more mailings than this on one day are compared by the largest of them.
COMPARED = 8
YEARS = range(2000, 2101)
WEEK_FORMAT, MONTH_FORMAT = "%G-W%V", "%Y-%m"


def _read(text: str, format_: str, fallback: date) -> date:
    """The day that an address names by its month or week; the fallback for anything else."""
    suffix, extra = ("", "") if format_ == MONTH_FORMAT else ("-1", "-%u")
    try:
        day = datetime.strptime(text + suffix, format_ + extra).date()  # noqa: DTZ007  a day has no zone
    except ValueError:
        return fallback
    return day if day.year in YEARS else fallback


def _month_of(day: date, steps: int) -> str:
    """The month so many months later, as addresses have it."""
    count = day.year * 12 + day.month - 1 + steps
    return f"{count // 12:04d}-{count % 12 + 1:02d}"


class Calendar(Screen):
    """A month, or a week with more in it. ``is_week`` says which."""

    right = "mailings.view_mailing"
    template_name = "mailings/calendar/calendar.html"
    page_title = _("Calendar")
    header_icon = "calendar"
    trail = [("mailings:index", _("Mailings"))]
    is_week = False

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        today = company_day()
        seen = self.week(today) if self.is_week else self.month(today)
        weeks: list[list[date]] = seen.pop("weeks")
        found = mailing_calendar.days(weeks[0][0], weeks[-1][-1])
        may_move = self.request.user.has_perm(rescheduling.RIGHT)
        return (
            super().get_context_data(**kwargs)
            | seen
            | {
                "is_week": self.is_week,
                "zone": zone_words(),
                "weekdays": [date_format(day, "l") for day in weeks[0]],
                "weeks": [[self.shown(found[day], today) for day in week] for week in weeks],
                "is_empty": not any(day.entries for day in found.values()),
                "may_move": may_move,
                "without_a_day": mailing_calendar.without_a_day(),
                "this_week": today.strftime(WEEK_FORMAT),
                "this_month": today.strftime(MONTH_FORMAT),
            }
        )

    def shown(self, day: mailing_calendar.Day, today: date) -> dict[str, Any]:
        limit = len(day.entries) if self.is_week else SHOWN_IN_MONTH
        return {
            "day": day.day,
            "is_today": day.day == today,
            "is_past": day.day < today,
            "entries": day.entries[:limit],
            "more": max(0, len(day.entries) - limit),
            "messages": day.messages,
            "week": day.day.strftime(WEEK_FORMAT),
            "busy": [(operator, in_words(span)) for operator, span in day.busy] if self.is_week else [],
            "has_several": len(day.planned) > 1,
        }

    def month(self, today: date) -> dict[str, Any]:
        first = _read(self.request.GET.get("month", ""), MONTH_FORMAT, today).replace(day=1)
        weeks = months.Calendar().monthdatescalendar(first.year, first.month)
        return {
            "weeks": weeks,
            "month": first.month,
            "heading": date_format(first, "F Y"),
            "before": f"?month={_month_of(first, -1)}",
            "after": f"?month={_month_of(first, 1)}",
        }

    def week(self, today: date) -> dict[str, Any]:
        day = _read(self.request.GET.get("week", ""), WEEK_FORMAT, today)
        first = day - timedelta(days=day.weekday())
        last = first + timedelta(days=6)
        return {
            "weeks": [[first + timedelta(days=number) for number in range(7)]],
            "heading": f"{date_format(first, 'j E')} – {date_format(last, 'j E Y')}",
            "before": f"?week={(first - timedelta(days=7)).strftime(WEEK_FORMAT)}",
            "after": f"?week={(first + timedelta(days=7)).strftime(WEEK_FORMAT)}",
        }


class Overlap(Screen):
    """Who gets several mailings on one day: how many recipients each two of them share."""

    right = "mailings.view_mailing"
    template_name = "mailings/calendar/overlap.html"
    header_icon = "calendar"
    trail = [("mailings:index", _("Mailings")), ("mailing_calendar:month", _("Calendar"))]

    def setup(self, request: HttpRequest, *args: Any, **kwargs: Any) -> None:
        super().setup(request, *args, **kwargs)
        try:
            self.day = date.fromisoformat(request.GET.get("day", ""))
        except ValueError:
            self.day = company_day()

    def get_page_title(self) -> str:
        return gettext("Who gets several on %(day)s") % {"day": date_format(self.day, "j E Y")}

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        entries = mailing_calendar.days(self.day, self.day)[self.day].entries
        largest = sorted((one for one in entries if one.messages), key=lambda one: -(one.messages or 0))
        context: dict[str, Any] = {"count": len(largest[:COMPARED]), "too_slow": False, "pairs": []}
        try:
            context["pairs"] = mailing_calendar.overlaps([one.mailing for one in largest[:COMPARED]])
        except CountTooSlowError:
            context["too_slow"] = True
        return super().get_context_data(**kwargs) | context | {"week": self.day.strftime(WEEK_FORMAT)}


class MoveForm(forms.Form):
    """The day and the time of day of a mailing's start."""

    day = DayField(label=_("Day"))
    at = ClockField(label=_("Time"))


class Move(MailingScreen):
    """Another day for a mailing; says first what that takes away. Dragging in the calendar leads here, too."""

    right = rescheduling.RIGHT
    template_name = "mailings/calendar/move.html"
    page_title = _("Move to another day")

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if not rescheduling.is_movable(self.mailing):
            messages.error(
                request, gettext("Only a mailing whose start is still to come can be moved to another day.")
            )
            return self.to_mailing()
        return super().get(request, *args, **kwargs)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        assert self.mailing.starts_at is not None
        present = timezone.localtime(self.mailing.starts_at, company_zone())
        try:
            day = date.fromisoformat(self.request.GET.get("day", ""))
        except ValueError:
            day = present.date()
        form = MoveForm(initial={"day": day, "at": present.time()})
        context = {"form": form, "effect": rescheduling.effect(self.mailing), "starts": told(present)}
        return context | super().get_context_data(**kwargs)

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        if not rescheduling.is_movable(self.mailing):
            return self.get(request, pk=pk)
        form = MoveForm(request.POST)
        if form.is_valid():
            wish = form.cleaned_data
            try:
                starts_at = rescheduling.new_start(self.mailing, wish["day"], wish["at"])
                had_plan = rescheduling.move_to(self.mailing, starts_at, self.user)
            except Refused as refusal:
                form.add_error("day", str(refusal))
            else:
                said = gettext("“%(name)s” starts on %(when)s now.")
                if had_plan:
                    said = gettext("“%(name)s” starts on %(when)s now. Plan it again, then submit it.")
                when = told(starts_at)
                messages.success(request, said % {"name": self.mailing.name, "when": when})
                return self.to_mailing()
        return render(request, self.template_name, self.get_context_data(form=form))


urls = (
    [
        path("", Calendar.as_view(), name="month"),
        path("week/", Calendar.as_view(is_week=True), name="week"),
        path("overlap/", Overlap.as_view(), name="overlap"),
        path("move/<int:pk>/", Move.as_view(), name="move"),
    ],
    "mailing_calendar",
)


@hooks.register("register_admin_urls")
def register_calendar() -> list[Any]:
    return [path("mailings/calendar/", include(urls))]


@hooks.register("parley_mailing_links")
def link_to_move(mailing: Any, user: Any) -> list[tuple[str, str]]:
    """On the page of a mailing whose start is still to come."""
    if not rescheduling.is_movable(mailing) or not user.has_perm(rescheduling.RIGHT):
        return []
    return [(reverse("mailing_calendar:move", args=[mailing.pk]), gettext("Move to another day …"))]
