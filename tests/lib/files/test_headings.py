"""Which column is what, by its heading or by hand."""

import pytest

from backoffice.customers.columns import customer_columns
from backoffice.operators.porting import porting_columns
from backoffice.operators.tariff_resource import tariff_columns


@pytest.mark.parametrize(
    ("heading", "name"),
    [
        ("Client id", "external_id"),
        ("Customer's phone number", "phone"),
        ("Mobile", "phone"),
        ("Мобильный телефон клиента", "phone"),
        ("ID клиента", "external_id"),
        ("e-mail", "email"),
        ("Fist name", "first_name"),
        ("Phone model", None),
        ("", None),
        ("Attributes.Shoe", "attributes.shoe"),
    ],
)
def test_a_heading_of_another_system_is_guessed_or_left_out(heading: str, name: str | None) -> None:
    assert customer_columns().match([heading]) == [name]


@pytest.mark.parametrize("heading", ["Price EUR", "price_per_part", "Rate (USD)", "Цена за СМС"])
def test_prices_are_known_by_many_names(heading: str) -> None:
    assert tariff_columns().match([heading]) == ["price_per_part"]


def test_what_is_sure_is_not_taken_by_what_is_likely() -> None:
    assert porting_columns().match(["Mobile", "phone", "New operator"]) == [None, "phone", "network"]


def test_columns_that_are_missing_or_chosen_twice_are_told() -> None:
    sentences = porting_columns().problems(["phone", "phone", None])
    assert sentences == [
        "Two columns are marked as “phone number (phone)”. Leave one of them out.",
        "Choose the column that holds: network.",
    ]
