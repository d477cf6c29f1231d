from datetime import date

import pytest
from django.db import connection

from kannel.monthly import ensure_partition, ensure_partitions, first_id, id_default_sql, month_of, next_month


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


@pytest.mark.django_db
@pytest.mark.parametrize("table", ["kannel_event", "mailings_message"])
def test_a_month_that_nobody_prepared_is_made_when_it_is_wanted(table: str) -> None:
    for _ in range(2):
        ensure_partition(table, date(2041, 12, 31))
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_get_expr(relpartbound, oid) FROM pg_class WHERE relname = %s", [f"{table}_2041_12"]
        )
        bounds = cursor.fetchall()
    assert bounds == [
        (f"FOR VALUES FROM ('{first_id(date(2041, 12, 1))}') TO ('{first_id(date(2042, 1, 1))}')",)
    ]
