"""What waits for a connection that somebody takes out of use. The rooms above know and register here when they start."""

from collections.abc import Callable
from dataclasses import dataclass

from kannel.models import Connection


@dataclass(frozen=True)
class Waiting:
    """Something whose messages wait for a connection, in a sentence that says where they will go, and its page.

    ``has_other_way`` is false when they would stay where they are.
    """

    sentence: str
    url: str
    has_other_way: bool


WhoWaits = Callable[[Connection], list[Waiting]]

_providers: list[WhoWaits] = []


def register_waiting(provider: WhoWaits) -> None:
    """Adds somebody whose messages may wait for connections."""
    _providers.append(provider)


def waiting_for(connection: Connection) -> list[Waiting]:
    """All that waits for a connection."""
    return [one for provider in _providers for one in provider(connection)]
