"""What was sent to one customer: found by number across all mailings, on the card, from a mailing."""

from uuid import uuid4

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from backoffice.accounts.models import User
from backoffice.accounts.roles import ANALYST, APPROVER, EDITOR, OPERATOR_STAFF, PRIVACY_OFFICER
from backoffice.customers.models import Customer
from backoffice.mailings.models import Click, Mailing, Message, ShortLink
from backoffice.replies.models import Reply
from kannel.models import Connection
from tests.mailings.in_state import add_messages, put
from tests.mailings_screens.conftest import As

pytestmark = pytest.mark.django_db


@pytest.fixture
def anna(mailing: Mailing, north: Connection, editor: User, approver: User) -> Customer:
    """She got a message, and answered it."""
    [message] = add_messages(mailing, "delivered", connection=north)
    now = timezone.now()
    Message.objects.update(submitted_at=now, sent_at=now, final_at=now, attempt=1)
    put(mailing, Mailing.State.FINISHED, editor, approver)
    Customer.objects.update(phone="+79161234567", external_id="C1", first_name="Anna", city="Kazan")
    Reply.objects.create(
        kannel_id=uuid4(),
        customer=message.customer,
        received_at=now,
        text="Thank you",
        message=message,
        mailing=mailing,
    )
    return Customer.objects.get()


@pytest.fixture
def click(anna: Customer) -> Click:
    """She followed the link of the message."""
    now = timezone.now()
    link = ShortLink.objects.create(
        mailing=Mailing.objects.get(),
        address="https://shop.example/autumn",
        target="https://shop.example/autumn",
        expires_at=now,
    )
    return Click.objects.create(link=link, customer=anna, first_at=now, last_at=now)


def story_of(customer: Customer) -> str:
    return reverse("story:customer", args=[customer.pk])


def test_the_story_tells_text_way_steps_and_answer(anna: Customer, as_role: As) -> None:
    page = as_role(EDITOR).get(story_of(anna)).content.decode()
    for said in (
        "It has reached the telephone.",
        "Over North (north-1).",
        "Come in.",
        "Handed over",
        "Taken by the operator",
        "The customer answered on",
        "Thank you",
        "+7 916 ••• •• 67",
    ):
        assert said in page, said
    assert "1234567" not in page


def test_who_may_read_no_texts_sees_the_story_without_them(anna: Customer, as_role: As) -> None:
    page = as_role(PRIVACY_OFFICER).get(story_of(anna)).content.decode()
    assert "It has reached the telephone." in page
    assert "The customer answered on" in page
    assert "Come in." not in page
    assert "Thank you" not in page
    assert "/mailings/inspect/" not in page.split('class="story"')[1].split("</ol>")[0]


def test_the_story_tells_which_link_was_followed_and_how_often(
    anna: Customer, click: Click, as_role: As
) -> None:
    browser = as_role(EDITOR)
    assert (
        "The customer followed https://shop.example/autumn on "
        in browser.get(story_of(anna)).content.decode()
    )
    Click.objects.update(clicks=3)
    assert ", 3 times in all." in browser.get(story_of(anna)).content.decode()


def test_who_may_read_no_texts_is_not_told_where_a_link_leads(
    anna: Customer, click: Click, as_role: As
) -> None:
    page = as_role(PRIVACY_OFFICER).get(story_of(anna)).content.decode()
    assert "The customer followed a link on " in page
    assert "shop.example" not in page


@pytest.mark.parametrize("role", [ANALYST, OPERATOR_STAFF])
def test_who_may_see_no_customers_sees_no_story(role: str, anna: Customer, as_role: As) -> None:
    assert as_role(role).get(story_of(anna)).status_code in (302, 403)
    assert as_role(role).post(reverse("story:find"), {"number": "C1"}).status_code in (302, 403)


@pytest.mark.parametrize("typed", ["+7 916 123-45-67", "8 (916) 1234567", "9161234567", "C1"])
def test_a_number_in_any_form_leads_to_the_story(typed: str, anna: Customer, as_role: As) -> None:
    answer = as_role(APPROVER).post(reverse("story:find"), {"number": typed})
    assert answer.headers["Location"] == story_of(anna)


