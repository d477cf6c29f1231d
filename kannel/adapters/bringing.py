"""Bringing receipts to Kannel's HTTP driver, at the port of their connection."""

import enum

import urllib3
from urllib3.exceptions import HTTPError

from kannel.adapters.receipts import Receipt

TIMEOUT_SECONDS = 10.0
# What its driver answers when it found the message (generic-message-sent).
TAKEN = b"Sent"
KEPT_OPEN = 16


class Brought(enum.Enum):
    """What Kannel did with a receipt."""

    TAKEN = "taken"
    FITS_NOTHING = (
        "fits nothing"  # it came before Kannel had read our answer, or is a second one, or not ours
    )
    AWAY = "away"


class Kannel:
    """The ports of this host's bearerbox; connections to them stay open."""

    def __init__(self) -> None:
        self._pools: dict[int, urllib3.HTTPConnectionPool] = {}

    def bring(self, port: int, receipt: Receipt) -> Brought:
        """Calls the driver once."""
        pool = self._pools.setdefault(port, urllib3.HTTPConnectionPool("127.0.0.1", port, maxsize=KEPT_OPEN))
        try:
            # A receipt that comes twice changes nothing, so one more try after a closed connection is harmless.
            answer = pool.urlopen("GET", f"/?{receipt.query()}", retries=1, timeout=TIMEOUT_SECONDS)
        except HTTPError:
            return Brought.AWAY
        return Brought.TAKEN if answer.data.startswith(TAKEN) else Brought.FITS_NOTHING
