"""COPY from lines."""

from collections.abc import Iterator

import psycopg2
import pytest
from django.db import connection, transaction
from hypothesis import given, settings
from hypothesis import strategies as st

from backoffice.lib.copying import copy_lines, text_cell

pytestmark = pytest.mark.django_db


def copied(lines: Iterator[str]) -> list[str]:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("DROP TABLE IF EXISTS pg_temp.taken")
        cursor.execute("CREATE TEMP TABLE taken (number int, words text) ON COMMIT DROP")
        copy_lines(cursor, "taken", ["number", "words"], lines)
        cursor.execute("SELECT words FROM taken ORDER BY number")
        return [words for (words,) in cursor.fetchall()]


@settings(max_examples=200, deadline=None)
@given(st.lists(st.text(st.characters(codec="utf-8", exclude_characters="\0"))))
def test_every_text_arrives_as_it_was(texts: list[str]) -> None:
    assert copied(f"{number}\t{text_cell(text)}\n" for number, text in enumerate(texts)) == texts


def test_nul_is_dropped() -> None:
    assert text_cell("a\0b\\") == "ab\\\\"


def test_the_reason_why_the_lines_stopped_reaches_the_caller() -> None:
    def lines() -> Iterator[str]:
        yield "1\tone\n"
        raise LookupError

    with pytest.raises(LookupError):
        copied(lines())


def test_what_the_database_refuses_is_its_own_error() -> None:
    with pytest.raises(psycopg2.Error):
        copied(iter(["one\ttwo\n"]))
