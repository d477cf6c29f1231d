"""Each condition: whom it takes, whom it leaves, what it says, which nonsense it refuses."""

from datetime import UTC, date, datetime
from typing import Any

import pytest
import time_machine
from django.core.exceptions import ValidationError

from backoffice.customers.models import Customer
from tests.audiences.trying import Case, block, check, fits, make_people

pytestmark = pytest.mark.django_db


CASES: list[Case] = [
    ("age", {"at_least": 36}, {"boris"}, "the age is at least 36 years"),
    ("age", {"at_least": 35, "at_most": 35}, {"anna"}, "the age is 35 years"),
    ("age", {"at_most": 40}, {"anna"}, "the age is at most 40 years"),
    ("birthday", {"days": 7}, {"anna"}, "the birthday is within the next 7 days"),
    ("birthday", {"days": 1}, set(), "the birthday is within the next 1 day"),
    ("birthday", {"days": 0}, set(), "the birthday is today"),
    ("birthday", {"days": 100}, {"anna", "boris"}, "the birthday is within the next 100 days"),
    ("gender", {"who": "f"}, {"anna"}, "they are women"),
    ("gender", {"who": "m"}, {"boris"}, "they are men"),
    ("gender", {"who": "unknown"}, {"clara"}, "the gender is not known"),
    ("language", {"names": "RU"}, {"anna"}, "the language is RU"),
    ("city", {"names": "kazan, Moscow"}, {"anna", "boris"}, "the city is kazan or Moscow"),
    ("city", {"is_or_not": "not", "names": "Moscow"}, {"anna", "clara"}, "the city is not Moscow, or is not known"),
    ("region", {"names": "Tatarstan"}, {"anna"}, "the region is Tatarstan"),
    ("tariff", {"is_or_not": "not", "names": "gold;base"}, {"clara"}, "the tariff is not gold or base, or is not known"),
    ("segment", {"names": "vip"}, {"anna"}, "the segment is vip"),
    ("loyalty_tier", {"names": "silver"}, {"anna"}, "the loyalty level is silver"),
    ("loyalty_points", {"at_least": -10, "at_most": -1}, {"boris"}, "the number of loyalty points is from -10 to -1"),
    ("balance", {"at_most": -1}, {"boris"}, "the balance is at most -1 RUB"),
    ("debt", {"at_least": "0.5", "at_most": "49.99"}, {"boris"}, "the debt is from 0.5 to 49.99 RUB"),
    ("spent", {"at_least": 1000}, {"anna"}, "what they spent in all is at least 1,000 RUB"),
    ("average_receipt", {"at_least": 10, "at_most": 10}, {"boris"}, "the average receipt is 10 RUB"),
    ("purchases", {"at_least": 5}, {"anna"}, "the number of purchases is at least 5"),
    ("customer_for", {"at_least": 11}, {"boris"}, "the time as a customer is at least 11 months"),
    ("customer_for", {"at_most": 10}, {"anna"}, "the time as a customer is at most 10 months"),
    ("contract_ends", {"days": 7}, {"anna"}, "the contract ends within the next 7 days"),
    ("last_purchase", {"when": "within", "days": 4}, {"anna"}, "the last purchase was within the last 4 days"),
    (
        "last_purchase", {"when": "before", "days": 4}, {"boris", "clara"},
        "the last purchase was longer than 4 days ago, or never",
    ),
    ("last_visit", {"when": "within", "days": 1}, {"anna"}, "the last visit was within the last 1 day"),
    ("consent", {"state": "given", "purpose": "marketing"}, {"anna"}, "they agreed to “Offers and news”"),
    ("consent", {"state": "withdrawn", "purpose": "marketing"}, {"boris"}, "they refused “Offers and news”"),
    (
        "consent", {"state": "silent", "purpose": "marketing"}, {"clara"},
        "they never said anything about “Offers and news”",
    ),
    ("tags", {"how": "any", "names": "new, old"}, {"anna"}, "there is the tag new or old"),
    ("tags", {"how": "all", "names": "new, app"}, {"anna"}, "the tags new and app are all there"),
    ("tags", {"how": "none", "names": "new"}, {"boris", "clara"}, "there is no tag new"),
    ("email", {"has": "yes"}, {"anna"}, "there is an e-mail address"),
    ("email", {"has": "no"}, {"boris", "clara"}, "there is no e-mail address"),
    (
        "did", {"did": "did", "kind": "purchase", "times": 1, "days": 30}, {"anna", "boris"},
        "there was a purchase at least once within the last 30 days",
    ),
    (
        "did", {"did": "did", "kind": "purchase", "times": 3, "days": 90}, {"anna"},
        "there was a purchase at least 3 times within the last 90 days",
    ),
    (
        "did", {"did": "not", "kind": "purchase", "times": 2, "days": 30}, {"boris", "clara"},
        "there was no purchase at least 2 times within the last 30 days",
    ),
]  # fmt: skip


@pytest.mark.usefixtures("noon")
@pytest.mark.parametrize("case", CASES, ids=lambda case: case[3])
def test_a_condition_takes_exactly_those_who_fit(case: Case) -> None:
    make_people()
    check(case)


def test_birthdays_are_found_across_the_new_year() -> None:
    Customer.objects.create(external_id="december", birth_date=date(1990, 12, 30))
    Customer.objects.create(external_id="january", birth_date=date(1990, 1, 3))
    Customer.objects.create(external_id="june", birth_date=date(1990, 6, 1))
    with time_machine.travel(datetime(2026, 12, 29, 9, 0, tzinfo=UTC), tick=False):
        assert fits("birthday", days=7) == {"december", "january"}


def test_a_birthday_on_29_february_is_kept_on_the_28th_in_other_years() -> None:
    Customer.objects.create(external_id="leap", birth_date=date(1992, 2, 29))
    with time_machine.travel(datetime(2027, 2, 27, 9, 0, tzinfo=UTC), tick=False):
        assert fits("birthday", days=1) == {"leap"}


@pytest.mark.parametrize(
    ("name", "values", "field"),
    [
        ("age", {}, "at_least"),
        ("age", {"at_least": 50, "at_most": 40}, "at_most"),
        ("age", {"at_least": -1}, "at_least"),
        ("age", {"at_most": 131}, "at_most"),
        ("birthday", {"days": None}, "days"),
        ("birthday", {"days": 181}, "days"),
        ("gender", {"who": ""}, "who"),
        ("city", {"names": " , "}, "names"),
        ("tags", {"names": ""}, "names"),
        ("contract_ends", {"days": -1}, "days"),
        ("contract_ends", {"days": None}, "days"),
        ("last_purchase", {"days": 36_501}, "days"),
        ("customer_for", {"at_least": 1_201}, "at_least"),
        ("consent", {"state": "", "purpose": "marketing"}, "state"),
        ("did", {"times": 0, "days": 1, "kind": "purchase"}, "times"),
        ("did", {"times": 1, "days": None, "kind": "purchase"}, "days"),
        ("did", {"times": 1, "days": 1, "kind": ""}, "kind"),
    ],
)
def test_nonsense_is_refused_at_its_field(name: str, values: dict[str, Any], field: str) -> None:
    criterion = block(name)
    with pytest.raises(ValidationError) as caught:
        criterion.clean(criterion.to_python(values))
    assert field in caught.value.block_errors  # type: ignore[attr-defined]
