"""Sweeps over all that people read: numbers and words agree, and marketing needs no word of the protocol."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
# Rooms whose pages operator staff read.
OF_OPERATORS = ("operators", "kannel")
PROTOCOL = re.compile(r"GSM ?03|UCS-?2|\berr:|\bstat:|DELIVRD|esm_class|data_coding", re.IGNORECASE)
SAID = re.compile(r"\b(?:_|n?gettext\w*|_gettext)\(\s*((?:\"(?:[^\"\\]|\\.)*\"\s*,?\s*)+)")
IN_TEMPLATE = re.compile(
    r"\{% (?:trans|translate) \"([^\"]*)\"|\{% blocktrans[^%]*%\}(.*?)\{% endblocktrans %\}", re.DOTALL
)
BLOCK = re.compile(r"\{% blocktrans[^%]*%\}(.*?)\{% endblocktrans %\}", re.DOTALL)
ONE_FORM = re.compile(r"(?<![\w.])(?:_|gettext\w*|_gettext)\(\s*((?:\"(?:[^\"\\]|\\.)*\"\s*)+)")
PIECE = re.compile(r"\"((?:[^\"\\]|\\.)*)\"")
COUNTED = (
    "customers|recipients|messages|rows|parts|texts|days|hours|entries|lists|people|characters|operators|connections|"
    "minutes|seconds|files|audiences|mailings|runs|prefixes|prices|phones|employees|alerts|lines|links|replies"
)
A_NUMBER_OF = re.compile(rf"%\(\w+\)[sd] (?:\w+ )?(?:{COUNTED})\b")
# The number is never one there, is a limit or a lower bound, or belongs to “N of M things”; or a name only looks like one.
IN_ONE_FORM = (
    "A line has more than %(detail)s characters",
    "Row %(row)s has characters",
    "%(operator)s was left (%(name)s)",
    "%(names)s runs with this adapter",
    "At least %(count)s messages of “%(name)s” wait",
    "This is longer than %(limit)d characters",
    "%(ended)s of %(all)s messages ended",
    "%(online)s of %(all)s",
    "Done at %(at)s: %(rows)s rows were read.",
    "%(rows)s rows read in %(seconds)s s",
    "It has %(count)s recipients; the last mailings",
    "Nothing has left within the last %(seconds)d seconds",
    "No receipt has come over %(name)s for",
    "%(taken)s of %(all)s messages",
    "%(different)s of %(count)s messages differ",
    "This was a sample: %(count)s of %(all)s messages",
    "Of the last %(count)s messages that",
    "Give a whole number from 1 to %(most)s messages a second",
    "%(rate)s messages a second",
    "Taken and receipts: messages of the last hour",
    "%(count)s messages take about %(time)s",
    "It may still get %(count)s messages in this step",
    "Of %(all)s test messages a day",
    "That would be %(wanted)s test messages",
    "“%(name)s” has finished: %(delivered)s of %(all)s",
    "%(operator)s took %(due)s messages over a quarter of an hour ago",
    "%(least)s to %(most)s parts",
    "Last hour: %(sent)s messages sent",
    "at most %(most)s parts",
    "One of these is longer than %(limit)d characters",
    "%(what)s does not work: it failed",
    "From %(parts)s parts it would cost no less",
)


def sources() -> list[Path]:
    """Files of rooms that marketing sees."""
    found = [
        *ROOT.glob("backoffice/**/*.py"),
        *ROOT.glob("backoffice/**/*.html"),
        *ROOT.glob("reports/**/*.html"),
    ]
    return [one for one in found if not set(one.parts) & {*OF_OPERATORS, "migrations", "tests"}]


def said_in(path: Path) -> list[str]:
    """What is shown to people, of one file."""
    source = path.read_text(encoding="utf-8")
    if path.suffix == ".html":
        return ["".join(found) for found in IN_TEMPLATE.findall(source)]
    return SAID.findall(source)


def test_marketing_reads_no_word_of_the_protocol() -> None:
    read = [(path.name, words) for path in sources() for words in said_in(path)]
    assert len(read) > 1000
    assert [(name, words) for name, words in read if PROTOCOL.search(words)] == []


def in_one_form(path: Path) -> list[str]:
    """What a file says in one form alone, whatever its numbers are; with numbers and names as %(name)s."""
    source = path.read_text(encoding="utf-8")
    if path.suffix == ".html":
        found = [body for body in BLOCK.findall(source) if "{% plural %}" not in body]
        return [re.sub(r"\{\{ (\w+) \}\}", r"%(\1)s", " ".join(body.split())) for body in found]
    return ["".join(PIECE.findall(pieces)) for pieces in ONE_FORM.findall(source)]


def test_a_number_and_its_word_agree() -> None:
    every = [
        *sources(),
        *ROOT.glob("backoffice/operators/**/*.py"),
        *ROOT.glob("backoffice/operators/**/*.html"),
    ]
    found = [words for path in every for words in in_one_form(path) if A_NUMBER_OF.search(words)]
    assert found
    assert [words for words in found if not words.startswith(IN_ONE_FORM)] == []


@pytest.mark.parametrize(
    "words", ["%(number)s customers are on it", "About %(count)s new rows", "%(count)d parts"]
)
def test_the_sweep_finds_numbers_that_may_be_one(words: str) -> None:
    assert A_NUMBER_OF.search(words)
