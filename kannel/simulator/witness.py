"""What an operator took, as it came: for whoever compares it with what was meant while it happens."""

from collections.abc import Callable
from typing import NamedTuple


class Seen(NamedTuple):
    """One part that an operator took. `destination` has its plus; `body` is without the user data header."""

    operator: str
    destination: str
    source: str
    coding: int
    total: int
    part: int
    body: bytes


Witness = Callable[[Seen], None]
