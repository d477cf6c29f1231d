"""New customers of whom nothing is known but a phone number."""

from typing import Any

from django.utils.crypto import salted_hmac

from backoffice.customers.merging import DEFAULTS
from backoffice.customers.number_kinds import note_kinds

# What the number in the CRM of such a customer begins with. What follows is made of the phone number, so that two lists
# make one customer of it, and of a secret: everybody sees numbers in the CRM, and nobody finds the phone number by them.
EXTERNAL_ID_START = "list-"
EXTERNAL_ID = "%s || left(encode(sha256(convert_to(%s || {phone}, 'UTF8')), 'hex'), 20)"


def external_id_parts() -> list[str]:
    """The values of the placeholders in EXTERNAL_ID."""
    return [EXTERNAL_ID_START, salted_hmac("parley.customers.adding", "").hexdigest()]


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
        SELECT {EXTERNAL_ID.format(phone="given.phone")}, given.phone, {values}, '{{}}', now(), now()
        FROM ({numbers}) AS given
        WHERE NOT EXISTS (SELECT FROM customers_customer c WHERE c.phone = given.phone)
        ON CONFLICT (external_id) DO NOTHING
        """,
        external_id_parts(),
    )
    added: int = cursor.rowcount
    note_kinds(cursor, numbers)
    return added
