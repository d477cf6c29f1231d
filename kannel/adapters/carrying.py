"""The way of one message: noted, shown to the operator once, its answer kept and told to Kannel."""

import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import structlog

from kannel.adapters import account, trouble
from kannel.adapters.answers import LATER, Outcome, Understood, answer_of
from kannel.adapters.lines import CONNECT_SECONDS, Line, NeverLeft, NoAnswer
from kannel.adapters.memory import Memory, NoMemory
from kannel.adapters.placeholders import PLAIN
from kannel.adapters.tokens import AccountRefused, NoToken

logger = structlog.get_logger(__name__)

UCS2 = "2"
# Where Kannel does not say it, as it does for every message of a mailing.
VALIDITY_MINUTES = 1440
# After its time-out a call is over; what is still noted as under way then died with its process.
MARGIN_SECONDS = 5.0


@dataclass(frozen=True)
class Message:
    """What Kannel hands over."""

    id: str
    to: str
    sender: str
    text: str
    coding: str = PLAIN
    validity_minutes: int = VALIDITY_MINUTES

    def values(self) -> dict[str, str]:
        """Its placeholders."""
        return {
            "id": self.id,
            "to": f"+{self.to.lstrip('+')}",
            "to_digits": self.to.lstrip("+"),
            "from": self.sender,
            "text": self.text,
            "coding": self.coding,
            "validity": str(self.validity_minutes),
            "validity_seconds": str(self.validity_minutes * 60),
            "valid_until": (datetime.now(UTC) + timedelta(minutes=self.validity_minutes)).strftime(
                "%Y-%m-%dT%H:%M:%SZ"
            ),
            "timestamp": str(int(time.time())),
        }


def carry(line: Line, message: Message, memory: Memory) -> str:
    """Kannel's answer for the message. The operator is asked at most once until it says that it has not taken it."""
    if wait_seconds := line.pause.seconds_left():
        return f"{LATER} the operator asks for {wait_seconds} s"
    key = f"{line.name}:{message.id}"
    try:
        found = memory.claim(key)
    except NoMemory:
        logger.warning("no_memory", connection=line.name)
        return f"{LATER} Redis is away"
    if isinstance(found, bytes):
        return found.decode()
    if isinstance(found, float):
        return _repeated(line, message, memory, key, found)
    understood = _asked(line, message)
    return _kept(line, message, memory, key, understood)


def _repeated(line: Line, message: Message, memory: Memory, key: str, under_way_seconds: float) -> str:
    """Somebody else is at it, or was when it died: then nobody knows."""
    if under_way_seconds < CONNECT_SECONDS + line.answer_seconds + MARGIN_SECONDS:
        return f"{LATER} under way"
    return _kept(line, message, memory, key, Understood(Outcome.UNKNOWN, reason="died"))


def _asked(line: Line, message: Message) -> Understood:
    try:
        status, body = line.ask(line.template.request(message.values() | line.account_now()))
    except AccountRefused as error:
        trouble.note(line.name, trouble.ACCOUNT)
        return Understood(Outcome.LATER, reason=f"no token {error}", trouble=trouble.ACCOUNT)
    except NoToken as error:
        return Understood(Outcome.LATER, reason=f"no token {error}")
    except NeverLeft as error:
        return Understood(Outcome.LATER, reason=f"no connection {error}")
    except NoAnswer as error:
        return Understood(Outcome.UNKNOWN, reason=str(error))
    understood = line.answers.understand(status, body)
    if understood.trouble == trouble.ACCOUNT and line.token_rules is not None:
        # It may have ended before its time: the next try brings a fresh one, and that one's refusal counts.
        line.tokens.forget()
    elif understood.trouble:
        trouble.note(line.name, understood.trouble)
    elif understood.outcome is Outcome.TAKEN:
        trouble.forget(line.name)
        account.note(line.name, understood.balance, understood.price)
    return understood


def _kept(line: Line, message: Message, memory: Memory, key: str, understood: Understood) -> str:
    answer = answer_of(understood, message.id)
    if understood.outcome in (Outcome.UNKNOWN, Outcome.LATER):
        logger.warning("not_taken", connection=line.name, outcome=str(understood.outcome))
    try:
        if understood.outcome is Outcome.LATER:
            memory.forget(key)
        else:
            memory.settle(key, answer.encode())
    except NoMemory:
        # It stays noted as under way: a repeated call finds that nobody knows.
        logger.warning("no_memory", connection=line.name)
    return answer


def text_of(raw: bytes, coding: str) -> str:
    """The text as Kannel hands it over: UTF-8, or UTF-16 where it has letters that plain texts lack."""
    return raw.decode("utf-16-be" if coding == UCS2 else "utf-8", "replace")
