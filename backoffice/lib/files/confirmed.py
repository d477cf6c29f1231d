"""How an upload is read, as it was guessed, shown and confirmed: kept with its run, remembered for files of the same headings."""

from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from backoffice.lib.files.headings import Columns
from backoffice.lib.files.look import Account, Look
from backoffice.lib.files.reading import heading_of, look_at
from backoffice.lib.files.shape import Shape, digest_of
from backoffice.lib.spreadsheets import UnreadableTable


@dataclass
class Reading:
    """How a file is read: its shape, and for each of its columns the name of ours, or None for one that is left out."""

    shape: Shape
    columns: list[str | None]
    account: Account = field(default_factory=Account)
    problems: list[tuple[int, str, str | int]] = field(default_factory=list)

    def to_json(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_json(cls, kept: dict[str, Any]) -> "Reading":
        shape, account = Shape.from_json(kept["shape"]), Account(**kept["account"])
        return cls(
            shape, kept["columns"], account, [(row, code, detail) for row, code, detail in kept["problems"]]
        )

    def heading(self, path: Path) -> list[str]:
        """The headings of the file; of a table without any the names of our columns."""
        return heading_of(path, self.shape) or [name or "" for name in self.columns]

    def asked(self) -> dict[str, Any]:
        """Its shape as something that was chosen."""
        shape = self.shape.to_json()
        return {name: value for name, value in shape.items() if value or name == "heading_row"}


def guess(
    path: Path, columns: Columns, asked: dict[str, Any] | None = None, *, is_short: bool = False
) -> tuple[Reading, Look]:
    """How a file is probably read, and the look that says so.

    :raises UnreadableTable: if it can be no table.
    """
    look = look_at(path, columns.known(), asked, is_short=is_short)
    width = max([len(look.heading), *(len(cells) for _number, cells in look.rows[:20])])
    names = columns.match([*look.heading, *[""] * (width - len(look.heading))])
    return Reading(look.shape, names, look.account, look.problems), look


def examine(run: Any, columns: Columns, asked: dict[str, Any] | None = None) -> Look:
    """Looks at the file of a run and keeps with the run how it is read: as for the last file of the same headings.

    :raises UnreadableTable: if it can be no table.
    """
    reading, look = guess(Path(run.file.path), columns, asked)
    run.headings_digest = digest_of(look.heading)
    if remembered := remembered_columns(run, len(reading.columns)):
        reading.columns = remembered
    run.reading = reading.to_json()
    run.save()
    return look


def of_run(run: Any, columns: Columns) -> Reading:
    """How the file of a run is read; guessed for one that nobody has looked at.

    :raises UnreadableTable: if it can be no table.
    """
    return (
        Reading.from_json(run.reading)
        if run.reading
        else guess(Path(run.file.path), columns, is_short=True)[0]
    )


def check_columns(columns: Callable[[], Columns], reading: Reading) -> None:
    """Refuses a table in which something that is needed is missing. ``columns`` makes them anew, with their labels.

    :raises UnreadableTable: with a sentence that says what to do.
    """

    def problems() -> str:
        return " ".join(columns().problems(reading.columns))

    if problems():
        raise UnreadableTable(problems)


def remembered_columns(run: Any, width: int) -> list[str | None]:
    """The columns of the last file with these headings that somebody started."""
    if not run.headings_digest:
        return []
    others = type(run).objects.filter(headings_digest=run.headings_digest).exclude(pk=run.pk)
    last = others.exclude(state="uploaded").order_by("-pk").first()
    names: list[str | None] = last.reading.get("columns", []) if last else []
    return names if len(names) == width else []
