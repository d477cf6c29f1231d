"""Which phone numbers can take an SMS: noted once for each number, so that a plan only has to join them."""

from typing import Any

from django.db import connection

from backoffice.lib.phones import kind_of

# Numbers of Russian mobile operators, which are nearly all, need no row.
UNNOTED = """
SELECT DISTINCT given.phone FROM ({phones}) AS given
WHERE given.phone <> '' AND given.phone NOT LIKE '+79%'
    AND NOT EXISTS (SELECT FROM customers_numberkind kind WHERE kind.phone = given.phone)
"""
NOTE = """
INSERT INTO customers_numberkind (phone, kind) SELECT unnest(%s), unnest(%s) ON CONFLICT (phone) DO NOTHING
"""
# Rows of these are numbers that no SMS arrives at. Of a number that does not exist nobody can say it.
NO_SMS = "kind NOT IN ('mobile', 'unknown')"
FETCHED_ROWS = 20_000


def note_kinds(cursor: Any, phones: str) -> None:
    """Notes what lines numbers belong to, of those of which that is not known yet.

    :param cursor: Django's, inside a transaction.
    :param phones: a SELECT, without placeholders, of one column ``phone`` of E.164 numbers.
    """
    with connection.chunked_cursor() as reader:
        reader.execute(UNNOTED.format(phones=phones))
        while rows := reader.fetchmany(FETCHED_ROWS):
            numbers = [phone for (phone,) in rows]
            cursor.execute(NOTE, [numbers, [kind_of(phone) for phone in numbers]])
