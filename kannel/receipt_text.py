"""Reading a delivery receipt: its words, Kannel's type and what came beside it, to one outcome and one reason.

SMPP 3.4, appendix B, leaves the words of a receipt to the operator, and operators differ in case, order, separators, codes
and dates. Kannel 1.4.5 knows seven words in capitals (smsc_smpp.c: handle_dlr) and takes whatever it does not know for a
failure. So what can be read here overrules what Kannel read.
"""

import enum
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from typing import NamedTuple
from urllib.parse import unquote_to_bytes


class Outcome(enum.StrEnum):
    """What a receipt says of its message. SENT: it is under way, a later word counts."""

    DELIVERED = "delivered"
    UNDELIVERED = "undelivered"
    EXPIRED = "expired"
    REJECTED = "rejected"
    SENT = "sent"


# The words of SMPP 3.4 and what operators write instead of them.
SPELLINGS: Mapping[str, tuple[Outcome, str]] = {
    "DELIVRD": (
        Outcome.DELIVERED,
        (
            "DELIVERED DELIVRED DELIVERD DELIVRED DELVRD DLVRD DELIVER SUCCESS SUCCESSFUL READ SEEN 2"
            " DELIVERED_TO_HANDSET DELIVERED_TO_PHONE DELIVERED_TO_TERMINAL DELIVERED_TO_RECIPIENT"
        ),
    ),
    "EXPIRED": (Outcome.EXPIRED, "EXPIRD EXPIRE EXPRD TIMEOUT TIMED_OUT VALIDITY_EXPIRED 3"),
    "UNDELIV": (
        Outcome.UNDELIVERED,
        (
            "UNDELIVERED UNDELIVERABLE UNDELIVRD UNDELIVERD UNDELVD UNDLVRD UNDELIVER NOT_DELIVERED NOTDELIVERED"
            " NOT_DELIVRD NONDELIVERED 5"
        ),
    ),
    "REJECTD": (Outcome.UNDELIVERED, "REJECTED REJECT REJCTD BLOCKED BARRED FORBIDDEN 8"),
    "DELETED": (Outcome.UNDELIVERED, "DELETD DELETE CANCELED CANCELLED CANCELED_BY_USER REMOVED 4"),
    "FAILED": (Outcome.UNDELIVERED, "FAIL FAILURE ERROR FAILD DELIVERY_FAILED"),
    "SKIPPED": (Outcome.UNDELIVERED, "SKIPED 9"),
    "ENROUTE": (
        Outcome.SENT,
        (
            "EN_ROUTE ENROUT BUFFERED BUFFRED BUFFERD QUEUED PENDING SCHEDULED SCHEDULD RETRYING PROCESSING IN_PROGRESS 0 1"
            " TRANSIT IN_TRANSIT"
        ),
    ),
    "ACCEPTD": (
        Outcome.SENT,
        (
            "ACCEPTED ACCEPT ACCPTD ACKED SUBMITTED SUBMITD SENT DELIVERED_TO_SMSC DELIVERED_TO_NETWORK"
            " DELIVERED_TO_OPERATOR DELIVERED_TO_GATEWAY 6"
        ),
    ),
    "UNKNOWN": (Outcome.SENT, "UNKNWN UNKNOW UNKN UNKWN 7"),
}
WORDS: Mapping[str, tuple[Outcome, str]] = {
    spelling: (outcome, word)
    for word, (outcome, spellings) in SPELLINGS.items()
    for spelling in (word, *spellings.split())
}
STATE_WORDS = (
    "ENROUTE", "ENROUTE", "DELIVRD", "EXPIRED", "DELETED", "UNDELIV", "ACCEPTD", "UNKNOWN", "REJECTD", "SKIPPED"
)  # fmt: skip
"""message_state of SMPP 3.4, 5.2.28 and 5.0, 4.7.15, by number."""

# Bits of Kannel (user's guide, "Delivery Reports", and dlr.h).
_DELIVERED, _FAILED, _REJECTED, _EXPIRED, _UNKNOWN = 1, 2, 16, 34, 66
_FROM_SUBMIT = 8 | 16
"""The answer to a submit, "ACK/…" or "NACK/…": no receipt."""

