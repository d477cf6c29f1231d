"""What SMPP and HTTP operators have in common: taking parts by their behaviour, receipts in due time, the record."""

import asyncio
import heapq
import time
from abc import ABC, abstractmethod
from collections import Counter
from typing import Any
from zlib import crc32

from kannel.simulator.behaviour import REFUSED, Behaviour, Decision, Outcome
from kannel.simulator.record import Record
from kannel.simulator.witness import Seen, Witness

TICK_SECONDS = 0.01

_STATES = {
    Outcome.DELIVERED: ("DELIVRD", "000", 2),
    Outcome.UNDELIVERED: ("UNDELIV", "045", 5),
    Outcome.EXPIRED: ("EXPIRED", "027", 3),
}


class Receipt:
    """One delivery receipt on its way to Kannel, or an inbound message when `text` is set."""

    __slots__ = (
        "destination",
        "esm_class",
        "outcome",
        "part_id",
        "session",
        "source",
        "source_ton",
        "taken_at",
        "text",
    )

    def __init__(
        self,
        part_id: str,
        destination: str,
        source: str,
        source_ton: int,
        outcome: Outcome,
        session: object = None,
        text: str | None = None,
        esm_class: int = 0,
    ) -> None:
        self.part_id = part_id
        self.destination = destination
        self.source = source
        self.source_ton = source_ton
        self.outcome = outcome
        self.session = session
        self.text = text
        self.esm_class = esm_class
        self.taken_at = time.time()

    @property
    def state(self) -> int:
        """message_state of SMPP 3.4, 5.2.28."""
        return _STATES[self.outcome][2]

    def wording(self) -> str:
        """The receipt as SMPP 3.4, appendix B, words it."""
        stat, error, _ = _STATES[self.outcome]
        submitted = time.strftime("%y%m%d%H%M", time.gmtime(self.taken_at))
        done = time.strftime("%y%m%d%H%M", time.gmtime())
        delivered = "001" if self.outcome is Outcome.DELIVERED else "000"
        return (
            f"id:{self.part_id} sub:001 dlvrd:{delivered} submit date:{submitted} done date:{done}"
            f" stat:{stat} err:{error} text:"
        )


