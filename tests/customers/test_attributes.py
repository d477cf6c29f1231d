"""Making attributes of the CRM known, and what is offered while doing so."""

from typing import Any

import pytest
from django.contrib.auth.models import Group
from django.core.cache import cache
from django.core.signals import request_finished, request_started
from django.db import close_old_connections, connection
from django.test.utils import CaptureQueriesContext

from backoffice.accounts.roles import APPROVER, EDITOR, PRIVACY_OFFICER
from backoffice.audiences.models import Audience
from backoffice.customers import attributes
from backoffice.customers.attributes import definitions, keys_in_use, values_in_use
from backoffice.customers.frequent import Frequent
from backoffice.customers.models import AttributeDefinition, Customer
from tests.customers.conftest import Person

pytestmark = pytest.mark.django_db

LIST = "/customers/attributes/"
RIGHTS = [f"{verb}_attributedefinition" for verb in ("add", "change", "delete", "view")]


@pytest.fixture(autouse=True)
def _nothing_kept() -> Any:
    cache.clear()
    yield
    cache.clear()


def colour(**values: Any) -> AttributeDefinition:
    return AttributeDefinition.objects.create(**{"key": "colour", "label": "Colour", "kind": "text"} | values)


def test_an_attribute_is_made_known(person: Person) -> None:
    form = {"key": "shoe_size", "label": "Shoe size", "kind": "number", "choices": ""}
    assert person(*RIGHTS).post(f"{LIST}new/", form).status_code == 302
    made = AttributeDefinition.objects.get()
    assert (made.key, made.label, made.kind) == ("shoe_size", "Shoe size", "number")
    assert str(made) == "Shoe size"


def test_only_a_text_has_possible_values(person: Person) -> None:
    form = {"key": "shoe_size", "label": "Shoe size", "kind": "number", "choices": "38, 39"}
    page = person(*RIGHTS).post(f"{LIST}new/", form).content.decode()
    assert "Only a text has a list of possible values. Leave this empty." in page
    assert "38, 39" in page
    assert not AttributeDefinition.objects.exists()


def test_name_and_type_stay_because_audiences_refer_to_them(person: Person) -> None:
    made = colour()
    client = person(*RIGHTS)
    assert "This cannot be changed any more" in client.get(f"{LIST}edit/{made.pk}/").content.decode()
    form = {"key": "other", "label": "Paint", "kind": "day", "choices": "red, , green "}
    assert client.post(f"{LIST}edit/{made.pk}/", form).status_code == 302
    made.refresh_from_db()
    assert (made.key, made.kind, made.label) == ("colour", "text", "Paint")
    assert made.names() == ["red", "green"]


def test_the_keys_that_customers_have_are_offered(person: Person) -> None:
    Customer.objects.create(external_id="1", attributes={"shoes": "38", "colour": "red"})
    Customer.objects.create(external_id="2", attributes={"shoes": "39"})
    assert keys_in_use() == ["shoes", "colour"]
    page = person(*RIGHTS).get(f"{LIST}new/").content.decode()
    assert '<option value="shoes">' in page


def test_values_that_several_customers_share_are_offered() -> None:
    for number, value in enumerate(
        ["red", "red", "blue", "red", "blue", "blue", "blue", "", "passport 4509"]
    ):
        Customer.objects.create(external_id=str(number), attributes={"colour": value})
    assert values_in_use("colour") == [Frequent("blue", 4, is_exact=True), Frequent("red", 3, is_exact=True)]


def test_of_more_customers_than_are_read_no_count_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(attributes, "NEWEST_CUSTOMERS", 3)
    for number in range(4):
        Customer.objects.create(external_id=str(number), attributes={"colour": "red"})
    assert values_in_use("colour") == [Frequent("red")]


def test_the_list_takes_as_many_queries_for_many_as_for_one(
    person: Person, django_assert_num_queries: Any
) -> None:
    client = person(*RIGHTS)
    colour()
    client.get(LIST)
    with CaptureQueriesContext(connection) as few:
        client.get(LIST)
    for number in range(40):
        colour(key=f"key-{number}", label=f"Label {number}")
    with django_assert_num_queries(len(few)):
        page = client.get(LIST).content.decode()
    assert "Label 39" in page


def test_nobody_else_reaches_the_screen(person: Person) -> None:
    assert person("view_customer").get(LIST).status_code == 302


@pytest.mark.parametrize(("role", "may"), [(EDITOR, True), (PRIVACY_OFFICER, True), (APPROVER, False)])
def test_editors_and_privacy_officers_have_the_rights(role: str, may: bool) -> None:
    rights = Group.objects.get(name=role).permissions.filter(content_type__model="attributedefinition")
    assert rights.count() == (4 if may else 0)


def test_attributes_stand_under_customers_in_the_menu(person: Person) -> None:
    page = person(*RIGHTS, "view_customer", "import_customer").get(LIST).content.decode()
    assert all(f'"{address}"' in page for address in (LIST, "/customers/", "/customers/imports/"))


def test_during_one_request_the_definitions_are_read_once(django_assert_num_queries: Any) -> None:
    colour()
    request_started.disconnect(close_old_connections)
    request_finished.disconnect(close_old_connections)
    try:
        request_started.send(sender=None)
        with django_assert_num_queries(1):
            assert list(definitions()) == list(definitions()) == ["colour"]
        request_finished.send(sender=None)
    finally:
        request_started.connect(close_old_connections)
        request_finished.connect(close_old_connections)
    colour(key="shoes", label="Shoes")
    assert list(definitions()) == ["colour", "shoes"]


def test_an_attribute_that_an_audience_asks_for_is_not_deleted(person: Person) -> None:
    made = colour()
    Audience.objects.create(
        name="Red ones",
        rules=[
            {
                "type": "group",
                "value": {
                    "match": "all",
                    "rules": [{"type": "attribute_text", "value": {"key": "colour", "value": "red"}}],
                },
            }
        ],
    )
    answer = person(*RIGHTS).post(f"{LIST}delete/{made.pk}/", follow=True)
    assert (
        "“Colour” was not deleted, because these ask for it: Red ones. Change them first."
        in answer.content.decode()
    )
    assert AttributeDefinition.objects.get() == made


def test_an_attribute_that_nobody_asks_for_is_deleted(person: Person) -> None:
    made = colour()
    Audience.objects.create(
        name="Size", rules=[{"type": "attribute_text", "value": {"key": "size", "value": "38"}}]
    )
    person(*RIGHTS).post(f"{LIST}delete/{made.pk}/")
    assert not AttributeDefinition.objects.exists()
