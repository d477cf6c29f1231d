"""Being on a list, and being in another audience, as conditions."""

from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from backoffice.audiences.criteria import Criterion, registry
from backoffice.audiences.criteria.membership import editing, users_of_list
from backoffice.audiences.models import Audience, CustomerList, ListMember, UnusableAudienceError
from backoffice.customers.models import Customer

pytestmark = pytest.mark.django_db


@pytest.fixture
def lists(db: None) -> dict[str, str]:
    """Anna is on VIP, Boris on VIP and Staff, Clara on none."""
    anna, boris = (Customer.objects.create(external_id=name) for name in ("anna", "boris"))
    Customer.objects.create(external_id="clara")
    vip, staff = CustomerList.objects.create(name="VIP"), CustomerList.objects.create(name="Staff")
    for customer_list, customer in ((vip, anna), (vip, boris), (staff, boris)):
        ListMember.objects.create(customer_list=customer_list, customer=customer)
    return {"VIP": str(vip.pk), "Staff": str(staff.pk)}


def cleaned(name: str, **values: Any) -> tuple[Criterion, Any]:
    criterion = registry[name]()
    return criterion, criterion.clean(criterion.to_python(values))


def fits(name: str, **values: Any) -> set[str]:
    criterion, value = cleaned(name, **values)
    return set(Customer.objects.filter(criterion.to_q(value)).values_list("external_id", flat=True))


def said(name: str, **values: Any) -> str:
    criterion, value = cleaned(name, **values)
    return criterion.sentence(value)


def complaint(name: str, field: str, **values: Any) -> str:
    with pytest.raises(ValidationError) as caught:
        cleaned(name, **values)
    return str(caught.value.block_errors[field].message)  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("how", "names", "expected", "sentence"),
    [
        ("in", ["VIP"], {"anna", "boris"}, "they are on the list “VIP”"),
        ("in", ["VIP", "Staff"], {"anna", "boris"}, "they are on the list “VIP” or “Staff”"),
        ("not", ["Staff"], {"anna", "clara"}, "they are not on the list “Staff”"),
        ("not", ["VIP", "Staff"], {"clara"}, "they are on none of the lists “VIP” or “Staff”"),
    ],
)
def test_being_on_a_list(
    lists: dict[str, str], how: str, names: list[str], expected: set[str], sentence: str
) -> None:
    values = {"is_or_not": how, "lists": [lists[name] for name in names]}
    assert fits("on_list", **values) == expected
    assert said("on_list", **values) == sentence
    criterion, value = cleaned("on_list", **values)
    others = Customer.objects.filter(~criterion.to_q(value)).values_list("external_id", flat=True)
    assert set(others) == {"anna", "boris", "clara"} - expected


def test_the_lists_of_one_customer_are_named(lists: dict[str, str]) -> None:
    criterion, value = cleaned("on_list", lists=list(lists.values()))
    answers = {one.external_id: criterion.answer(value, one) for one in Customer.objects.all()}
    assert answers == {"anna": "on “VIP”", "boris": "on “Staff” and “VIP”", "clara": "on none of them"}


def test_without_a_list_the_condition_is_refused(lists: dict[str, str]) -> None:
    assert complaint("on_list", "lists", lists=[]) == "Choose at least one list."
    assert "not one of the available choices" in complaint("on_list", "lists", lists=["99"])


def audience(name: str, *rules: dict[str, Any], match: str = "all") -> Audience:
    return Audience.objects.create(name=name, match=match, rules=list(rules))


def city(name: str) -> dict[str, Any]:
    return {"type": "city", "value": {"names": name}}


def inside(other: Audience, how: str = "in") -> dict[str, Any]:
    return {"type": "in_audience", "value": {"is_or_not": how, "audience": str(other.pk)}}


@pytest.fixture
def kazan(lists: dict[str, str]) -> Audience:
    Customer.objects.filter(external_id__in=["anna", "boris"]).update(city="Kazan")
    return audience("Kazan", city("Kazan"))


def test_being_in_another_audience(kazan: Audience) -> None:
    for how, expected, words in (
        ("in", {"anna", "boris"}, "they are in the audience “Kazan”"),
        ("not", {"clara"}, "they are not in the audience “Kazan”"),
    ):
        values = {"is_or_not": how, "audience": str(kazan.pk)}
        assert fits("in_audience", **values) == expected
        assert said("in_audience", **values) == words
    criterion, value = cleaned("in_audience", audience=str(kazan.pk))
    clara, anna = Customer.objects.get(external_id="clara"), Customer.objects.get(external_id="anna")
    assert (criterion.answer(value, anna), criterion.answer(value, clara)) == ("in it", "not in it")


def test_audiences_within_audiences_are_one_statement(kazan: Audience, lists: dict[str, str]) -> None:
    on_vip = {"type": "on_list", "value": {"is_or_not": "not", "lists": [lists["Staff"]]}}
    outer = audience("Outer", inside(kazan), {"type": "group", "value": {"match": "all", "rules": [on_vip]}})
    outermost = audience("Outermost", inside(outer))
    found = outermost.customers()
    with CaptureQueriesContext(connection) as queries:
        assert set(found.values_list("external_id", flat=True)) == {"anna"}
    assert len(queries) == 1


