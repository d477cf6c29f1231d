"""Whoever may not see numbers finds nobody by a part of one, and no search is part of an address."""

import re
from pathlib import Path
from typing import Any

import pytest
from django.core.cache import cache
from django.urls import reverse
from wagtail.models import ModelLogEntry

from backoffice.accounts.reading_log import REVEAL, SEARCH
from backoffice.audiences.criteria import number as about_numbers
from backoffice.audiences.models import CustomerList, ListRun
from backoffice.customers import finding
from backoffice.customers.models import Customer
from tests.customers.conftest import Person
from tests.showing import show

pytestmark = pytest.mark.django_db
PHONE = "+79161234567"


@pytest.fixture(autouse=True)
def _no_searches_before(clean_redis: Any) -> None:
    cache.clear()


@pytest.fixture
def anna(db: None) -> Customer:
    return Customer.objects.create(external_id="C1", phone=PHONE, first_name="Anna", last_name="Petrova")


def parts() -> list[str]:
    digits = PHONE[1:]
    return [digits[start:end] for start in range(11) for end in range(start + 1, 12) if end - start < 10]


def test_no_part_of_a_number_finds_anybody_without_the_right(person: Person, anna: Customer) -> None:
    assert [part for part in parts() if Customer.objects.found_by(part, in_parts=False).exists()] == []
    assert Customer.objects.found_by("4567").get() == anna


@pytest.mark.parametrize("part", ["4567", "91612345", "+7916123456", "(916) 123", "etro", "pet"])
def test_each_search_refuses_parts_without_the_right(person: Person, anna: Customer, part: str) -> None:
    client = person("view_customer")
    assert ">C1<" not in client.post("/customers/", {"q": part}, follow=True).content.decode()
    assert not client.post(reverse("story:find"), {"number": part}, follow=True).redirect_chain


@pytest.mark.parametrize(
    "words", ["8 (916) 123-45-67", PHONE, "79161234567", "petrova", "ANNA petrova", "C1"]
)
def test_the_whole_finds_without_the_right(person: Person, anna: Customer, words: str) -> None:
    page = person("view_customer").post("/customers/", {"q": words}, follow=True)
    assert ">C1<" in page.content.decode()
    assert "+7 916 ••• •• 67" in page.content.decode()
    assert not ModelLogEntry.objects.filter(action=REVEAL).exists()


def test_a_part_finds_with_the_right(person: Person, anna: Customer) -> None:
    client = person("view_customer", "reveal_customer")
    assert ">C1<" in client.post("/customers/", {"q": "4567"}, follow=True).content.decode()


def test_nobody_searches_without_end(person: Person, anna: Customer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(finding, "SEARCHES_AN_HOUR", 3)
    client = person("view_customer")
    for number in range(3):
        client.post("/customers/", {"q": f"+7916123450{number}"}, follow=True)
    page = client.post(reverse("story:find"), {"number": PHONE}).content.decode()
    assert "You have searched for many customers within an hour." in page
    page = client.post("/customers/", {"q": PHONE}, follow=True).content.decode()
    assert "You have searched for many customers within an hour." in page
    assert ">C1<" not in page


def test_numbers_put_on_lists_are_searches_too(
    person: Person, anna: Customer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(finding, "SEARCHES_AN_HOUR", 2)
    chosen = CustomerList.objects.create(name="VIP")
    client, page = person("view_customerlist", "change_customerlist"), ""
    for number in range(3):
        posted = {"pasted": f"+7916123450{number}"}
        page = client.post(reverse("lists:put", args=[chosen.pk]), posted, follow=True).content.decode()
    assert "You have searched for many customers within an hour." in page
    assert ListRun.objects.count() == 2
    assert [entry.data for entry in ModelLogEntry.objects.filter(action=SEARCH)] == [{"by": "list"}] * 2


def test_a_search_is_written_down_once_and_without_its_words(person: Person, anna: Customer) -> None:
    client = person("view_customer")
    client.post("/customers/", {"q": PHONE}, follow=True)
    client.get("/customers/?searched=1&p=1")
    entry = ModelLogEntry.objects.get(action=SEARCH)
    assert entry.data == {"by": "number"}


def test_no_address_on_the_way_holds_what_was_searched_for(person: Person, anna: Customer) -> None:
    client = person("view_customer", "reveal_customer")
    addresses = []
    for path, field in (("/customers/", "q"), (reverse("story:find"), "number")):
        for words in (PHONE, "Petrova"):
            answer = client.post(path, {field: words}, follow=True)
            addresses += [address for address, _status in answer.redirect_chain]
    answer = show(client, "customers.customer", "/customers/?searched=1")
    addresses += [address for address, _status in answer.redirect_chain]
    assert addresses
    assert not [one for one in addresses if "1234567" in one or "etrova" in one]
    assert answer["Referrer-Policy"] == "same-origin"


def test_a_beginning_of_a_number_that_tells_who_is_who_is_refused(
    anna: Customer, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert not about_numbers.says_more_than_shown("+7916")
    assert not about_numbers.says_more_than_shown("+375291")
    assert about_numbers.says_more_than_shown("+79161")
    assert about_numbers.says_more_than_shown("+79169")
    monkeypatch.setattr(about_numbers, "FEWEST", 1)
    assert not about_numbers.says_more_than_shown("+79161")


# Forms that put what is typed into the address: they look for names of texts, mailings, lists and reports only.
BY_NAME_OF_A_THING = {
    "message_templates/index.html",
    "audiences/lists/index.html",
    "mailings/index.html",
    "reports/list.html",
}
_GET_FORM = re.compile(r"<form[^>]*method=\"?get.*?</form>", re.DOTALL | re.IGNORECASE)
_TYPED = re.compile(r"<input(?![^>]*type=\"(?:hidden|checkbox|radio|submit|date|month)\")[^>]*>|<textarea")


def test_no_form_of_customers_puts_what_is_typed_into_an_address() -> None:
    root = Path(__file__).parents[2]
    templates = [*root.glob("backoffice/**/*.html"), *root.glob("reports/**/*.html")]
    found = {
        str(path).partition("/templates/")[2]
        for path in templates
        if any(_TYPED.search(form) for form in _GET_FORM.findall(path.read_text()))
    }
    assert found == BY_NAME_OF_A_THING
