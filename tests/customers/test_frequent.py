"""The values on offer where somebody types a city or a tag, and how many customers have each."""

from typing import Any

import pytest
from django.core.cache import cache
from django.db import connection

from backoffice.customers import frequent
from backoffice.customers.frequent import Frequent, frequent_values
from backoffice.customers.models import Customer

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _nothing_kept() -> Any:
    cache.clear()
    yield
    cache.clear()


def customers(**columns: list[Any]) -> None:
    """One customer for each value of a column."""
    for column, values in columns.items():
        Customer.objects.bulk_create(
            Customer(external_id=f"{column}-{number}", **{column: value})
            for number, value in enumerate(values)
        )


def analyse() -> None:
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE customers_customer")


@pytest.fixture
def many(monkeypatch: pytest.MonkeyPatch) -> None:
    """A table longer than what is read of it each time."""
    monkeypatch.setattr(frequent, "FIRST_ROWS", 3)


def values(column: str) -> list[str]:
    return [one.value for one in frequent_values(column)]


@pytest.mark.parametrize("is_analysed", [False, True])
def test_the_most_frequent_values_come_first_without_the_empty_one(is_analysed: bool) -> None:
    customers(city=["Omsk"] * 2 + ["Kazan, the old"] * 3 + [""] * 9)
    if is_analysed:
        analyse()
    assert values("city") == ["Kazan, the old", "Omsk"]


@pytest.mark.parametrize("is_analysed", [False, True])
def test_each_tag_is_offered_by_itself(is_analysed: bool) -> None:
    customers(tags=[["new", "app"], ["app"], ["app", "vip"], [], ["new"]])
    if is_analysed:
        analyse()
    assert values("tags") == ["app", "new", "vip"]


def test_no_customers_have_no_values() -> None:
    assert values("city") == []


@pytest.mark.usefixtures("many")
def test_no_more_than_the_first_rows_of_the_table_are_read(django_assert_num_queries: Any) -> None:
    customers(city=["Omsk"] * 5)
    analyse()
    with django_assert_num_queries(2) as asked:
        frequent_values("city")
    assert "LIMIT 3" in asked[0]["sql"]
    assert "pg_stats" in asked[1]["sql"]


@pytest.mark.parametrize("cities", [[], ["Kazan"]])
def test_rows_long_gone_are_not_on_offer(cities: list[str]) -> None:
    customers(city=["Omsk"] * 5)
    analyse()
    Customer.objects.all().delete()
    customers(city=cities)
    assert values("city") == cities


def test_values_are_kept_for_a_while(django_assert_num_queries: Any) -> None:
    customers(city=["Omsk"])
    frequent_values("city")
    with django_assert_num_queries(0):
        assert values("city") == ["Omsk"]


def test_no_more_than_some_are_offered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(frequent, "OFFERED", 2)
    customers(city=["a", "b", "c"])
    assert values("city") == ["a", "b"]


def test_few_customers_are_counted() -> None:
    customers(city=["Omsk"] * 2 + ["Kazan"])
    assert frequent_values("city") == [
        Frequent("Omsk", 2, is_exact=True),
        Frequent("Kazan", 1, is_exact=True),
    ]


@pytest.mark.usefixtures("many")
def test_of_more_than_are_read_nobody_knows_how_many() -> None:
    customers(city=["Omsk"] * 5)
    assert frequent_values("city") == [Frequent("Omsk")]


@pytest.mark.usefixtures("many")
def test_the_statistics_say_about_how_many() -> None:
    customers(city=["Omsk"] * 20 + ["Kazan"] * 10 + [""] * 10)
    analyse()
    assert frequent_values("city") == [Frequent("Omsk", 20), Frequent("Kazan", 10)]


@pytest.mark.usefixtures("many")
def test_the_statistics_count_a_tag_by_the_customers_who_have_it() -> None:
    customers(tags=[["new", "app"], ["app"], ["app", "vip"], [], ["new"]] * 4)
    analyse()
    assert frequent_values("tags") == [Frequent("app", 12), Frequent("new", 8), Frequent("vip", 4)]
