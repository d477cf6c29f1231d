"""What processes use while something runs: CPU seconds and the most memory, by name, children included."""

import threading
from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from types import TracebackType
from typing import Self

import psutil

# Asking for all processes takes 40 ms of CPU: at half a second the measurement took a twentieth of the machine from what it
# measured.
SAMPLE_SECONDS = 2.0
MEBIBYTE = 1 << 20


@dataclass(frozen=True)
class Use:
    """CPU in seconds, memory in MiB: the largest sum over a program's processes that was seen."""

    cpu_seconds: float
    peak_mib: float


class Meter(threading.Thread):
    """Samples processes by name between entering and leaving a `with` block.

    :param find: gives the processes of each name; asked again at every sample, since processes come and go.
    """

    def __init__(self, find: Callable[[], dict[str, list[psutil.Process]]]) -> None:
        super().__init__(daemon=True)
        self.find = find
        self._stopping = threading.Event()
        self._first: dict[tuple[str, int], float] = {}
        self._last: dict[tuple[str, int], float] = {}
        self._peak: dict[str, float] = defaultdict(float)
        self._begun = False

    def __enter__(self) -> Self:
        self._sample()
        self._begun = True
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stopping.set()
        self.join()
        self._sample()

    def run(self) -> None:
        while not self._stopping.wait(SAMPLE_SECONDS):
            self._sample()

    def _sample(self) -> None:
        for name, processes in self.find().items():
            memory = sum(self._look(name, process) for process in processes)
            self._peak[name] = max(self._peak[name], memory / MEBIBYTE)

    def _look(self, name: str, process: psutil.Process) -> int:
        try:
            times, memory = process.cpu_times(), process.memory_info().rss
        except psutil.Error:
            return 0
        used = times.user + times.system
        # What a process used before we began does not count; one that came later counts from its birth.
        self._first.setdefault((name, process.pid), 0.0 if self._begun else used)
        self._last[name, process.pid] = used
        return int(memory)

    def uses(self) -> dict[str, Use]:
        cpu: dict[str, float] = defaultdict(float)
        for (name, pid), used in self._last.items():
            cpu[name] += used - self._first[name, pid]
        return {name: Use(cpu[name], self._peak[name]) for name in self._peak}


def table(uses: dict[str, Use], messages: int) -> Iterable[str]:
    """Lines for people: microseconds of CPU a message and peak memory of each program."""
    yield f"  {'process':<18}{'CPU us/message':>16}{'peak MiB':>12}"
    for name, use in sorted(uses.items(), key=lambda item: -item[1].cpu_seconds):
        yield f"  {name:<18}{use.cpu_seconds * 1e6 / messages:>16.0f}{use.peak_mib:>12.0f}"
    total = sum(use.cpu_seconds for use in uses.values())
    yield f"  {'all':<18}{total * 1e6 / messages:>16.0f}{sum(use.peak_mib for use in uses.values()):>12.0f}"
