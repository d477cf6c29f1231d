"""Addresses of the adapters' application: where Kannel calls it, and where operators bring receipts. Each has a secret."""

import hashlib
import hmac
from base64 import urlsafe_b64encode

from django.conf import settings

SEND, RECEIPTS, HEALTH = "/send/", "/receipts/", "/health"
MAC_BYTES = 16
# What Kannel fills in: the message's own id, recipient, sender, coding, header, minutes it is still valid, text.
SEND_QUERY = "id=%I&to=%p&from=%P&coding=%c&udh=%u&validity=%v&text=%b"


def send_url(connection_name: str) -> str:
    """The address in kannel.conf, for Kannel's driver on the same host."""
    query = f"password={secret(SEND, connection_name)}&{SEND_QUERY}"
    return f"http://127.0.0.1:{settings.KANNEL_ADAPTERS_PORT}{SEND}{connection_name}?{query}"


def receipt_url(connection_name: str, *, with_secret: bool = True) -> str:
    """The address an operator calls with receipts of a connection."""
    path = f"{RECEIPTS}{connection_name}"
    if with_secret:
        path += f"/{secret(RECEIPTS, connection_name)}"
    return f"{settings.KANNEL_ADAPTERS_URL.rstrip('/')}{path}"


def secret(purpose: str, connection_name: str) -> str:
    """Letters, digits, - and _: what only Kannel, or only the operator of this connection, knows."""
    key = b"parley.adapters:" + settings.KANNEL_DLR_SECRET.encode()
    digest = hmac.digest(key, f"{purpose}{connection_name}".encode(), hashlib.sha256)
    return urlsafe_b64encode(digest[:MAC_BYTES]).decode().rstrip("=")


def is_secret(given: str, purpose: str, connection_name: str) -> bool:
    """Whether that is it."""
    return hmac.compare_digest(given.encode(), secret(purpose, connection_name).encode())
