"""Asks the child that reads files, and puts what it found into words."""

import json
import subprocess
import sys
from collections.abc import Generator, Iterator
from contextlib import closing, suppress
from functools import partial
from pathlib import Path
from threading import Timer
from typing import Any

from django.conf import settings

from backoffice.lib.files.look import Look
from backoffice.lib.files.problems import FileProblem, Problem, Row
from backoffice.lib.files.sentences import of_file
from backoffice.lib.files.shape import Shape, is_workbook
from backoffice.lib.files.shape import rows_of as rows_here
from backoffice.lib.spreadsheets import UnreadableTable

# The look is part of answering a page.
LOOK_SECONDS = 25
READ_SECONDS = 3600


def look_at(
    path: Path,
    known: frozenset[str] = frozenset(),
    asked: dict[str, Any] | None = None,
    *,
    is_short: bool = False,
) -> Look:
    """How a file is read, its first rows and its account; read in a process of its own.

    :param known: headings that could stand in it, as ``shape.word_of`` writes them.
    :param asked: what a person has chosen of the shape; the rest is guessed.
    :param is_short: whether the first rows will do.
    :raises UnreadableTable: with a sentence that says what to do.
    """
    question = {"wish": "look", "known": sorted(known), "asked": asked, "is_short": is_short}
    with closing(_ask(path, question, LOOK_SECONDS)) as answers:
        return Look.from_json(next(answers)["look"])


def open_table(path: Path, known: frozenset[str] = frozenset()) -> tuple[list[str], Iterator[Row]]:
    """The headings of a file that nobody has looked at, and the rows below them, as they are probably meant.

    :raises UnreadableTable: with a sentence that says what to do.
    """
    look = look_at(path, known, is_short=True)
    return look.heading, read(path, look.shape)


def read(path: Path, shape: Shape) -> Iterator[Row]:
    """The rows below the heading, as they come, without blank ones; those that cannot be read have a problem.

    A text is read here, line by line; a workbook, whose size nobody can tell before it is unpacked, in a child.

    :raises UnreadableTable: with a sentence that says what to do.
    """
    for row in _all_rows(path, shape):
        if row.number > shape.heading_row and not row.is_blank:
            yield row


def heading_of(path: Path, shape: Shape) -> list[str]:
    """The headings; empty if the table has none.

    :raises UnreadableTable: also if the file has fewer rows than that.
    """
    if not shape.heading_row:
        return []
    with closing(_all_rows(path, shape)) as rows:
        for row in rows:
            if row.number == shape.heading_row:
                return row.cells
    raise UnreadableTable(partial(of_file, "no_such_row", shape.heading_row))


def _all_rows(path: Path, shape: Shape) -> Generator[Row, None, None]:
    try:
        if not is_workbook(path):
            yield from rows_here(path, shape)
            return
    except FileProblem as problem:
        raise UnreadableTable(partial(of_file, problem.code, problem.detail)) from problem
    question = {"wish": "rows", "shape": shape.to_json()}
    with closing(_ask(path, question, READ_SECONDS)) as answers:
        for answer in answers:
            for number, cells, wrong, lines in answer.get("rows", ()):
                yield Row(number, cells, Problem(*wrong) if wrong else None, lines)


def _ask(path: Path, question: dict[str, Any], seconds: int) -> Generator[dict[str, Any], None, None]:
    """The child's answers up to the last one; the child ends with the iterator, or when its time is over."""
    # An absent file is told here from one that cannot be read.
    path.stat()
    process = subprocess.Popen(
        [sys.executable, "-m", "backoffice.lib.files.child"],
        cwd=settings.BASE_DIR,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        encoding="utf-8",
    )
    timer = Timer(seconds, process.kill)
    timer.start()
    try:
        assert process.stdin is not None
        assert process.stdout is not None
        with suppress(BrokenPipeError):
            process.stdin.write(json.dumps(question | {"path": str(path), "cpu_seconds": seconds}) + "\n")
            process.stdin.close()
        for line in process.stdout:
            answer = json.loads(line)
            if "problem" in answer:
                raise UnreadableTable(partial(of_file, *answer["problem"]))
            yield answer
            if "rows" not in answer:
                return
        raise UnreadableTable(partial(of_file, "too_much"))
    finally:
        timer.cancel()
        process.kill()
        process.wait()
        if process.stdout is not None:
            process.stdout.close()
