"""Sending a test from the page of a mailing: to whom, with whose values, over which operator, and each message's way."""

from collections.abc import Callable
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.contrib.auth.models import Permission
from django.core.cache import cache
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from wagtail.models import ModelLogEntry

from backoffice.accounts.models import User
from backoffice.accounts.reading_log import REVEAL
from backoffice.accounts.roles import ANALYST, APPROVER, EDITOR
from backoffice.mailings import trying
from backoffice.mailings.models import Mailing, Trial
from backoffice.message_templates.models import MessageTemplate, TextVariant
from kannel.events import NewEvent, write
from kannel.models import Connection, Event, TestMessage
from tests.mailings.conftest import MakeCustomer
from tests.mailings_screens.conftest import As

pytestmark = pytest.mark.django_db
PHONE = "+79161234567"


@pytest.fixture(autouse=True)
def fresh() -> None:
    cache.clear()


@pytest.fixture
def ready(north: Connection, make_customer: MakeCustomer, planned: Callable[[], Mailing]) -> Mailing:
    """Planned, for two customers."""
    make_customer(first_name="Anna", last_name="Petrova")
    make_customer(first_name="Maximilian")
    return planned()


@pytest.fixture
def anna(as_role: As) -> Client:
    """An editor with a number of her own."""
    client = as_role(EDITOR)
    User.objects.filter(username="Editor by role").update(phone=PHONE)
    return client


def address(mailing: Mailing) -> str:
    return reverse("trying:try", args=[mailing.pk])


def me() -> User:
    return User.objects.get(username="Editor by role")


def key(mailing: Mailing, name: str = "Anna") -> str:
    message = mailing.messages.get(customer__first_name=name)
    return f"{mailing.template_id}::{message.customer_id}"


def send(client: Client, mailing: Mailing, **values: Any) -> str:
    fields = {"what": "send", "who": [me().pk], "sample": [key(mailing)], "over": "cheapest", **values}
    return client.post(address(mailing), fields, follow=True).content.decode()


def test_the_page_of_a_mailing_leads_there_before_its_approval(anna: Client, ready: Mailing) -> None:
    page = anna.get(reverse("mailings:inspect", args=[ready.pk])).content.decode()
    assert address(ready) in page


@pytest.mark.parametrize("role", [ANALYST, APPROVER])
def test_others_are_neither_offered_it_nor_let_in(role: str, as_role: As, ready: Mailing) -> None:
    client = as_role(role)
    assert address(ready) not in client.get(reverse("mailings:inspect", args=[ready.pk])).content.decode()
    assert client.get(address(ready)).status_code in (302, 403)
    client.post(address(ready), {"what": "send"})
    assert client.get(reverse("trying:sent", args=[ready.pk, uuid4()])).status_code in (302, 403)
    assert not TestMessage.objects.exists()


def test_the_own_number_and_a_text_are_chosen_already_with_what_it_costs(
    anna: Client, ready: Mailing
) -> None:
    page = anna.get(address(ready)).content.decode()
    assert "(you)" in page
    assert "+7 916 ••• •• 67" in page
    assert PHONE not in page
    assert "1 test message, parts: 1, about 1.10 RUB." in page
    assert "Of 20 test messages a day you have 20 left." in page
    assert "North: 1.1 RUB a part" in page
    assert "Dear Mxxxxxxxxx, come in." in page


def test_names_of_customers_are_masked_for_everybody(anna: Client, ready: Mailing) -> None:
    page = anna.get(address(ready)).content.decode()
    assert "A••• P•••" in page
    assert "Petrova" not in page
    me().user_permissions.add(Permission.objects.get(codename="reveal_customer"))
    assert "Petrova" not in anna.get(address(ready)).content.decode()


def test_the_first_test_asks_for_the_own_number_on_its_own_page_and_goes_on(
    as_role: As, ready: Mailing
) -> None:
    client = as_role(EDITOR)
    assert 'name="phone"' in client.get(address(ready)).content.decode()
    chosen = {"what": "number", "sample": [key(ready)], "over": "each"}
    wrong = client.post(address(ready), chosen | {"phone": "12"}).content.decode()
    assert 'value="12"' in wrong
    assert 'role="alert"' in wrong
    assert me().phone == ""
    kept = client.post(address(ready), chosen | {"phone": "8 916 123-45-67"}).content.decode()
    assert me().phone == PHONE
    assert 'name="phone"' not in kept
    assert f'name="who" value="{me().pk}" checked' in kept
    assert f'value="{key(ready)}" checked' in kept
    assert 'value="each" checked' in kept
    send(client, ready)
    assert Trial.objects.get().to == me()


