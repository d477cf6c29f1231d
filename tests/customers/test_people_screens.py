"""The list of customers and their cards."""

from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from wagtail import hooks
from wagtail.models import ModelLogEntry

from backoffice.accounts.reading_log import REVEAL
from backoffice.customers.models import Action, Consent, Customer
from backoffice.lib import pagination
from tests.customers.conftest import Person
from tests.showing import show

pytestmark = pytest.mark.django_db


@pytest.fixture
def anna(db: None) -> Customer:
    return Customer.objects.create(
        external_id="C1",
        phone="+79161234567",
        first_name="Anna",
        last_name="Petrova",
        email="anna@example.org",
        birth_date="1985-11-24",
    )


def test_the_list_shows_initials_and_a_masked_number(person: Person, anna: Customer) -> None:
    page = person("view_customer").get("/customers/").content.decode()
    assert "A. P." in page
    assert "+7 916 ••• •• 67" in page
    assert "Petrova" not in page
    assert "1234567" not in page


def test_the_list_shows_all_to_whom_the_right_allows(person: Person, anna: Customer) -> None:
    client = person("view_customer", "reveal_customer")
    assert "Petrova" not in client.get("/customers/").content.decode()
    page = show(client, "customers.customer", "/customers/").content.decode()
    assert "Petrova Anna" in page
    assert "+79161234567" in page


def test_no_export_leaks_out_of_the_list(person: Person, anna: Customer) -> None:
    response = person("view_customer").get("/customers/?export=csv")
    assert response["Content-Type"].startswith("text/html")
    assert "1234567" not in response.content.decode()


@pytest.mark.parametrize(
    "words", ["8 (916) 123-45-67", "4567", "petr", "anna petrova", "C1", "+7 916 123 45 67", "123-45"]
)
def test_a_customer_is_found_in_any_way(anna: Customer, words: str) -> None:
    Customer.objects.create(external_id="C2", phone="+79050000000", first_name="Ivan")
    assert list(Customer.objects.found_by(words)) == [anna]


def test_cyrillic_names_are_found_whatever_their_case() -> None:
    olga = Customer.objects.create(external_id="C3", last_name="Иванова")
    assert list(Customer.objects.found_by("иванов")) == [olga]


@pytest.mark.parametrize("words", ["12", "an", "nobody here"])
def test_words_too_short_or_unknown_find_nobody(anna: Customer, words: str) -> None:
    assert not Customer.objects.found_by(words).exists()


def test_searching_uses_the_indexes(anna: Customer) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
        plan = Customer.objects.found_by("petrova").order_by().explain()
    assert "customer_last_name_trgm" in plan


def test_an_empty_search_says_so(person: Person, anna: Customer) -> None:
    page = person("view_customer").post("/customers/", {"q": "nobody"}, follow=True).content.decode()
    assert "Nobody was found for “nobody”." in page


def test_an_empty_list_offers_the_first_step(person: Person) -> None:
    assert (
        "Import the first file."
        in person("view_customer", "import_customer").get("/customers/").content.decode()
    )


def test_the_list_takes_as_many_queries_for_fifty_customers_as_for_one(
    person: Person, anna: Customer, django_assert_num_queries: Any
) -> None:
    client = person("view_customer")
    client.get("/customers/")
    with CaptureQueriesContext(connection) as few:
        client.get("/customers/")
    Customer.objects.bulk_create(Customer(external_id=f"D{number}") for number in range(49))
    with django_assert_num_queries(len(few)):
        assert "D48" in client.get("/customers/").content.decode()


def test_many_are_estimated_and_a_search_is_capped(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pagination, "COUNTED_ROWS", 10)
    Customer.objects.bulk_create(Customer(external_id=f"D{number}", city="Kazan") for number in range(30))
    whole = pagination.EstimatedPaginator(Customer.objects.order_by("-id"), 5)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE customers_customer")
    assert (whole.count, whole.num_pages, whole.items_count_label) == (10, 2, "about 30 customers")
    found = pagination.EstimatedPaginator(Customer.objects.filter(city="Kazan"), 5)
    assert found.items_count_label == "10+ customers"
    assert (
        pagination.EstimatedPaginator(Customer.objects.filter(external_id="D1"), 5).items_count_label
        == "1 customer"
    )


def test_a_table_never_analysed_is_capped_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pagination, "COUNTED_ROWS", 3)
    Action.objects.bulk_create(
        Action(customer=Customer.objects.create(external_id=f"E{number}"), kind="visit", at=timezone.now())
        for number in range(5)
    )
    assert pagination.EstimatedPaginator(Action.objects.order_by("-id"), 2).count_label in ("3+", "about 5")