_STANDARD = re.compile(
    r"id:([^\s:\"']{1,80}) sub:[0-9]+ dlvrd:[0-9]+ submit date:([0-9]+) done date:([0-9]+)"
    r" stat:([A-Z]+) err:([0-9]{1,3})(?: |$)"
)
_NAMES: Mapping[str, str] = {
    name: field
    for field, names in {
        "id": "id msgid messageid smscid smsid receiptedmessageid",
        "sub": "sub",
        "dlvrd": "dlvrd dlvd",
        "submit": "submitdate submitted submittime",
        "done": "donedate done donetime finaldate",
        "stat": "stat status state messagestate finalstatus messagestatus",
        "err": "err error errcode errorcode networkerrorcode errorno",
        "text": "text txt",
    }.items()
    for name in names.split()
}
_KEY = re.compile(
    r"(?:^|(?<=[\s,;|&{(\[\"']))(?P<name>(?:receipted|network|submit|done|message|msg|error|err|final|smsc|sms)"
    r"(?:[ _-]?(?:message|error|date|time|id|code|state|status)){1,2}|[A-Za-z_]{1,40})"
    r"[\"']?\s{0,3}[:=]\s{0,3}",
    re.IGNORECASE,
)
_AROUND = " \t\r\n,;|&{}()[]\"'"
_BETWEEN = re.compile(r"[\s_.-]+")
_NOTHING = frozenset({"", "-", "NONE", "NULL", "NIL", "N/A", "NA", "NIL_ERROR"})
_NUMBER = re.compile(r"([+-]?)([0-9]+)")
_HEX = re.compile(r"0X([0-9A-F]{1,8})")
CODE_AT_MOST = 40
REASON_AT_MOST = 60
# What an answer of an HTTP operator may have for each message anew: ids, numbers of telephones, moments.
_OF_ONE_MESSAGE = re.compile(r"\+?(?=[0-9A-Fa-f-]*[0-9])[0-9A-Fa-f][0-9A-Fa-f-]{5,}")
_STATUS = re.compile(r"NACK/0x[0-9A-Fa-f]{8}/")
_DLR_ERROR = re.compile(rb"\?smpp\?(?:[^?]*&)?dlr_err=([^&?]*)")
ENOUGH_FIELDS = 3
LOOKED_AT = 1000
"""Signs; a receipt with all its fields and the words of the message has about 200."""


@dataclass(frozen=True, slots=True)
class Beside:
    """What came beside the words: fields of the PDU that Kannel handed on, as far as it does."""

    network_error: int | None = None
    message_state: int | None = None
    receipted_message_id: str = ""


NOTHING_BESIDE = Beside()


class Reading(NamedTuple):
    """What a receipt says. ``reason`` is the same for every message with the same fate: “err:045”, else the word for the
    state; empty where nothing went wrong."""

    outcome: Outcome
    reason: str = ""
    operator_id: str = ""
    word: str = ""
    submitted: str = ""
    done: str = ""
    fields: int = 0

    @property
    def submitted_at(self) -> datetime | None:
        """When the operator took the message, by its own clock; None if it does not say."""
        return moment(self.submitted)

    @property
    def done_at(self) -> datetime | None:
        """When the message came to its end, by the operator's clock; None if it does not say."""
        return moment(self.done)

    @property
    def is_whole(self) -> bool:
        """Whether its shape alone says that it is a receipt, and no words of a person."""
        return bool(self.operator_id and self.word) and self.fields >= ENOUGH_FIELDS


def read(text: str, dlr_type: int, beside: Beside = NOTHING_BESIDE) -> Reading:
    """What a report of Kannel says: the words of the receipt first, then what came beside it, then Kannel's type."""
    if dlr_type & _FROM_SUBMIT:
        return _answered(text, dlr_type)
    text = text[:LOOKED_AT]
    found = _standard(text) or _tolerant(text)
    outcome, word = WORDS.get(found.word) or _without_word(dlr_type, beside)
    reason = ""
    if outcome in (Outcome.UNDELIVERED, Outcome.EXPIRED):
        reason = found.reason or (f"err:{beside.network_error:03d}" if beside.network_error else word)
    return Reading(
        outcome,
        reason,
        found.operator_id or beside.receipted_message_id,
        found.word,
        found.submitted,
        found.done,
        found.fields,
    )


