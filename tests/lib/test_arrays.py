import pytest
from django.db import connection

from backoffice.lib.arrays import bigints


@pytest.mark.django_db
@pytest.mark.parametrize("numbers", [[], [7], [3, -1, 2**53]])
def test_postgresql_reads_the_numbers_in_their_order(numbers: list[int]) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT %s::bigint[]", [bigints(numbers)])
        assert cursor.fetchone()[0] == numbers
