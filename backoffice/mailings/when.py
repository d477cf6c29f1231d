"""From when until when a mailing may leave, zone by zone: its start, its end, and the hours that it and its purpose allow."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from django.core.cache import cache
from django.utils import timezone
from django.utils.translation import gettext as _
from psycopg2.extras import execute_values

from backoffice.customers.models import Customer
from backoffice.lib.moments import moment_words, problem_on_the_clock_of, zone_words
from backoffice.mailings.contact_rules import ContactRules
from backoffice.mailings.hours import DEFAULT_LENGTH, EVERY_DAY, Hours, moment_at, zone_named
from backoffice.mailings.weekdays import names

if TYPE_CHECKING:
    from backoffice.mailings.models import Mailing

# A person's place among all, drawn at random from 0 up to 1, for the moment of leaving. Neither the hold-out nor the way
# follows this draw: each has its own seed.
DRAW = "((hashint8extended(c.id, {seed}) & 1048575)::float8 / 1048576)"
SPREAD_SEED = 1 << 40

# Counting reads every customer; a zone that nobody lived in before may come in a little later.
ZONES_KEY, ZONES_SECONDS = "parley:zones-of-customers", 300

PLAN_HOURS = """
CREATE TEMP TABLE plan_hours (time_zone text, low float8, high float8, opens_at timestamptz, seconds float8,
    latest_at timestamptz) ON COMMIT DROP
"""
Stretch = tuple[str | None, float | None, float | None, datetime | None, float | None, datetime | None]


def allowed_hours(mailing: "Mailing") -> Hours:
    """What the mailing and the rules for everybody of its purpose allow."""
    own = Hours(mailing.local_from, mailing.local_to)
    return own & ContactRules.of(mailing.purpose).hours


def on_the_clock_of(zone: ZoneInfo, moment: datetime) -> datetime:
    """When the clocks of a zone show what the company's clock shows at a moment."""
    local = timezone.localtime(moment, zone_named(""))
    return moment_at(local.date(), local.time(), zone)


def period(mailing: "Mailing", zone: ZoneInfo, now: datetime) -> tuple[datetime, datetime]:
    """From when, and not before ``now``, until when a mailing may be sent to customers of a zone, its hours left aside."""
    starts, ends = mailing.starts_at, mailing.ends_at
    if mailing.by_own_clock:
        starts = starts and on_the_clock_of(zone, starts)
        ends = ends and on_the_clock_of(zone, ends)
    begins = max(starts or now, now)
    return begins, ends or begins + DEFAULT_LENGTH + timedelta(hours=mailing.spread_hours)


def first_start(mailing: "Mailing", zones: Sequence[str]) -> datetime:
    """When a mailing that has a start begins, in the first of some zones."""
    assert mailing.starts_at is not None
    if not mailing.by_own_clock:
        return mailing.starts_at
    return min(on_the_clock_of(zone_named(name), mailing.starts_at) for name in ["", *zones])


def last_end(mailing: "Mailing") -> datetime:
    """When the time of a planned mailing is over in every zone."""
    assert mailing.planned_at is not None
    return last_end_from(mailing, mailing.planned_at, mailing.time_zones)


def last_end_from(mailing: "Mailing", now: datetime, zones: Sequence[str]) -> datetime:
    """When the time of a mailing would be over in every one of some zones, if it were planned now."""
    names = ["", *zones] if mailing.by_own_clock else [""]
    return max(period(mailing, zone_named(name), now)[1] for name in names)


def problems_with_times(
    mailing: "Mailing", zones: Sequence[str], now: datetime | None = None
) -> dict[str, str]:
    """What is wrong with the start and the end of a mailing now: it is over, or a clock does not show it. By the field's name.

    :param zones: those that customers have. A series has none of its own: what counts is the next of its runs.
    """
    now = now or timezone.now()
    found: dict[str, str] = {}
    if mailing.is_series:
        return found
    names = ["", *zones] if mailing.by_own_clock else [""]
    for field in ("starts_at", "ends_at"):
        moment = getattr(mailing, field)
        problems = (_problem_in(zone_named(name), moment, now) for name in names if moment)
        if problem := next(filter(None, problems), ""):
            found[field] = problem
    return found


