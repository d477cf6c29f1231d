"""The live count: at once from a part of the customers, then to the last one, and never of anything half-typed."""

from collections.abc import Iterator
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
import time_machine
from django.core.cache import cache
from django.db import connection
from django.db.models import BooleanField, Q
from django.db.models.expressions import RawSQL
from django.test.utils import CaptureQueriesContext

from backoffice.audiences import counting, draw, everyone
from backoffice.audiences.blocks import rules_block
from backoffice.audiences.counting import complete_rules, exact_count, reach
from backoffice.audiences.everyone import Price, Rule
from backoffice.audiences.limits import CountTooSlowError
from backoffice.audiences.templatetags.audiences import counted, percent, traits
from backoffice.customers.models import Customer
from backoffice.customers.querysets import CustomerQuerySet

pytestmark = pytest.mark.django_db

WOMEN = {"type": "gender", "value": {"who": "f"}}
KAZAN = {"type": "city", "value": {"names": "Kazan"}}
EMPTY = {"type": "age", "value": {}}

# No pg_sleep(): under a set clock nothing stops it.
ENDLESS = Q(RawSQL("(SELECT count(*) FROM generate_series(1, 1000000000)) < 0", (), BooleanField()))


def rules(*values: dict[str, Any]) -> Any:
    return rules_block().to_python(list(values))


@pytest.fixture(autouse=True)
def _people(clean_redis: Any) -> None:
    Customer.objects.create(external_id="anna", city="Kazan", gender="f", phone="+79160000001")
    Customer.objects.create(external_id="boris", city="Moscow", gender="m")
    Customer.objects.create(external_id="clara", gender="f")


