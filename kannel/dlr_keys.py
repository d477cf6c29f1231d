"""Keys of messages whose end is not known yet, put back into Kannel's store of outstanding receipts.

Kannel 1.4.5 forgets the key of a message with its first final receipt (dlr.c: dlr_find), and takes "UNKNOWN", words in small
letters and every word it does not know for a final failure (smsc_smpp.c: handle_dlr). The receipt that comes after it would
find nothing. What Kannel keeps of a key all stands in the report it made of it (dlr_redis.c: dlr_redis_add), so it is written
again as it was. A receipt that comes between Kannel's removal and ours is lost, some milliseconds as a rule.
"""

from collections.abc import Iterable, Iterator
from string import digits, hexdigits
from urllib.parse import quote_from_bytes, unquote_to_bytes

import redis
import structlog
from django.conf import settings

from kannel.dlr_urls import ForgedToken, read_url
from kannel.models import Gateway
from kannel.receipt_text import Beside, Outcome, decoded, network_error, read
from kannel.wire import Sms, SmsType

logger = structlog.get_logger(__name__)

# As kannel.configuration writes them into the group "dlr-db".
TABLE, KEPT_SECONDS = "dlr", 604_800
# Delivered, failed, accepted, refused: what every message of ours asks for.
MASK = 27
FINAL_TO_KANNEL = 1 | 2
TIMEOUT_SECONDS = 2
# Operators write a number with and without its country; the end of it tells people apart.
SAME_DIGITS = 9
LONGEST_HEX = 16


def put_back(gateway: Gateway, batch: Iterable[Sms]) -> int:
    """Of the reports of a batch those that end nothing, although Kannel takes them for final. Returns how many.

    While Redis is away nothing is put back: the messages end by their clocks then.
    """
    passing = [sms for sms in batch if sms.sms_type == SmsType.REPORT and _is_passing(sms)]
    if not passing:
        return 0
    try:
        with _store(gateway) as store:
            pipeline = store.pipeline(transaction=False)
            for sms in passing:
                key = _key(_text(sms.smsc_id), _text(sms.foreign_id))
                pipeline.hset(key, mapping=_fields(sms))
                pipeline.expire(key, KEPT_SECONDS)
            pipeline.execute()
    except redis.RedisError as error:
        logger.warning("keys_not_put_back", gateway=gateway.name, error=type(error).__name__)
        return 0
    logger.info("keys_put_back", gateway=gateway.name, count=len(passing))
    return len(passing)


def find(gateway: Gateway, smsc_id: str, operator_id: str, numbers: Iterable[str]) -> tuple[int, int] | None:
    """Message and attempt that Kannel waits for a receipt of, by the operator's id in any form; None if there is none.

    One of ``numbers`` has to be the one it was sent to: an id alone may be anybody's.
    """
    ends = {_digits(number)[-SAME_DIGITS:] for number in numbers if len(_digits(number)) >= SAME_DIGITS}
    try:
        with _store(gateway) as store:
            for form in _forms(operator_id):
                number, url = store.hmget(_key(smsc_id, form), "dst", "url")
                if number and url and _digits(_text(number))[-SAME_DIGITS:] in ends:
                    return read_url(unquote_to_bytes(url).decode("ascii", "replace"))
    except (redis.RedisError, ForgedToken) as error:
        logger.warning("key_not_found", gateway=gateway.name, error=type(error).__name__)
    return None


def _forms(operator_id: str) -> Iterator[str]:
    """An id as it is written, and as Kannel keeps it where it reads ids as numbers."""
    yield operator_id
    if operator_id.isascii() and operator_id.isdigit():
        yield operator_id.lstrip("0") or "0"
    if len(operator_id) <= LONGEST_HEX and all(sign in hexdigits for sign in operator_id):
        yield str(int(operator_id, 16))
        yield operator_id.upper()


def _digits(number: str) -> str:
    return "".join(sign for sign in number if sign in digits)


def _text(octets: bytes | None) -> str:
    return (octets or b"").decode("utf-8", "replace")


def _key(smsc_id: str, operator_id: str) -> str:
    return f"{TABLE}:{smsc_id}:{operator_id}"


def _store(gateway: Gateway) -> redis.Redis:
    return redis.Redis(
        gateway.redis_host,
        gateway.redis_port,
        gateway.redis_database,
        # As kannel.conf says it: without it Redis refuses, and the key is lost.
        password=settings.KANNEL_REDIS_PASSWORD or None,
        socket_timeout=TIMEOUT_SECONDS,
        socket_connect_timeout=TIMEOUT_SECONDS,
    )


def _is_passing(sms: Sms) -> bool:
    if not sms.foreign_id or not sms.smsc_id or not sms.dlr_mask & FINAL_TO_KANNEL:
        return False
    beside = Beside(network_error(sms.meta_data))
    return read(decoded(sms.msgdata or b""), sms.dlr_mask, beside).outcome is Outcome.SENT


def _fields(sms: Sms) -> dict[str | bytes, bytes | float | int | str]:
    return {
        "smsc": sms.smsc_id or b"",
        "ts": sms.foreign_id or b"",
        "src": sms.sender or b"",
        "dst": sms.receiver or b"",
        "svc": sms.service or b"",
        "url": quote_from_bytes(sms.dlr_url or b"", safe=""),
        "mask": MASK,
        "box": sms.boxc_id or b"",
    }
