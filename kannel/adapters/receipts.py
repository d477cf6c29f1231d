"""Receipts as an operator calls us with them, and as Kannel's HTTP driver wants to be called with them."""

from dataclasses import dataclass
from typing import Self
from urllib.parse import urlencode

from kannel.adapters import conditions, documents
from kannel.adapters.conditions import Condition, Wanted
from kannel.models import Adapter

DELIVERED, UNDELIVERED, EXPIRED, UNDER_WAY = "DELIVRD", "UNDELIV", "EXPIRED", ""
# DLR bits of Kannel: 1 delivered, 2 failed, 32 expired besides.
MASKS = {DELIVERED: 1, UNDELIVERED: 2, EXPIRED: 34}
FIELD_OF_STATE = {DELIVERED: "delivered_when", UNDELIVERED: "undelivered_when", EXPIRED: "expired_when"}
ERROR_AT_MOST = 8


@dataclass(frozen=True)
class Receipt:
    """One receipt; ``state`` is SMPP's word for it, empty while the message is under way."""

    operator_id: str
    state: str
    error: str = ""

    def query(self) -> str:
        """What Kannel's driver takes, with the words that all our receipts have (SMPP 3.4, appendix B)."""
        error = f" err:{self.error}" if self.error else ""
        return urlencode(
            {
                "dlr-mid": self.operator_id,
                "dlr-mask": MASKS[self.state],
                "text": f"id:{self.operator_id} stat:{self.state}{error}",
            }
        )


@dataclass(frozen=True)
class ReceiptRules:
    """The rules of an adapter, read and checked."""

    kind: str
    several_at: str
    operator_id: Wanted
    error: Wanted
    states: dict[str, Condition]

    @classmethod
    def of(cls, adapter: Adapter) -> Self:
        """Raises ConfigurationError with the field of the adapter."""
        at = conditions.place("receipt_state_at", adapter.receipt_state_at)
        given = {state: getattr(adapter, field).strip() for state, field in FIELD_OF_STATE.items()}
        return cls(
            kind=adapter.receipt_kind,
            several_at=conditions.place("receipts_at", adapter.receipts_at) if adapter.receipts_at else "",
            operator_id=conditions.wanted("receipt_id_at", adapter.receipt_id_at),
            error=conditions.wanted("receipt_error_at", adapter.receipt_error_at),
            states={
                state: Condition(at, conditions.expression(FIELD_OF_STATE[state], pattern))
                for state, pattern in given.items()
                if pattern
            },
        )

    def read(self, body: bytes) -> list[Receipt]:
        """The receipts of one call; those without an id are left out."""
        call = documents.read(self.kind, body)
        found = (self._receipt(one) for one in call.several(self.several_at))
        return [one for one in found if one.operator_id]

    def _receipt(self, node: documents.Node) -> Receipt:
        state = next((state for state, one in self.states.items() if one.fits(node)), UNDER_WAY)
        error = "".join(sign for sign in self.error.of(node) if sign.isalnum() and sign.isascii())
        return Receipt(self.operator_id.of(node), state, error[:ERROR_AT_MOST])
