from collections.abc import Collection

import pytest
from django.db import connection

from backoffice.lib.arrays import bigints, span, texts


@pytest.mark.django_db
@pytest.mark.parametrize("numbers", [[], [7], [3, -1, 2**53]])
def test_postgresql_reads_the_numbers_in_their_order(numbers: list[int]) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT %s::bigint[]", [bigints(numbers)])
        assert cursor.fetchone()[0] == numbers


@pytest.mark.django_db
@pytest.mark.parametrize("words", [[], ["sent", ""], ['say "NULL"', "a,b", "back\\slash", "{}", "Ё\n"]])
def test_words_come_back_as_they_were(words: list[str]) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT %s::text[]", [texts(words)])
        assert cursor.fetchone() == (words,)


@pytest.mark.parametrize(("numbers", "found"), [([], (0, 0)), ([7], (7, 7)), ({5, 3, 9}, (3, 9))])
def test_a_span_begins_with_the_smallest(numbers: Collection[int], found: tuple[int, int]) -> None:
    assert span(numbers) == found
