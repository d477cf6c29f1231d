"""The address of a message's delivery reports: it says which message and attempt they are about, and nobody can forge it.

The same address works both ways: the listener reads it from the event, an smsbox calls it over HTTP.
"""

import hmac
import struct
from base64 import urlsafe_b64decode, urlsafe_b64encode

from django.conf import settings

PATH = "/kannel/dlr/"
INBOUND_PATH = "/kannel/inbound/"
# 80 bits: a forger would have to call us 10^23 times.
MAC_BYTES = 10
_CONTENT = struct.Struct(">QH")
TOKEN_BYTES = _CONTENT.size + MAC_BYTES
# What smsbox fills in (user's guide, "DLR"): type, its own id of the event, the SMSC's id, the connection, epoch, text.
SMSBOX_QUERY = "?type=%d&id=%I&foreign=%F&smsc=%i&at=%T&text=%A"
INBOUND_QUERY = "?id=%I&from=%p&to=%P&smsc=%i&at=%T&text=%a"


class ForgedToken(Exception):
    """The token is not one of ours, or was altered."""


def dlr_url(message_id: int, attempt: int, *, for_smsbox: bool = False) -> str:
    """The address for the reports of one attempt. ``for_smsbox`` adds what an smsbox fills in."""
    query = SMSBOX_QUERY if for_smsbox else ""
    return f"{settings.KANNEL_DLR_BASE_URL}{PATH}{token(message_id, attempt)}{query}"


def inbound_url() -> str:
    """The address an smsbox calls for inbound messages (its sms-service get-url)."""
    return f"{settings.KANNEL_DLR_BASE_URL}{INBOUND_PATH}{inbound_secret()}{INBOUND_QUERY}"


def token(message_id: int, attempt: int) -> str:
    """Letters, digits, - and _ only: Kannel takes the address for a pattern (PROTOCOL.md, 4)."""
    content = _CONTENT.pack(message_id, attempt)
    return _written(content + _mac(content))


def _written(octets: bytes) -> str:
    return urlsafe_b64encode(octets).decode().rstrip("=")


def read_token(text: str) -> tuple[int, int]:
    """Message id and attempt of a token. Raises ForgedToken."""
    try:
        raw = urlsafe_b64decode(text + "=" * (-len(text) % 4))
    except ValueError as error:
        raise ForgedToken from error
    content, mac = raw[: _CONTENT.size], raw[_CONTENT.size :]
    # The last comparison: base64 ignores spare bits and foreign letters, so several texts decode to one token.
    if len(raw) != TOKEN_BYTES or not hmac.compare_digest(mac, _mac(content)) or _written(raw) != text:
        raise ForgedToken
    message_id, attempt = _CONTENT.unpack(content)
    return message_id, attempt


def read_url(url: str) -> tuple[int, int]:
    """Message id and attempt of an address made by dlr_url(). Raises ForgedToken."""
    _, found, rest = url.partition(PATH)
    if not found:
        raise ForgedToken
    return read_token(rest.partition("?")[0])


def inbound_secret() -> str:
    """The part of the inbound address that only the configured smsbox knows."""
    return _written(_mac(b"inbound"))


def _mac(content: bytes) -> bytes:
    # In one call of OpenSSL: a third of what an HMAC object takes.
    return hmac.digest(b"parley.dlr:" + settings.KANNEL_DLR_SECRET.encode(), content, "sha256")[:MAC_BYTES]