def test_of_several_with_one_number_one_is_chosen(anna: Customer, as_role: As) -> None:
    Customer.objects.create(external_id="C2", phone=anna.phone, city="Moscow")
    page = as_role(EDITOR).post(reverse("story:find"), {"number": "+79161234567"}).content.decode()
    assert "Several customers fit. Choose one." in page
    assert page.count("+7 916 ••• •• 67") == 2


def test_many_that_fit_are_not_all_shown(anna: Customer, as_role: As) -> None:
    Customer.objects.bulk_create(
        Customer(external_id=f"N{number}", phone=f"+7916555{number:04d}") for number in range(21)
    )
    page = as_role(PRIVACY_OFFICER).post(reverse("story:find"), {"number": "916555"}).content.decode()
    assert "give more digits" in page
    assert page.count("+7 916 ••• ••") == 20


def test_nobody_found_says_what_to_do(anna: Customer, as_role: As) -> None:
    browser, url = as_role(EDITOR), reverse("story:find")
    assert "Nobody has this number." in browser.post(url, {"number": "+79990000000"}).content.decode()
    for page in (browser.post(url, {"number": " "}), browser.get(url)):
        assert "Nobody has this number." not in page.content.decode()


@pytest.mark.unbalanced
def test_the_card_of_a_customer_shows_the_last_messages(anna: Customer, as_role: As) -> None:
    page = as_role(EDITOR).get(reverse("customers:card", args=[anna.pk])).content.decode()
    assert "It has reached the telephone." in page
    assert f'href="{story_of(anna)}"' in page
    Message.objects.all().delete()
    page = as_role(EDITOR).get(reverse("customers:card", args=[anna.pk])).content.decode()
    assert "Nothing was ever planned for this customer." in page


def test_recipients_of_a_mailing_lead_to_their_story(anna: Customer, mailing: Mailing, as_role: As) -> None:
    pk = Message.objects.get().pk
    url = reverse("mailings:recipients", args=[mailing.pk])
    link = f'{story_of(anna)}?at={pk}#m{pk}"'
    assert link in as_role(EDITOR).get(url).content.decode()
    assert link not in as_role(ANALYST).get(url).content.decode()
    page = as_role(EDITOR).get(f"{story_of(anna)}?at={pk}").content.decode()
    assert f'id="m{pk}"' in page
    assert "To the newest" in page


def test_a_nonsense_place_in_the_story_is_passed_over(anna: Customer, as_role: As) -> None:
    for place in ("x", "9" * 40, "²", "-1"):
        assert "It has reached" in as_role(EDITOR).get(story_of(anna), {"before": place}).content.decode()


def test_the_end_of_the_story_says_so(anna: Customer, as_role: As) -> None:
    page = as_role(EDITOR).get(story_of(anna), {"before": "1"}).content.decode()
    assert "There are no older messages." in page


def test_a_customer_without_messages_has_an_empty_story(as_role: As) -> None:
    nobody = Customer.objects.create(external_id="C9")
    page = as_role(EDITOR).get(story_of(nobody)).content.decode()
    assert "Nothing was ever planned for this customer." in page
    assert "no number" in page


def test_what_was_written_before_anything_was_sent_is_shown(anna: Customer, as_role: As) -> None:
    Reply.objects.update(message=None)
    page = as_role(EDITOR).get(story_of(anna)).content.decode()
    assert "What the customer wrote before anything was sent" in page
    assert "Thank you" in page


@pytest.mark.unbalanced
def test_the_story_takes_the_same_statements_for_many_messages_as_for_one(
    anna: Customer, as_role: As, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    browser = as_role(EDITOR)
    browser.get(story_of(anna))
    with CaptureQueriesContext(connection) as few:
        browser.get(story_of(anna))
    message = Message.objects.get()
    for _ in range(25):
        message.pk += 1
        message.save(force_insert=True)
    with django_assert_num_queries(len(few)):
        page = browser.get(story_of(anna)).content.decode()
    assert page.count("It has reached the telephone.") == 20
    assert "Older messages" in page


def test_the_menu_of_customers_leads_to_it(anna: Customer, as_role: As) -> None:
    assert f'"url": "{reverse("story:find")}"' in as_role(EDITOR).get(story_of(anna)).content.decode()
