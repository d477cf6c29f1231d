"""What an operator's answer means, by the rules of its adapter."""

import enum
import re
from dataclasses import dataclass
from decimal import Decimal
from typing import Self

from kannel.adapters import conditions, documents
from kannel.adapters.account import amount
from kannel.adapters.conditions import Condition, Wanted
from kannel.adapters.trouble import ACCOUNT, MONEY
from kannel.models import Adapter

# Kannel keeps it in a key of Redis, where a blank would end it.
_ID = re.compile(r"[A-Za-z0-9._:@+/=|~-]{1,80}")
_SIGNS = re.compile(r"[^\x20-\x7e]+")
REASON_AT_MOST = 60
# Where an adapter does not say it.
ACCOUNT_WHEN, MONEY_WHEN = "status = 40[13]", "status = 402"
# What Kannel's driver is told; kannel.smsc_groups has the expressions that read it.
OK, NO, LATER = "OK", "NO", "LATER"
UNKNOWN_ID = "unknown-"


class Outcome(enum.StrEnum):
    """What became of a message that was shown to the operator."""

    TAKEN = "taken"
    REFUSED = "refused"
    LATER = "later"
    UNKNOWN = "unknown"


@dataclass(frozen=True)
class Understood:
    """An outcome, with the operator's id where it took the message and its reason where it says one.

    ``trouble`` is what it has against our account; see trouble.py.
    """

    outcome: Outcome
    operator_id: str = ""
    reason: str = ""
    trouble: str = ""
    balance: Decimal | None = None
    price: Decimal | None = None


@dataclass(frozen=True)
class AnswerRules:
    """The rules of an adapter, read and checked."""

    kind: str
    taken: list[Condition]
    later: list[Condition]
    refused: list[Condition]
    account: list[Condition]
    money: list[Condition]
    operator_id: Wanted
    reason: Wanted
    balance: Wanted
    price: Wanted

    @classmethod
    def of(cls, adapter: Adapter) -> Self:
        """Raises ConfigurationError with the field of the adapter."""
        return cls(
            kind=adapter.answer_kind,
            taken=conditions.conditions("taken_when", adapter.taken_when),
            later=conditions.conditions("later_when", adapter.later_when),
            refused=conditions.conditions("refused_when", adapter.refused_when),
            account=conditions.conditions("account_when", adapter.account_when or ACCOUNT_WHEN),
            money=conditions.conditions("money_when", adapter.money_when or MONEY_WHEN),
            operator_id=conditions.wanted("id_at", adapter.id_at),
            reason=conditions.wanted("reason_at", adapter.reason_at),
            balance=conditions.wanted("balance_at", adapter.balance_at),
            price=conditions.wanted("price_at", adapter.price_at),
        )

    def understand(self, status: int, body: bytes) -> Understood:
        """Taken goes before trouble with the account, then come later and refused. Taken without an id is unknown: no
        receipt would fit. With trouble nothing was taken, so the message may be shown again."""
        answer = documents.read(self.kind, body, status)
        reason = _SIGNS.sub(" ", self.reason.of(answer))[:REASON_AT_MOST].strip() or f"HTTP {status}"
        if any(one.fits(answer) for one in self.taken):
            operator_id = self.operator_id.of(answer)
            if _ID.fullmatch(operator_id):
                balance, price = (amount(one.of(answer)) for one in (self.balance, self.price))
                return Understood(Outcome.TAKEN, operator_id, balance=balance, price=price)
            return Understood(Outcome.UNKNOWN, reason="no id in the answer")
        for trouble, rules in ((MONEY, self.money), (ACCOUNT, self.account)):
            if any(one.fits(answer) for one in rules):
                return Understood(Outcome.LATER, reason=reason, trouble=trouble)
        if any(one.fits(answer) for one in self.later):
            return Understood(Outcome.LATER, reason=reason)
        if any(one.fits(answer) for one in self.refused):
            return Understood(Outcome.REFUSED, reason=reason)
        return Understood(Outcome.UNKNOWN, reason=reason)


def answer_of(understood: Understood, message_id: str) -> str:
    """What Kannel's driver is told."""
    if understood.outcome is Outcome.TAKEN:
        return f"{OK} {understood.operator_id}"
    if understood.outcome is Outcome.UNKNOWN:
        return f"{OK} {UNKNOWN_ID}{message_id}"
    return f"{NO if understood.outcome is Outcome.REFUSED else LATER} {understood.reason}"
