"""What an operator took, read as an operator of its kind reads it: coding, octets, parts."""

from collections.abc import Sequence
from dataclasses import dataclass

from kannel.models import Connection
from kannel.simulator import septets
from kannel.simulator.witness import Seen
from kannel.text import GSM_CODING, UCS2_CODING, measure

# data_coding of SMPP 3.4, 5.2.19, as Kannel writes it.
SMPP_CODINGS = {0: GSM_CODING, 8: UCS2_CODING}


@dataclass(frozen=True)
class Way:
    """A connection as its operator sees it."""

    connection_id: int
    kind: str
    alphabet: str = ""

    @property
    def splits_itself(self) -> bool:
        """Behind an adapter the operator gets whole texts, and counts their parts itself."""
        return self.kind == Connection.Kind.ADAPTER

    def parts_of(self, seen: Sequence[Seen]) -> int:
        """As the operator bills them."""
        return measure(text_of(seen, self)).parts if self.splits_itself else len(seen)

    def coding_of(self, seen: Seen) -> int | None:
        """As we call codings; -1 for one that we never ask for, None where the operator chooses it itself."""
        if self.splits_itself:
            return None
        return SMPP_CODINGS.get(seen.coding, -1) if self.kind == Connection.Kind.SMPP else seen.coding

    def carries(self, seen: Sequence[Seen], text: str, coding: int) -> bool:
        """Whether these parts, put together, are the text byte for byte."""
        octets = b"".join(one.body for one in seen)
        if self.splits_itself:
            return octets == text.encode()
        if coding == UCS2_CODING:
            return octets == text.encode("utf-16-be", "surrogatepass")
        try:
            return octets == self._plain(text)
        except (KeyError, UnicodeEncodeError):
            return False  # it has letters that plain texts lack

    def _plain(self, text: str) -> bytes:
        if self.alphabet:
            return text.encode(self.alphabet)
        plain = septets.to_octets(text)
        return plain if self.kind == Connection.Kind.SMPP else text.encode()


def text_of(seen: Sequence[Seen], way: Way) -> str:
    """The text that a phone would show."""
    octets = b"".join(one.body for one in seen)
    if way.coding_of(seen[0]) == UCS2_CODING:
        return octets.decode("utf-16-be", "replace")
    if way.kind == Connection.Kind.SMPP and not way.alphabet:
        return septets.to_text(bytes(octet & 0x7F for octet in octets))
    return octets.decode(way.alphabet or "utf-8", "replace")


def difference(planned: str, arrived: str) -> tuple[str, str, int]:
    """Where two texts begin to differ: the character of each, and its place from 1. Names of characters tell of nobody."""
    pairs = zip(planned, arrived, strict=False)
    place = next(
        (at for at, (one, other) in enumerate(pairs) if one != other), min(len(planned), len(arrived))
    )
    return _character(planned, place), _character(arrived, place), place + 1


def _character(text: str, place: int) -> str:
    return f"U+{ord(text[place]):04X}" if place < len(text) else ""
