"""Who uses a text. The rooms above know and register here when they start; this room never imports its users."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from backoffice.accounts.models import User


@dataclass(frozen=True)
class Use:
    """Something that uses a text, as people call it, with its state and the look of that."""

    name: str
    state: str
    look: str
    url: str


# Id of the text, who asks -> what uses it and that person may see, the newest first.
Uses = Callable[[int, User], list[Use]]
# Ids of texts -> how many use each; those that nothing uses may be left out.
UseCounts = Callable[[Sequence[int]], dict[int, int]]

_providers: list[tuple[Uses, UseCounts]] = []


def register_uses(uses: Uses, counts: UseCounts) -> None:
    """Adds users of texts behind those that are registered already."""
    _providers.append((uses, counts))


def uses_of(text_id: int, reader: User) -> list[Use]:
    """All that uses a text, as far as the reader may see it."""
    return [use for uses, _counts in _providers for use in uses(text_id, reader)]


def use_counts(text_ids: Sequence[int]) -> dict[int, int]:
    """How many use each of these texts."""
    found = dict.fromkeys(text_ids, 0)
    for _uses, counts in _providers:
        for text_id, count in counts(text_ids).items():
            found[text_id] += count
    return found
