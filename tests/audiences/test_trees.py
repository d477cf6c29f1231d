"""The statement and a plain evaluation of the same tree choose the same people, for thousands of random trees."""

from typing import Any

import pytest
import time_machine
from django.db.models import BooleanField, Case, Value, When
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from backoffice.audiences.blocks import rules_block
from backoffice.audiences.compile import rules_to_q
from backoffice.customers.models import Customer
from tests.audiences import oracle
from tests.audiences.random_trees import CONDITIONS, NOW, condition, make_definitions, make_people, trees
from tests.audiences.test_criteria_all import OURS

pytestmark = pytest.mark.django_db

PEOPLE = 60
TREES = 25
# 4 sets of people with 25 examples of 25 trees each, and 25 examples of each condition alone: some 4,000 trees.
thorough = settings(
    max_examples=25,
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=[
        HealthCheck.too_slow,
        HealthCheck.data_too_large,
        HealthCheck.function_scoped_fixture,
    ],
)


def chosen_by_sql(found: list[tuple[str, list[Any]]]) -> list[set[int]]:
    """Who fits each of some trees, asked in one statement."""
    block = rules_block()
    columns = {}
    for number, (match, rules) in enumerate(found):
        q = rules_to_q(match, block.clean(block.to_python(rules)))
        fits = Case(When(q, then=Value(True)), default=Value(False)) if q else Value(True)
        columns[f"tree_{number}"] = Case(When(pk__isnull=False, then=fits), output_field=BooleanField())
    rows = list(Customer.objects.annotate(**columns).values_list("pk", *columns))
    return [{row[0] for row in rows if row[number]} for number in range(1, len(found) + 1)]


def chosen_by_oracle(found: list[tuple[str, list[Any]]], people: list[oracle.Person]) -> list[set[int]]:
    return [
        {person.customer.pk for person in people if oracle.fits_all(match, rules, person)}
        for match, rules in found
    ]


@pytest.fixture(autouse=True)
def _definitions() -> Any:
    make_definitions()
    with time_machine.travel(NOW, tick=False):
        yield


def test_every_condition_has_a_meaning_and_is_drawn() -> None:
    assert set(oracle.MEANINGS) == set(OURS)
    assert set(CONDITIONS) == set(OURS)


@pytest.mark.parametrize("seed", range(4))
def test_random_trees_choose_the_same_people(seed: int) -> None:
    people = make_people(seed, PEOPLE)

    @thorough
    @given(st.lists(trees, min_size=TREES, max_size=TREES))
    def check(found: list[tuple[str, list[Any]]]) -> None:
        assert chosen_by_sql(found) == chosen_by_oracle(found, people)

    check()


@pytest.mark.parametrize("match", ["all", "none"])
def test_each_condition_alone_and_its_opposite_choose_the_same_people(match: str) -> None:
    people = make_people(99, PEOPLE)

    # The tree that differs is named, so there is nothing to shrink.
    @settings(thorough, phases=[Phase.generate])
    @given(st.tuples(*(CONDITIONS[name] for name in sorted(CONDITIONS))))
    def check(values: tuple[Any, ...]) -> None:
        found = [
            (match, [{"type": name, "value": value}])
            for name, value in zip(sorted(CONDITIONS), values, strict=True)
        ]
        by_sql, by_oracle = chosen_by_sql(found), chosen_by_oracle(found, people)
        for tree, one, other in zip(found, by_sql, by_oracle, strict=True):
            assert one == other, tree

    check()


@thorough
@given(condition())
def test_what_is_drawn_is_said_in_words(drawn: Any) -> None:
    block = rules_block()
    (rule,) = block.clean(block.to_python([drawn]))
    assert rule.block.sentence(rule.value)
