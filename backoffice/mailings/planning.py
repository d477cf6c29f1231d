"""The plan of a mailing: one row for each customer of the audience, written by one statement.

First it is found who gets it, then which way is cheapest for all of them together, then texts and prices are written.
What is approved is what is sent: text, parts, route and price are frozen here; sending adds nothing to them.
"""

from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

import structlog
from django.conf import settings
from django.db import connection, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from backoffice.audiences.models import UnusableAudienceError
from backoffice.customers.disguise import disguised
from backoffice.customers.number_kinds import note_kinds
from backoffice.lib.said import Explained, kept
from backoffice.mailings import lifecycle, occasions, series, when
from backoffice.mailings.compare_models import texts_of
from backoffice.mailings.models import Mailing, Message
from backoffice.mailings.plan_sql import PlanSql
from backoffice.mailings.querysets import MessageQuerySet, id_range
from backoffice.mailings.routes import choosing
from backoffice.mailings.shortlinks.writing import TooManyLinks, make_links
from backoffice.message_templates.merge import MergeError
from backoffice.message_templates.models import MessageTemplate
from kannel.monthly import analyze, ensure_partition

logger = structlog.get_logger(__name__)

# From so many rows on PostgreSQL is told at once what its table holds: it took 560 000 waiting messages for three.
MANY_ROWS = 10_000


class PlanningFailed(Explained):
    """There is nothing to plan with; the text says what to do."""


def plan(mailing: Mailing) -> int | None:
    """Writes the plan of a mailing in state *planning*: the number of its rows, or None if there is none.

    A worker that dies here leaves nothing: its transaction is rolled back, and the next wake-up starts anew.
    """
    ensure_partition("mailings_message", datetime.now(UTC).date())
    rows = _plan(mailing)
    if rows is not None and rows >= MANY_ROWS:
        assert mailing.planned_at is not None
        analyze("mailings_message", mailing.planned_at.date())
    return rows


def _plan(mailing: Mailing) -> int | None:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(hashtext('plan'), %s)", [mailing.pk])
        is_free = cursor.fetchone()[0]
        mailing.refresh_from_db()
        if not is_free or mailing.state != Mailing.State.PLANNING:
            return None
        try:
            with transaction.atomic():
                return _write(mailing, cursor)
        except lifecycle.Refused:
            logger.info("not_planned", mailing=mailing.pk)  # somebody has cancelled it meanwhile
        except (PlanningFailed, UnusableAudienceError, choosing.NoWay) as problem:
            lifecycle.planning_failed(mailing, problem.sentence)
        except TooManyLinks:
            lifecycle.planning_failed(
                mailing, kept(lambda: _("There have been a million links. Ask for longer codes."))
            )
        except MergeError as problem:
            sentence = problem.sentence
            lifecycle.planning_failed(
                mailing, kept(lambda: _("The text cannot be used: %(why)s") % {"why": sentence})
            )
    return None


def samples(mailing_id: int, limit: int = 5) -> list[Message]:
    """Some messages of a plan as they will leave, with names disguised."""
    mailing = Mailing.objects.only("planned_at").get(pk=mailing_id)
    return samples_of(Message.objects.of(mailing), limit)


def samples_of(messages: MessageQuerySet, limit: int) -> list[Message]:
    """The first of these messages that have a text, with names disguised."""
    found = messages.exclude(text="").select_related("customer").order_by("id")[:limit]
    for message in found:
        message.text = disguised(message.text, message.customer)
    return list(found)


def _write(mailing: Mailing, cursor: Any) -> int:
    now = timezone.now()
    timed = _timed(mailing, now)
    times = when.times_of(timed, now)
    if times.ends <= now:
        raise PlanningFailed(lambda: _("The end of the mailing is over. Choose a later one."))
    _check_texts(mailing)
    audience = mailing.audience.snapshot()
    _begin(mailing, cursor)
    # Whichever way a customer came: what line a number belongs to is known from here on.
    note_kinds(cursor, "SELECT phone FROM customers_customer")
    when.write_hours(cursor, times)
    occasions.write_occasions(cursor, timed, mailing.series or mailing)
    sql = PlanSql(cursor, mailing, times, make_links(mailing, times.ends))
    _choose_routes(cursor, sql, now, times)
    cursor.execute(sql.messages(now))
    rows: int = cursor.rowcount
    mailing.planned_at = now
    choosing.count_routes(cursor, mailing, *id_range(now))
    occasions.remember(cursor, mailing, *id_range(now))
    messages = Message.objects.of(mailing)
    lifecycle.planned(
        mailing,
        planned_at=now,
        planned_audience=audience,
        planned_count=rows,
        planned_cost=choosing.cost_of(mailing),
        plan_digest=messages.digest(),
        time_zones=times.zones,
        first_at=times.starts if mailing.by_own_clock else None,
        currency=settings.CURRENCY,
        problem="",
    )
    logger.info(
        "planned", mailing=mailing.pk, rows=rows, seconds=(timezone.now() - now) / timedelta(seconds=1)
    )
    return rows


def _check_texts(mailing: Mailing) -> None:
    """A text may have been changed since the mailing was saved: it may be used, and be used for this."""
    for text, _percent in texts_of(mailing):
        if not text.live:
            raise PlanningFailed(
                lambda: _("The text is not published yet. Have it published, or choose another one.")
            )
        if text.refusals(mailing.purpose, mailing.sender):
            raise PlanningFailed(partial(_refusals, mailing, text))


def _refusals(mailing: Mailing, text: MessageTemplate) -> str:
    return " ".join(text.refusals(mailing.purpose, mailing.sender).values())


def _begin(mailing: Mailing, cursor: Any) -> None:
    """Nothing is left of an earlier plan."""
    names = ("hours", "prefix", "person", "route", "lowest", "occasion")
    cursor.execute(f"DROP TABLE IF EXISTS {', '.join(f'pg_temp.plan_{name}' for name in names)}")
    cursor.execute("SET LOCAL work_mem = '256MB'")
    cursor.execute("DELETE FROM mailings_message WHERE mailing_id = %s", [mailing.pk])


def _timed(mailing: Mailing, now: datetime) -> Mailing:
    """The mailing itself; of a series, whose plan is only a sample, its next run."""
    if not mailing.is_series:
        return mailing
    moment = series.next_moment(mailing, now)
    if moment is None:
        raise PlanningFailed(lambda: _("It would never go out. Choose other days, or a later last day."))
    return series.run_for(mailing, moment)


def _choose_routes(cursor: Any, sql: PlanSql, now: datetime, times: when.Times) -> None:
    """Makes plan_person and plan_route: who gets it, and which way."""
    offered = choosing.market_for(sql.mailing, now)
    prefixes = choosing.write_prefixes(cursor, offered)
    cursor.execute(sql.persons(times.starts, sorted({len(prefix) for prefix in prefixes})))
    cursor.execute("ANALYZE plan_person")
    wanted = {prefixes[number]: parts for number, parts in choosing.demand(cursor, sql).items()}
    routes = choosing.choose(sql.mailing, offered, wanted, now, times.ends, times.seconds)
    choosing.write_routes(cursor, sql.mailing, routes, prefixes)
    choosing.write_lowest(cursor, sql.mailing, offered, prefixes)