def test_a_large_estimate_is_rounded() -> None:
    assert pagination._rounded(1_897_412) == 1_900_000


def test_the_card_shows_everything_but_the_person(person: Person, anna: Customer) -> None:
    Action.objects.create(customer=anna, kind="purchase", at=timezone.now(), amount=99)
    Consent.objects.create(
        customer=anna, purpose="marketing", state="given", since=timezone.now(), source="form"
    )
    page = person("view_customer").get(f"/customers/{anna.pk}/").content.decode()
    assert "purchase, 99.00" in page
    assert "Consent is <strong>given</strong>" in page
    for private in (
        "Petrova",
        "1234567",
        "anna@example.org",
        "24 November 1985",
        "Show the full number",
        "Withdraw consent",
    ):
        assert private not in page


def test_other_rooms_add_to_the_card(person: Person, anna: Customer) -> None:
    with hooks.register_temporarily("parley_customer_panels", lambda customer, user: ["Conversation of C1"]):
        assert "Conversation of C1" in person("view_customer").get(f"/customers/{anna.pk}/").content.decode()


def test_a_reveal_is_written_down_before_it_shows(person: Person, anna: Customer) -> None:
    client = person("view_customer", "reveal_customer")
    assert "1234567" not in client.get(f"/customers/{anna.pk}/").content.decode()
    response = client.post(f"/customers/{anna.pk}/reveal/", {"reason": "She called us"})
    assert "+79161234567" in response.content.decode()
    assert "no-store" in response["Cache-Control"]
    entry = ModelLogEntry.objects.get(action=REVEAL)
    assert (entry.object_id, entry.data) == (str(anna.pk), {"reason": "She called us"})


def test_without_a_reason_nothing_is_revealed(person: Person, anna: Customer) -> None:
    page = person("view_customer", "reveal_customer").post(f"/customers/{anna.pk}/reveal/", follow=True)
    assert "Say why you need the full number." in page.content.decode()
    assert not ModelLogEntry.objects.exists()


@pytest.mark.parametrize("what", ["reveal", "consent", "blocked"])
def test_without_the_right_nothing_is_done(person: Person, anna: Customer, what: str) -> None:
    client = person("view_customer")
    assert client.post(f"/customers/{anna.pk}/{what}/", {"reason": "x"}).status_code == 302
    assert client.get(f"/customers/{anna.pk}/{what}/").status_code == 302
    assert not ModelLogEntry.objects.exists()


def test_consent_is_given_and_withdrawn_on_the_card(person: Person, anna: Customer) -> None:
    client = person("view_customer", "change_customer")
    address = f"/customers/{anna.pk}/consent/"
    client.post(address, {"purpose": "marketing", "state": "given", "source": "form"})
    page = client.post(
        address, {"purpose": "marketing", "state": "withdrawn", "source": "call"}, follow=True
    ).content.decode()
    assert "Consent is <strong>withdrawn</strong>" in page
    assert "given (form)" in page
    assert ModelLogEntry.objects.filter(action="customers.consent").count() == 2


@pytest.mark.parametrize(
    ("posted", "words"),
    [
        ({"purpose": "marketing", "state": "given"}, "Say where this comes from"),
        ({"purpose": "fun", "state": "given", "source": "x"}, "Choose a purpose"),
    ],
)
def test_consent_without_its_parts_is_refused(
    person: Person, anna: Customer, posted: Any, words: str
) -> None:
    client = person("view_customer", "change_customer")
    assert words in client.post(f"/customers/{anna.pk}/consent/", posted, follow=True).content.decode()
    assert not Consent.objects.exists()


def test_a_customer_is_blocked_and_unblocked(person: Person, anna: Customer) -> None:
    client = person("view_customer", "change_customer")
    assert (
        "nobody writes to them"
        in client.post(f"/customers/{anna.pk}/blocked/", {"blocked": "yes"}, follow=True).content.decode()
    )
    client.post(f"/customers/{anna.pk}/blocked/", {"blocked": "no"})
    anna.refresh_from_db()
    assert not anna.is_blocked
    assert set(ModelLogEntry.objects.values_list("action", flat=True)) == {
        "customers.block",
        "customers.unblock",
    }


def test_strangers_do_not_see_customers(person: Person, anna: Customer) -> None:
    assert person().get("/customers/").status_code == 302