def unmarked(text: str) -> Reading | None:
    """The receipt in a message that is not marked as one (esm_class 0); None if it has not at least an id and a state."""
    if (
        len(text) > LOOKED_AT
        or not (found := _standard(text) or _tolerant(text)).operator_id
        or not found.word
    ):
        return None
    return read(text, 0)


def _answered(text: str, dlr_type: int) -> Reading:
    if not dlr_type & _REJECTED:
        return Reading(Outcome.SENT)
    said = text if _STATUS.match(text) else _OF_ONE_MESSAGE.sub("…", text)
    return Reading(Outcome.REJECTED, said[:REASON_AT_MOST].strip())


def _without_word(dlr_type: int, beside: Beside) -> tuple[Outcome, str]:
    if beside.message_state is not None and 0 <= beside.message_state < len(STATE_WORDS):
        return WORDS[STATE_WORDS[beside.message_state]]
    if dlr_type & _DELIVERED:
        return WORDS["DELIVRD"]
    if dlr_type & _EXPIRED == _EXPIRED:
        return WORDS["EXPIRED"]
    if dlr_type & _FAILED and dlr_type & _UNKNOWN != _UNKNOWN:
        return WORDS["UNDELIV"]
    return WORDS["UNKNOWN"]


def _standard(text: str) -> Reading | None:
    """The usual shape, in a tenth of the time: nine receipts of ten have it."""
    if not (found := _STANDARD.match(text)):
        return None
    operator_id, submitted, done, stat, error = found.groups()
    if stat not in WORDS:
        return None
    return Reading(Outcome.SENT, f"err:{code(error)}", operator_id, WORDS[stat][1], submitted, done, 5)


def _tolerant(text: str) -> Reading:
    """Any order, case and separators. Its outcome says nothing."""
    found: dict[str, str] = {}
    for name, value, _start, _end in _fields(text):
        found.setdefault(name, value)
    others = sum(name in found for name in ("sub", "dlvrd", "submit", "done", "err"))
    error = code(found.get("err", ""))
    operator_id = next(iter(found.get("id", "").split()), "").strip(_AROUND)[:80]
    return Reading(
        Outcome.SENT,
        f"err:{error}" if error and error != operator_id.upper() else "",
        operator_id,
        _word(found.get("stat", "")),
        found.get("submit", ""),
        found.get("done", ""),
        others,
    )


def _fields(text: str) -> Iterator[tuple[str, str, int, int]]:
    """Name, value and place of each field that receipts have. After the words of the message only what is new counts,
    and nothing at all once the state was told: words of a customer are no fields."""
    keys = [(_NAMES.get(_BETWEEN.sub("", one["name"]).lower(), ""), one) for one in _KEY.finditer(text)]
    seen: set[str] = set()
    inside_words = False
    for at, (name, key) in enumerate(keys):
        if not name or name in seen or (inside_words and name == "text"):
            continue
        is_text = name == "text"
        ends = next(
            (
                later.start()
                for other, later in keys[at + 1 :]
                if not is_text or (other and other not in seen | {"text"})
            ),
            len(text),
        )
        if is_text and "stat" in seen:
            ends = len(text)
        seen.add(name)
        inside_words |= is_text
        yield name, text[key.end() : ends].strip(_AROUND), key.start(), ends
        if is_text and "stat" in seen:
            return


def _word(value: str) -> str:
    """The word of SMPP for a state, whatever its spelling; empty if nobody knows it."""
    tokens = [one for one in _BETWEEN.split(value.strip(_AROUND).upper()) if one][:4]
    tokens = [one.strip(_AROUND) for one in tokens]
    for length in range(len(tokens), 0, -1):
        if known := WORDS.get("_".join(tokens[:length])):
            return known[1]
    return ""


