"""Choosing a text and an audience: what the lists show, what can be found, and what the form shows of what was chosen."""

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from bs4 import BeautifulSoup
from django.contrib.auth.models import Permission
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from backoffice.accounts.models import User
from backoffice.accounts.roles import ANALYST, EDITOR
from backoffice.audiences.models import Audience
from backoffice.mailings.audience_size import size_words
from backoffice.mailings.choices import listed_audiences
from backoffice.mailings.models import Mailing
from backoffice.message_templates.models import MessageTemplate, TextVariant
from tests.mailings.conftest import MakeCustomer
from tests.mailings_screens.conftest import As
from tests.mailings_screens.test_screens import form_values

pytestmark = pytest.mark.django_db
ADD = "/mailings/new/"
TEXTS, AUDIENCES = "text_chooser", "audience_chooser"


@pytest.fixture(autouse=True)
def _fresh(clean_redis: Any) -> None:
    """Nothing was counted before."""


@pytest.fixture
def editor_client(as_role: As) -> Client:
    return as_role(EDITOR)


def edit_of(mailing: Mailing) -> str:
    return reverse("mailings:edit", args=[mailing.pk])


def listed(client: Client, room: str, **query: str) -> dict[str, str]:
    """The names in a list, with all that is said of each."""
    page = BeautifulSoup(client.get(reverse(f"{room}:choose_results"), query).content, "html.parser")
    return {
        one.a.text: " ".join(one.div.get_text(" ", strip=True).split())
        for one in page.select(".choices__list > li")
    }


def said(client: Client, room: str, **query: str) -> str:
    return client.get(reverse(f"{room}:choose_results"), query).content.decode()


def chosen(client: Client, room: str, one: MessageTemplate | Audience) -> dict[str, Any]:
    answer: dict[str, Any] = client.get(reverse(f"{room}:chosen", args=[one.pk])).json()
    result: dict[str, Any] = answer["result"]
    return result


def shown(page: bytes, field: str) -> str:
    """What the form shows in place of a field."""
    found = BeautifulSoup(page, "html.parser").find(id=f"id_{field}-chooser")
    assert found is not None
    return " ".join(found.get_text(" ", strip=True).split())


def make_text(name: str, text: str = "Come in.", **values: Any) -> MessageTemplate:
    return MessageTemplate.objects.create(name=name, text=text, **values)


def rule(kind: str, **value: Any) -> dict[str, Any]:
    return {"type": kind, "value": value}


# The lists


def test_a_text_is_listed_with_its_beginning_purpose_languages_parts_and_age(editor_client: Client) -> None:
    text = make_text("Your order", "It is here. " + "Take it. " * 20, purpose="service")
    TextVariant.objects.create(template=text, language="ru", text="Он здесь.")
    MessageTemplate.objects.update(last_published_at=timezone.now() - timedelta(days=3, hours=1))
    words = listed(editor_client, TEXTS)["Your order"]
    assert words.startswith("It is here. Take it.")
    assert words.endswith("Service messages · also in Russian · 1 to 2 parts · published 3 days ago")


def test_the_newest_text_comes_first_and_one_of_today_says_so(editor_client: Client) -> None:
    for name in ("First", "Second"):
        make_text(name)
    assert list(listed(editor_client, TEXTS)) == ["Second", "First"]
    assert listed(editor_client, TEXTS)["Second"] == "Come in. Offers and news · 1 part · published today"


def test_a_text_that_cannot_be_merged_any_more_says_no_parts(editor_client: Client) -> None:
    text = make_text("Broken", "Dear {nobody_knows}, come in.")
    assert listed(editor_client, TEXTS)["Broken"].endswith("Offers and news · published today")
    assert "phone__bubble" not in chosen(editor_client, TEXTS, text)["shown"]


