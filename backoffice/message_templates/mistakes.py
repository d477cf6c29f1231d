"""What is wrong in a text, said so that whoever wrote it can mend it."""

from dataclasses import dataclass


class MergeError(ValueError):
    """A text that cannot be merged. ``sentence`` says what to do.

    ``position`` is the character where it begins, ``end`` the one after it. ``instead`` is what was probably meant in
    place of these characters; empty where nobody knows.
    """

    def __init__(self, sentence: str, position: int, end: int | None = None, instead: str = "") -> None:
        super().__init__(sentence)
        self.sentence = sentence
        self.position = position
        self.end = position + 1 if end is None else end
        self.instead = instead

    @property
    def place(self) -> int:
        """The position as people count, from 1."""
        return self.position + 1

    def mended(self, text: str) -> str:
        """The text with what was probably meant; empty where nobody knows."""
        return text[: self.position] + self.instead + text[self.end :] if self.instead else ""


@dataclass(frozen=True)
class Slip:
    """What is wrong between two brackets, and what was probably meant there, brackets included."""

    sentence: str
    instead: str = ""
