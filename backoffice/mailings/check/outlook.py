"""When the messages of a plan leave, at what hour where the recipients live, and what will not fit."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

from django.utils.formats import date_format

from backoffice.mailings.check.forecast import Departure, departures
from backoffice.mailings.check.lines import Load, Shared
from backoffice.mailings.hours import zone_named

# What leaves so shortly before the hours are over is one small delay away from another day.
EDGE = timedelta(minutes=30)
MINUTE = timedelta(minutes=1)


@dataclass
class ZoneRow:
    """What becomes of the messages to the places whose clocks show the same."""

    offset: timedelta
    messages: int = 0
    too_late: int = 0
    first_at: datetime | None = None
    last_at: datetime | None = None
    clock: ZoneInfo = field(default_factory=lambda: zone_named(""))

    @property
    def name(self) -> str:
        return f"UTC{offset_words(self.offset)}"

    @property
    def first_words(self) -> str:
        """Day and time there, when the first message leaves."""
        return _local(self.first_at, self.clock)

    @property
    def last_words(self) -> str:
        return _local(self.last_at, self.clock)

    def add(self, departure: Departure) -> None:
        first, last = self.first_at or departure.begins_at, self.last_at or departure.ends_at
        self.first_at, self.last_at = min(first, departure.begins_at), max(last, departure.ends_at)


@dataclass(frozen=True)
class HourRow:
    """Messages that leave within one hour of the recipients' own day; the fullest hour has 100 percent."""

    hour: int
    messages: int
    percent: float

    @property
    def css_width(self) -> str:
        return f"{self.percent:.2f}"


@dataclass
class Outlook:
    """The forecast of one plan. ``at_edge`` leave within the last half hour of their window."""

    now: datetime
    messages: int = 0
    too_late: int = 0
    at_edge: int = 0
    first_at: datetime | None = None
    last_at: datetime | None = None
    hours: list[HourRow] = field(default_factory=list)
    zones: list[ZoneRow] = field(default_factory=list)
    others: list[str] = field(default_factory=list)
    lines_away: list[tuple[str, str, int]] = field(default_factory=list)
    """Operator, line and messages where the line is not connected, or not in use, now."""

    @property
    def late_zones(self) -> str:
        """Where too late is, as "UTC+9…+12"; empty if nowhere."""
        return zones_words(zone.offset for zone in self.zones if zone.too_late)

    @property
    def leaves(self) -> int:
        return self.messages - self.too_late


def outlook_of(shared: Shared) -> Outlook:
    """The forecast of a plan over all its lines together."""
    found = Outlook(shared.now, others=list(shared.names))
    by_hour: dict[int, int] = defaultdict(int)
    zones: dict[timedelta, ZoneRow] = {}
    for load in shared.loads:
        _add_line(found, load, by_hour, zones)
    most = max(by_hour.values(), default=0)
    found.hours = [HourRow(hour, by_hour[hour], 100 * by_hour[hour] / most) for hour in sorted(by_hour)]
    found.zones = [zones[offset] for offset in sorted(zones)]
    for zone in found.zones:
        found.messages += zone.messages
        found.too_late += zone.too_late
        found.first_at = min(filter(None, (found.first_at, zone.first_at)), default=None)
        found.last_at = max(filter(None, (found.last_at, zone.last_at)), default=None)
    return found


def _add_line(found: Outlook, load: Load, by_hour: dict[int, int], zones: dict[timedelta, ZoneRow]) -> None:
    clocks = [zone_named(name) for name in load.zones]
    rows = []
    for clock, group in zip(clocks, load.own.groups, strict=True):
        row = _row(zones, clock, group.windows[0][0] if group.windows else found.now)
        row.messages += group.messages
        row.too_late += group.messages
        rows.append(row)
    for one in departures(load.own, load.others, load.line.parts_per_second, found.now):
        row = rows[one.group]
        row.too_late -= one.messages
        row.add(one)
        by_hour[one.begins_at.astimezone(clocks[one.group]).hour] += one.messages
        if one.closes_at - one.ends_at < EDGE:
            found.at_edge += one.messages
    if not load.line.is_connected or not load.line.parts_per_second:
        messages = sum(group.messages for group in load.own.groups)
        found.lines_away.append((load.line.operator, load.line.name, messages))


def _row(zones: dict[timedelta, ZoneRow], clock: ZoneInfo, at: datetime) -> ZoneRow:
    offset = at.astimezone(clock).utcoffset() or timedelta(0)
    return zones.setdefault(offset, ZoneRow(offset, clock=clock))


def _local(moment: datetime | None, clock: ZoneInfo) -> str:
    return date_format(moment.astimezone(clock), "j E, H:i") if moment else "–"


def zones_words(offsets: Iterable[timedelta]) -> str:
    """Some zones in few words: "UTC+3", "UTC+9…+12", "UTC+3, +5…+7"; empty for none."""
    ordered = sorted(set(offsets))
    runs: list[list[timedelta]] = [[one] for one in ordered[:1]]
    for before, one in pairwise(ordered):
        if one - before <= timedelta(hours=1):
            runs[-1].append(one)
        else:
            runs.append([one])
    words = ", ".join(_run_words(run) for run in runs)
    return f"UTC{words}" if words else ""


def _run_words(run: Sequence[timedelta]) -> str:
    first, last = offset_words(run[0]), offset_words(run[-1])
    return first if len(run) == 1 else f"{first}…{last}"


def offset_words(offset: timedelta) -> str:
    """The difference from UTC: "+3", "−4", "+5:30"."""
    minutes = round(abs(offset) / MINUTE)
    sign = "−" if offset < timedelta(0) else "+"
    hours, rest = divmod(minutes, 60)
    return f"{sign}{hours}:{rest:02d}" if rest else f"{sign}{hours}"
