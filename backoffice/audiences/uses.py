"""Who uses an audience. The rooms above know and register here when they start; this room never imports its users."""

from collections.abc import Callable
from dataclasses import dataclass

from backoffice.accounts.models import User


@dataclass(frozen=True)
class Use:
    """Something that uses an audience, as people call it.

    ``keeps_its_plan`` says that it was planned with the audience and will go on with what it was planned with.
    """

    name: str
    state: str
    look: str
    url: str
    keeps_its_plan: bool


# Id of the audience, who asks -> what uses it and that person may see, the newest first.
Uses = Callable[[int, User], list[Use]]

_uses: list[Uses] = []


def register_uses(provider: Uses) -> None:
    """Adds users of audiences behind those that are registered already."""
    _uses.append(provider)


def uses_of(audience_id: int, reader: User) -> list[Use]:
    """All that uses an audience, as far as the reader may see it."""
    return [use for provider in _uses for use in provider(audience_id, reader)]
