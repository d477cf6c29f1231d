"""What waits for connections that somebody takes out of use. The rooms above know and register here when they start."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from django.utils.translation import gettext as _

from backoffice.operators.models import Operator
from kannel.models import Connection, Gateway


@dataclass(frozen=True)
class Waiting:
    """Something whose messages wait for these connections, in a sentence that says where they will go, and its page.

    ``has_other_way`` is false when they would stay where they are.
    """

    sentence: str
    url: str
    has_other_way: bool


WhoWaits = Callable[[Sequence[Connection]], list[Waiting]]

_providers: list[WhoWaits] = []


def register_waiting(provider: WhoWaits) -> None:
    """Adds somebody whose messages may wait for connections."""
    _providers.append(provider)


def waiting_for(row: Connection | Operator | Gateway) -> list[Waiting]:
    """All that waits for a connection, or for those in use of an operator or a gateway, and goes on if that is not used."""
    lines = [row] if isinstance(row, Connection) else list(row.connections.filter(is_enabled=True))
    return [one for provider in _providers for one in provider(lines)] if lines else []


def stuck_under(row: Connection | Operator | Gateway) -> list[str]:
    """Why it cannot be taken out of use, with what to do: messages wait for it that nobody else could carry."""
    stuck = [one.sentence for one in waiting_for(row) if not one.has_other_way]
    advice = _("Cancel or finish these mailings first, or bring another connection up.")
    return [*stuck, advice] if stuck else []
