"""The library of texts: folders, search, archive, who uses a text, its past."""

import re
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import Permission
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from wagtail.models import ModelLogEntry

from backoffice.accounts.models import User
from backoffice.audiences.models import Audience
from backoffice.mailings.models import Mailing
from backoffice.message_templates.models import MessageTemplate, TextVariant
from backoffice.operators.models import Operator
from tests.message_templates.test_screens import form

pytestmark = pytest.mark.django_db


def text(name: str, **values: Any) -> MessageTemplate:
    made: MessageTemplate = MessageTemplate.objects.create(name=name, **{"text": "Hello", **values})
    return made


def mailing_with(template: MessageTemplate, author: User, name: str = "First wave") -> Mailing:
    audience, _ = Audience.objects.get_or_create(name="All")
    made: Mailing = Mailing.objects.create(name=name, template=template, audience=audience, created_by=author)
    return made


def test_texts_are_found_by_folder_purpose_standing_and_words_of_a_variant(pages: Client) -> None:
    text("Debt", folder="Money", purpose="service")
    text("Sale", folder="Shop")
    TextVariant.objects.create(template=text("Birthday", live=False), language="ru", text="Поздравляем")
    TextVariant.objects.create(
        template=MessageTemplate.objects.get(name="Birthday"), language="uk", text="Поздравляем"
    )

    def found(query: str) -> list[str]:
        page = pages.get(f"/texts/?{query}").content.decode()
        return [name for name in ("Debt", "Sale", "Birthday") if f'_title">{name}</span>' in page]

    assert found("") == ["Debt", "Sale", "Birthday"]
    assert found("folder=Money") == ["Debt"]
    assert found("purpose=marketing") == ["Sale", "Birthday"]
    assert found("standing=draft") == ["Birthday"]
    assert found("standing=published") == ["Debt", "Sale"]
    assert found("q=Поздрав") == ["Birthday"]
    assert pages.get("/texts/?q=Поздрав").content.decode().count('_title">') == 1
    assert "No text is like that." in pages.get("/texts/?q=xyzzy").content.decode()


def test_the_archive_keeps_a_text_out_of_the_list_and_out_of_new_mailings(
    pages: Client, editor: User
) -> None:
    old = text("Debt")
    mailing_with(old, editor)
    editor.user_permissions.add(Permission.objects.get(codename="view_mailing"))
    page = pages.get(f"/texts/archive/{old.pk}/").content.decode()
    assert "nothing new can choose it any more" in page
    assert "First wave" in page

    assert pages.post(f"/texts/archive/{old.pk}/", {"is_archived": "yes"}).status_code == 302
    assert not MessageTemplate.objects.usable().exists()
    assert "Debt" not in pages.get("/texts/").content.decode().split("listing-results")[1]
    assert "in the archive" in pages.get("/texts/?standing=archive").content.decode()

    pages.post(f"/texts/archive/{old.pk}/", {"is_archived": "no"})
    pages.post(f"/texts/archive/{old.pk}/", {"is_archived": "no"})
    assert MessageTemplate.objects.usable().get() == old
    entries = ModelLogEntry.objects.for_instance(old).order_by("timestamp")
    assert list(entries.values_list("action", flat=True)) == ["texts.archive", "texts.restore"]


def test_only_whoever_may_publish_archives(client: Client) -> None:
    old = text("Debt")
    writer = User.objects.create_user("writer", password="x")
    writer.user_permissions.set(
        Permission.objects.filter(codename__in=["access_admin", "change_messagetemplate"])
    )
    client.force_login(writer)
    assert client.post(f"/texts/archive/{old.pk}/", {"is_archived": "yes"}).status_code == 302
    assert not MessageTemplate.objects.get().is_archived
    assert "/texts/archive/" not in client.get("/texts/").content.decode()


def test_an_old_version_does_not_bring_a_text_out_of_the_archive(pages: Client) -> None:
    made = text("Debt")
    revision = made.save_revision()
    pages.post(f"/texts/archive/{made.pk}/", {"is_archived": "yes"})
    assert MessageTemplate.objects.get().get_latest_revision().as_object().is_archived
    revision.refresh_from_db()
    revision.publish()
    assert MessageTemplate.objects.get().is_archived
    assert MessageTemplate.objects.get().standing == "in the archive"


def test_two_versions_are_compared_and_the_old_one_is_brought_back(pages: Client) -> None:
    pages.post("/texts/add/", form(**{"action-publish": "1"}))
    made = MessageTemplate.objects.get()
    first = made.latest_revision_id
    variant = made.language_variants.get()
    changed = form(
        text="You still owe {debt}",
        **{
            "language_variants-INITIAL_FORMS": 1,
            "language_variants-0-id": variant.pk,
            "language_variants-0-text": "Вы всё ещё должны {debt}",
            "action-publish": "1",
        },
    )
    pages.post(f"/texts/edit/{made.pk}/", changed)
    made.refresh_from_db()
    assert made.variants() == {"": "You still owe {debt}", "ru": "Вы всё ещё должны {debt}"}

    compared = pages.get(f"/texts/history/{made.pk}/revisions/compare/earliest...latest/").content.decode()
    assert re.search(r"<span class=\"addition\">\s*still", compared)
    assert "всё ещё" in compared

    page = pages.get(f"/texts/history/{made.pk}/revisions/{first}/revert/").content.decode()
    assert "You owe {debt}" in page
    assert 'data-side-panel="phone"' in page