@pytest.fixture
def many_customers(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """6 400 more customers, every second from Kazan; the first answer reads a quarter of them."""
    Customer.objects.bulk_create(
        Customer(external_id=str(number), city="Kazan" if number % 2 else "") for number in range(6_400)
    )
    monkeypatch.setattr(draw, "SMALL", 1_000)
    monkeypatch.setattr(draw, "SAMPLED", 1_000)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE customers_customer")
    yield
    cache.delete("audiences:everybody")


def test_one_statement_counts_the_whole_and_each_condition_alone_and_in_turn() -> None:
    with CaptureQueriesContext(connection) as asked:
        found = reach("all", rules(WOMEN, KAZAN)).fitting
    assert (
        len([query for query in asked if "array_agg" in query["sql"]]) == 2
    )  # conditions; who is written to
    assert (found.customers, found.everybody, found.is_exact) == (1, 3, True)
    assert found.share == pytest.approx(1 / 3)
    assert [(line.phrase.words, line.alone, line.moved, line.left) for line in found.conditions] == [
        ("They are women", 2, 1, 2),
        ("The city is Kazan", 1, 1, 1),
    ]


def test_conditions_of_which_one_is_enough_add_to_nobody_in_turn() -> None:
    found = reach("any", rules(KAZAN, WOMEN)).fitting
    assert [(line.alone, line.moved, line.left) for line in found.conditions] == [(1, 1, 1), (2, 1, 2)]
    assert found.customers == 2


def test_conditions_of_which_none_may_hold_take_away_in_turn() -> None:
    found = reach("none", rules(KAZAN, WOMEN)).fitting
    assert [(line.alone, line.moved, line.left) for line in found.conditions] == [(1, 1, 2), (2, 1, 1)]
    assert found.customers == 1


def test_some_of_those_who_fit_are_shown_and_nobody_else() -> None:
    assert [customer.external_id for customer in reach("all", rules(KAZAN)).writable.people] == ["anna"]
    nobody = reach("all", rules({"type": "city", "value": {"names": "Atlantis"}}))
    assert (nobody.fitting.customers, nobody.writable.people, nobody.writable.customers) == (0, [], 0)


def test_without_any_customer_the_share_is_nought() -> None:
    Customer.objects.all().delete()
    assert reach("all", []).fitting.share == 0
    assert exact_count("all", []).share == 0


def test_many_customers_are_estimated_first_and_counted_to_the_last_one_then(many_customers: None) -> None:
    first = reach("all", rules(KAZAN))
    assert not first.fitting.is_exact
    assert 2_700 < first.fitting.customers < 3_700
    assert 2_700 < first.writable.customers < 3_700
    assert first.fitting.customers % 4 == 0
    second = exact_count("all", rules(KAZAN))
    assert (second.customers, second.everybody) == (3_201, 6_403)
    assert second.writable is not None
    assert second.writable.customers == 3_201


def test_who_of_very_many_may_be_written_to_is_not_judged_one_by_one(
    many_customers: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(counting, "SMALL", 1_000)
    assert exact_count("all", rules(KAZAN)).writable is None


def test_an_estimate_of_nobody_says_how_many_there_may_be_all_the_same(many_customers: None) -> None:
    found = reach("all", rules({"type": "city", "value": {"names": "Atlantis"}})).fitting
    assert (found.customers, found.at_most) == (0, 12)


def test_the_rules_for_everybody_take_away_in_turn_after_the_conditions(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    Customer.objects.filter(external_id="anna").update(is_blocked=True)

    def provider(purpose: str, audience: Q) -> list[Rule]:
        assert purpose == "marketing"
        return [
            Rule("opted_out", "Opted out", Q(is_blocked=True)),
            Rule("invalid_number", "No valid number", Q(phone="")),
        ]

    monkeypatch.setattr(everyone, "_rules", [provider])
    found = reach("all", rules(WOMEN), "marketing").writable
    assert [(rule.label, rule.removed, rule.left) for rule in found.rules] == [
        ("Opted out", 1, 1),
        ("No valid number", 1, 0),
    ]
    assert (found.fitting, found.customers) == (2, 0)


def test_prices_of_a_part_are_extrapolated_to_all_who_may_be_written_to(
    many_customers: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    def half_of_them(customers: CustomerQuerySet) -> list[Price]:
        half = customers.count() // 2
        return [Price("North", half, Decimal(2) * half, "RUB")]

    monkeypatch.setattr(everyone, "_prices", [half_of_them])
    found = reach("all", rules(KAZAN)).writable
    (price,) = found.prices
    assert price.customers == pytest.approx(found.customers / 2, abs=3)
    assert found.cost == pytest.approx(Decimal(found.customers), abs=8)
    assert found.unreachable == pytest.approx(found.customers / 2, abs=4)
    assert found.currency == "RUB"


def test_a_large_table_without_statistics_is_not_read_whole_either(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(draw, "SMALL", 2)
    monkeypatch.setattr(draw, "SAMPLED", 1)
    assert draw.draw().every_nth >= 2


def test_of_millions_every_64th_is_read_which_an_index_holds(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(draw, "SMALL", 2)
    monkeypatch.setattr(draw, "_estimated_rows", lambda: 1_900_000)
    drawn = draw.draw()
    assert drawn.every_nth == 64
    sql = str(drawn.customers().query)
    with connection.cursor() as cursor:
        cursor.execute(f"SET LOCAL enable_seqscan = off; EXPLAIN {sql}")
        plan = "\n".join(line for (line,) in cursor.fetchall())
    assert "customer_draw" in plan


def test_the_more_conditions_look_into_other_tables_the_fewer_customers_are_read(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(draw, "SMALL", 2)
    monkeypatch.setattr(draw, "_estimated_rows", lambda: 1_900_000)
    assert [draw.draw(look_ups).every_nth for look_ups in (0, 1, 2, 9)] == [64, 128, 128, 256]
    assert " & 255)" in str(draw.draw(9).customers().query)
    assert " & 63)" in str(draw.draw(9).customers().query)


def test_a_condition_that_nobody_can_meet_is_nought_without_asking(monkeypatch: pytest.MonkeyPatch) -> None:
    gender = rules_block().child_blocks["gender"]
    monkeypatch.setattr(type(gender), "to_q", lambda self, value: Q(pk__in=[]))
    found = reach("all", rules(WOMEN), "marketing")
    assert (found.fitting.customers, found.writable.customers, found.writable.people) == (0, 0, [])
    assert exact_count("all", rules(WOMEN)).customers == 0


@time_machine.travel("2026-11-25 12:00:00Z", tick=False)
def test_what_is_not_known_of_somebody_is_left_out_of_what_is_shown() -> None:
    anna = Customer(city="Kazan", segment="VIP", birth_date=date(1990, 11, 26))
    assert traits(anna) == ["Kazan", "VIP", "35 years"]
    assert traits(Customer()) == []


def test_incomplete_conditions_are_left_out() -> None:
    assert [rule.block_type for rule in complete_rules(rules(WOMEN, EMPTY))] == ["gender"]


def test_an_exact_number_stands_when_judging_those_who_fit_takes_too_long(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(everyone, "_rules", [lambda purpose, audience: [Rule("slow", "Slow", ENDLESS)]])
    found = exact_count("all", rules(KAZAN), "marketing", timeout=timedelta(milliseconds=300))
    assert (found.customers, found.writable) == (1, None)


@pytest.mark.parametrize("count", [reach, exact_count])
def test_a_runaway_count_is_stopped(monkeypatch: pytest.MonkeyPatch, count: Any) -> None:
    gender = rules_block().child_blocks["gender"]
    monkeypatch.setattr(type(gender), "to_q", lambda self, value: ENDLESS)
    with pytest.raises(CountTooSlowError):
        count("all", rules(WOMEN), timeout=timedelta(milliseconds=50))


def test_the_time_limit_ends_with_the_count() -> None:
    reach("all", [])
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_sleep(0.1)")


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


@pytest.mark.parametrize(
    ("customers", "is_exact", "words"),
    [
        (1_897_412, True, "1,897,412"),
        (1_897_412, False, "≈ 1,900,000"),
        (128, False, "≈ 128"),
        (0, False, "≈ 0"),
    ],
)
def test_an_estimate_has_no_more_digits_than_it_can_vouch_for(
    customers: int, is_exact: bool, words: str
) -> None:
    assert counted(customers, is_exact) == words
