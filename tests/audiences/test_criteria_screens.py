"""The editor's inputs that offer what customers have, and lists of audiences with attributes."""

import json
from html import unescape
from typing import Any

import pytest
from django.core.cache import cache
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils.translation import override

from backoffice.audiences.criteria.inputs import SuggestingInput, offers
from backoffice.audiences.models import Audience
from backoffice.customers.frequent import Frequent
from backoffice.customers.models import AttributeDefinition, Customer

pytestmark = pytest.mark.django_db

NEW = "/audiences/new/"


@pytest.fixture(autouse=True)
def _nothing_kept() -> Any:
    cache.clear()
    yield
    cache.clear()


def test_an_input_brings_its_offers() -> None:
    html = SuggestingInput(lambda: ["Kazan", 'The "old" town']).render("city", "Omsk", {"id": "id_city"})
    offers = html.split('data-suggest-offers-value="')[1].split('"')[0]
    assert json.loads(unescape(offers)) == ["Kazan", 'The "old" town']
    assert 'value="Omsk"' in html


@pytest.mark.parametrize(
    ("found", "words"),
    [
        (Frequent("Kazan", 12_345, is_exact=True), "12,345"),
        (Frequent("Kazan", 12_345), "about 12,300"),
        (Frequent("Kazan"), ""),
    ],
)
def test_an_offer_says_how_many_have_it_as_far_as_that_is_known(found: Frequent, words: str) -> None:
    with override("en"):
        assert offers([found]) == [("Kazan", words)]


def test_the_editor_offers_cities_that_customers_have_now(pages: Client) -> None:
    Customer.objects.create(external_id="anna", city="Kazan-on-Volga")
    assert "Kazan-on-Volga" in pages.get(NEW).content.decode()


def test_an_attribute_made_known_is_offered_without_a_restart(pages: Client) -> None:
    assert "Shoe size" not in pages.get(NEW).content.decode()
    AttributeDefinition.objects.create(key="shoes", label="Shoe size", kind="number")
    assert "Shoe size" in pages.get(NEW).content.decode()


def test_a_list_of_audiences_with_attributes_takes_as_many_queries_for_many_as_for_one(
    pages: Client, django_assert_num_queries: Any
) -> None:
    AttributeDefinition.objects.create(key="shoes", label="Shoe size", kind="number")
    rules = [{"type": "attribute_number", "value": {"key": "shoes", "at_least": "38"}}]
    Audience.objects.create(name="one", rules=rules)
    pages.get("/audiences/")
    with CaptureQueriesContext(connection) as few:
        pages.get("/audiences/")
    for number in range(20):
        Audience.objects.create(name=f"audience {number}", rules=rules)
    with django_assert_num_queries(len(few)):
        page = pages.get("/audiences/").content.decode()
    assert page.count("“Shoe size” is at least 38.") == 21


def test_an_audience_of_a_forgotten_attribute_says_that_it_must_be_mended(pages: Client) -> None:
    rules = [{"type": "attribute_number", "value": {"key": "gone", "at_least": "38"}}]
    Audience.objects.create(name="Big feet", rules=rules)
    assert "not complete" in pages.get("/audiences/").content.decode()