class Operator(ABC):
    """One simulated operator. A subclass listens, answers, and hands receipts over in `send`."""

    kind = ""

    def __init__(self, name: str, behaviour: Behaviour, record: Record) -> None:
        self.name = name
        self.behaviour = behaviour
        self.record = record
        self.witness: Witness | None = None
        """Is told of every part that is taken, in this operator's own thread."""
        self.counts: Counter[str] = Counter()
        self.is_cut = False
        self._refused_once: set[tuple[str, int]] = set()
        self._unanswered: set[tuple[str, int]] = set()
        self._second = 0
        self._in_second = 0
        # Grows over restarts too, and stays exact in a double.
        self._next_id = int(time.time() * 1000) * 1000
        self._due: list[tuple[float, int, Receipt]] = []
        self._pushed = 0
        self._timers: dict[str, asyncio.TimerHandle] = {}

    # What a subclass does.

    @abstractmethod
    async def listen(self) -> None:
        """Open the port; raises OSError if it is taken."""

    @abstractmethod
    async def close(self) -> None:
        """Close the port and every connection."""

    @abstractmethod
    def send(self, receipt: Receipt) -> None:
        """Hand a receipt or an inbound message to Kannel now, or as soon as there is a way."""

    @abstractmethod
    def waiting(self) -> int:
        """Receipts that are due but have no way to Kannel, or no answer from it."""

    # Taking parts.

    def judge(self, destination: str, body: bytes, *, is_too_fast: bool = False) -> tuple[Outcome, Decision]:
        """What becomes of a part now, counting it; the decision tells about its receipt.

        ``is_too_fast``: the line it came over has used up what it may carry.
        """
        behaviour = self.behaviour
        decision = behaviour.decide(destination)
        self.counts["submitted"] += 1
        key = (destination, crc32(body))
        outcome = decision.outcome
        if is_too_fast or self._is_too_fast():
            outcome = Outcome.THROTTLED
        elif decision.first_refusal is not None and key not in self._refused_once:
            self._refused_once.add(key)
            outcome = decision.first_refusal
        elif outcome is Outcome.REJECTED:
            pass
        elif behaviour.drop_every and self.counts["submitted"] % behaviour.drop_every == 0:
            outcome = Outcome.CUT_OFF
        elif decision.is_unanswered_once and key not in self._unanswered:
            self._unanswered.add(key)
            outcome = Outcome.UNANSWERED
        if outcome not in REFUSED:
            self._refused_once.discard(key)
            if outcome is not Outcome.UNANSWERED:
                self._unanswered.discard(key)
        self.counts[outcome] += 1
        return outcome, decision

    def _is_too_fast(self) -> bool:
        limit = self.behaviour.max_per_second
        if not limit:
            return False
        second = int(time.monotonic())
        if second != self._second:
            self._second, self._in_second = second, 0
        self._in_second += 1
        return self._in_second > limit

    def new_id(self) -> int:
        self._next_id += 1
        return self._next_id

    def answer_id(self, number: int) -> str:
        """The message id as the answer to a submit tells it."""
        return f"{number:X}" if self.behaviour.hex_answer_ids else str(number)

    def receipt_id(self, number: int) -> str:
        """The message id as receipts tell it."""
        return f"{number:X}" if self.behaviour.hex_receipt_ids else str(number)

    def write_down(
        self,
        destination: str,
        message_id: str,
        concatenation: tuple[int, int, int],
        coding: int,
        outcome: Outcome,
        body: bytes,
        source: str = "",
    ) -> None:
        """A line in the record, and the part shown to the witness. `concatenation` is (reference, total, part).

        A subclass calls it before it answers: an operator that dies in between has taken what nobody was told of,
        and one that has answered has it in its record.
        """
        reference, total, part = concatenation
        self.record.add(
            f"{time.time():.3f} {destination} {message_id} {reference} {total} {part} {coding} {outcome}"
            f" {crc32(body):08x}\n"
        )
        if self.witness is not None and outcome not in REFUSED:
            self.witness(Seen(self.name, destination, source, coding, total, part, body))

    # Receipts in due time.

    def plan_receipts(
        self, receipt: Receipt, decision: Decision, shortest_delay_seconds: float = 0.0
    ) -> None:
        """Send the receipt after its delay, twice if so decided, and the customer's answer after it."""
        delay = max(decision.receipt_delay_seconds, shortest_delay_seconds)
        self.after(delay, receipt)
        if decision.has_duplicate_receipt:
            self.after(delay, receipt)
        if decision.replies:
            self.after(delay, self.reply_to(receipt))

    def reply_to(self, receipt: Receipt) -> Receipt:
        return Receipt(
            "",
            receipt.destination,
            receipt.source,
            receipt.source_ton,
            Outcome.DELIVERED,
            receipt.session,
            self.behaviour.reply_text,
        )

    def inject(self, sender: str, recipient: str, text: str, esm_class: int = 0) -> None:
        """An inbound message from a phone to our number, now; with esm_class 4 a receipt in words of one's own."""
        self.send(Receipt("", sender, recipient, 1, Outcome.DELIVERED, None, text, esm_class))

    def after(self, delay_seconds: float, receipt: Receipt) -> None:
        if delay_seconds <= 0:
            self.send(receipt)
            return
        self._pushed += 1
        heapq.heappush(self._due, (time.monotonic() + delay_seconds, self._pushed, receipt))
        self._in(TICK_SECONDS, "tick", self._tick)

    def _tick(self) -> None:
        now = time.monotonic()
        while self._due and self._due[0][0] <= now:
            self.send(heapq.heappop(self._due)[2])
        if self._due:
            self._in(TICK_SECONDS, "tick", self._tick)

    def _in(self, delay_seconds: float, name: str, work: Any) -> None:
        """Run the work once after the delay; asking again before that changes nothing."""
        if name not in self._timers:
            loop = asyncio.get_running_loop()
            self._timers[name] = loop.call_later(delay_seconds, self._run, name, work)

    def _run(self, name: str, work: Any) -> None:
        del self._timers[name]
        work()

    # What the control port asks for.

    async def cut(self) -> None:
        """Drop every connection and refuse new ones until `restore`."""
        self.is_cut = True
        await self.close()

    async def restore(self) -> None:
        if self.is_cut:
            await self.listen()
            self.is_cut = False

    def binds(self) -> int:
        """SMPP sessions that are bound; 0 for an operator without any."""
        return 0

    def status(self) -> dict[str, Any]:
        return {
            "name": self.name,
            "kind": self.kind,
            "cut": self.is_cut,
            "binds": self.binds(),
            "counts": dict(self.counts),
            "receipts_delayed": len(self._due),
            "receipts_waiting": self.waiting(),
            "behaviour": self.behaviour.as_dict(),
        }

    async def stop(self) -> None:
        """Close everything, and the record."""
        await self.close()
        for timer in self._timers.values():
            timer.cancel()
        self._timers.clear()
        self.record.close()
