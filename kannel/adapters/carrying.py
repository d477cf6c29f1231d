"""The way of one message: noted, shown to the operator once, its answer kept and told to Kannel."""

from dataclasses import dataclass

import structlog

from kannel.adapters.answers import LATER, Outcome, Understood, answer_of
from kannel.adapters.lines import CONNECT_SECONDS, Line, NeverLeft, NoAnswer
from kannel.adapters.memory import Memory, NoMemory

logger = structlog.get_logger(__name__)

UCS2 = "2"
# After its time-out a call is over; what is still noted as under way then died with its process.
MARGIN_SECONDS = 5.0


@dataclass(frozen=True)
class Message:
    """What Kannel hands over."""

    id: str
    to: str
    sender: str
    text: str

    def values(self) -> dict[str, str]:
        """Its placeholders."""
        return {
            "id": self.id,
            "to": f"+{self.to.lstrip('+')}",
            "to_digits": self.to.lstrip("+"),
            "from": self.sender,
            "text": self.text,
        }


def carry(line: Line, message: Message, memory: Memory) -> str:
    """Kannel's answer for the message. The operator is asked at most once until it says that it has not taken it."""
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
    request = line.template.request(message.values() | line.account)
    try:
        status, body = line.ask(request)
    except NeverLeft as error:
        return Understood(Outcome.LATER, reason=f"no connection {error}")
    except NoAnswer as error:
        return Understood(Outcome.UNKNOWN, reason=str(error))
    return line.answers.understand(status, body)


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
