"""What an operator does to the messages it gets. Decided by a hash of the number, so a test can predict it."""

import enum
import struct
from dataclasses import asdict, dataclass, field, fields, replace
from hashlib import blake2b
from typing import Any, NamedTuple, Self

_draws = struct.Struct(">8I")
_ALL = float(1 << 32)


class Outcome(enum.StrEnum):
    """What became of one submitted part."""

    DELIVERED = "delivered"
    UNDELIVERED = "undelivered"
    EXPIRED = "expired"
    SILENT = "silent"  # taken; no receipt will come
    UNANSWERED = "unanswered"  # taken, but the answer to the submit never goes out
    CUT_OFF = "cut-off"  # taken, but the link is dropped instead of an answer
    REJECTED = "rejected"  # refused for good
    THROTTLED = "throttled"  # refused for now: too fast
    QUEUE_FULL = "queue-full"  # refused for now: queue full


REFUSED = frozenset({Outcome.REJECTED, Outcome.THROTTLED, Outcome.QUEUE_FULL})


class BehaviourError(ValueError):
    """A value no operator can behave by; the message says which one and why."""


def _share(help_text: str) -> Any:
    return field(default=0.0, metadata={"help": help_text, "share": True})


def _setting(default: Any, help_text: str) -> Any:
    return field(default=default, metadata={"help": help_text})


@dataclass(frozen=True, slots=True)
class Behaviour:
    """Shares are from 0 to 1. All decisions but the two counted ones follow from the number and the seed."""

    delivered: float | None = field(
        default=None,
        metadata={
            "help": "share delivered; without it all the rest is delivered, with it the rest stays silent",
            "share": True,
        },
    )
    undelivered: float = _share("share with the receipt UNDELIV")
    expired: float = _share("share with the receipt EXPIRED")
    rejected: float = _share("share refused for good when submitted")
    no_receipt: float = _share("share taken without a receipt ever coming")
    throttled: float = _share("share refused once as too fast, taken when it comes again")
    queue_full: float = _share("share refused once as queue full, taken when it comes again")
    unanswered: float = _share("share taken once without an answer, answered when it comes again")
    duplicate_receipts: float = _share("share with the same receipt twice")
    early_receipts: float = _share("share with the receipt before the answer to the submit")
    reply: float = _share("share of the delivered that answer")
    reply_text: str = _setting("STOP", "what they answer")
    receipt_delay_min_seconds: float = _setting(0.0, "shortest delay of a receipt")
    receipt_delay_max_seconds: float = _setting(0.0, "longest delay of a receipt")
    drop_every: int = _setting(0, "drop the link at every so manyth submit; 0 never")
    max_per_second: int = _setting(0, "submits taken in a second, those above are throttled; 0 no limit")
    bind_max_per_second: int = _setting(
        0, "SMPP: submits taken in a second on each bind, a burst of half a second aside; 0 no limit"
    )
    bind_status: int = _setting(0, "refuse binds with this SMPP status, such as 13; 0 accepts them")
    hex_answer_ids: bool = _setting(False, "message ids in hexadecimal in answers to submits")
    hex_receipt_ids: bool = _setting(False, "message ids in hexadecimal in receipts")
    receipt_tlvs: bool = _setting(True, "receipts carry receipted_message_id and message_state too")
    seed: int = _setting(0, "another number gives other decisions for the same phone numbers")

    def __post_init__(self) -> None:
        for one in fields(self):
            value = getattr(self, one.name)
            if one.metadata.get("share") and value is not None and not 0 <= value <= 1:
                raise BehaviourError(f"{one.name} is a share: give a number from 0 to 1, not {value}.")
            if isinstance(value, (int, float)) and value < 0:
                raise BehaviourError(f"{one.name} cannot be less than 0.")
        fates = (self.delivered or 0) + self.undelivered + self.expired + self.rejected + self.no_receipt
        if fates > 1 + 1e-9:
            raise BehaviourError(
                "delivered, undelivered, expired, rejected and no_receipt add up to more than 1."
            )
        if self.throttled + self.queue_full > 1 + 1e-9:
            raise BehaviourError("throttled and queue_full add up to more than 1.")
        if self.receipt_delay_max_seconds < self.receipt_delay_min_seconds:
            raise BehaviourError("receipt_delay_max_seconds is less than receipt_delay_min_seconds.")

    def changed(self, values: dict[str, Any]) -> Self:
        """The same with some values given as text or as themselves; raises `BehaviourError`."""
        known = {one.name: one for one in fields(self)}
        for name in values:
            if name not in known:
                raise BehaviourError(f"There is no behaviour {name}. Choose from: {', '.join(known)}.")
        return replace(self, **{name: _parsed(name, value) for name, value in values.items()})

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)

    def decide(self, number: str) -> "Decision":
        """Everything this operator does to a message to this number (E.164, with or without the plus)."""
        key = f"{self.seed}:{number.lstrip('+')}".encode()
        draws = _draws.unpack(blake2b(key, digest_size=32).digest())
        fate, pressure, unanswered, duplicate, early, reply, delay = (draw / _ALL for draw in draws[:7])
        outcome = self._fate(fate)
        span = self.receipt_delay_max_seconds - self.receipt_delay_min_seconds
        refusal = None
        if pressure < self.throttled:
            refusal = Outcome.THROTTLED
        elif pressure < self.throttled + self.queue_full:
            refusal = Outcome.QUEUE_FULL
        return Decision(
            outcome=outcome,
            first_refusal=refusal,
            is_unanswered_once=unanswered < self.unanswered,
            has_duplicate_receipt=duplicate < self.duplicate_receipts,
            has_early_receipt=early < self.early_receipts,
            replies=outcome is Outcome.DELIVERED and reply < self.reply,
            receipt_delay_seconds=self.receipt_delay_min_seconds + span * delay,
        )

    def _fate(self, draw: float) -> Outcome:
        for outcome, share in (
            (Outcome.REJECTED, self.rejected),
            (Outcome.UNDELIVERED, self.undelivered),
            (Outcome.EXPIRED, self.expired),
            (Outcome.SILENT, self.no_receipt),
        ):
            if draw < share:
                return outcome
            draw -= share
        if self.delivered is None or draw < self.delivered:
            return Outcome.DELIVERED
        return Outcome.SILENT


class Decision(NamedTuple):
    """What will happen to the messages to one number."""

    outcome: Outcome
    first_refusal: Outcome | None
    is_unanswered_once: bool
    has_duplicate_receipt: bool
    has_early_receipt: bool
    replies: bool
    receipt_delay_seconds: float


KINDS: dict[str, type] = {
    one.name: (float if one.metadata.get("share") else type(one.default)) for one in fields(Behaviour)
}
HELP: dict[str, str] = {one.name: one.metadata["help"] for one in fields(Behaviour)}


def _parsed(name: str, value: Any) -> Any:
    kind = KINDS[name]
    if name == "delivered" and value in (None, "", "None"):
        return None
    try:
        if kind is bool:
            return {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}[
                str(value).lower()
            ]
        return kind(value)
    except (KeyError, TypeError, ValueError):
        raise BehaviourError(f"{name} needs a value of the kind {kind.__name__}, not {value!r}.") from None
