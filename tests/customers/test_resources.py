"""What the cells of a customer file may hold."""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from backoffice.customers.resources import cleaners, column_of, consent_moment


@pytest.mark.parametrize(
    ("column", "text", "value"),
    [
        ("phone", "", None),
        ("birth_date", "", None),
        ("birth_date", "1985-11-24 00:00:00", date(1985, 11, 24)),
        ("balance", "", None),
        ("balance", "-1 234,50", Decimal("-1234.50")),
        ("loyalty_points", "", None),
        ("time_zone", "", None),
        ("gender", "Ж", "f"),
        ("is_blocked", "Да", True),
        ("is_blocked", "", None),
        ("tags", " a, ,b ", ["a", "b"]),
        ("consent_marketing", "отозвано", "withdrawn"),
        ("consent_marketing", "", ""),
        ("consent_on", "", None),
    ],
)
def test_a_cell_is_read(column: str, text: str, value: Any) -> None:
    assert cleaners()[column](text) == value


@pytest.mark.parametrize(
    ("column", "text", "words"),
    [
        ("balance", "99999999999", "too large"),
        ("loyalty_points", "3000000000", "too large"),
        ("first_name", "a" * 81, "longer than 80"),
        ("external_id", "a" * 65, "longer than 64"),
    ],
)
def test_a_cell_is_refused_in_a_sentence(column: str, text: str, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        cleaners()[column](text)


def test_a_day_of_consent_begins_at_midnight_of_the_company() -> None:
    moment = consent_moment("01.11.2026")
    assert moment is not None
    assert moment.isoformat() == "2026-11-01T00:00:00+03:00"


def test_an_unknown_heading_means_nothing() -> None:
    assert column_of("shoe size") is None
    assert column_of("attributes.Shoe") == "attributes.shoe"
