"""The record an operator keeps of what it was handed: one line a submitted part. Drills compare it with our ledger.

A part stands in it before it is answered, so it holds all that was told as taken, whatever the operator dies of.
A line is `time destination message-id reference total part coding outcome text-checksum`; the id is "-" for
what was refused, reference 0 stands for a text of one part. No text is kept.
"""

import os
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

from kannel.simulator.behaviour import REFUSED, Outcome


class Part(NamedTuple):
    """One line of a record."""

    time: float
    destination: str
    message_id: str
    reference: int
    total: int
    part: int
    coding: int
    outcome: Outcome
    checksum: str

    @property
    def is_taken(self) -> bool:
        return self.outcome not in REFUSED


class Record:
    """Appends lines to a file; without a path it keeps nothing."""

    def __init__(self, path: Path | None) -> None:
        self._file: int | None = None
        if path is not None:
            path.parent.mkdir(parents=True, exist_ok=True)
            self._file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o640)

    def add(self, line: str) -> None:
        """Take one line, which ends with a newline. When this returns it is in the file, also for SIGKILL.

        Nothing is buffered: a write takes 2 µs, and whoever drills kills operators between any two of them.
        """
        if self._file is None:
            return
        unwritten = memoryview(line.encode())
        while unwritten:
            unwritten = unwritten[os.write(self._file, unwritten) :]

    def close(self) -> None:
        if self._file is not None:
            os.close(self._file)
            self._file = None


@dataclass
class Tally:
    """What arrived at one operator, or at several together."""

    messages: Counter[str] = field(default_factory=Counter)
    """Whole messages taken by destination, each copy counted. One that lacks a part is none."""
    parts: Counter[tuple[str, int, str]] = field(default_factory=Counter)
    """Parts taken by (destination, part number, checksum of the text)."""
    outcomes: Counter[Outcome] = field(default_factory=Counter)
    """Submitted parts by what became of them, refused ones included."""

    @property
    def doubled(self) -> int:
        """Parts that arrived again although they had been taken."""
        return self.parts.total() - len(self.parts)

    def since(self, earlier: "Tally") -> "Tally":
        """What has come after ``earlier`` was counted."""
        return Tally(
            messages=self.messages - earlier.messages,
            parts=self.parts - earlier.parts,
            outcomes=self.outcomes - earlier.outcomes,
        )

    def lost(self, expected: Mapping[str, int] | Iterable[str]) -> Counter[str]:
        """Messages expected (number of them by destination, or destinations) that never arrived."""
        return Counter(expected) - self.messages


def read(path: Path) -> Iterator[Part]:
    """The parts of a record in order; a half-written last line is left out."""
    with path.open(encoding="ascii") as lines:
        for line in lines:
            if not line.endswith("\n"):
                return
            time, destination, message_id, reference, total, part, coding, outcome, checksum = line.split()
            yield Part(
                float(time),
                destination,
                message_id,
                int(reference),
                int(total),
                int(part),
                int(coding),
                Outcome(outcome),
                checksum,
            )


def counts(*paths: Path) -> Tally:
    """What the operators with these records took together; a record not yet written counts as empty."""
    tally = Tally()
    for path in paths:
        if not path.exists():
            continue
        texts: dict[tuple[str, int, int], Counter[int]] = defaultdict(Counter)
        for part in read(path):
            tally.outcomes[part.outcome] += 1
            if part.is_taken:
                tally.parts[part.destination, part.part, part.checksum] += 1
                texts[part.destination, part.reference, part.total][part.part] += 1
        for (destination, _, total), parts in texts.items():
            tally.messages[destination] += min(parts[number + 1] for number in range(total))
        tally.messages += Counter()  # without those of which no copy is whole
    return tally
