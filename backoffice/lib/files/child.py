"""Reads files in a process of its own that has only so much memory and time: asked in JSON, answers a line a piece.

Run by ``reading``: ``python -m backoffice.lib.files.child``.
"""

import json
import sys
from collections.abc import Callable, Iterator
from itertools import islice
from pathlib import Path
from typing import Any, TextIO

from backoffice.lib.files.gate import limit_process
from backoffice.lib.files.look import look_at
from backoffice.lib.files.problems import FileProblem
from backoffice.lib.files.shape import Shape, rows_of

ROWS_A_PIECE = 500


def answer(question: dict[str, Any], write: Callable[[dict[str, Any]], object]) -> None:
    """Writes a look, or pieces of rows and then an end; a problem instead, wherever it comes up."""
    path = Path(question["path"])
    try:
        if question["wish"] == "look":
            known, asked = frozenset(question["known"]), question["asked"]
            write({"look": look_at(path, known, asked, is_short=question["is_short"]).to_json()})
            return
        for piece in _pieces(rows_of(path, Shape.from_json(question["shape"]))):
            write({"rows": piece})
        write({"end": True})
    except FileProblem as problem:
        write({"problem": [problem.code, problem.detail]})
    except MemoryError:
        write({"problem": ["too_much", ""]})


def _pieces(rows: Iterator[Any]) -> Iterator[list[Any]]:
    while piece := list(islice(rows, ROWS_A_PIECE)):
        yield piece


def main(asked: TextIO, answers: TextIO) -> None:
    question = json.loads(asked.readline())
    limit_process(question["cpu_seconds"])

    def write(piece: dict[str, Any]) -> None:
        answers.write(json.dumps(piece) + "\n")
        answers.flush()

    answer(question, write)


if __name__ == "__main__":
    main(sys.stdin, sys.stdout)
