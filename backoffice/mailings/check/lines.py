"""The lines that a plan goes over, and what else goes over them: what the forecast is computed from."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from django.db import connection
from django.utils import timezone

from backoffice.customers.models import Purpose
from backoffice.mailings import claiming, series
from backoffice.mailings.check.facts import (
    Leaving,
    PlanFacts,
    facts_of_all,
    group_length,
    whole_range,
)
from backoffice.mailings.check.forecast import Group, Job
from backoffice.mailings.contact_rules import ContactRules
from backoffice.mailings.hours import Hours, zone_named
from backoffice.mailings.models import Mailing
from backoffice.mailings.speed import limit_of
from kannel.models import Connection

State = Mailing.State
SHARES_LINES = (State.SUBMITTED, State.APPROVED, State.RUNNING)
# The largest ones. More of them at a time would be small beside these.
OTHERS_LOOKED_AT = 30

# What has not left of mailings that run, by the moment until which it has to.
WAITING = """
SELECT mailing_id, connection_id, latest_at, min(earliest_at), count(*), sum(greatest(parts, 1))
FROM mailings_message
WHERE state = 'waiting' AND mailing_id = ANY(%(mailings)s) AND id BETWEEN %(first)s AND %(last)s
    AND connection_id IS NOT NULL AND latest_at > %(now)s
GROUP BY mailing_id, connection_id, latest_at, date_bin(%(length)s, earliest_at, 'epoch')
"""


@dataclass(frozen=True)
class Line:
    """A connection, and what it carries if it is in use."""

    name: str
    operator: str
    parts_per_second: int
    is_connected: bool


@dataclass(frozen=True)
class Load:
    """What goes over one line: the plan's own job, whose groups are of these zones, and the jobs of others."""

    line: Line
    own: Job
    zones: tuple[str, ...]
    others: tuple[Job, ...]


class Shared(NamedTuple):
    """All that the forecast of a plan needs. ``names``: of the other mailings, as far as they go over the same lines."""

    now: datetime
    loads: list[Load]
    names: list[str]


def shared_lines(mailing: Mailing, facts: PlanFacts, now: datetime | None = None) -> Shared:
    """The lines of a plan with everything that is to leave over them from now on."""
    now = now or timezone.now()
    hours = {purpose: ContactRules.of(purpose).hours for purpose in Purpose.values}
    mine = _by_line(moved_on(mailing, facts.leaving))
    ends = max((one.latest_at for groups in mine.values() for one in groups), default=now)
    others = _others(mailing, now, ends)
    names = {other.name for other, lines in others if lines.keys() & mine.keys()}
    lines = lines_of(mine)
    loads = []
    for number, groups in mine.items():
        shared = [
            _job(other, theirs[number], theirs, hours, now) for other, theirs in others if number in theirs
        ]
        own = _job(mailing, groups, mine, hours, now)
        loads.append(Load(lines[number], own, tuple(one.time_zone for one in groups), tuple(shared)))
    return Shared(now, loads, sorted(names))


def lines_of(connection_ids: Iterable[int]) -> dict[int, Line]:
    """These connections as lines; what is not in use carries nothing."""
    found = Connection.objects.filter(pk__in=list(connection_ids)).select_related("operator", "gateway")
    return {
        via.pk: Line(
            via.name,
            via.operator.name if via.operator else via.name,
            via.throughput_per_second if via.is_enabled and via.gateway.is_enabled else 0,
            via.status == Connection.Status.ONLINE,
        )
        for via in found
    }


def _others(
    mailing: Mailing, now: datetime, ends: datetime
) -> list[tuple[Mailing, dict[int, list[Leaving]]]]:
    """Other mailings that may send until then, each with what it has by connection."""
    found = list(
        Mailing.objects.filter(state__in=SHARES_LINES)
        .exclude(pk=mailing.pk)
        .exclude(planned_count=None)
        .select_related("speed_limit")
        .order_by("-planned_count")[:OTHERS_LOOKED_AT]
    )
    running = [other for other in found if other.state == State.RUNNING]
    facts = facts_of_all(found)
    waiting = _waiting(running, facts, now)
    what = []
    for other in found:
        groups = (
            waiting[other.pk] if other.state == State.RUNNING else moved_on(other, facts[other.pk].leaving)
        )
        soon = [one for one in groups if one.earliest_at < ends and one.latest_at > now]
        if soon:
            what.append((other, _by_line(soon)))
    return what


def _waiting(
    running: Sequence[Mailing], facts: Mapping[int, PlanFacts], now: datetime
) -> dict[int, list[Leaving]]:
    """What has not left of mailings that run. Its zone is one of those that the plan has with the same end."""
    found: dict[int, list[Leaving]] = defaultdict(list)
    if not running:
        return found
    first, last = whole_range(running)
    zones = {
        pk: {one.latest_at: one.time_zone for one in facts[pk].leaving}
        for pk in (mailing.pk for mailing in running)
    }
    values: dict[str, Any] = {
        "mailings": list(zones),
        "first": first,
        "last": last,
        "now": now,
        "length": group_length(running),
    }
    with connection.cursor() as cursor:
        cursor.execute(WAITING, values)
        for pk, line, latest_at, earliest_at, messages, parts in cursor.fetchall():
            zone = zones[pk].get(latest_at, "")
            found[pk].append(Leaving(line, zone, earliest_at, latest_at, messages, int(parts)))
    return found


def moved_on(mailing: Mailing, groups: Sequence[Leaving]) -> list[Leaving]:
    """The groups of a plan; of a series, whose plan is a sample of an earlier moment, at the next one."""
    if not mailing.is_series or mailing.planned_at is None or mailing.next_run_at is None:
        return list(groups)
    planned_for = series.next_moment(mailing, mailing.planned_at)
    later = mailing.next_run_at - planned_for if planned_for else timedelta(0)
    return [
        one._replace(earliest_at=one.earliest_at + later, latest_at=one.latest_at + later) for one in groups
    ]


def _by_line(groups: Iterable[Leaving]) -> dict[int, list[Leaving]]:
    found: dict[int, list[Leaving]] = defaultdict(list)
    for one in groups:
        found[one.connection_id].append(one)
    return dict(found)


def _job(
    mailing: Mailing,
    groups: Sequence[Leaving],
    lines: Mapping[int, Sequence[Leaving]],
    hours: Mapping[str, Hours],
    now: datetime,
) -> Job:
    """What a mailing has for one of its lines."""
    allowed = Hours(mailing.local_from, mailing.local_to) & hours[mailing.purpose]
    return Job(
        tuple(
            Group(
                tuple(allowed.windows(zone_named(one.time_zone), one.earliest_at, one.latest_at))
                if one.earliest_at < one.latest_at
                else (),
                one.messages,
                one.parts,
            )
            for one in groups
        ),
        claiming.weight(mailing, now),
        _limit(mailing, groups, lines),
    )


def _limit(
    mailing: Mailing, groups: Sequence[Leaving], lines: Mapping[int, Sequence[Leaving]]
) -> float | None:
    """The part of a mailing's own limit that falls to one of its lines, in parts a second."""
    limit = limit_of(mailing)
    if limit is None:
        return None
    messages = sum(one.messages for line in lines.values() for one in line)
    return limit.per_second * sum(one.parts for one in groups) / messages
