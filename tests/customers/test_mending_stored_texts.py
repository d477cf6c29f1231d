"""What was stored before texts were made plain on the way in is mended in place."""

from importlib import import_module
from types import SimpleNamespace

import pytest
from django.db import connection

from backoffice.customers.models import Customer, NumberKind

pytestmark = pytest.mark.django_db

MIGRATION = import_module("backoffice.customers.migrations.0008_plain_texts_and_kinds_of_numbers")
EDITOR = SimpleNamespace(connection=connection)


def test_stored_texts_lose_what_nobody_sees_and_others_stay() -> None:
    odd = Customer.objects.create(
        external_id="A",
        first_name="Zoe\u0301\u00a0",
        city="Nizh\u00adny  Novgorod",
        attributes={"shoe": "4\u200b2", "hat": 7},
    )
    plain = Customer.objects.create(external_id="B", first_name="Анна", city="Köln", attributes={"a": "é"})
    MIGRATION.make_plain(None, EDITOR)
    odd.refresh_from_db()
    plain.refresh_from_db()
    assert (odd.first_name, odd.city, odd.attributes) == ("Zoé", "Nizhny Novgorod", {"shoe": "42", "hat": 7})
    assert (plain.first_name, plain.city, plain.attributes) == ("Анна", "Köln", {"a": "é"})


def test_lines_of_stored_numbers_are_noted() -> None:
    Customer.objects.create(external_id="A", phone="+74951234567")
    MIGRATION.note_lines(None, EDITOR)
    assert NumberKind.objects.get().kind == "landline"
