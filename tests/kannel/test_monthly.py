from datetime import date

import pytest
from django.db import connection

from kannel.monthly import ensure_partitions, first_id, id_default_sql, month_of, next_month


def test_an_id_carries_its_month() -> None:
    assert month_of(first_id(date(2026, 11, 24)) + 5) == date(2026, 11, 1)
    assert next_month(date(2026, 12, 1)) == date(2027, 1, 1)


@pytest.mark.django_db
def test_a_new_row_falls_into_the_partition_of_this_month() -> None:
    ensure_partitions("kannel_event")
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {id_default_sql('kannel_event')}, current_date")
        row_id, today = cursor.fetchone()
    assert month_of(row_id) == today.replace(day=1)
