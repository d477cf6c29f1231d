"""What a text costs with real customers, and what a change to it would save."""

from decimal import Decimal

import pytest

from backoffice.customers.models import Customer
from backoffice.message_templates.crowd import Crowd
from backoffice.message_templates.estimate import Estimate, Written, cost, estimates
from backoffice.message_templates.preview import Bubble

pytestmark = pytest.mark.django_db


@pytest.fixture
def crowd() -> Crowd:
    """Three who read English and one who reads Russian stand for 40 000. One of them has no name."""
    people = [("Anna", "en"), ("Bartholomew", "en"), ("", ""), ("Олег", "ru")]
    made = [
        Customer.objects.create(external_id=str(number), first_name=name, language=language)
        for number, (name, language) in enumerate(people)
    ]
    return Crowd("All", 40_000, False, [one.pk for one in made], Decimal("2.50"), "RUB")


def test_each_variant_has_the_customers_of_its_language(crowd: Crowd) -> None:
    found = estimates({"": "Hello {first_name}", "ru": "Привет {first_name}"}, crowd)
    assert {code: one.customers for code, one in found.items()} == {"": 30_000, "ru": 10_000}
    assert [one.bubble.text for one in found["ru"].by_id.values()] == ["Привет Олег"]


def test_typical_longest_and_worst_are_real_customers(crowd: Crowd) -> None:
    found = estimates({"": "Hello {first_name}", "ru": "x"}, crowd)[""]
    assert found.typical().bubble.text == "Hello Anna"
    assert found.longest().bubble.text == "Hello Bartholomew"
    assert (found.worst().bubble.text, found.worst().gaps) == ("Hello ", 1)


def test_a_text_costs_its_parts(crowd: Crowd) -> None:
    found = estimates({"": "x" * 150 + "{first_name}", "ru": "x"}, crowd)
    assert found[""].parts == {1: pytest.approx(2 / 3), 2: pytest.approx(1 / 3)}
    # 20 000 get one part and 10 000 two, and 10 000 the Russian one.
    assert round(cost(found.values())) == (20_000 + 2 * 10_000 + 10_000) * Decimal("2.50")


def test_a_change_saves_the_parts_that_it_takes_away(crowd: Crowd) -> None:
    before = estimates({"": "— " + "x" * 100, "ru": "x"}, crowd)[""]
    after = estimates({"": "- " + "x" * 100, "ru": "x"}, crowd)[""]
    saving = before.saving(after)
    assert saving is not None
    assert (saving.before, saving.after, saving.percent) == (2, 1, 100)
    assert round(saving.money) == 75_000
    assert saving.currency == "RUB"
    assert after.saving(before) is None
    assert before.saving(before) is None


def test_a_text_that_is_a_little_too_long_may_be_shortened(crowd: Crowd) -> None:
    # Anna and Bartholomew have two parts, with 3 and 10 characters too many.
    found = estimates({"": "x" * 159 + "{first_name}", "ru": "x"}, crowd)[""].shortened()
    assert found is not None
    fewer, saving = found
    assert fewer == 3
    assert (saving.before, saving.after, saving.percent) == (2, 1, 33)


def test_a_text_that_is_far_too_long_or_short_enough_is_left_alone(crowd: Crowd) -> None:
    assert estimates({"": "x" * 250}, crowd)[""].shortened() is None
    assert estimates({"": "x"}, crowd)[""].shortened() is None


def test_without_customers_nothing_is_estimated() -> None:
    found = estimates({"": "Hello"}, Crowd("Nobody"))
    assert found == {"": Estimate()}
    assert found[""].parts == {}
    assert found[""].cost == 0
    assert found[""].saving(Estimate({1: Written(1, Bubble("x"), 0)})) is None
