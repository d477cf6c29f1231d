"""What the panel beside the editor asks for while somebody types."""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from backoffice.audiences import draw, everyone, live
from backoffice.audiences.blocks import rules_block
from backoffice.audiences.compile import Phrase, rules_phrase
from backoffice.audiences.everyone import Price, Rule
from backoffice.audiences.limits import CountCancelledError, CountTooSlowError
from backoffice.audiences.models import Audience
from backoffice.customers.models import Consent, Customer, ImportRun
from tests.audiences.test_screens import KAZAN, form

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _people(clean_redis: Any) -> None:
    anna = Customer.objects.create(external_id="anna", city="Kazan", phone="+79161234567")
    Consent.objects.create(
        customer=anna, purpose="marketing", state="given", since=timezone.now(), source="form"
    )
    Customer.objects.bulk_create(Customer(external_id=f"{number}", city="Omsk") for number in range(20))


def count(pages: Client, **values: Any) -> dict[str, Any]:
    return pages.post("/audiences/count/", form(KAZAN, **values)).json()


def exact(pages: Client, **values: Any) -> dict[str, Any]:
    return pages.post("/audiences/count/exact/", form(KAZAN, **values)).json()


def test_few_customers_are_counted_exactly_at_once(pages: Client) -> None:
    answer = count(pages)
    assert answer["more"] is False
    assert "<strong>1</strong> customer" in answer["number"]


def test_an_estimate_says_so_and_that_an_exact_number_follows(
    pages: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(draw, "SMALL", 2)
    monkeypatch.setattr(draw, "SAMPLED", 5)
    answer = count(pages)
    assert answer["more"] is True
    assert "estimated from a part of them" in answer["number"]
    second = exact(pages)
    assert "<strong>1</strong> customer" in second["number"]
    assert "of all 21" in second["number"]
    assert "can be written to" in second["rest"]


def test_an_exact_count_that_takes_too_long_leaves_the_estimate(
    pages: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    def too_slow(*_: Any, **__: Any) -> None:
        raise CountTooSlowError

    monkeypatch.setattr(live, "exact_count", too_slow)
    answer = exact(pages)
    assert (answer["number"], answer["rest"]) == (None, None)
    assert "the estimate stands" in answer["problem"]


def test_an_exact_count_of_very_many_leaves_the_rest_as_it_was(
    pages: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("backoffice.audiences.counting.SMALL", 0)
    assert exact(pages)["rest"] is None


def test_a_question_that_was_overtaken_is_answered_with_nothing(
    pages: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    def overtaken(*_: Any, **__: Any) -> None:
        raise CountCancelledError

    monkeypatch.setattr(live, "reach", overtaken)
    response = pages.post("/audiences/count/", form(KAZAN, page="abcdefgh12345678", number="2"))
    assert (response.status_code, response.content) == (204, b"")


@pytest.mark.parametrize(("page", "number"), [("short", "1"), ("abcdefgh'--", "1"), ("abcdefgh", "-1")])
def test_a_page_with_a_strange_name_is_counted_but_cancels_nothing(
    pages: Client, page: str, number: str
) -> None:
    assert "<strong>1</strong>" in count(pages, page=page, number=number)["number"]


def test_the_age_of_the_data_is_told(pages: Client) -> None:
    ImportRun.objects.create(
        name="customers.csv",
        state=ImportRun.State.DONE,
        finished_at=datetime(2026, 11, 20, 6, 12, tzinfo=UTC),
    )
    assert "Customers were last imported on 20 Nov 2026 at 09:12." in count(pages)["number"]


def test_rules_and_prices_end_the_breakdown(pages: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []

    def rules(purpose: str, audience: Any) -> list[Rule]:
        asked.append(purpose)
        return [Rule("x", "Had enough messages lately", audience)] if purpose == "service" else []

    monkeypatch.setattr(everyone, "_rules", [rules])
    monkeypatch.setattr(
        everyone, "_prices", [lambda people: [Price("North", people.count(), Decimal(25), "RUB")]]
    )
    offers = count(pages)["rest"]
    assert "A text of one part costs about 25 RUB" in offers
    service = count(pages, purpose="service")["rest"]
    assert "Had enough messages lately" in service
    assert "<strong>0</strong>" in service
    assert asked == ["marketing", "service"]


def test_without_a_connected_operator_the_cost_is_not_known(pages: Client) -> None:
    assert "No operator is connected now" in count(pages)["rest"]


def test_nested_groups_are_shown_as_an_indented_list(pages: Client) -> None:
    woman = {"type": "gender", "value": {"who": "f"}}
    tree = {"type": "group", "value": {"match": "any", "rules": [woman, woman]}}
    Audience.objects.create(name="Nested", rules=[tree, woman])
    page = pages.get("/audiences/").content.decode()
    assert "At least one of these holds:" in page
    assert "<li>They are women</li>" in page


def test_a_phrase_of_one_condition_is_a_sentence_and_of_more_a_list() -> None:
    woman = {"type": "gender", "value": {"who": "f"}}
    one, two = rules_block().to_python([woman]), rules_block().to_python([woman, woman])
    assert rules_phrase("all", one) == Phrase("They are women.")
    assert rules_phrase("none", two) == Phrase("None of these holds:", (Phrase("They are women"),) * 2)
    nested = rules_block().to_python([{"type": "group", "value": {"match": "all", "rules": [woman]}}])
    assert rules_phrase("all", nested) == Phrase(
        "This holds:", (Phrase("This holds:", (Phrase("They are women"),)),)
    )
