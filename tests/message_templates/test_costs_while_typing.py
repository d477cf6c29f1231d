"""The answers while a text is written, with real customers, an audience and operators."""

import json
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.contrib.auth.models import Permission
from django.core.cache import cache
from django.test import Client
from django.utils import timezone
from wagtail.models import ModelLogEntry

from backoffice.accounts.models import User
from backoffice.accounts.reading_log import REVEAL
from backoffice.audiences.models import Audience
from backoffice.customers.models import Consent, Customer, Purpose
from backoffice.message_templates.judged import rounded_money
from backoffice.operators.models import Operator, Tariff
from kannel.models import Connection, Gateway
from tests.message_templates.test_screens import phone

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _nothing_remembered(clean_redis: Any) -> None:
    cache.clear()


@pytest.fixture
def sees_people(editor: User) -> User:
    editor.user_permissions.set(
        Permission.objects.filter(codename__in=["view_customer", "view_audience", "view_mailing"])
    )
    return editor


@pytest.fixture
def operator(db: None) -> Operator:
    """Carries everything at 2.50 a part."""
    gateway = Gateway.objects.create(name="main", status=Gateway.Status.RUNNING, seen_at=timezone.now())
    operator = Operator.objects.create(name="North", receipt_margin=timedelta(hours=1))
    Tariff.objects.create(
        operator=operator, prefix="+7", price_per_part=Decimal("2.50"), valid_from=date(2020, 1, 1)
    )
    Connection.objects.create(
        gateway=gateway,
        operator=operator,
        name="north-1",
        kind="smpp",
        host="127.0.0.1",
        port=2775,
        status=Connection.Status.ONLINE,
        status_since=timezone.now(),
        seen_at=timezone.now() + timedelta(hours=1),  # it stays online, however long a test takes
    )
    return operator


def customer(number: int, name: str, consent: str = "given") -> Customer:
    made = Customer.objects.create(
        external_id=f"C{number}", phone=f"+7905000{number:04d}", first_name=name, city="Kazan"
    )
    Consent.objects.create(
        customer=made, purpose=Purpose.MARKETING, state=consent, since=timezone.now(), source="form"
    )
    return made


@pytest.fixture
def people(operator: Operator) -> list[Customer]:
    """Nine who may be written to, and one who said no."""
    return [customer(number, f"Anna{'x' * number}") for number in range(9)] + [
        customer(9, "Nona", "withdrawn")
    ]


def typed(pages: Client, text: str, **more: Any) -> dict[str, Any]:
    return phone(pages, field=["text"], language=[""], text=[text], purpose="marketing", **more)


def test_the_cost_for_all_customers_stands_beside_the_text(
    pages: Client, sees_people: User, people: list[Customer]
) -> None:
    cost = typed(pages, "Hello {first_name}. Reply STOP to opt out.")["cost"]
    assert "9 customers may be written to." in cost
    assert "22 RUB" in cost
    assert "100 % get 1 part" in cost


def test_the_cost_is_that_of_the_chosen_audience(
    pages: Client, sees_people: User, people: list[Customer]
) -> None:
    nobody = Audience.objects.create(
        name="Moscow", rules=[{"type": "city", "value": {"is_or_not": "in", "names": "Moscow"}}]
    )
    assert "Nobody in it may be written to." in typed(pages, "Hello", audience=nobody.pk)["cost"]
    broken = Audience.objects.create(name="Broken", rules=[{"type": "city", "value": {"names": ""}}])
    assert "not complete. Open it and mend them." in typed(pages, "Hello", audience=broken.pk)["cost"]


def test_plain_characters_come_with_the_money_they_save(
    pages: Client, sees_people: User, people: list[Customer]
) -> None:
    meter = typed(pages, "Hello — " + "x" * 70)["meters"]["text"]
    said = " ".join(meter.split())
    assert "1 part instead of 2" in said
    assert "saves about 22 RUB" in said
    assert f'data-sms-editor-plain-param="Hello - {"x" * 70}"' in meter


def test_the_field_whose_values_force_ucs2_is_named_with_what_it_costs(
    pages: Client, sees_people: User, people: list[Customer]
) -> None:
    Customer.objects.filter(pk__in=[one.pk for one in people[:6]]).update(first_name="Анна")
    meter = typed(pages, "Dear {first_name} of {city}, " + "come in " * 8 + "STOP")["meters"]["text"]
    said = " ".join(meter.split())
    assert "1 to 2 parts, depending on the customer" in said
    assert "Without <code>{first_name}</code>: <strong" in said
    # Ten stand for the nine who may be written to, and six of them would get one part less.
    assert "1 part instead of 2 for 60 % of them, saves about 14 RUB" in said


def test_how_many_customers_get_a_gap_is_told(
    pages: Client, sees_people: User, people: list[Customer]
) -> None:
    Customer.objects.filter(pk=people[0].pk).update(first_name=" ")
    assert "That is 10 % of them." in typed(pages, "Dear {first_name}")["meters"]["text"]
    assert "% of them" not in typed(pages, "Dear {city}")["meters"]["text"]


def test_a_warning_of_cyrillic_names_is_for_those_who_have_them(
    pages: Client, sees_people: User, people: list[Customer]
) -> None:
    assert "Cyrillic makes" not in typed(pages, "Dear {first_name}")["meters"]["text"]
    Customer.objects.filter(pk=people[0].pk).update(first_name="Анна")
    assert "Cyrillic makes" in typed(pages, "Dear {first_name}")["meters"]["text"]