@lru_cache(maxsize=1024)
def code(value: str) -> str:
    """One way to write an error code: capitals, numbers with three digits, hexadecimal ones as numbers. Empty for none."""
    tokens = value.strip(_AROUND).upper().split()
    if not tokens:
        return ""
    first = tokens[0].strip(_AROUND)
    if not any(sign.isdigit() for sign in first):
        # A reason in words: “Absent subscriber”. Another number after it belongs to the message.
        words = [one.strip(_AROUND) for one in tokens]
        first = "_".join(one for one in words[:4] if one and not any(sign.isdigit() for sign in one))
    if first in _NOTHING:
        return ""
    if found := _HEX.fullmatch(first):
        first = str(int(found[1], 16))
    if found := _NUMBER.fullmatch(first):
        sign, digits = found.groups()
        return f"{'-' if sign == '-' and digits.strip('0') else ''}{digits.lstrip('0').zfill(3)}"[
            :CODE_AT_MOST
        ]
    plain = re.sub(r"[^0-9A-Z_-]+", "_", first).strip("_")
    return (plain.lstrip("0") or "000")[:CODE_AT_MOST] if plain else ""


def without_words(text: str) -> str:
    """A receipt without the first words of the message, which are no business of ours."""
    text = text[:LOOKED_AT]
    if (found := _STANDARD.match(text)) and text[found.end() : found.end() + 5].lower() == "text:":
        return text[: found.end()].rstrip()
    if "t" not in text and "T" not in text:
        return text
    for name, _value, starts, ends in _fields(text):
        if name == "text":
            return f"{text[:starts].rstrip()} {text[ends:]}".strip()
    return text


def decoded(octets: bytes) -> str:
    """The words of a receipt as Kannel hands them over, raw: in UCS-2 every other octet of them is zero."""
    return octets.replace(b"\0", b"").decode("utf-8", "replace")


def network_error(meta_data: bytes | None) -> int | None:
    """The error of the network in Kannel's meta data (SMPP 3.4, 5.3.2.31): three octets, the network's kind and a number.

    Some operators send three digits instead. None if there is none.
    """
    found = _DLR_ERROR.search(meta_data or b"")
    octets = unquote_to_bytes(found[1]) if found else b""
    if len(octets) != 3:
        return None
    return int(octets) if octets.isdigit() else octets[1] << 8 | octets[2]


_DATES = (
    "%Y-%m-%d %H:%M:%S", "%Y-%m-%d %H:%M", "%d.%m.%Y %H:%M:%S", "%d.%m.%Y %H:%M", "%d-%m-%Y %H:%M:%S",
    "%d-%m-%Y %H:%M", "%y-%m-%d %H:%M:%S", "%y-%m-%d %H:%M",
)  # fmt: skip
_DIGITS = {10: ("%y%m%d%H%M",), 12: ("%Y%m%d%H%M", "%y%m%d%H%M%S"), 14: ("%Y%m%d%H%M%S",)}
_ISO = re.compile(r"(\d)T(\d)")
_ZONE = re.compile(r"(?:\.\d+)?\s*(?:Z|UTC|GMT|[+-]\d\d:?\d\d)?$")


def moment(value: str) -> datetime | None:
    """A moment of a receipt without its zone, which receipts do not tell; None if it cannot be read."""
    value = value.strip(_AROUND)
    if value.isascii() and value.isdigit():
        return _of_digits(value)
    plain = _ZONE.sub("", _ISO.sub(r"\1 \2", value)).replace("/", "-")
    return next((found for one in _DATES if (found := _parsed(plain, one))), None)


def _of_digits(value: str) -> datetime | None:
    for one in _DIGITS.get(len(value), ()):
        found = _parsed(value, one)
        if found and found.year > 2000:
            return found
    if len(value) in (10, 13):  # seconds or milliseconds since 1970
        return datetime.fromtimestamp(int(value[:10]), UTC).replace(tzinfo=None)
    return None


def _parsed(value: str, shape: str) -> datetime | None:
    try:
        return datetime.strptime(value, shape)  # noqa: DTZ007  receipts tell no zone
    except ValueError:
        return None