@pytest.mark.parametrize(
    "words", ["order", "ORD your", "take it", "здесь", "parcels", "order здесь", "  order  "]
)
def test_a_text_is_found_by_words_of_its_name_its_folder_and_each_language(
    words: str, editor_client: Client
) -> None:
    text = make_text("Your order", "Come and take it.", folder="Parcels")
    TextVariant.objects.create(template=text, language="ru", text="Он здесь.")
    TextVariant.objects.create(template=text, language="kk", text="Ол здесь.")
    make_text("Autumn offer")
    assert list(listed(editor_client, TEXTS, q=words)) == ["Your order"]


def test_a_word_that_nothing_has_finds_nothing_and_says_what_to_do(editor_client: Client) -> None:
    make_text("Your order")
    assert "Type fewer of them" in said(editor_client, TEXTS, q="order winter")
    assert "Type fewer of them" in said(editor_client, AUDIENCES, q="x")


def test_texts_can_be_narrowed_to_a_purpose(editor_client: Client) -> None:
    make_text("Your order", purpose="service")
    make_text("Autumn offer")
    assert list(listed(editor_client, TEXTS, kind="service")) == ["Your order"]


@pytest.mark.parametrize("query", [{"kind": "nonsense"}, {"q": "y" * 300}])
def test_a_search_that_makes_no_sense_narrows_nothing(query: dict[str, str], editor_client: Client) -> None:
    make_text("Your order")
    assert list(listed(editor_client, TEXTS, **query)) == ["Your order"]


@pytest.mark.parametrize("room", [TEXTS, AUDIENCES])
def test_an_empty_list_says_where_to_make_one(room: str, editor_client: Client) -> None:
    assert "under" in said(editor_client, room)


@pytest.mark.parametrize("values", [{"is_archived": True}, {"live": False}])
def test_a_text_out_of_use_is_neither_offered_nor_handed_over(
    values: dict[str, bool], editor_client: Client
) -> None:
    text = make_text("Old", **values)
    assert listed(editor_client, TEXTS) == {}
    assert editor_client.get(reverse(f"{TEXTS}:chosen", args=[text.pk])).status_code == 404


def test_an_audience_is_listed_with_its_sentence_and_its_last_count(
    editor_client: Client, make_customer: MakeCustomer
) -> None:
    kazan = Audience.objects.create(name="Kazan", rules=[rule("city", is_or_not="in", names="Kazan")])
    make_customer(city="Kazan")
    assert listed(editor_client, AUDIENCES)["Kazan"] == "The city is Kazan. Not counted yet"
    size_words(kazan)
    assert listed(editor_client, AUDIENCES)["Kazan"] == "The city is Kazan. 1 customer, counted just now"
    with time_machine.travel(timezone.now() + timedelta(days=2, hours=1)):
        (listed_later,) = listed_audiences([kazan])
    assert listed_later.facts == ["1 customer, counted 2\xa0days ago"]


def test_an_audience_that_was_changed_is_not_counted_yet(
    editor_client: Client, make_customer: MakeCustomer
) -> None:
    audience = Audience.objects.create(name="Kazan")
    size_words(audience)
    audience.rules = [rule("city", is_or_not="in", names="Kazan")]
    audience.save()
    audience.save_revision()
    assert listed(editor_client, AUDIENCES)["Kazan"].endswith("Not counted yet")


@pytest.mark.parametrize("words", ["everybody of", "omsk", "spring", "the city everybody"])
def test_an_audience_is_found_by_words_of_its_name_what_it_is_for_and_its_conditions(
    words: str, editor_client: Client
) -> None:
    Audience.objects.create(
        name="Everybody of the East",
        description="For the spring.",
        rules=[rule("city", is_or_not="in", names="Omsk")],
    )
    Audience.objects.create(name="Debtors", rules=[rule("debt", at_least=100)])
    assert list(listed(editor_client, AUDIENCES, q=words)) == ["Everybody of the East"]


