"""Consent given and withdrawn, with history."""

import pytest

from backoffice.customers.consents import SourceMissing, record
from backoffice.customers.models import Consent, Customer, Purpose

pytestmark = pytest.mark.django_db


def test_a_new_answer_supersedes_the_old_row_which_stays() -> None:
    anna = Customer.objects.create(external_id="anna")
    record(anna, Purpose.MARKETING, Consent.State.GIVEN, "form")
    record(anna, Purpose.MARKETING, Consent.State.WITHDRAWN, "call")
    rows = Consent.objects.order_by("id")
    assert [(row.state, row.source, row.superseded_at is None) for row in rows] == [
        ("given", "form", False),
        ("withdrawn", "call", True),
    ]


def test_the_same_answer_again_changes_nothing() -> None:
    anna = Customer.objects.create(external_id="anna")
    first = record(anna, Purpose.SERVICE, Consent.State.GIVEN, "form")
    assert record(anna, Purpose.SERVICE, Consent.State.GIVEN, "call") == first


def test_without_a_source_nothing_is_noted() -> None:
    anna = Customer.objects.create(external_id="anna")
    with pytest.raises(SourceMissing, match="Say where this comes from"):
        record(anna, Purpose.SERVICE, Consent.State.GIVEN, "  ")
