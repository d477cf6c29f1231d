"""The last lines that demo, drills and benchmarks print: fixed words, so that programs can read them."""

import json
from dataclasses import dataclass
from decimal import Decimal
from typing import Self

REPORTED = (
    "planned",
    "excluded",
    "held_out",
    "delivered",
    "undelivered",
    "rejected",
    "expired",
    "failed",
    "uncertain",
)


OPEN = ("waiting", "submitting", "uncertain", "accepted", "sent")


@dataclass(frozen=True)
class MailingResult:
    """How a mailing ended."""

    mailing_id: int
    balanced: bool
    closed: bool
    counts: dict[str, int]
    """Messages by state, and how many were planned."""
    cost: Decimal
    currency: str
    seconds: float
    """From the approval to the moment when the last message reached its end."""

    @property
    def to_send(self) -> int:
        return self.counts["planned"] - self.counts["excluded"] - self.counts["held_out"]

    @property
    def ended(self) -> int:
        """Messages that have reached their end; the others wait or are under way."""
        return self.to_send - sum(self.counts.get(name, 0) for name in OPEN)

    @property
    def messages_per_second(self) -> float:
        """Of what has ended, and of nothing else."""
        return self.ended / self.seconds if self.seconds else 0.0

    @property
    def is_good(self) -> bool:
        return self.balanced and self.closed and self.to_send > 0

    def as_json(self) -> str:
        return json.dumps({**vars(self), "cost": str(self.cost)})

    @classmethod
    def from_json(cls, text: str) -> Self:
        values = json.loads(text)
        return cls(**{**values, "cost": Decimal(values["cost"])})

    def line(self) -> str:
        counts = " ".join(f"{name}={self.counts[name]}" for name in REPORTED)
        unfinished = "" if self.closed else f" unfinished={self.to_send - self.ended}"
        return (
            f"ledger balanced={'yes' if self.balanced else 'no'} {counts} cost={self.cost:.2f} "
            f"currency={self.currency} messages_per_second={self.messages_per_second:.0f}{unfinished}"
        )


def drill_line(name: str, *, planned: int, reached: int, lost: int, doubled: int, allowed: int) -> str:
    return (
        f"drill {name} planned={planned} reached_operator={reached} lost={lost} "
        f"doubled={doubled} allowed={allowed}"
    )


def stop_line(name: str, seconds: float, balanced: bool) -> str:
    return (
        f"drill {name} last_message_after_seconds={seconds:.1f} ledger balanced={'yes' if balanced else 'no'}"
    )


def stopped_line(told_seconds: float, closed_seconds: float, balanced: bool) -> str:
    return (
        f"drill stopped told_within_seconds={told_seconds:.1f} closed_within_seconds={closed_seconds:.1f} "
        f"ledger balanced={'yes' if balanced else 'no'}"
    )


def sending_line(ours: float, reference: float) -> str:
    return f"bench sending ours={ours:.0f} reference={reference:.0f} ratio={ours / reference:.2f}"


def gateways_line(one: float, two: float) -> str:
    return f"bench gateways one={one:.0f} two={two:.0f} ratio={two / one:.2f}"


def whole_line(large: MailingResult, small: MailingResult, *, deadlocks: int, worker_peak_mib: float) -> str:
    return (
        f"bench whole messages={large.to_send} seconds={large.seconds:.0f} "
        f"messages_per_second={large.messages_per_second:.0f} "
        f"ratio_to_100000={large.messages_per_second / small.messages_per_second:.2f} "
        f"deadlocks={deadlocks} worker_peak_mib={worker_peak_mib:.0f}"
    )
