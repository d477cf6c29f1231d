"""What each condition does, counted to the last customer after the exact number has come."""

from typing import Any

import pytest
from django.test import Client

from backoffice.audiences import counting, draw, live
from backoffice.audiences.counting import exact_breakdown
from backoffice.audiences.limits import CountTooSlowError
from backoffice.audiences.templatetags.audiences import counted, counted_down
from backoffice.customers.models import Customer
from tests.audiences.test_counting import KAZAN, WOMEN, many_customers, rules  # noqa: F401
from tests.audiences.test_screens import form

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("clean_redis")]
PAGES_KAZAN = ("city", {"is_or_not": "in", "names": "Kazan"})


@pytest.mark.usefixtures("many_customers")
def test_every_line_is_counted_to_the_last_customer() -> None:
    found = exact_breakdown("all", rules(KAZAN)).fitting
    assert found.is_exact
    assert (found.everybody, found.customers) == (6_400, 3_200)
    assert [(line.alone, line.moved, line.left) for line in found.conditions] == [(3_200, 3_200, 3_200)]


@pytest.mark.usefixtures("many_customers")
def test_who_of_very_many_may_be_written_to_is_scaled_to_the_exact_number(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert exact_breakdown("all", rules(KAZAN)).writable is None
    monkeypatch.setattr(counting, "SMALL", 1_000)
    writable = exact_breakdown("all", rules(KAZAN)).writable
    assert writable is not None
    assert (writable.fitting, writable.customers, writable.is_exact) == (3_200, 3_200, False)
    assert not writable.is_priced_exactly


def test_prices_are_exact_where_each_of_them_was_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    Customer.objects.create(external_id="anna", gender="f")
    found = counting.reach("all", rules(WOMEN)).writable
    assert found.is_priced_exactly
    monkeypatch.setattr("backoffice.audiences.breakdown.JUDGED", 0)
    assert not found.is_priced_exactly


def ask(pages: Client) -> dict[str, Any]:
    answer: dict[str, Any] = pages.post("/audiences/count/breakdown/", form(PAGES_KAZAN)).json()
    return answer


def test_the_panel_gets_exact_lines_for_its_estimates(pages: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    Customer.objects.bulk_create(Customer(external_id=f"{number}", city="Omsk") for number in range(20))
    Customer.objects.create(external_id="anna", city="Kazan")
    monkeypatch.setattr(draw, "SMALL", 2)
    monkeypatch.setattr(draw, "SAMPLED", 5)
    first = pages.post("/audiences/count/", form(PAGES_KAZAN)).json()
    assert "≈ is estimated from a part of them." in first["details"]
    assert pages.post("/audiences/count/exact/", form(PAGES_KAZAN)).json()["more"] is True
    third = ask(pages)
    assert "≈" not in third["details"]
    assert "1 meet it (4.8 %)" in third["details"]
    assert (third["rest"], third["problem"]) == (None, "")


def test_what_remains_an_estimate_says_so(pages: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    Customer.objects.bulk_create(Customer(external_id=f"{number}", city="Kazan") for number in range(20))
    monkeypatch.setattr(counting, "SMALL", 2)
    assert "≈ is estimated from some of those who fit." in ask(pages)["rest"]


def test_lines_that_take_too_long_stay_estimates(pages: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    def too_slow(*_: Any, **__: Any) -> None:
        raise CountTooSlowError

    monkeypatch.setattr(live, "exact_breakdown", too_slow)
    answer = ask(pages)
    assert (answer["details"], answer["rest"]) == (None, None)
    assert "What each condition does stays an estimate" in answer["problem"]


def test_the_part_that_can_be_written_to_is_never_more_than_the_whole() -> None:
    assert counted(1_216_345, False).endswith("1,220,000")
    assert counted_down(1_216_345, False).endswith("1,210,000")
    assert counted_down(1_216_345, True) == "1,216,345"
