"""Why a customer is in an audience, or not."""

from typing import Any

import pytest
from django.contrib.auth.models import Permission
from django.db import connection
from django.db.models import Q
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from backoffice.accounts.models import User
from backoffice.audiences import everyone
from backoffice.audiences.blocks import rules_block
from backoffice.audiences.everyone import Rule
from backoffice.audiences.explain import Node, explain, found_customers
from backoffice.audiences.models import Audience
from backoffice.customers.models import Consent, Customer
from tests.audiences.test_screens import KAZAN as KAZAN_TYPED
from tests.audiences.test_screens import form

pytestmark = pytest.mark.django_db

WOMEN = {"type": "gender", "value": {"who": "f"}}
KAZAN = {"type": "city", "value": {"names": "Kazan", "is_or_not": "in"}}


def group(match: str, *values: dict[str, Any]) -> dict[str, Any]:
    return {"type": "group", "value": {"match": match, "rules": list(values)}}


def rules(*values: dict[str, Any]) -> Any:
    return rules_block().to_python(list(values))


def signs(node: Node) -> Any:
    """Whether each node holds and speaks for the customer, in the shape of the tree."""
    return (node.holds, node.is_good, [signs(child) for child in node.children])


@pytest.fixture
def anna() -> Customer:
    return Customer.objects.create(external_id="A-1", city="Kazan", gender="f", phone="+79161234567")


@pytest.fixture
def asking(pages: Client, editor: User) -> Client:
    """An editor who may see customers, too."""
    editor.user_permissions.add(Permission.objects.get(codename="view_customer"))
    return pages


def test_each_condition_of_a_nested_tree_is_judged_in_one_statement(anna: Customer) -> None:
    tree = rules(WOMEN, group("any", {"type": "city", "value": {"names": "Omsk"}}, group("none", KAZAN)))
    with CaptureQueriesContext(connection) as asked:
        verdict = explain("all", tree, anna, "marketing")
    assert len([query for query in asked if 'FROM "customers_customer"' in query["sql"]]) == 1
    assert signs(verdict.tree) == (
        False,
        False,
        [(True, True, []), (False, False, [(False, False, []), (False, False, [(True, False, [])])])],
    )
    assert not verdict.fits


def test_a_condition_that_does_not_hold_speaks_for_who_must_meet_none(anna: Customer) -> None:
    verdict = explain("none", rules({"type": "gender", "value": {"who": "m"}}), anna, "marketing")
    assert signs(verdict.tree) == (True, True, [(False, True, [])])
    assert verdict.fits


def test_everybody_fits_where_there_are_no_conditions(anna: Customer) -> None:
    verdict = explain("all", [], anna, "marketing")
    assert (verdict.fits, verdict.tree.children) == (True, ())


def test_rules_for_everybody_say_why_somebody_who_fits_is_not_written_to(
    anna: Customer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        everyone,
        "_rules",
        [lambda *_: [Rule("a", "Blocked", Q(is_blocked=True)), Rule("b", "Has a city", ~Q(city=""))]],
    )
    verdict = explain("all", rules(WOMEN), anna, "marketing")
    assert [(obstacle.label, obstacle.stops) for obstacle in verdict.obstacles] == [
        ("Blocked", False),
        ("Has a city", True),
    ]
    assert (verdict.fits, verdict.is_written_to) == (True, False)


@pytest.mark.parametrize("words", ["A-1", " A-1 ", "8 (916) 123-45-67", "+7 916 123 45 67"])
def test_a_customer_is_found_by_phone_in_any_form_and_by_number_in_the_crm(
    anna: Customer, words: str
) -> None:
    assert found_customers(words) == [anna]


def test_a_customer_is_found_by_id_and_nobody_by_nothing(anna: Customer) -> None:
    assert found_customers(str(anna.pk)) == [anna]
    assert found_customers("") == []
    assert found_customers("nobody") == []


def test_the_page_answers_for_a_saved_audience_without_a_number_in_its_address(
    asking: Client, anna: Customer
) -> None:
    audience = Audience.objects.create(name="Women of Kazan", rules=[WOMEN, KAZAN])
    Consent.objects.create(
        customer=anna, purpose="marketing", state="given", since=timezone.now(), source="form"
    )
    assert "All of these hold:" in asking.get(f"/audiences/why/{audience.pk}/").content.decode()
    answer = asking.post(f"/audiences/why/{audience.pk}/", {"customer": "8 916 123 45 67"}, follow=True)
    assert answer.redirect_chain[-1][0].endswith(f"?customer={anna.pk}&purpose=marketing")
    page = answer.content.decode()
    assert "This customer is in the audience." in page
    assert "They can be written to." in page
    assert "+7 916 ••• •• 67" in page
    assert "1234567" not in page


def test_a_number_of_nobody_stays_in_its_field_with_a_sentence(asking: Client) -> None:
    audience = Audience.objects.create(name="Women", rules=[WOMEN])
    page = asking.post(f"/audiences/why/{audience.pk}/", {"customer": "99-nobody"}).content.decode()
    assert "No customer has this number." in page
    assert 'value="99-nobody"' in page


def test_of_several_with_the_same_phone_one_is_chosen(asking: Client, anna: Customer) -> None:
    Customer.objects.create(external_id="A-2", phone=anna.phone, city="Omsk")
    audience = Audience.objects.create(name="Women", rules=[WOMEN])
    page = asking.post(f"/audiences/why/{audience.pk}/", {"customer": "+79161234567"}).content.decode()
    assert "Several customers have this phone number." in page
    assert f"?customer={anna.pk}&amp;purpose=marketing" in page


def test_an_audience_that_cannot_be_used_says_so_instead(asking: Client, anna: Customer) -> None:
    broken = Audience.objects.create(name="Broken", rules=[{"type": "age", "value": {}}])
    page = asking.get(f"/audiences/why/{broken.pk}/?customer={anna.pk}").content.decode()
    assert "has conditions that are not complete" in page


def test_the_panel_answers_for_what_is_not_saved(asking: Client, anna: Customer) -> None:
    answer = asking.post("/audiences/why/", form(KAZAN_TYPED, customer="A-1")).json()
    assert "This customer is in the audience." in answer["html"]
    answer = asking.post("/audiences/why/", form(KAZAN_TYPED, customer="A-9")).json()
    assert "No customer has this number." in answer["html"]


def test_the_value_of_the_customer_stands_beside_the_condition(
    asking: Client, anna: Customer, monkeypatch: pytest.MonkeyPatch
) -> None:
    city = type(rules_block().child_blocks["city"])
    monkeypatch.setattr(city, "answer", lambda self, value, customer: customer.city, raising=False)
    answer = asking.post("/audiences/why/", form(KAZAN_TYPED, customer="A-1")).json()
    assert "Here: Kazan" in answer["html"]


def test_who_may_not_see_customers_is_not_told_about_one(pages: Client, anna: Customer) -> None:
    audience = Audience.objects.create(name="Women", rules=[WOMEN])
    assert pages.get(f"/audiences/why/{audience.pk}/").status_code == 302
    assert pages.post("/audiences/why/", form(KAZAN_TYPED, customer="A-1")).status_code == 302
    page = pages.get(f"/audiences/edit/{audience.pk}/").content.decode()
    assert "Is this customer among them?" not in page
    assert "Why is a customer in it?" not in page


def test_the_list_and_the_editor_lead_to_the_answer(asking: Client) -> None:
    audience = Audience.objects.create(name="Women", rules=[WOMEN])
    for address in ("/audiences/", f"/audiences/edit/{audience.pk}/"):
        assert f"/audiences/why/{audience.pk}/" in asking.get(address).content.decode()
