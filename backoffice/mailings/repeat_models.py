"""What a mailing that repeats says about its runs, and what a run says about its series."""

from datetime import time
from decimal import Decimal
from typing import TYPE_CHECKING

from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from backoffice.lib.moments import company_day
from backoffice.mailings.hours import Hours, zone_named
from backoffice.mailings.recurrence import OnHoliday, Recurrence, Repeats, is_country, is_zone
from backoffice.mailings.weekdays import WeekdaysField

if TYPE_CHECKING:
    from backoffice.mailings.models import Mailing

MAX_RUN_HOURS = 24 * 7


class Repeating(models.Model):
    """The part of a mailing that is about repeating.

    A mailing that repeats is a *series*: it is approved once, with limits, and never leaves itself. Each of its *runs*
    is a mailing of its own, made from it for one moment and planned anew.
    """

    repeats = models.CharField(
        _("it goes out"), max_length=8, choices=Repeats, default=Repeats.ONCE, blank=True
    )
    repeat_weekdays = WeekdaysField(
        verbose_name=_("on these days"), default=list, blank=True, help_text=_("For every week.")
    )
    month_day = models.PositiveSmallIntegerField(
        _("on this day of the month"),
        default=1,
        validators=[MinValueValidator(1), MaxValueValidator(31)],
        help_text=_("For every month. In a shorter one it is the last day."),
    )
    time_of_day = models.TimeField(_("at"), default=time(10))
    zone = models.CharField(
        _("by the clock of"),
        max_length=40,
        blank=True,
        validators=[is_zone],
        help_text=_("Empty: the company's own. By each customer's own clock if that is switched on above."),
    )
    until = models.DateField(
        _("until"), null=True, blank=True, help_text=_("The last day. Empty: until it is cancelled.")
    )
    country = models.CharField(
        _("holidays of"),
        max_length=2,
        blank=True,
        validators=[is_country],
        help_text=_("Working days are those of this country. Empty: Monday to Friday."),
    )
    on_holiday = models.CharField(
        _("on a public holiday"), max_length=9, choices=OnHoliday, default=OnHoliday.SEND
    )
    run_hours = models.PositiveSmallIntegerField(
        _("each run ends after so many hours"),
        default=24,
        validators=[MinValueValidator(1), MaxValueValidator(MAX_RUN_HOURS)],
        help_text=_("What has not left by then is not sent."),
    )
    run_recipients = models.PositiveIntegerField(
        _("a run has at most so many recipients"),
        null=True,
        blank=True,
        help_text=_("A larger one waits for an approver. Empty: every run does."),
    )
    run_cost = models.DecimalField(
        _("a run costs at most"),
        max_digits=14,
        decimal_places=2,
        null=True,
        blank=True,
        validators=[MinValueValidator(Decimal(0))],
        help_text=_("A dearer one waits for an approver. Empty: every run does."),
    )

    next_run_at = models.DateTimeField(
        null=True,
        editable=False,
        help_text="Of a series: the next moment that has no run. Null: not looked for yet.",
    )
    series = models.ForeignKey(
        "mailings.Mailing",
        models.PROTECT,
        null=True,
        editable=False,
        related_name="runs",
        help_text="Of a run: what it is made from.",
    )
    run_at = models.DateTimeField(
        null=True, editable=False, help_text="Of a run: the moment it was made for."
    )
    runs_itself = models.BooleanField(
        default=False, editable=False, help_text="Of a run: nobody has taken it into their own hands."
    )

    class Meta:
        abstract = True

    @property
    def is_series(self) -> bool:
        return bool(self.repeats)

    def repeating_content(self) -> dict[str, object]:
        """What an approver of a series approves of its runs, as plain values."""
        return {
            "repeats": self.repeats,
            "weekdays": sorted(self.repeat_weekdays),
            "month_day": self.month_day,
            "time_of_day": self.time_of_day.isoformat(),
            "zone": self.zone,
            "until": self.until and self.until.isoformat(),
            "country": self.country,
            "on_holiday": self.on_holiday,
            "run_hours": self.run_hours,
            "run_recipients": self.run_recipients,
            "run_cost": None if self.run_cost is None else f"{self.run_cost:.2f}",
        }


def recurrence_of(series: "Mailing") -> Recurrence:
    """The rule of a series. By each customer's own clock it is read from the company's."""
    return Recurrence(
        repeats=series.repeats,
        time_of_day=series.time_of_day,
        zone=zone_named("" if series.by_own_clock else series.zone),
        weekdays=frozenset(series.repeat_weekdays),
        month_day=series.month_day,
        until=series.until,
        country=series.country,
        on_holiday=series.on_holiday,
    )


def check_repeating(series: "Mailing", allowed: Hours) -> None:
    """:raises ValidationError: if its runs could never go out as they are described."""
    problems = {
        "repeat_weekdays": series.repeats == Repeats.WEEKLY
        and not series.repeat_weekdays
        and gettext("Choose at least one day."),
        "country": series.on_holiday != OnHoliday.SEND
        and not series.country
        and gettext("Choose the country whose holidays count."),
        "ends_at": series.ends_at
        and gettext("Leave this empty: a mailing that repeats goes on until the day given below."),
        "until": series.until
        and series.starts_at
        and series.until < company_day(series.starts_at)
        and gettext("The last day must not lie before the start."),
        "spread_hours": series.spread_hours > series.run_hours
        and gettext("A run ends before all of its messages have left. Spread them over fewer hours."),
        "time_of_day": not allowed.is_any_hour
        and not allowed.local_from <= series.time_of_day < allowed.local_to
        and gettext("This is outside the permitted hours."),
    }
    if found := {name: problem for name, problem in problems.items() if problem}:
        raise ValidationError(found)
