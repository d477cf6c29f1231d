"""What Kannel holds for a connection that was left is called back: a bind that is taken out gives back what waits for it.

Kannel then reports each message as refused (retrying.was_given_back), and it waits here again. A submit that was under way
when the link broke comes back, too, although the operator may have it: at most one window of them.

Binds are taken out, never stopped: stopping one ends bearerbox while parts of longer texts wait for it (kannel/PROTOCOL.md,
7). It is done in steps, one at each look of the pulse, so that no worker waits for Kannel.
"""

from datetime import timedelta

import structlog
from django.db.models import Q
from django.utils import timezone

from backoffice.mailings.models import Message
from backoffice.operators.models import Standing
from kannel import administration
from kannel.administration import CommandRefused, GatewayStatus
from kannel.models import ApplyRun, Connection

logger = structlog.get_logger(__name__)

# Kannel looks at what waits every half sms-resend-freq (7.5 s), and a link may take 30 s to say goodbye.
GIVEN_BACK_WITHIN = timedelta(seconds=40)


def recall(via: Connection) -> bool:
    """The next step of calling back what waits inside Kannel for a connection; False if there was nothing to do.

    First its binds are taken out; once everything is back, or after GIVEN_BACK_WITHIN, they are put in again, so that
    Kannel goes on trying to connect. Raises AdministrationError; the same step is then due again.
    """
    if ApplyRun.objects.unfinished(via.gateway).exists():
        return False
    known = Standing.objects.filter(connection=via).first()
    if known is not None and known.is_out:
        return _put_in_again(via, known)
    is_stuck = via.status == Connection.Status.DEAD or bool(_held(via))
    return known is not None and known.state == Standing.State.LEFT and is_stuck and _take_out(via, known)


def _take_out(via: Connection, known: Standing) -> bool:
    now = timezone.now()
    seen = administration.poll(via.gateway)
    is_free = Q(withdrawn_at=None) | Q(restored_at__isnull=False)
    mine = Standing.objects.filter(is_free, pk=known.pk, state=Standing.State.LEFT)
    if not _has_others(via, seen):
        # Kannel would forget what waits: it stays until the operator is back or its time is over.
        mine.update(recalled_at=now)
        logger.info("not_recalled", connection=via.name, why="the only connection of its gateway")
        return False
    # Said before it is done: whoever dies in between leaves binds that somebody puts in again.
    if not mine.update(recalled_at=now, withdrawn_at=now, restored_at=None):
        return False
    logger.info("taken_out", connection=via.name, messages=_held(via))
    for bind in via.bind_names():
        try:
            administration.remove_connection(via.gateway, bind)
        except CommandRefused:
            logger.info("out_already", bind=bind)
    return True


def _put_in_again(via: Connection, known: Standing) -> bool:
    now = timezone.now()
    is_due = known.withdrawn_at is None or now - known.withdrawn_at > GIVEN_BACK_WITHIN
    if not is_due and _held(via):
        return False
    if via.is_enabled:
        present = _binds(administration.poll(via.gateway))
        for bind in via.bind_names():
            if bind not in present:
                administration.add_connection(via.gateway, bind)
    Standing.objects.filter(pk=known.pk).update(restored_at=timezone.now())
    logger.info("put_in_again", connection=via.name, messages_left=_held(via))
    return True


def _has_others(via: Connection, seen: GatewayStatus) -> bool:
    """Whether Kannel has a bind of another connection there, alive or dead."""
    return bool(_binds(seen) - set(via.bind_names()))


def _binds(seen: GatewayStatus) -> set[str]:
    return {bind.name for link in seen.connections.values() for bind in link.binds}


def _held(via: Connection) -> int:
    return Message.objects.filter(connection=via, state=Message.State.ACCEPTED).count()
