"""What arrives at the simulated operators, compared with the plan while it arrives. Memory does not grow with the plan.

Operators tell of parts in a thread of theirs, receipts come in another: everything here is done under one lock.
"""

import threading
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from decimal import Decimal
from typing import Any

from backoffice.lib.amounts import SMALLEST_PRICE
from backoffice.mailings.rehearsal.arrived import Way, difference, text_of
from backoffice.mailings.rehearsal.numbers import invented_number, place_of
from backoffice.mailings.rehearsal_models import Fault
from kannel.simulator.witness import Seen

EXAMPLES_OF_A_KIND = 2
MOST_EXAMPLES = 8
DELIVERED, REFUSED = 1, 16


@dataclass(frozen=True, slots=True)
class Planned:
    """A message as the plan has it."""

    message_id: int
    connection_id: int
    text: str
    coding: int
    parts: int
    cost: Decimal
    cost_of_part: Decimal


@dataclass(frozen=True, slots=True)
class Example:
    """One message that differed: its id, and how, as plain values that name nobody."""

    message_id: int
    fault: str
    planned: str = ""
    arrived: str = ""
    place: int = 0


@dataclass
class Line:
    """What arrived over one connection, by the operator's own count."""

    messages: int = 0
    parts: int = 0
    cost: Decimal = Decimal(0)
    first_at: float = 0.0
    last_at: float = 0.0

    def add(self, parts: int, cost: Decimal) -> None:
        now = time.monotonic()
        self.first_at = self.first_at or now
        self.last_at = now
        self.messages += 1
        self.parts += parts
        self.cost += cost

    @property
    def parts_per_second(self) -> float:
        """Over the time in which it moved; 0 if that was too short to say."""
        seconds = self.last_at - self.first_at
        return self.parts / seconds if seconds >= 1 else 0.0


@dataclass
class _Expected:
    """A message on its way: where it is to arrive, and its parts that have."""

    number: str
    planned: Planned
    seen: dict[int, Seen] = field(default_factory=dict)


