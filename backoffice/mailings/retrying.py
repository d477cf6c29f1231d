"""Messages that an operator certainly did not deliver are sent again where that helps: by the catalogue of error codes.

Called in the transaction that applied the reports, so that nobody ever sees such a message at its end.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import structlog
from django.conf import settings
from django.utils import timezone
from django.utils.translation import gettext as _

from backoffice.lib.said import kept
from backoffice.mailings import moving
from backoffice.mailings.contacts import correct
from backoffice.mailings.given_back import RETURNED
from backoffice.mailings.models import Mailing, Message
from backoffice.operators import standing
from backoffice.operators.error_codes import USUAL, Catalogue, ErrorCode, catalogues
from kannel.models import Connection

logger = structlog.get_logger(__name__)

# The first wait; twice as long after each further try.
FIRST_WAIT = timedelta(minutes=2)
RUNNING = (Mailing.State.RUNNING, Mailing.State.PAUSED)
Action = ErrorCode.Action


@dataclass(frozen=True)
class Failed:
    """A message that came back, with what decides about another try."""

    pk: int
    customer_id: int
    mailing_id: int
    connection_id: int
    operator_id: int
    attempt: int
    error: str
    latest_at: datetime | None
    final_at: datetime | None
    cost: Decimal
    is_billed: bool


def send_again(cursor: Any, rejected: Sequence[int], failed: Sequence[int]) -> int:
    """Lets messages wait again whose error says that another try helps. Returns how many.

    ``rejected`` were never taken; ``failed`` were taken and billed, so only an operator's own entry sends them again.
    Tries and validity bound both.
    """
    ids = [*rejected]
    if failed and _pays_again():
        ids += failed
    if not ids:
        return 0
    by_operator = catalogues()
    rows = _rows(ids)
    # Their bind was out of Kannel, and no operator refused them.
    returned = [one for one in rows if one.error == RETURNED]
    are_returned = {one.pk for one in returned}
    tried = [one for one in rows if one.pk not in are_returned and one.attempt < settings.MESSAGE_TRIES]
    actions = {one.pk: _action(by_operator.get(one.operator_id, USUAL), one) for one in tried}
    later = _affordable([one for one in tried if actions[one.pk] == Action.LATER])
    other = _affordable([one for one in tried if actions[one.pk] == Action.OTHER])
    for via, count in Counter(one.connection_id for one in returned).items():
        standing.give_back_allowance(via, count)
    again = _wait(returned, timedelta(0)) + _wait_longer(cursor, later) + _go_elsewhere(cursor, other)
    if again:
        correct(
            cursor,
            [one.customer_id for one in again],
            since=min(one.final_at or timezone.now() for one in again),
        )
        logger.info("sent_again", returned=len(returned), later=len(later), other=len(other))
    return len(again)


def _pays_again() -> bool:
    own = ErrorCode.objects.filter(source=ErrorCode.Source.RECEIPT).exclude(action=Action.PERMANENT)
    return own.exists()


def _rows(ids: Sequence[int]) -> list[Failed]:
    rows = Message.objects.filter(
        pk__in=ids, mailing__state__in=RUNNING, latest_at__gt=timezone.now(), connection__isnull=False
    ).values_list(
        "pk",
        "customer_id",
        "mailing_id",
        "connection_id",
        "connection__operator_id",
        "attempt",
        "error",
        "latest_at",
        "final_at",
        "cost",
        "sent_at",
    )
    return [Failed(*row[:-1], is_billed=row[-1] is not None) for row in rows]


def _action(catalogue: Catalogue, one: Failed) -> str:
    meaning = catalogue.meaning(one.error)
    if meaning is None:
        return Action.PERMANENT
    if one.is_billed and not catalogue.is_own(one.error):
        return Action.PERMANENT
    return meaning.action


def _wait(rows: Sequence[Failed], wait: timedelta) -> list[Failed]:
    """Lets them wait so long, those that will still be in time then. Gives those."""
    now = timezone.now()
    kept = [one for one in rows if one.latest_at and one.latest_at > now + wait]
    values: dict[str, Any] = {
        "state": Message.State.WAITING,
        "reason": Message.Reason.AGAIN,
        "state_at": now,
        "final_at": None,
    }
    if wait:
        values["earliest_at"] = now + wait
    if kept:
        Message.objects.filter(pk__in=[one.pk for one in kept]).update(**values)
    return kept


def _affordable(rows: Sequence[Failed]) -> list[Failed]:
    """What was billed is paid twice when it is sent again: as many of those as the limits of their mailing allow."""
    billed = {one.mailing_id for one in rows if one.is_billed}
    room = {one.pk: moving.room_for_extra(one) for one in Mailing.objects.filter(pk__in=billed)}
    kept = []
    for one in rows:
        if one.is_billed:
            room[one.mailing_id] -= one.cost
            if room[one.mailing_id] < 0:
                continue
        kept.append(one)
    return kept


def _wait_longer(cursor: Any, rows: Sequence[Failed]) -> list[Failed]:
    """Each further try waits twice as long."""
    again: list[Failed] = []
    for attempt in sorted({one.attempt for one in rows}):
        mine = [one for one in rows if one.attempt == attempt]
        again += _wait(mine, FIRST_WAIT * 2 ** (attempt - 1))
    for mailing, via in _groups([one for one in again if one.is_billed]):
        ids = [one.pk for one in again if (one.mailing_id, one.connection_id) == (mailing.pk, via.pk)]
        sentence = kept(lambda: _("They did not arrive and are sent again."))
        moving.move(cursor, mailing, _these(ids), [via], sentence)
    return again


def _go_elsewhere(cursor: Any, rows: Sequence[Failed]) -> list[Failed]:
    """Those for which another operator is connected go there at once; the others wait and try the same one again."""
    again = _wait(rows, timedelta(0))
    for mailing, via in _groups(again):
        mine = [one for one in again if (one.mailing_id, one.connection_id) == (mailing.pk, via.pk)]
        ids = [one.pk for one in mine]
        targets = moving.other_ways(mailing, avoid={via.operator_id})
        moving.move(
            cursor,
            mailing,
            _these(ids),
            targets,
            _refused_by(via),
        )
        stayed = Message.objects.filter(pk__in=ids, connection__operator=via.operator_id).waiting()
        stayed.update(earliest_at=timezone.now() + FIRST_WAIT)
    return again


def _refused_by(via: Connection) -> str:
    return kept(lambda: _("%(operator)s refused them.") % {"operator": via.operator})


def _groups(rows: Sequence[Failed]) -> list[tuple[Mailing, Connection]]:
    """The mailings and connections that these belong to."""
    mailings = Mailing.objects.in_bulk({one.mailing_id for one in rows})
    vias = Connection.objects.select_related("operator").in_bulk({one.connection_id for one in rows})
    pairs = {(one.mailing_id, one.connection_id) for one in rows}
    return [(mailings[mailing_id], vias[via_id]) for mailing_id, via_id in sorted(pairs)]


def _these(ids: list[int]) -> tuple[str, list[Any]]:
    return "m.id = ANY(%s::bigint[])", [ids]