@pytest.mark.parametrize("room", [TEXTS, AUDIENCES])
def test_a_longer_list_takes_no_more_statements(
    room: str,
    editor_client: Client,
    django_assert_max_num_queries: DjangoAssertNumQueries,
) -> None:
    def make(number: int) -> None:
        text = make_text(f"Text {number}")
        TextVariant.objects.create(template=text, language="ru", text="Он здесь.")
        Audience.objects.create(name=f"Audience {number}", rules=[rule("debt", at_least=100)])

    make(0)
    listed(editor_client, room)
    with django_assert_max_num_queries(50) as few:
        listed(editor_client, room)
    asked = len(few)
    for number in range(1, 8):
        make(number)
    with django_assert_max_num_queries(asked):
        assert len(listed(editor_client, room)) == 8


# What is chosen


def test_a_chosen_text_brings_its_purpose_and_sender_and_how_it_reads(
    editor_client: Client, make_customer: MakeCustomer
) -> None:
    make_customer(first_name="Margarita", city="Kazan")
    text = make_text("Offer", "Dear {first_name}, come to {city}.", sender="Shop")
    found = chosen(editor_client, TEXTS, text)
    assert (found["id"], found["title"]) == (str(text.pk), "Offer")
    assert found["brings"] == {"purpose": "marketing", "sender": "Shop"}
    assert "Dear Mxxxxxxxx, come to Kazan." in found["shown"]
    assert "names disguised" in found["shown"]


def test_where_nobody_may_be_written_to_a_made_up_customer_is_shown(editor_client: Client) -> None:
    words = chosen(editor_client, TEXTS, make_text("Offer", "Dear {first_name}."))["shown"]
    assert "Dear Анна." in words
    assert "made-up customer" in words


def test_who_may_not_see_customers_sees_no_value_of_one(as_role: As, make_customer: MakeCustomer) -> None:
    make_customer(first_name="Margarita", city="Omsk")
    client = limited(as_role, "add_mailing", "view_mailing", "view_messagetemplate")
    words = chosen(client, TEXTS, make_text("Offer", "Come to {city}."))["shown"]
    assert "Omsk" not in words
    assert "made-up customer" in words


def test_only_who_may_change_it_is_led_to_the_editor(as_role: As, editor_client: Client) -> None:
    text = make_text("Offer")
    assert chosen(editor_client, TEXTS, text)["edit_url"] == reverse("message_templates:edit", args=[text.pk])
    client = limited(as_role, "add_mailing", "view_mailing", "view_messagetemplate")
    assert chosen(client, TEXTS, text)["edit_url"] == ""


def test_a_chosen_audience_is_shown_with_its_sentence_and_count(
    editor_client: Client, make_customer: MakeCustomer
) -> None:
    make_customer(city="Omsk")
    audience = Audience.objects.create(name="East", rules=[rule("city", is_or_not="in", names="Omsk")])
    words = chosen(editor_client, AUDIENCES, audience)["shown"]
    assert "The city is Omsk." in words
    assert "1 customer, counted just now" in words


def test_a_chosen_audience_that_is_not_complete_says_so(editor_client: Client) -> None:
    audience = Audience.objects.create(name="East", rules=[rule("city", names="")])
    assert "Open it and mend them." in chosen(editor_client, AUDIENCES, audience)["shown"]


@pytest.mark.parametrize("room", [TEXTS, AUDIENCES])
def test_what_is_not_there_any_more_is_not_handed_over(room: str, editor_client: Client) -> None:
    for number in (999, 10**30):
        assert editor_client.get(reverse(f"{room}:chosen", args=[number])).status_code == 404


# The form


def test_the_form_names_no_text_and_no_audience_but_the_chosen_ones(
    editor_client: Client, mailing: Mailing
) -> None:
    make_text("Secret of the winter")
    Audience.objects.create(name="Secret people")
    page = editor_client.get(edit_of(mailing)).content
    assert shown(page, "template").startswith("Autumn offer Offers and news · 1 part · published today")
    assert shown(page, "audience").startswith("Everybody Everybody. 0 customers, counted just now")
    assert shown(page, "second_text") == "Choose a text Take it out Open it in a new tab"
    assert b"Secret" not in page