class Comparison:
    """Of so many messages at most. ``ways`` are the connections by the names that their operators have."""

    def __init__(self, sender: str, count: int, ways: dict[str, Way]) -> None:
        self.sender, self.count, self.ways = sender, count, ways
        self.lines = {way.connection_id: Line() for way in ways.values()}
        self.faults: Counter[Fault] = Counter()
        self.examples: list[Example] = []
        self.taken = self.delivered = self.different = self.parts_seen = 0
        self.moved_at = time.monotonic()
        self._lock = threading.Lock()
        self._expected: dict[int, _Expected] = {}
        self._arrived, self._reported = bytearray(count + 1), bytearray(count + 1)
        self._inside: Counter[int] = Counter()

    def expect(self, place: int, prefix: str, planned: Planned) -> str:
        """Called before a message leaves. Returns the number that it goes to."""
        number = invented_number(prefix, place, self.count)
        with self._lock:
            self._expected[place] = _Expected(number, planned)
            self._inside[planned.connection_id] += 1
        return number

    def inside(self, connection_id: int) -> int:
        """Messages that were handed over for a connection and have not arrived."""
        return self._inside[connection_id]

    @property
    def on_the_way(self) -> int:
        return len(self._expected)

    def see(self, seen: Seen) -> None:
        """A part arrived at an operator."""
        with self._lock:
            self.moved_at = time.monotonic()
            self.parts_seen += 1
            expected = self._whose(seen)
            if expected is None:
                return
            if seen.part in expected.seen:
                self._differs(expected.planned, [Example(expected.planned.message_id, Fault.DOUBLED)])
                return
            expected.seen[seen.part] = seen
            if len(expected.seen) == seen.total:
                self._whole(expected)

    def _whose(self, seen: Seen) -> _Expected | None:
        """The message that a part belongs to; what belongs to none is a fault."""
        try:
            place = place_of(seen.destination, self.count)
        except ValueError:
            place = 0
        expected = self._expected.get(place)
        if expected is not None and expected.number == seen.destination:
            return expected
        is_again = 0 < place <= self.count and self._arrived[place]
        self._differs(None, [Example(0, Fault.DOUBLED if is_again else Fault.STRANGER)])
        return None

    def _whole(self, expected: _Expected) -> None:
        """All parts of a message are there."""
        place = place_of(expected.number, self.count)
        del self._expected[place]
        self._arrived[place] = 1
        planned = expected.planned
        self._inside[planned.connection_id] -= 1
        seen = [expected.seen[part] for part in sorted(expected.seen)]
        way = self.ways[seen[0].operator]
        parts = way.parts_of(seen)
        cost = (parts * planned.cost_of_part).quantize(SMALLEST_PRICE)
        self.taken += 1
        self.lines[way.connection_id].add(parts, cost)
        self._differs(planned, self._faults_of(planned, seen, way, parts, cost))

    def _faults_of(
        self, planned: Planned, seen: Sequence[Seen], way: Way, parts: int, cost: Decimal
    ) -> list[Example]:
        first, found = seen[0], []

        def fault(kind: Fault, meant: object = "", came: object = "", place: int = 0) -> None:
            found.append(Example(planned.message_id, kind, str(meant), str(came), place))

        if not way.carries(seen, planned.text, planned.coding):
            fault(Fault.TEXT, *difference(planned.text, text_of(seen, way)))
        if (coding := way.coding_of(first)) not in (None, planned.coding):
            fault(Fault.CODING, planned.coding, coding)
        if parts != planned.parts:
            fault(Fault.PARTS, planned.parts, parts)
        if first.source.lstrip("+") != self.sender.lstrip("+"):
            fault(Fault.SENDER, self.sender, first.source[:20])
        if way.connection_id != planned.connection_id:
            fault(Fault.WAY)
        if cost != planned.cost:
            fault(Fault.COST, planned.cost, cost)
        return found

    def refused(self, place: int) -> None:
        """Kannel, or the operator, will not carry a message."""
        with self._lock:
            expected = self._expected.pop(place, None)
            if expected is not None:
                self._inside[expected.planned.connection_id] -= 1
                self._differs(expected.planned, [Example(expected.planned.message_id, Fault.REFUSED)])

    def report(self, place: int, dlr_type: int) -> None:
        """A delivery report came back through Kannel."""
        if dlr_type & REFUSED:
            self.refused(place)
        with self._lock:
            self.moved_at = time.monotonic()
            if dlr_type & DELIVERED and 0 < place <= self.count and not self._reported[place]:
                self._reported[place] = 1
                self.delivered += 1

    def close(self) -> None:
        """Nothing more will arrive: what is still on its way is lost."""
        with self._lock:
            for expected in self._expected.values():
                self._differs(expected.planned, [Example(expected.planned.message_id, Fault.LOST)])
            self._expected.clear()

    def missing(self, messages: int) -> None:
        """So many of the plan were never handed over though they should have been."""
        if messages > 0:
            self.faults[Fault.LOST] += messages
            self.different += messages

    def _differs(self, planned: Planned | None, found: Sequence[Example]) -> None:
        if not found:
            return
        self.different += 1
        for example in found:
            kind = Fault(example.fault)
            self.faults[kind] += 1
            if self.faults[kind] <= EXAMPLES_OF_A_KIND and len(self.examples) < MOST_EXAMPLES:
                self.examples.append(example)

    def counts(self) -> dict[str, Any]:
        """What a rehearsal's row has of it."""
        with self._lock:
            return {
                "taken": self.taken,
                "delivered": self.delivered,
                "different": self.different,
                "parts": sum(line.parts for line in self.lines.values()),
                "cost": sum((line.cost for line in self.lines.values()), Decimal(0)),
                "faults": {kind.value: count for kind, count in self.faults.items()},
                "examples": [asdict(example) for example in self.examples],
            }
