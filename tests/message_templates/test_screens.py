"""The screens of texts."""

import json
from typing import Any

import pytest
from django.contrib.auth.models import Permission
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from backoffice.accounts.models import User
from backoffice.audiences.models import Audience
from backoffice.mailings.models import Mailing
from backoffice.message_templates.models import MessageTemplate, TextVariant

pytestmark = pytest.mark.django_db


def form(**values: Any) -> dict[str, Any]:
    """What the browser posts for a text with one Russian variant."""
    return {
        "name": "Reminder",
        "purpose": "service",
        "text": "You owe {debt}",
        "language_variants-TOTAL_FORMS": 1,
        "language_variants-INITIAL_FORMS": 0,
        "language_variants-MIN_NUM_FORMS": 0,
        "language_variants-MAX_NUM_FORMS": 1000,
        "language_variants-0-language": "ru",
        "language_variants-0-text": "Вы должны {debt}",
        "language_variants-0-id": "",
        "language_variants-0-DELETE": "",
        **values,
    }


def test_a_published_text_can_be_used_at_once(pages: Client) -> None:
    response = pages.post("/texts/add/", form(**{"action-publish": "1"}))
    assert response.status_code == 302
    assert MessageTemplate.objects.usable().get().variants() == {
        "": "You owe {debt}",
        "ru": "Вы должны {debt}",
    }


def test_a_wrong_field_is_named_at_the_text_and_nothing_typed_is_lost(pages: Client) -> None:
    page = pages.post("/texts/add/", form(text="You owe {dept}", **{"action-publish": "1"})).content.decode()
    assert "There is no field {dept}. Did you mean {debt}? (At character 9.)" in page
    assert "You owe {dept}" in page
    assert "Вы должны {debt}" in page


def test_the_main_button_publishes(pages: Client) -> None:
    page = pages.get("/texts/add/").content.decode()
    assert page.index("action-publish") < page.index("Save draft")


def test_the_list_takes_as_many_queries_for_fifty_texts_as_for_one(
    pages: Client, django_assert_num_queries: Any
) -> None:
    MessageTemplate.objects.create(name="one", text="x")
    pages.get("/texts/")
    with CaptureQueriesContext(connection) as few:
        pages.get("/texts/")
    for number in range(49):
        MessageTemplate.objects.create(name=f"text {number}", text="x")
    with django_assert_num_queries(len(few)):
        page = pages.get("/texts/").content.decode()
    assert "text 48" in page


def test_texts_are_found_by_their_words(pages: Client) -> None:
    MessageTemplate.objects.create(name="Debt", text="You owe us")
    MessageTemplate.objects.create(name="Birthday", text="Congratulations")
    page = pages.get("/texts/?q=owe").content.decode()
    assert "Debt" in page
    assert "Birthday" not in page


def test_a_text_in_use_is_not_deleted(pages: Client, editor: User) -> None:
    used = MessageTemplate.objects.create(name="Debt", text="You owe us")
    Mailing.objects.create(
        name="November", template=used, audience=Audience.objects.create(name="All"), created_by=editor
    )
    page = pages.post(f"/texts/delete/{used.pk}/", follow=True).content.decode()
    assert "was not deleted, because it is still used by: November." in page
    assert MessageTemplate.objects.filter(pk=used.pk).exists()


def test_a_text_nobody_uses_is_deleted(pages: Client) -> None:
    unused = MessageTemplate.objects.create(name="Debt", text="You owe us")
    pages.post(f"/texts/delete/{unused.pk}/")
    assert not MessageTemplate.objects.exists()


def phone(pages: Client, **data: Any) -> dict[str, Any]:
    response = pages.post("/texts/phone/", data)
    assert response.status_code == 200
    answer: dict[str, Any] = json.loads(response.content)
    return answer


def test_the_phone_shows_each_language(pages: Client) -> None:
    answer = phone(
        pages,
        sample="latin",
        field=["text", "language_variants-0-text"],
        language=["", "ru"],
        text=["Dear {first_name}", "Здравствуйте, {first_name}"],
    )
    assert "Dear Emily" in answer["phone"]
    assert "Everybody else" in answer["phone"]
    assert "Russian" in answer["phone"]
    assert "1 part" in answer["meters"]["text"]


def test_the_line_under_a_text_names_its_mistake(pages: Client) -> None:
    answer = phone(pages, field=["text"], language=[""], text=["Dear {frist_name}"])
    assert "Did you mean {first_name}?" in answer["meters"]["text"]
    assert "Mend the text first" in answer["phone"]


def test_the_line_under_a_text_offers_plain_characters(pages: Client) -> None:
    answer = phone(pages, field=["text"], language=[""], text=["Pay — now"])
    assert 'data-sms-editor-plain-param="Pay - now"' in answer["meters"]["text"]


def test_typed_markup_stays_text(pages: Client) -> None:
    answer = phone(pages, field=["text"], language=[""], text=["<script>x</script>—"])
    assert "<script>" not in answer["phone"] + answer["meters"]["text"]


def test_the_phone_answers_only_posts_of_people_who_may_see_texts(client: Client, pages: Client) -> None:
    assert pages.get("/texts/phone/").status_code == 405
    stranger = User.objects.create_user("stranger", password="x")
    stranger.user_permissions.add(Permission.objects.get(codename="access_admin"))
    client.force_login(stranger)
    assert client.post("/texts/phone/", {"text": "x"}).status_code == 302


def test_a_published_revision_can_be_viewed_as_on_the_phone(pages: Client) -> None:
    made = MessageTemplate(name="Debt", text="You owe {debt}")
    made.language_variants = [TextVariant(language="ru", text="Вы должны {debt}")]
    made.save()
    revision = made.save_revision()
    page = pages.get(f"/texts/history/{made.pk}/revisions/{revision.pk}/view/").content.decode()
    assert "You owe 350" in page
    assert "Russian" in page


def test_the_editor_shows_the_phone_and_not_the_page_preview(pages: Client) -> None:
    made = MessageTemplate.objects.create(name="Debt", text="You owe us")
    page = pages.get(f"/texts/edit/{made.pk}/").content.decode()
    assert 'data-side-panel="phone"' in page
    assert 'data-side-panel="preview"' not in page