def test_blanks_and_a_few_characters_too_many_are_named(
    pages: Client, sees_people: User, people: list[Customer]
) -> None:
    meter = typed(pages, "x" * 155 + "      STOP")["meters"]["text"]
    assert "There are blanks that nobody sees." in meter
    assert "With 5 characters less" in typed(pages, "x" * 161 + "STOP")["meters"]["text"]


def test_real_customers_are_shown_with_their_names_disguised(
    pages: Client, sees_people: User, people: list[Customer]
) -> None:
    text = "Hello {first_name}"
    assert "Hello Axxxxxxxxxxx" in typed(pages, text, sample="real-longest")["phone"]
    assert "Hello Axxxx" in typed(pages, text, sample="real-typical")["phone"]
    Customer.objects.filter(pk=people[3].pk).update(first_name="")
    assert 'phone__bubble">Hello </p>' in typed(pages, text, sample="real-worst")["phone"]
    assert not ModelLogEntry.objects.filter(action=REVEAL).exists()


def test_names_are_disguised_for_everybody(pages: Client, sees_people: User, people: list[Customer]) -> None:
    sees_people.user_permissions.add(Permission.objects.get(codename="reveal_customer"))
    for text in ("Hello {first_name}", "Hello {first_name},", "Hello {first_name}, you"):
        assert "Hello Axxx" in typed(pages, text, sample="real-typical")["phone"]
    assert not ModelLogEntry.objects.filter(action=REVEAL).exists()


def test_others_get_made_up_customers_and_no_cost(
    pages: Client, editor: User, people: list[Customer]
) -> None:
    answer = typed(pages, "Hello {first_name}", sample="real-longest")
    assert "Hello Анна" in answer["phone"]
    assert "RUB" not in answer["cost"]
    page = pages.get("/texts/add/").content.decode()
    assert "Real customers" not in page
    assert "phone-audience" not in page


def test_a_language_without_customers_says_that_its_customer_is_made_up(
    pages: Client, sees_people: User, people: list[Customer]
) -> None:
    answer = phone(
        pages,
        field=["text", "language_variants-0-text", "language_variants-1-text"],
        language=["", "ru", ""],
        text=["Hello {first_name}", "Привет, {first_name}", "Not yet {city}"],
        sample="real-typical",
    )
    assert "Привет, Анна" in answer["phone"]
    assert answer["phone"].count("a made-up one is shown") == 2


def test_an_audience_that_one_may_not_see_costs_nothing(
    pages: Client, editor: User, people: list[Customer]
) -> None:
    audience = Audience.objects.create(name="Everybody")
    assert typed(pages, "Hello", audience=audience.pk)["cost"].strip() == ""


def test_without_a_price_the_panel_says_whom_it_waits_for(
    pages: Client, sees_people: User, people: list[Customer]
) -> None:
    Tariff.objects.all().delete()
    answer = typed(pages, "Hello — " + "x" * 70)
    assert "No operator that is connected has a price" in answer["cost"]
    assert "1 part instead of 2" in " ".join(answer["meters"]["text"].split())
    assert "saves about" not in answer["meters"]["text"]


@pytest.mark.parametrize("text", ["", "  ", "Dear {frist_name}"])
def test_what_is_missing_or_wrong_has_no_cost_yet(
    text: str, pages: Client, sees_people: User, people: list[Customer]
) -> None:
    cost = typed(pages, text)["cost"]
    assert "9 customers may be written to." in cost
    assert "RUB" not in cost
    assert "part" not in cost.replace("text-cost__parts", "")


def test_a_mistake_is_marked_and_mended_in_one_click(pages: Client) -> None:
    answer = typed(pages, "Dear {frist_name}")
    assert answer["marks"]["text"] == {"characters": "", "wrong": [[5, 17]]}
    assert 'data-sms-editor-plain-param="Dear {first_name}"' in answer["meters"]["text"]
    assert "Write {first_name}" in answer["meters"]["text"]


def test_characters_that_force_ucs2_are_marked(pages: Client) -> None:
    assert typed(pages, "Pay — «now»")["marks"]["text"]["characters"] == "—«»"
    answer = typed(pages, "Pay 😀 — now")
    assert answer["marks"]["text"]["characters"] == "😀—"
    assert "nothing plain says the same" in answer["meters"]["text"]


def test_an_offer_without_a_way_to_refuse_is_named_and_a_service_message_is_not(pages: Client) -> None:
    assert "Offers have to say how one refuses them." in typed(pages, "Hello")["meters"]["text"]
    service = phone(pages, field=["text"], language=[""], text=["Hello"], purpose="service")
    assert "how one refuses" not in service["meters"]["text"]


def test_the_sender_of_the_text_is_what_its_customers_read(pages: Client) -> None:
    assert "From Shop" in typed(pages, "From {mailing.sender}", sender="Shop")["phone"]


@pytest.mark.parametrize(
    ("amount", "words"),
    [
        ("41234.56", "41 000 RUB"),
        ("22.50", "22 RUB"),
        ("7.4", "7 RUB"),
        ("0", "0 RUB"),
        ("1234567", "1 200 000 RUB"),
    ],
)
def test_money_is_rounded_to_what_is_known(amount: str, words: str) -> None:
    assert rounded_money(Decimal(amount), "RUB").replace("\u00a0", " ").replace(",", " ") == words


def test_nobody_sees_a_removed_audience(pages: Client, sees_people: User) -> None:
    from backoffice.mailings.text_reach import ForTexts

    assert "not there any more" in ForTexts().crowd(999_999, "marketing").problem
    assert json.dumps(typed(pages, "Hello", audience="999999")["cost"].strip()) == '""'