def test_an_audience_is_no_condition_of_itself(kazan: Audience) -> None:
    with editing(kazan.pk):
        assert "cannot be a condition of itself" in complaint(
            "in_audience", "audience", audience=str(kazan.pk)
        )


def test_a_way_back_is_refused_however_long_it_is(kazan: Audience) -> None:
    middle = audience("Middle", {"type": "group", "value": {"match": "any", "rules": [inside(kazan)]}})
    outer = audience("Outer", inside(middle), inside(kazan))
    with editing(kazan.pk):
        words = complaint("in_audience", "audience", audience=str(outer.pk))
    assert words.startswith("The audience “Outer” leads back here")
    with editing(Audience.objects.create(name="New").pk):
        cleaned("in_audience", audience=str(outer.pk))


def test_a_circle_that_was_stored_all_the_same_cannot_be_used(kazan: Audience) -> None:
    one, two = audience("One"), audience("Two")
    root = audience("Root", inside(one), inside(two))
    for this, that in ((one, two), (two, one)):
        this.rules = [inside(that)]  # type: ignore[assignment]
        this.save()
    with pytest.raises(UnusableAudienceError):
        root.customers()
    assert "leads back here" in complaint("in_audience", "audience", audience=str(one.pk))


def test_an_audience_that_cannot_be_used_is_refused_with_its_name(kazan: Audience) -> None:
    broken = audience("Broken", city(""))
    words = complaint("in_audience", "audience", audience=str(broken.pk))
    assert "“Broken” has conditions that are not complete" in words
    assert complaint("in_audience", "audience", audience="") == "Choose an audience."


# On the screens


def posted(other: Audience, name: str) -> dict[str, Any]:
    return {
        "name": name, "description": "", "match": "all", "rules-count": 1,
        "rules-0-type": "in_audience", "rules-0-order": 0, "rules-0-deleted": "", "rules-0-id": "",
        "rules-0-value-is_or_not": "in", "rules-0-value-audience": other.pk,
    }  # fmt: skip


def test_the_editor_refuses_a_circle_at_the_field_and_keeps_what_was_typed(
    pages: Client, kazan: Audience
) -> None:
    outer = audience("Outer", inside(kazan))
    page = pages.post(f"/audiences/edit/{kazan.pk}/", posted(outer, "Renamed")).content.decode()
    assert "leads back here" in page
    assert "Renamed" in page
    kazan.refresh_from_db()
    assert kazan.name == "Kazan"
    assert pages.post("/audiences/new/", posted(outer, "Fine")).status_code == 302


def test_the_choices_are_read_when_the_page_is_made(pages: Client, kazan: Audience) -> None:
    pages.get("/audiences/new/")
    CustomerList.objects.create(name="Just made")
    page = pages.get("/audiences/new/").content.decode()
    assert "Just made" in page
    assert "Kazan" in page


def test_an_audience_that_another_one_names_is_not_deleted(pages: Client, kazan: Audience) -> None:
    audience("Outer", inside(kazan))
    page = pages.post(f"/audiences/delete/{kazan.pk}/", follow=True).content.decode()
    assert "“Kazan” was not deleted, because these audiences name it in a condition: Outer." in page
    assert Audience.objects.filter(pk=kazan.pk).exists()


def test_an_audience_that_nobody_names_is_deleted(pages: Client, kazan: Audience) -> None:
    pages.post(f"/audiences/delete/{kazan.pk}/")
    assert not Audience.objects.exists()


def test_the_list_of_audiences_takes_as_many_queries_for_many_conditions_as_for_one(
    pages: Client, kazan: Audience, lists: dict[str, str], django_assert_num_queries: Any
) -> None:
    on_vip = {"type": "on_list", "value": {"is_or_not": "in", "lists": [lists["VIP"]]}}
    audience("first", inside(kazan), on_vip)
    pages.get("/audiences/")
    with CaptureQueriesContext(connection) as few:
        pages.get("/audiences/")
    for number in range(30):
        audience(f"audience {number}", inside(kazan), on_vip)
    with django_assert_num_queries(len(few)):
        page = pages.get("/audiences/").content.decode()
    assert "They are in the audience “Kazan”, and they are on the list “VIP”." in page


def test_users_of_a_list_are_found_at_any_depth(lists: dict[str, str]) -> None:
    on_vip = {"type": "on_list", "value": {"is_or_not": "in", "lists": [lists["VIP"]]}}
    audience("Deep", {"type": "group", "value": {"match": "any", "rules": [on_vip]}})
    audience("Other", city("Kazan"))
    assert users_of_list(int(lists["VIP"])) == ["Deep"]
    assert users_of_list(int(lists["Staff"])) == []
