"""Messages at a steady rate into a running Kannel over the box protocol, as our sender does: each knows what became of it."""

import threading
import time
import uuid
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from kannel.link import Link, LinkBroken
from kannel.models import Connection, Gateway
from kannel.wire import Nack, Sms, SmsType

TICK_SECONDS = 0.05
TAKEN = frozenset({Nack.SUCCESS, Nack.BUFFERED})


@dataclass
class Load:
    """Hands over so many a second to the connections that are routed to now, in turn; tries again what was not taken.

    What ``is_routed`` says is looked at each tick, as the sender reads is_enabled and the status of a connection.
    """

    gateway: Gateway
    per_second: int
    stopping: threading.Event = field(default_factory=threading.Event)
    taken: Counter[str] = field(default_factory=Counter)
    refused: list[str] = field(default_factory=list)
    uncertain: list[str] = field(default_factory=list)
    _number: int = 0
    _under_way: dict[uuid.UUID, str] = field(default_factory=dict)
    _again: list[str] = field(default_factory=list)

    def run(self) -> None:
        link = Link(self.gateway.host, self.gateway.box_port, "load")
        due = time.monotonic()
        while not self.stopping.is_set() or self._under_way or self._again:
            due += TICK_SECONDS
            try:
                if not link.is_open:
                    link.connect()
                self._hand_over(link, self._due())
                while (rest := due - time.monotonic()) > 0:
                    self._take(link.answers(rest))
            except LinkBroken as broken:
                self._doubt(broken)
        link.close()

    def _doubt(self, broken: LinkBroken) -> None:
        """Nobody can say whether bearerbox has these: they are never handed over again."""
        for kannel_id in broken.unanswered:
            self.uncertain.append(self._under_way.pop(kannel_id))
        self.stopping.wait(TICK_SECONDS)

    def _due(self) -> list[str]:
        if self.stopping.is_set():
            fresh = []
        else:
            first, self._number = self._number, self._number + int(self.per_second * TICK_SECONDS)
            fresh = [f"+7916{number:07d}" for number in range(first, self._number)]
        again, self._again = self._again, []
        return again + fresh

    def _hand_over(self, link: Link, phones: list[str]) -> None:
        routes = routed()
        if not routes:
            self._again += phones
            return
        batch = []
        for number, phone in enumerate(phones):
            sms = message(self.gateway, routes[number % len(routes)], phone)
            self._under_way[sms.id] = phone
            batch.append(sms)
        link.submit_many(batch)

    def _take(self, answers: list[tuple[uuid.UUID, int]]) -> None:
        for kannel_id, nack in answers:
            phone = self._under_way.pop(kannel_id)
            if nack in TAKEN:
                self.taken[phone] += 1
            elif nack == Nack.FAILED_FOR_NOW:
                self._again.append(phone)
            else:
                self.refused.append(phone)


def routed() -> list[str]:
    """The connections that a sender would use now."""
    rows = Connection.objects.filter(is_enabled=True, status=Connection.Status.ONLINE)
    return list(rows.order_by("name").values_list("name", flat=True))


def message(gateway: Gateway, connection: str, phone: str) -> Sms:
    return Sms(
        sender=b"Parley",
        receiver=phone.encode(),
        msgdata=b"hello",
        time=int(time.time()),
        smsc_id=connection.encode(),
        id=uuid.uuid4(),
        sms_type=SmsType.PUSH,
        coding=0,
        dlr_mask=0,
        boxc_id=b"load",
        priority=1,
    )


@contextmanager
def loading(load: Load) -> Iterator[None]:
    """Under load; afterwards everything that was handed over has been answered."""
    thread = threading.Thread(target=_run, args=(load,))
    thread.start()
    try:
        yield
    finally:
        load.stopping.set()
        thread.join(30)
        assert not thread.is_alive()


def _run(load: Load) -> None:
    from django.db import connections

    try:
        load.run()
    finally:
        connections.close_all()