def test_an_empty_number_keeps_nothing(as_role: As, ready: Mailing) -> None:
    page = as_role(EDITOR).post(address(ready), {"what": "number", "phone": ""}).content.decode()
    assert 'name="phone"' in page
    assert me().phone == ""


def test_an_employee_enters_the_own_number_in_the_account(as_role: As) -> None:
    client = as_role(EDITOR)
    User.objects.update(first_name="Anna", last_name="Petrova", email="anna@example.org")
    values = {"phone-phone": "8 (916) 123-45-67"}
    form = client.get(reverse("wagtailadmin_account")).context["panels_by_tab"]
    for panels in form.values():
        for panel in panels:
            bound = panel.get_form()
            for name, field in bound.fields.items():
                initial = bound.get_initial_for_field(field, name)
                if name != "avatar" and initial not in (None, False):
                    values.setdefault(bound.add_prefix(name), "on" if initial is True else str(initial))
    client.post(reverse("wagtailadmin_account"), values)
    assert me().phone == PHONE


def test_a_test_is_sent_and_followed_step_by_step(anna: Client, ready: Mailing) -> None:
    page = send(anna, ready)
    message = TestMessage.objects.get()
    assert (message.phone, message.text) == (PHONE, "Dear Axxx, come in.")
    assert "Dear Axxx, come in." in page
    assert page.count("not yet") == 4
    assert PHONE not in page
    now = timezone.now()
    TestMessage.objects.update(handed_over_at=now, answered_at=now, answer="taken")
    write(
        [
            NewEvent(
                gateway_id=message.connection.gateway_id,
                kind=Event.Kind.REPORT,
                kannel_id=uuid4(),
                connection_name="north-1",
                text="id:1 stat:DELIVRD",
                occurred_at=now,
                message_id=message.pk,
                dlr_type=1,
            )
        ]
    )
    part = anna.get(sent_page(ready, Trial.objects.get().batch), {"part": 1}).content.decode()
    assert "delivered: id:1 stat:DELIVRD" in part
    assert "data-live-ended" in part
    assert not Event.objects.filter(applied_at=None).exists()
    assert sent_page(ready, Trial.objects.get().batch) in anna.get(address(ready)).content.decode()


def sent_page(mailing: Mailing, batch: UUID) -> str:
    return reverse("trying:sent", args=[mailing.pk, batch])


def test_each_operator_carries_one_if_that_was_chosen(
    anna: Client, ready: Mailing, south: Connection
) -> None:
    send(anna, ready, over="each", sample=[key(ready), key(ready, "Maximilian")])
    assert sorted(TestMessage.objects.values_list("connection__name", "text")) == [
        ("north-1", "Dear Axxx, come in."),
        ("north-1", "Dear Mxxxxxxxxx, come in."),
        ("south-1", "Dear Axxx, come in."),
        ("south-1", "Dear Mxxxxxxxxx, come in."),
    ]


def test_a_colleague_is_found_by_name_and_what_was_chosen_stays(anna: Client, ready: Mailing) -> None:
    olga = User.objects.create_user("olga", first_name="Olga", last_name="Petrova", phone="+79160000002")
    fields = {"what": "find", "find": "petrova", "who": [me().pk], "sample": [key(ready)], "over": "each"}
    page = anna.post(address(ready), fields).content.decode()
    assert "Olga Petrova" in page
    assert f'name="who" value="{me().pk}" checked' in page
    assert f'value="{key(ready)}" checked' in page
    assert 'value="each" checked' in page
    assert 'value="petrova"' in page
    assert not TestMessage.objects.exists()
    send(anna, ready, who=[olga.pk])
    assert TestMessage.objects.get().phone == "+79160000002"


def test_a_name_that_nobody_has_is_said(anna: Client, ready: Mailing) -> None:
    page = anna.post(address(ready), {"what": "find", "find": "nobody", "who": [me().pk]}).content.decode()
    assert "No other employee with a number of their own was found by this name." in page


def test_a_number_that_is_posted_is_nobodys(anna: Client, ready: Mailing) -> None:
    page = send(anna, ready, who=["+79169999999", "999999", "x"], phone="+79169999999")
    assert "Choose at least one person and one text." in page
    assert not TestMessage.objects.exists()


