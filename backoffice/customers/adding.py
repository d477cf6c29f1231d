"""New customers of whom nothing is known but a phone number."""

from typing import Any

from backoffice.customers.merging import DEFAULTS
from backoffice.customers.number_kinds import note_kinds

# What the number in the CRM of such a customer begins with; the digits of the phone number follow.
EXTERNAL_ID_START = "list-"


def add_with_numbers(cursor: Any, numbers: str) -> int:
    """Adds a customer for each number that nobody has yet, in one statement. Returns how many are new.

    :param numbers: a SELECT, without placeholders, of one column ``phone`` of E.164 numbers, each once.
    """
    others = [name for name in DEFAULTS if name != "phone"]
    names = ", ".join(["external_id", "phone", *others, "attributes", "created_at", "updated_at"])
    values = ", ".join(DEFAULTS[name] for name in others)
    cursor.execute(
        f"""
        INSERT INTO customers_customer ({names})
        SELECT %s || substr(given.phone, 2), given.phone, {values}, '{{}}', now(), now()
        FROM ({numbers}) AS given
        WHERE NOT EXISTS (SELECT FROM customers_customer c WHERE c.phone = given.phone)
        ON CONFLICT (external_id) DO NOTHING
        """,
        [EXTERNAL_ID_START],
    )
    added: int = cursor.rowcount
    note_kinds(cursor, numbers)
    return added
