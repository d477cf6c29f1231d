"""Messages that have not left go over another way: those of a connection that was left, or of a paused part.

Only waiting messages are moved: Kannel certainly has not got them. One that may still be there is never moved.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from functools import partial
from typing import Any

import structlog
from django.db import connection, transaction
from django.db.models import F, Q, Sum
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from wagtail.log_actions import log

from backoffice.lib.moments import company_day
from backoffice.lib.numbers import grouped
from backoffice.lib.said import kept, stored
from backoffice.mailings import background, budget, stranded
from backoffice.mailings.models import Mailing, Message, Move, PausedPart, RouteChoice
from backoffice.mailings.querysets import id_range
from backoffice.operators import routing
from backoffice.operators.models import Standing
from kannel.models import ApplyRun, Connection

logger = structlog.get_logger(__name__)

AT_ONCE = 20_000
# So many without another way are looked at: enough to say so.
ENOUGH_TO_TELL = 1000
# Another way gets what it can carry in so long and no more: when the first one comes back, the rest goes as planned.
AHEAD = timedelta(seconds=30)
# What is not due sooner waits for the connection to come back.
DUE_WITHIN = timedelta(minutes=5)

# A message that was taken before stays billed: then its new way costs in addition.
MOVE = """
WITH route (prefix, connections, price_per_part, route_id) AS (VALUES {routes}),
next AS MATERIALIZED (
    SELECT m.id, m.parts, m.cost, m.connection_id, m.earliest_at, coalesce(network.prefix, c.phone) AS phone,
        CASE WHEN m.sent_at IS NULL THEN 0 ELSE m.cost END AS spent
    FROM mailings_message m JOIN customers_customer c ON c.id = m.customer_id
    LEFT JOIN operators_portednumber ported ON ported.phone = c.phone
    LEFT JOIN operators_network network ON network.id = ported.network_id
    WHERE m.mailing_id = {mailing} AND m.id BETWEEN {first_id} AND {last_id} AND m.state = 'waiting' AND {which}
    ORDER BY m.earliest_at, m.id LIMIT {limit}
    FOR UPDATE OF m SKIP LOCKED
), routed AS (
    SELECT next.*, {connections} AS connections, {route} AS route_id, spent + {price} * parts AS new_cost
    FROM next {joins}
), counted AS (
    SELECT *, sum(new_cost - cost) OVER (ORDER BY earliest_at, id) AS extra FROM routed
    WHERE connections IS NOT NULL AND (new_cost - spent <= {max_price}) IS NOT FALSE
), moved AS (
    UPDATE mailings_message m SET cost = counted.new_cost, route_id = counted.route_id,
        connection_id = counted.connections[1 + m.customer_id % cardinality(counted.connections)]
    FROM counted
    WHERE m.id = counted.id AND m.id BETWEEN {first_id} AND {last_id} AND counted.extra <= {room}
    RETURNING counted.connection_id AS source, m.connection_id AS target, m.cost - counted.cost AS extra
)
SELECT source, target, count(*), sum(extra) FROM moved GROUP BY source, target
UNION ALL SELECT NULL, NULL, count(*), count(connections) FROM routed
"""


@dataclass
class Moved:
    """What came of one try: how many found another way, how many had one that was too dear, how many had none."""

    messages: int = 0
    extra_cost: Decimal = Decimal(0)
    too_dear: int = 0
    no_way: int = 0


def move_away(mailing: Mailing, via: Connection, reason: str) -> Moved:
    """Moves what is due soon of a mailing off a connection, as far as other ways can carry it and its limits allow."""
    targets = other_ways(mailing, without=via)
    room = _can_carry(targets)
    if targets and not room:
        return Moved()
    due = timezone.now() + DUE_WITHIN
    which = ("m.connection_id = %s AND m.earliest_at <= %s", [via.pk, due])
    with transaction.atomic(), connection.cursor() as cursor:
        return move(cursor, mailing, which, targets, reason, limit=min(room, AT_ONCE) or ENOUGH_TO_TELL)


def move(
    cursor: Any,
    mailing: Mailing,
    which: tuple[str, list[Any]],
    targets: Collection[Connection],
    reason: str,
    *,
    limit: int = AT_ONCE,
) -> Moved:
    """Gives some waiting messages of a mailing (a condition on ``m``, with its parameters) the cheapest of the targets.

    In the caller's transaction. Writes down what it changes of the cost.
    """
    assert mailing.planned_at is not None
    offered = routing.market(
        company_day(),
        targets,
        currency=mailing.currency,
        purpose=mailing.purpose,
        sender=mailing.sender,
    )
    routes = routing.cheapest(offered)
    ways = _ways(mailing, routes)
    first_id, last_id = id_range(mailing.planned_at)
    lengths = sorted({len(route.prefix) for route in routes}, reverse=True)

    def sql(template: str, params: Sequence[Any]) -> str:
        mogrified: bytes = cursor.cursor.mogrify(template, params)
        return mogrified.decode()

    values = [
        (one.prefix, list(one.connections), one.price_per_part, ways[one.prefix, one.operator_id])
        for one in routes
    ]
    cursor.execute(
        MOVE.format(
            routes=", ".join(sql("(%s, %s::bigint[], %s, %s)", row) for row in values)
            or "(NULL, NULL::bigint[], 0, NULL::integer)",
            mailing=int(mailing.pk),
            first_id=first_id,
            last_id=last_id,
            which=sql(*which),
            limit=int(limit),
            connections=_first_of(lengths, "connections", "NULL::bigint[]"),
            price=_first_of(lengths, "price_per_part", "0"),
            route=_first_of(lengths, "route_id", "NULL::integer"),
            joins=" ".join(f"LEFT JOIN route r{n} ON r{n}.prefix = left(phone, {n})" for n in lengths),
            room=sql("%s", [room_for_extra(mailing)]),
            max_price=sql("%s::numeric", [mailing.max_price]),
        )
    )
    rows = cursor.fetchall()
    sums = [row for row in rows if row[0] is not None]
    [(looked_at, had_a_way)] = [row[2:] for row in rows if row[0] is None]
    done = Moved(messages=sum(row[2] for row in sums), extra_cost=sum((row[3] for row in sums), Decimal(0)))
    done.no_way, done.too_dear = looked_at - int(had_a_way), int(had_a_way) - done.messages
    if sums:
        _write_down(mailing, sums, reason)
    return done


def _ways(mailing: Mailing, routes: Sequence[routing.Route]) -> dict[tuple[str, int], int]:
    """The rows that moved messages point at, by prefix and operator: what they come to counts for who carried them.

    They are made once for a mailing. Asked for every few seconds, an INSERT of those that are there already would
    use up a number of the sequence for each.
    """
    known = _known_ways(mailing)
    missing = [one for one in routes if (one.prefix, one.operator_id) not in known]
    if not missing:
        return known
    RouteChoice.objects.bulk_create([RouteChoice.of(mailing, one) for one in missing], ignore_conflicts=True)
    return _known_ways(mailing)


def _known_ways(mailing: Mailing) -> dict[tuple[str, int], int]:
    moved = RouteChoice.objects.filter(mailing=mailing, reason=routing.Reason.MOVED)
    return {(prefix, operator): pk for pk, prefix, operator in moved.values_list("pk", "prefix", "operator")}


def room_for_extra(mailing: Mailing) -> Decimal:
    """How much more than planned a mailing may still cost: by its own limit, and by its budget."""
    used = mailing.moves.aggregate(sum=Sum("extra_cost", default=Decimal(0)))["sum"]
    room = mailing.planned_cost * mailing.extra_percent / 100
    if mailing.budget is not None:
        room = min(room, mailing.budget - mailing.planned_cost)
    left: Decimal = room - used
    return left


def other_ways(
    mailing: Mailing, *, avoid: Collection[int] = (), without: Connection | None = None
) -> list[Connection]:
    """Ways that work now and on which this mailing is not paused."""
    paused = set(PausedPart.objects.filter(mailing=mailing, ended_at=None).values_list("operator", flat=True))
    return [
        one
        for one in routing.working_connections()
        if one != without and one.operator_id not in paused and one.operator_id not in avoid
    ]


def _can_carry(targets: Collection[Connection]) -> int:
    """Messages that are not yet waiting for these connections and that they could send soon."""
    seconds = int(AHEAD.total_seconds())
    room = 0
    for one in targets:
        most = one.throughput_per_second * seconds
        due = Message.objects.filter(connection=one, mailing__state=Mailing.State.RUNNING)
        waiting = due.waiting().filter(earliest_at__lte=timezone.now()).order_by()[: most + 1].count()
        room += max(0, most - waiting)
    return room


def _write_down(mailing: Mailing, sums: Sequence[tuple[int, int, int, Decimal]], reason: str) -> None:
    budget.became_dearer(mailing, sum((extra for *_ways, extra in sums if extra > 0), Decimal(0)))
    names = dict(Connection.objects.values_list("pk", "name"))
    for source, target, count, extra in sums:
        row, _made = Move.objects.get_or_create(
            mailing=mailing, source_id=source, target_id=target, reason=reason
        )
        Move.objects.filter(pk=row.pk).update(
            messages=F("messages") + count, extra_cost=F("extra_cost") + extra, last_at=timezone.now()
        )
        words = {
            "source": names[source],
            "target": names[target],
            "currency": mailing.currency,
            "reason": reason,
        }
        comment = stored(partial(_moved_words, words, count, extra))
        log(mailing, "mailings.move", data={"state": mailing.state, "comment": comment})
        logger.info("moved", mailing=mailing.pk, source=names[source], target=names[target], messages=count)


def _moved_words(words: dict[str, str], count: int, extra: Decimal) -> str:
    sentence = ngettext(
        "%(count)s message over %(target)s again, %(extra)s %(currency)s. %(reason)s",
        "%(count)s messages over %(target)s again, %(extra)s %(currency)s. %(reason)s",
        count,
    )
    if words["source"] != words["target"]:
        sentence = ngettext(
            "%(count)s message from %(source)s to %(target)s, %(extra)s %(currency)s. %(reason)s",
            "%(count)s messages from %(source)s to %(target)s, %(extra)s %(currency)s. %(reason)s",
            count,
        )
    sums = {"count": grouped(count), "extra": f"{'+' if extra >= 0 else '−'}{grouped(abs(extra), 2)}"}
    return sentence % (words | sums)


def _first_of(lengths: Sequence[int], column: str, otherwise: str) -> str:
    return f"coalesce({', '.join([*(f'r{n}.{column}' for n in lengths), otherwise])})"


def is_out_of_use() -> Q:
    """Of connections: those that a person has taken out of use, themselves or with their operator or gateway.

    While a change of their gateway is being applied they may only be on their way to another port.
    """
    unused = Q(is_enabled=False) | Q(operator__is_enabled=False) | Q(gateway__is_enabled=False)
    return unused & ~Q(gateway__in=ApplyRun.objects.unfinished().values("gateway"))


def to_move() -> list[tuple[Mailing, Connection, str]]:
    """Running mailings with messages due soon on a connection that was left or taken out of use, or in a part that shall go
    elsewhere; and why."""
    due = Message.objects.waiting().filter(earliest_at__lte=timezone.now() + DUE_WITHIN)
    found = []
    parts = {
        (part.mailing_id, part.operator_id): part.reason
        for part in PausedPart.objects.filter(ended_at=None, goes_elsewhere=True)
    }
    elsewhere = Q(operator__in=[operator_id for _mailing, operator_id in parts])
    gone = is_out_of_use()
    vias = Connection.objects.filter(Q(standing__state=Standing.State.LEFT) | elsewhere | gone)
    out_of_use = set(Connection.objects.filter(gone).values_list("pk", flat=True))
    for via in vias.select_related("standing", "operator"):
        left = getattr(via, "standing", None)
        is_left = left is not None and left.state == Standing.State.LEFT
        for mailing in Mailing.objects.filter(state=Mailing.State.RUNNING):
            reason = parts.get((mailing.pk, via.operator_id)) or (left.reason if left and is_left else "")
            is_gone = via.pk in out_of_use
            reason = reason or (_out_of_use(via.name) if is_gone else "")
            is_wanted = is_left or is_gone or (mailing.pk, via.operator_id) in parts
            if is_wanted and due.filter(mailing=mailing, connection=via).exists():
                found.append((mailing, via, reason))
    return found


def _out_of_use(name: str) -> str:
    return kept(lambda: _("%(name)s is out of use.") % {"name": name})


def _move_and_tell(mailing: Mailing, via: Connection, reason: str) -> Moved:
    one = move_away(mailing, via, reason)
    stranded.tell(mailing, via, too_dear=one.too_dear, no_way=one.no_way, has_moved=bool(one.messages))
    return one


def move_all() -> Moved:
    """Moves whatever has to be moved, and says where it cannot. For one worker at a time; others do nothing."""
    done = Moved()
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(hashtext('move'), 0)")
        if not cursor.fetchone()[0]:
            return done
    try:
        for mailing, via, reason in to_move():
            one = background.MOVE.do(f"{mailing.pk}:{via.pk}", partial(_move_and_tell, mailing, via, reason))
            if one:
                done.messages += one.messages
                done.extra_cost += one.extra_cost
    finally:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_unlock(hashtext('move'), 0)")
    return done
