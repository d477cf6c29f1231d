"""Messages on top of the next page: the same one is shown once, however often it was said meanwhile.

Pages that are refused in the background or in another tab each leave their sentence for the next page.
"""

from typing import Any

from django.contrib.messages.storage.base import Message
from django.contrib.messages.storage.fallback import FallbackStorage


class SaidOnce(FallbackStorage):
    """Where messages wait; what waits already is not added again."""

    # Django's own, of which its type stubs say nothing.
    _loaded_messages: list[Message]
    _queued_messages: list[Message]

    def add(self, level: int, message: Any, extra_tags: str | None = "") -> None:
        waiting = [*self._loaded_messages, *self._queued_messages]
        if not any(one.level == level and str(one.message) == str(message) for one in waiting):
            super().add(level, message, extra_tags)
