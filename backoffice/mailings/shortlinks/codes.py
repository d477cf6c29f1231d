"""Personal codes of links: 12 characters that name a link and a customer, and that nobody can guess.

72 bits: the link (20), the customer, hidden (28), and a signature of both (24), with a key that only this link has. Nothing
is kept for a code, so 1.9 million of them cost no row. ``parley_link_code`` in PostgreSQL gives the same.

The last character is a letter or a digit: Android leaves a sign at the end of an address out of the link. Codes of earlier
messages may end in one, and hold without it.
"""

import hashlib
import hmac
import secrets
from base64 import urlsafe_b64decode, urlsafe_b64encode

LINK_BITS, CUSTOMER_BITS, MAC_BYTES = 20, 28, 3
CODE_BYTES = (LINK_BITS + CUSTOMER_BITS) // 8 + MAC_BYTES
KEY_BYTES = 16
# The bits of the last character, and how many of its 64 values are letters and digits: the first ones.
_LAST, _LETTERS_AND_DIGITS = 63, 62
CODE_LENGTH = CODE_BYTES * 4 // 3
_CUSTOMERS = (1 << CUSTOMER_BITS) - 1


class NoCode(ValueError):
    """This is no code of ours, or it was altered."""


def new_key() -> bytes:
    """A key for a new link."""
    return secrets.token_bytes(KEY_BYTES)


def code_of(link_id: int, key: bytes, customer_id: int) -> str:
    """The code of one customer for one link.

    :raises OverflowError: for ids that have no room in it (a million links, 268 million customers).
    """
    if link_id >> LINK_BITS or customer_id >> CUSTOMER_BITS:
        raise OverflowError(f"link {link_id} or customer {customer_id} has no room in a code")
    mac = _mac(key, customer_id)
    body = link_id << CUSTOMER_BITS | customer_id ^ _mask(key, mac)
    return urlsafe_b64encode(body.to_bytes(CODE_BYTES - MAC_BYTES, "big") + mac).decode()


def link_of(code: str) -> int:
    """Which link a code is about, still without proof.

    :raises NoCode: when it has not the form of a code.
    """
    return _body(code)[0] >> CUSTOMER_BITS


def customer_of(code: str, key: bytes) -> int:
    """Whose code it is, by the key of its link.

    :raises NoCode: when it was not made with this key.
    """
    body, mac = _body(code)
    customer_id = body & _CUSTOMERS ^ _mask(key, mac)
    if not any(
        hmac.compare_digest(mac, one) for one in (_mac(key, customer_id), _earlier_mac(key, customer_id))
    ):
        raise NoCode(code)
    return customer_id


def _body(code: str) -> tuple[int, bytes]:
    if len(code) == CODE_LENGTH - 1:
        code += "-"
    try:
        raw = urlsafe_b64decode(code.encode("ascii"))
    except ValueError as error:
        raise NoCode(code) from error
    # base64 passes over letters that it does not know: the way back has to give the same.
    if len(raw) != CODE_BYTES or urlsafe_b64encode(raw).decode() != code:
        raise NoCode(code)
    return int.from_bytes(raw[:-MAC_BYTES], "big"), raw[-MAC_BYTES:]


def _mac(key: bytes, customer_id: int) -> bytes:
    mac = _earlier_mac(key, customer_id)
    return mac[:-1] + bytes([mac[-1] & ~_LAST | (mac[-1] & _LAST) % _LETTERS_AND_DIGITS])


def _earlier_mac(key: bytes, customer_id: int) -> bytes:
    return hashlib.sha256(key + customer_id.to_bytes(8, "big")).digest()[:MAC_BYTES]


def _mask(key: bytes, mac: bytes) -> int:
    return int.from_bytes(hashlib.sha256(mac + key).digest()[:4], "big") & _CUSTOMERS