def test_a_text_that_never_had_a_version_keeps_what_it_said(pages: Client) -> None:
    made = text("Reminder", text="You owe us")
    pages.post(f"/texts/edit/{made.pk}/", form(**{"action-publish": "1"}))
    first, last = made.revisions.order_by("pk")
    assert (first.as_object().text, last.as_object().text) == ("You owe us", "You owe {debt}")
    assert MessageTemplate.objects.usable().get().text == "You owe {debt}"


def test_a_text_names_the_mailings_that_use_it(pages: Client, editor: User) -> None:
    used = text("Debt")
    mailing = mailing_with(used, editor)
    assert "First wave" not in pages.get(f"/texts/edit/{used.pk}/").content.decode()
    editor.user_permissions.add(Permission.objects.get(codename="view_mailing"))
    page = pages.get(f"/texts/edit/{used.pk}/").content.decode()
    assert f"/mailings/inspect/{mailing.pk}/" in page
    assert "No mailing uses it yet." in pages.get(f"/texts/edit/{text('Sale').pk}/").content.decode()


def test_the_list_counts_mailings_for_all_texts_in_one_query(
    pages: Client, editor: User, django_assert_num_queries: Any
) -> None:
    mailing_with(text("one", folder="A"), editor)
    pages.get("/texts/")
    with CaptureQueriesContext(connection) as few:
        pages.get("/texts/")
    for number in range(30):
        more = text(f"text {number}", folder=f"Folder {number}")
        for name in ("a", "b"):
            mailing_with(more, editor, name)
    with django_assert_num_queries(len(few)):
        page = pages.get("/texts/").content.decode()
    assert re.search(r'parley-number">\s*2\s*<', page)


def test_a_copy_keeps_sender_and_folder(pages: Client) -> None:
    old = text("Debt", sender="Shop", folder="Money")
    page = pages.get(f"/texts/copy/{old.pk}/").content.decode()
    assert 'value="Shop"' in page
    assert 'value="Money"' in page


def test_a_draft_needs_its_name_and_nothing_else(pages: Client) -> None:
    page = pages.post("/texts/add/", form(name="", text="")).content.decode()
    assert "This field is required." in page
    assert not MessageTemplate.objects.exists()
    assert pages.post("/texts/add/", form(text="")).status_code == 302
    assert (MessageTemplate.objects.get().name, MessageTemplate.objects.get().live) == ("Reminder", False)


def test_folders_that_are_there_are_offered(pages: Client) -> None:
    text("a", folder="Money")
    text("b", folder="Money")
    page = pages.get("/texts/add/").content.decode()
    assert page.count('<option value="Money"></option>') == 1


def test_a_sender_that_no_operator_carries_for_the_purpose_is_refused(pages: Client) -> None:
    answer = {**form(sender="Shop"), "action-publish": "1"}
    Operator.objects.create(
        name="North", receipt_margin=timedelta(hours=1), senders=["Bank", "Parley"], purposes=["service"]
    )
    Operator.objects.create(
        name="South", receipt_margin=timedelta(hours=1), senders=["Shop"], purposes=["marketing"]
    )
    page = pages.post("/texts/add/", answer).content.decode()
    assert "No operator carries “Shop” for this purpose. Choose one of: Bank, Parley." in page
    assert "You owe {debt}" in page
    assert pages.post("/texts/add/", {**answer, "purpose": "marketing"}).status_code == 302
    assert MessageTemplate.objects.get().sender == "Shop"


def test_where_an_operator_takes_any_sender_none_is_refused(pages: Client) -> None:
    Operator.objects.create(name="North", receipt_margin=timedelta(hours=1), senders=["Bank"])
    Operator.objects.create(name="South", receipt_margin=timedelta(hours=1))
    assert pages.post("/texts/add/", {**form(sender="Shop"), "action-publish": "1"}).status_code == 302


def test_a_sender_has_a_form(pages: Client) -> None:
    page = pages.post("/texts/add/", {**form(sender="Магазин"), "action-publish": "1"}).content.decode()
    assert "Up to 11 Latin letters and digits" in page


@pytest.mark.parametrize(
    ("purpose", "sender", "fields"),
    [
        ("service", "Shop", []),
        ("marketing", "Shop", ["purpose"]),
        ("service", "Parley", ["sender"]),
        ("marketing", "Parley", ["purpose", "sender"]),
    ],
)
def test_a_text_refuses_another_purpose_and_sender(purpose: str, sender: str, fields: list[str]) -> None:
    made = text("Debt", purpose="service", sender="Shop")
    assert list(made.refusals(purpose, sender)) == fields
    assert text("Any", purpose=purpose).refusals(purpose, sender) == {}