def test_what_was_typed_is_shown_again_as_it_was_chosen(editor_client: Client, mailing: Mailing) -> None:
    other = make_text("Winter offer")
    values = form_values(mailing, name="", template="", second_text=other.pk)
    editor_client.post(ADD, {"keep": "1", "unfinished": "00000000-0000-4000-8000-000000000001", **values})
    page = editor_client.get(ADD).content
    assert shown(page, "template") == "Choose a text Open it in a new tab"
    assert shown(page, "second_text").startswith("Winter offer")


@pytest.mark.parametrize("nonsense", ["x", "٣", "9" * 40, "-1", "1.5"])
def test_nonsense_in_place_of_a_choice_is_refused_at_the_field(
    nonsense: str, editor_client: Client, mailing: Mailing
) -> None:
    values = form_values(mailing, name="Winter", template=nonsense, audience=nonsense)
    answer = editor_client.post(ADD, values)
    assert answer.status_code == 200
    assert shown(answer.content, "template").startswith("Choose a text")
    assert not Mailing.objects.filter(name="Winter").exists()


@pytest.mark.parametrize(
    ("values", "why"),
    [({"is_archived": True}, "in the archive"), ({"live": False}, "not published any more")],
)
def test_a_chosen_text_that_went_out_of_use_stays_with_its_mailing_and_says_so(
    values: dict[str, bool], why: str, editor_client: Client, mailing: Mailing
) -> None:
    MessageTemplate.objects.update(**values)
    words = shown(editor_client.get(edit_of(mailing)).content, "template")
    assert words.startswith("Autumn offer")
    assert why in words
    editor_client.post(edit_of(mailing), form_values(mailing, name="Later"))
    assert Mailing.objects.get().name == "Later"


def test_a_copy_or_a_new_mailing_cannot_take_a_text_out_of_the_archive(
    editor_client: Client, mailing: Mailing
) -> None:
    MessageTemplate.objects.update(is_archived=True)
    for address in (ADD, reverse("mailings:copy", args=[mailing.pk])):
        page = editor_client.post(address, form_values(mailing, name="Again")).content.decode()
        assert "This text is in the archive, or not published any more. Choose another one." in page
    assert not Mailing.objects.filter(name="Again").exists()


@pytest.mark.parametrize("room", [TEXTS, AUDIENCES])
def test_who_may_make_mailings_but_not_see_texts_or_audiences_is_told_and_gets_no_name(
    room: str, as_role: As, mailing: Mailing
) -> None:
    client = limited(as_role, "add_mailing", "view_mailing")
    page = client.get(ADD).content
    assert b"Autumn offer" not in page
    assert b"Everybody" not in page
    assert "Your role may not see texts, so you cannot choose one." in shown(page, "template")
    assert "Your role may not see audiences, so you cannot choose one." in shown(page, "audience")
    assert client.get(reverse(f"{room}:choose")).status_code in (302, 403)


def test_an_analyst_does_not_choose(as_role: As) -> None:
    client = as_role(ANALYST)
    for room in (TEXTS, AUDIENCES):
        for name in ("choose", "choose_results"):
            assert client.get(reverse(f"{room}:{name}")).status_code in (302, 403)


def test_the_window_has_a_name_and_a_search(editor_client: Client) -> None:
    window = BeautifulSoup(editor_client.get(reverse(f"{TEXTS}:choose")).json()["html"], "html.parser")
    assert window.find(id="choices-title").text == "Choose a text"
    assert re.sub(r"\s+", " ", window.find("label", attrs={"for": "id_q"}).text).strip() == (
        "Search by name and words"
    )


def limited(as_role: Callable[[str], Client], *rights: str) -> Client:
    """Somebody with these rights and no others."""
    client = as_role("Employee")
    user = User.objects.get(username="Employee by role")
    user.user_permissions.set(Permission.objects.filter(codename__in=rights))
    return client
