"""Which column of a file is what: by headings that are ours, by those that are likely, and by hand."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches
from typing import Any

from django.utils.translation import gettext as _

from backoffice.lib.files.shape import word_of

# As difflib counts it: one letter in eight wrong.
CLOSE = 0.87
# Of a wider table no misspelled headings are guessed: each takes 2 ms.
SPELLED_COLUMNS = 100
# Words that stand in a heading beside what it names: "Price EUR", "Customer's phone number", "Телефон клиента".
BESIDES = frozenset(
    "the of in a per no nr s our client customer subscriber user person contact main primary column field value number"
    " eur usd rub gbp kzt uah byn руб евро долл в за на клиента абонента покупателя основной контактный".split()
)


@dataclass(frozen=True)
class Column:
    """A column that a file may have. ``words`` mean it for sure, ``hints`` probably: "mobile" is a phone number."""

    name: str
    label: Any
    words: frozenset[str]
    hints: frozenset[str] = frozenset()
    is_needed: bool = False
    example: str = ""

    @property
    def others(self) -> str:
        """The headings by which it is known besides its name."""
        return ", ".join(sorted((self.words | self.hints) - {word_of(self.name)}))

    @property
    def title(self) -> str:
        """Its label, with its name in our files."""
        label = str(self.label)
        return label if label == self.name else f"{label} ({self.name})"


def column(
    name: str, label: Any, *words: str, hints: str = "", needed: bool = False, example: str = ""
) -> Column:
    """A column that is known by its name, by its label, and by more words; ``hints`` have commas between them."""
    sure = frozenset(word_of(word) for word in (name, str(label), *words))
    likely = frozenset(word_of(word) for word in hints.split(",") if word.strip())
    return Column(name, label, sure, likely, needed, example)


@dataclass(frozen=True)
class Columns:
    """The columns of one kind of file. ``prefix`` begins the names of further ones, which anybody may invent."""

    columns: Sequence[Column]
    prefix: str = ""
    by_name: dict[str, Column] = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "by_name", {one.name: one for one in self.columns})

    def __iter__(self) -> Iterator[Column]:
        return iter(self.columns)

    def known(self) -> frozenset[str]:
        """All headings that could stand in a file, as ``word_of`` writes them."""
        return frozenset().union(*(one.words | one.hints for one in self.columns))

    def sure(self, heading: str) -> str | None:
        """The column that a heading means without doubt."""
        text = heading.replace("\ufeff", "").strip().lower()
        if self.prefix and text.startswith(self.prefix) and text != self.prefix:
            return text
        word = word_of(heading)
        return next((one.name for one in self.columns if word and word in one.words), None)

    def match(self, heading: Sequence[str]) -> list[str | None]:
        """The column that each heading means, or probably means. Only sure ones may come twice; see :meth:`problems`."""
        found = [self.sure(title) for title in heading]
        for index, title in enumerate(heading):
            if found[index] is None and word_of(title):
                taken = {name for name in found if name}
                found[index] = self._likely(word_of(title), taken, spells=len(heading) <= SPELLED_COLUMNS)
        return found

    def problems(self, names: Sequence[str | None]) -> list[str]:
        """Why a file with these columns cannot be read yet, as sentences."""
        sentences = []
        for one in self.columns:
            times = names.count(one.name)
            if one.is_needed and not times:
                sentences.append(_("Choose the column that holds: %(column)s.") % {"column": one.title})
            elif times > 1:
                sentences.append(
                    _("Two columns are marked as “%(column)s”. Leave one of them out.")
                    % {"column": one.title}
                )
        return sentences

    def _likely(self, word: str, taken: set[str], *, spells: bool) -> str | None:
        free = [one for one in self.columns if one.name not in taken]
        if exact := next((one.name for one in free if word in one.hints), None):
            return exact
        parts = set(word.split()) - BESIDES
        for one in free:
            if any(parts and set(known.split()) - BESIDES == parts for known in one.words | one.hints):
                return one.name
        if not spells:
            return None
        spelled = {known: one.name for one in free for known in one.words | one.hints}
        close = get_close_matches(word, spelled, 1, CLOSE)
        return spelled[close[0]] if close else None
