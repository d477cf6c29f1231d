"""What Kannel holds for a connection that was left is called back: a stopped link gives back every message it had queued.

Kannel then reports each of them as refused for want of a link (retrying.RETURNED), and it waits again. A submit that was
under way when the link broke comes back, too, although the operator may have it: at most one window of them.
"""

import time

import structlog
from django.utils import timezone

from backoffice.mailings import receipts
from backoffice.mailings.models import Message
from backoffice.operators.models import Standing
from kannel import administration
from kannel.administration import CommandRefused
from kannel.models import Connection

logger = structlog.get_logger(__name__)

# Kannel throws away what a stopped link had at its next look at the queue (sms-resend-freq, 15 s).
GIVEN_BACK_WITHIN_SECONDS = 40.0
STOPPED_WITHIN_SECONDS = 40.0
LOOKS_EACH_SECONDS = 1.0


def recall(via: Connection) -> int:
    """Calls back what waits inside Kannel for a connection that was left. Returns how many are gone from there.

    The link is stopped for a moment and started again, so that Kannel goes on trying to connect. Raises AdministrationError.
    """
    taken = Standing.objects.filter(connection=via, state=Standing.State.LEFT).update(
        recalled_at=timezone.now()
    )
    if not taken:
        return 0
    before = _held(via)
    try:
        administration.stop_connection(via.gateway, via.name)
    except CommandRefused:
        logger.info("stopped_already", connection=via.name)
    try:
        _wait_until_given_back(via)
    finally:
        _start_again(via)
    returned = before - _held(via)
    logger.info("recalled", connection=via.name, messages=returned)
    return returned


def _wait_until_given_back(via: Connection) -> None:
    ends = time.monotonic() + GIVEN_BACK_WITHIN_SECONDS
    while _held(via) and time.monotonic() < ends:
        if not receipts.apply_events():
            time.sleep(LOOKS_EACH_SECONDS)


def _start_again(via: Connection) -> None:
    """A link is started only when it has quite stopped, which takes it a moment."""
    ends = time.monotonic() + STOPPED_WITHIN_SECONDS
    while True:
        try:
            administration.start_connection(via.gateway, via.name)
            return
        except CommandRefused:
            if time.monotonic() > ends:
                raise
            time.sleep(LOOKS_EACH_SECONDS)


def _held(via: Connection) -> int:
    return Message.objects.filter(connection=via, state=Message.State.ACCEPTED).count()
