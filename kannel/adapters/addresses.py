"""Addresses of the adapters' application: where Kannel calls it, and where operators bring receipts and messages of customers.

Each has a secret.
"""

import hashlib
import hmac
from base64 import urlsafe_b64encode

from django.conf import settings

SEND, RECEIPTS, INBOUND, HEALTH = "/send/", "/receipts/", "/inbound/", "/health"
MAC_BYTES = 16
# What Kannel fills in: the message's own id, recipient, sender, coding, header, minutes it is still valid, text.
SEND_QUERY = "id=%I&to=%p&from=%P&coding=%c&udh=%u&validity=%v&text=%b"


def send_url(connection_name: str) -> str:
    """The address in kannel.conf, for Kannel's driver on the same host."""
    query = f"password={secret(SEND, connection_name)}&{SEND_QUERY}"
    return f"http://127.0.0.1:{settings.KANNEL_ADAPTERS_PORT}{SEND}{connection_name}?{query}"


def receipt_url(connection_name: str, *, with_secret: bool = True) -> str:
    """The address an operator calls with receipts of a connection."""
    return _called_by_operator(RECEIPTS, connection_name, with_secret=with_secret)


def inbound_url(connection_name: str, *, with_secret: bool = True) -> str:
    """The address an operator calls with messages of customers."""
    return _called_by_operator(INBOUND, connection_name, with_secret=with_secret)


def _called_by_operator(purpose: str, connection_name: str, *, with_secret: bool) -> str:
    # One secret for both: an operator that sends it in a header has one setting for it.
    secret_part = f"/{secret(RECEIPTS, connection_name)}" if with_secret else ""
    return f"{settings.KANNEL_ADAPTERS_URL.rstrip('/')}{purpose}{connection_name}{secret_part}"


def secret(purpose: str, connection_name: str) -> str:
    """Letters, digits, - and _: what only Kannel, or only the operator of this connection, knows."""
    key = b"parley.adapters:" + settings.KANNEL_DLR_SECRET.encode()
    digest = hmac.digest(key, f"{purpose}{connection_name}".encode(), hashlib.sha256)
    return urlsafe_b64encode(digest[:MAC_BYTES]).decode().rstrip("=")


def is_secret(given: str, purpose: str, connection_name: str) -> bool:
    """Whether that is it."""
    return hmac.compare_digest(given.encode(), secret(purpose, connection_name).encode())