def _problem_in(zone: ZoneInfo, moment: datetime, now: datetime) -> str:
    """The same for one zone, by whose clock the moment counts."""
    if problem := problem_on_the_clock_of(
        zone, timezone.localtime(moment, zone_named("")).replace(tzinfo=None)
    ):
        return problem
    if on_the_clock_of(zone, moment) > now:
        return ""
    said = _("This moment is over: it is %(now)s (%(zone)s). Choose a later one.")
    return said % {"now": moment_words(now, zone), "zone": zone_words(zone)}


def zones_of_customers() -> list[str]:
    """The names of the zones that customers have, as they were some minutes ago."""
    found: list[str] | None = cache.get(ZONES_KEY)
    if found is None:
        found = sorted(Customer.objects.order_by().values_list("time_zone", flat=True).distinct())
        cache.set(ZONES_KEY, found, ZONES_SECONDS)
    return found


@dataclass(frozen=True)
class Times:
    """The times of one plan.

    ``zones`` are those that customers have, ``seconds`` how long may be sent within one zone, where that is longest.
    ``stretches``: of those who live in a zone and whose draw lies between low and high, when the first one may be written
    to, how many seconds later the last one, and until when all of them.
    """

    zones: list[str]
    starts: datetime
    ends: datetime
    seconds: float
    stretches: list[Stretch]


def times_of(mailing: "Mailing", now: datetime) -> Times:
    """The times of a mailing that is planned now."""
    zones = sorted(Customer.objects.order_by().values_list("time_zone", flat=True).distinct())
    hours = allowed_hours(mailing)
    periods = {name: period(mailing, zone_named(name), now) for name in ["", *zones]}
    stretches: list[Stretch] = []
    seconds = [0.0]
    for name in zones:
        zone, (starts, ends) = zone_named(name), periods[name]
        windows = list(hours.windows(zone, starts, ends)) if starts < ends else []
        seconds.append(_seconds(windows))
        if windows:
            first, latest = windows[0][0], windows[-1][1]
            until = min(first + timedelta(hours=mailing.spread_hours), latest)
            spread = list(hours.windows(zone, first, until)) if first < until else []
            stretches += [(name, *one, latest) for one in _spread(spread or [(first, first)])]
    return Times(
        zones,
        min(starts for starts, _ends in periods.values()),
        max(ends for _starts, ends in periods.values()),
        max(seconds),
        stretches,
    )


def write_hours(cursor: Any, times: Times) -> None:
    """Makes plan_hours, which the statement of the plan reads."""
    cursor.execute(PLAN_HOURS)
    execute_values(cursor.cursor, "INSERT INTO plan_hours VALUES %s", times.stretches or [(None,) * 6])


def _spread(windows: list[tuple[datetime, datetime]]) -> list[tuple[float, float, datetime, float]]:
    """For each window the share of the draws that falls into it, when it opens, and its seconds."""
    whole = _seconds(windows)
    found, low = [], 0.0
    for number, (opens, closes) in enumerate(windows, 1):
        length = (closes - opens).total_seconds()
        high = 1.0 if number == len(windows) else low + length / whole
        found.append((low, high, opens, length))
        low = high
    return found


def _seconds(windows: list[tuple[datetime, datetime]]) -> float:
    return sum((closes - opens).total_seconds() for opens, closes in windows)


def waits_until(mailing: "Mailing", due_at: datetime, now: datetime) -> datetime | None:
    """Until when nothing may leave of what is due from a moment on; None if something may leave now."""
    hours, begins = allowed_hours(mailing), max(due_at, now)
    found = []
    for name in mailing.time_zones or [""]:
        closes, opens = hours.now(zone_named(name), begins)
        found.append(begins if closes else opens)
    return next_at if (next_at := min(found)) > now else None


def hours_words(mailing: "Mailing") -> str:
    """At what hours it may leave, for its page."""
    hours = allowed_hours(mailing)
    words = _("at any hour")
    if not hours.is_any_hour:
        words = f"{hours.local_from:%H:%M} – {hours.local_to:%H:%M}"
    if missing := EVERY_DAY - hours.weekdays:
        words += _(", not on %(days)s") % {"days": names(missing)}
    return words


def draw_sql(mailing: "Mailing") -> str:
    """A customer's place for the moment of leaving; the customer's row is ``c``."""
    return DRAW.format(seed=SPREAD_SEED + int(mailing.pk))
