"""Events from a bearerbox to rows: a named connection takes delivery reports, an anonymous one inbound messages.

Bearerbox is answered after our commit and not before. If the database or this process goes away in between, it gives
the same events again, with the same ids, to whoever connects next.
"""

import select
import socket
import threading
import time
from collections.abc import Sequence

import structlog
from django.db import DatabaseError, InterfaceError, connection

from kannel.dlr_keys import put_back
from kannel.dlr_urls import ForgedToken, read_url
from kannel.events import NewEvent, moment, write
from kannel.inbound_text import said
from kannel.models import Event, Gateway
from kannel.receipt_text import decoded, network_error, without_words
from kannel.unmarked import recognised
from kannel.wire import Ack, Admin, Command, Decoder, Nack, Sms, SmsType, WireError, encode

logger = structlog.get_logger(__name__)

BATCH = 500
# So long a batch is gathered from its first event on: the cost of a commit is shared, and nobody notices 100 ms.
GATHER_SECONDS = 0.1
CONNECT_TIMEOUT_SECONDS = 5.0
RECONNECT_AFTER_SECONDS = (1.0, 2.0, 4.0)
STOP_LOOKS_EACH_SECONDS = 0.5


class ReceiverDied(Exception):
    """One of the connections ended for a reason that nobody foresaw. Whoever supervises this process starts it again."""


class Receiver:
    """One connection that takes what bearerbox has for a box: ``box_id``, or anybody if that is empty."""

    def __init__(self, gateway: Gateway, box_id: str, stopping: threading.Event) -> None:
        self.gateway, self.box_id, self.stopping = gateway, box_id, stopping
        self.is_connected = False
        self.forged = 0

    def run(self) -> None:
        """Receives until ``stopping``; whatever breaks, it connects again."""
        failures = 0
        while not self.stopping.is_set():
            try:
                self._receive()
                failures = 0
            except (OSError, WireError, DatabaseError, InterfaceError) as error:
                logger.warning("receiver_broke", gateway=self.gateway.name, error=type(error).__name__)
                connection.close()
                wait = RECONNECT_AFTER_SECONDS[min(failures, len(RECONNECT_AFTER_SECONDS) - 1)]
                failures = 0 if self.is_connected else failures + 1
                self.is_connected = False
                self.stopping.wait(wait)
        connection.close()

    def _receive(self) -> None:
        address = (self.gateway.host, self.gateway.box_port)
        with socket.create_connection(address, CONNECT_TIMEOUT_SECONDS) as opened:
            opened.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
            opened.sendall(encode(Admin(Command.IDENTIFY, self.box_id.encode() or None)))
            self.is_connected = True
            decoder = Decoder()
            while not self.stopping.is_set():
                batch = self._gather(opened, decoder)
                if batch:
                    self._keep(batch)
                    opened.sendall(b"".join(encode(Ack(Nack.SUCCESS, sms.time, sms.id)) for sms in batch))

    def _gather(self, opened: socket.socket, decoder: Decoder) -> list[Sms]:
        """What has come, up to a batch: waits for the first, then a moment for more."""
        batch: list[Sms] = []
        wait, ends = STOP_LOOKS_EACH_SECONDS, 0.0
        while len(batch) < BATCH and wait > 0 and select.select([opened], [], [], wait)[0]:
            data = opened.recv(256 * 1024)
            if not data:
                if batch:
                    break
                raise ConnectionResetError("bearerbox closed the connection")
            batch += [message for message in decoder.feed(data) if isinstance(message, Sms)]
            ends = ends or time.monotonic() + GATHER_SECONDS
            wait = ends - time.monotonic()
        return batch

    def _keep(self, batch: Sequence[Sms]) -> None:
        events = [event for sms in batch if (event := self._event(sms)) is not None]
        if events:
            # Before the events are told: the next word may follow at once.
            put_back(self.gateway, batch)
            write(events)

    def _event(self, sms: Sms) -> NewEvent | None:
        if sms.sms_type == SmsType.REPORT:
            return self._report(sms)
        found = said(sms)
        event = NewEvent(
            gateway_id=self.gateway.pk,
            kind=Event.Kind.INBOUND,
            kannel_id=sms.id,
            connection_name=_text(sms.smsc_id),
            text=found.text,
            occurred_at=moment(sms.time),
            sender=_text(sms.sender),
            recipient=_text(sms.receiver),
            octets=found.octets,
            part_reference=found.reference,
            part=found.part,
            parts=found.parts,
        )
        return recognised(self.gateway, event)

    def _report(self, sms: Sms) -> NewEvent | None:
        try:
            message_id, attempt = read_url(_text(sms.dlr_url))
        except ForgedToken:
            # Answered all the same: bearerbox would bring it again for ever.
            self.forged += 1
            logger.warning("forged_token", gateway=self.gateway.name, count=self.forged)
            return None
        return NewEvent(
            gateway_id=self.gateway.pk,
            kind=Event.Kind.REPORT,
            kannel_id=sms.id,
            connection_name=_text(sms.smsc_id),
            text=without_words(decoded(sms.msgdata or b"")),
            occurred_at=moment(sms.time),
            message_id=message_id,
            attempt=attempt,
            dlr_type=sms.dlr_mask,
            smsc_message_id=_text(sms.foreign_id),
            network_error=network_error(sms.meta_data),
        )


def _text(octets: bytes | None) -> str:
    return (octets or b"").decode("utf-8", "replace")


def listen(gateway: Gateway, stopping: threading.Event) -> None:
    """Runs both connections of a gateway until ``stopping`` is set; what was received by then is kept and answered.

    Raises ReceiverDied rather than going on with half of its ears.
    """
    receivers = [Receiver(gateway, gateway.box_id, stopping), Receiver(gateway, "", stopping)]
    threads = [threading.Thread(target=receiver.run) for receiver in receivers]
    for thread in threads:
        thread.start()
    died = False
    while not stopping.wait(1.0):
        died = not all(thread.is_alive() for thread in threads)
        if died:
            stopping.set()
    for thread in threads:
        thread.join()
    if died:
        raise ReceiverDied