def test_somebody_elses_customer_lends_no_values(
    anna: Client, ready: Mailing, make_customer: MakeCustomer
) -> None:
    stranger = make_customer(first_name="Stranger", consent=None)
    page = send(anna, ready, sample=[f"{ready.template_id}::{stranger.pk}"])
    assert "Choose at least one person and one text." in page
    assert "Stranger" not in page


def test_too_many_are_refused_and_what_was_chosen_stays(
    anna: Client, ready: Mailing, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(trying, "TRIALS_A_DAY", 1)
    page = send(anna, ready, sample=[key(ready), key(ready, "Maximilian")])
    assert "That would be 2 test messages, and you have 1 of 1 left today." in page
    assert f'value="{key(ready)}" checked' in page
    assert not TestMessage.objects.exists()


def test_other_customers_are_shown_and_what_was_chosen_stays(anna: Client, ready: Mailing) -> None:
    page = anna.post(address(ready), {"what": "others", "page": "0", "sample": [key(ready)]}).content.decode()
    assert 'name="page" value="1"' in page
    assert f'value="{key(ready)}" checked' in page


def test_each_language_can_be_seen(anna: Client, ready: Mailing) -> None:
    TextVariant.objects.create(template=ready.template, language="ru", text="Приходите, {first_name}.")
    page = anna.get(address(ready)).content.decode()
    assert "Приходите, Axxx." in page
    assert "Autumn offer, Russian. No customer who reads this was found" in page
    assert "Autumn offer, for everybody else" in page


def test_a_customer_without_a_name_is_called_so(
    anna: Client, north: Connection, make_customer: MakeCustomer, planned: Callable[[], Mailing]
) -> None:
    make_customer()
    assert "a customer without a name" in anna.get(address(planned())).content.decode()


def test_what_hinders_a_test_is_said(anna: Client, ready: Mailing) -> None:
    Connection.objects.update(status="dead")
    said = "No operator is connected, or none has a tariff for today."
    assert said in anna.get(address(ready)).content.decode()
    assert said in send(anna, ready)
    Connection.objects.update(status="online")
    User.objects.filter(pk=me().pk).update(phone="+4915112345678")
    assert "No operator reaches the number of" in anna.get(address(ready)).content.decode()
    MessageTemplate.objects.update(text="{wrong}")
    assert anna.get(address(ready)).status_code == 200
    assert not TestMessage.objects.exists()


def test_what_is_over_leads_back_to_its_page(anna: Client, ready: Mailing) -> None:
    Mailing.objects.update(state="cancelled")
    page = anna.get(address(ready), follow=True).content.decode()
    assert "This mailing cannot be tried out now." in page
    assert address(ready) not in page


def test_there_is_no_page_of_what_was_never_sent(anna: Client, ready: Mailing) -> None:
    assert anna.get(sent_page(ready, uuid4())).status_code == 404


def queries_of(client: Client, url: str) -> int:
    with CaptureQueriesContext(connection) as captured:
        assert client.get(url).status_code == 200
    return len(captured)


def test_more_tests_and_more_customers_cost_no_more_queries(
    anna: Client, ready: Mailing, make_customer: MakeCustomer
) -> None:
    send(anna, ready)
    few = Trial.objects.get().batch
    queries_of(anna, sent_page(ready, few))
    queries_of(anna, address(ready))
    of_few = queries_of(anna, sent_page(ready, few)), queries_of(anna, address(ready))
    send(anna, ready, sample=[key(ready), key(ready, "Maximilian")])
    send(anna, ready, sample=[key(ready), key(ready, "Maximilian")])
    many = Trial.objects.latest("pk").batch
    queries_of(anna, sent_page(ready, many))
    assert (queries_of(anna, sent_page(ready, many)), queries_of(anna, address(ready))) == of_few


def test_what_is_sent_as_a_test_names_no_customer_whoever_sends_it(
    north: Connection, ready: Mailing, editor: User, client: Client
) -> None:
    client.force_login(editor)
    User.objects.filter(pk=editor.pk).update(phone=PHONE)
    fields = {"what": "send", "who": [editor.pk], "sample": [key(ready)], "over": "cheapest"}
    page = client.post(address(ready), fields, follow=True).content.decode()
    assert "Dear Axxx, come in." in page
    assert TestMessage.objects.get().text == "Dear Axxx, come in."
    assert not ModelLogEntry.objects.filter(action=REVEAL).exists()
