"""What can be wrong with a file or with one of its rows, as kind and detail; ``sentences`` puts it into words."""

from typing import NamedTuple


class FileProblem(Exception):
    """Why a file cannot be read. ``code`` is one of those in ``sentences.OF_FILES``, ``detail`` what it speaks of."""

    def __init__(self, code: str, detail: str | int = "") -> None:
        super().__init__(code, detail)
        self.code, self.detail = code, detail


class Problem(NamedTuple):
    """Why a row cannot be read. ``code`` is one of those in ``sentences.OF_ROWS``."""

    code: str
    detail: str | int = ""


class Row(NamedTuple):
    """One row of a table. ``number`` is counted from 1 as an office program does; ``lines`` are those of the file it takes."""

    number: int
    cells: list[str]
    problem: Problem | None = None
    lines: int = 1

    @property
    def is_blank(self) -> bool:
        return self.problem is None and not any(cell.strip() for cell in self.cells)
