"""The live count: exact, within its time, and never of anything half-typed."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import OperationalError, connection
from django.db.models import BooleanField, Q
from django.db.models.expressions import RawSQL
from django.test.utils import CaptureQueriesContext

from backoffice.audiences import counting
from backoffice.audiences.blocks import rules_block
from backoffice.audiences.counting import CountTooSlowError, complete_rules, reach
from backoffice.audiences.templatetags.audiences import percent
from backoffice.customers.models import Customer

pytestmark = pytest.mark.django_db

WOMEN = {"type": "gender", "value": {"who": "f"}}
KAZAN = {"type": "city", "value": {"names": "Kazan"}}
EMPTY = {"type": "age", "value": {}}


def rules(*values: dict[str, Any]) -> Any:
    return rules_block().to_python(list(values))


@pytest.fixture(autouse=True)
def _people() -> None:
    Customer.objects.create(external_id="anna", city="Kazan", gender="f", phone="+79160000001")
    Customer.objects.create(external_id="boris", city="Moscow", gender="m")
    Customer.objects.create(external_id="clara", gender="f")


def test_the_count_names_the_whole_and_what_each_condition_alone_leaves() -> None:
    with CaptureQueriesContext(connection) as asked:
        found = reach("all", rules(WOMEN, KAZAN))
    assert len([query for query in asked if 'FROM "customers_customer"' in query["sql"]]) == 3
    assert (found.customers, found.everybody) == (1, 3)
    assert found.share == pytest.approx(1 / 3)
    assert [(rule.sentence, rule.customers) for rule in found.rules] == [
        ("they are women", 2),
        ("the city is Kazan", 1),
    ]
    assert [customer.external_id for customer in found.sample] == ["anna"]


def test_nobody_has_no_sample() -> None:
    found = reach("all", rules({"type": "city", "value": {"names": "Atlantis"}}))
    assert (found.customers, found.sample) == (0, [])


def test_without_any_customer_the_share_is_nought() -> None:
    Customer.objects.all().delete()
    assert reach("all", []).share == 0


def many_customers(monkeypatch: pytest.MonkeyPatch) -> None:
    """400 more customers, every second from Kazan, of whom single conditions are counted among some 40."""
    Customer.objects.bulk_create(
        Customer(external_id=str(number), city="Kazan" if number % 2 else "") for number in range(400)
    )
    monkeypatch.setattr(counting, "SAMPLED", 40)


def test_many_customers_are_counted_exactly_and_single_conditions_are_estimated(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    many_customers(monkeypatch)
    found = reach("all", rules(KAZAN))
    assert (found.customers, found.is_exact) == (201, True)
    assert not found.rules_are_exact
    assert 80 < found.rules[0].customers < 320


def test_the_whole_is_estimated_when_counting_it_takes_too_long(monkeypatch: pytest.MonkeyPatch) -> None:
    many_customers(monkeypatch)
    real = counting._within
    asked: list[int] = []

    def third_takes_too_long(timeout: timedelta, statement: Any) -> Any:
        asked.append(1)
        if len(asked) == 3:
            raise CountTooSlowError
        return real(timeout, statement)

    monkeypatch.setattr(counting, "_within", third_takes_too_long)
    found = reach("all", rules(KAZAN))
    assert not found.is_exact
    assert 80 < found.customers < 320


def test_incomplete_conditions_are_left_out() -> None:
    assert [rule.block_type for rule in complete_rules(rules(WOMEN, EMPTY))] == ["gender"]


def test_a_runaway_count_is_stopped(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        counting, "rules_to_q", lambda match, rules: Q(RawSQL("pg_sleep(5) IS NULL", (), BooleanField()))
    )
    with pytest.raises(CountTooSlowError):
        reach("all", [], timeout=timedelta(milliseconds=50))


def test_the_time_limit_ends_with_the_count() -> None:
    reach("all", [])
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_sleep(0.1)")


def test_other_failures_of_the_database_are_not_hidden(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(timeout: timedelta) -> None:
        raise OperationalError("gone")

    monkeypatch.setattr(counting, "_limit_statements", broken)
    with pytest.raises(OperationalError, match="gone"):
        reach("all", [])


@pytest.mark.parametrize(
    ("share", "words"),
    [
        (0, "0 %"),
        (0.0001, "less than 0.1 %"),
        (0.5, "50.0 %"),
        (0.9999, "more than 99.9 %"),
        (1, "100 %"),
    ],
)
def test_shares_never_round_to_nobody_or_everybody(share: float, words: str) -> None:
    assert percent(share) == words
