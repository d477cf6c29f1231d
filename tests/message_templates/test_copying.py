"""A copy of a text is a text of its own."""

import re

import pytest
from django.test import Client

from backoffice.message_templates.models import MessageTemplate, TextVariant
from tests.message_templates.test_screens import form

pytestmark = pytest.mark.django_db


@pytest.fixture
def old(db: None) -> MessageTemplate:
    template = MessageTemplate.objects.create(name="Reminder", purpose="service", text="You owe {debt}")
    TextVariant.objects.create(template=template, language="ru", text="Вы должны {debt}")
    return template


def test_a_copy_starts_with_the_words_of_the_old_text(pages: Client, old: MessageTemplate) -> None:
    page = pages.get(f"/texts/copy/{old.pk}/").content.decode()
    assert "You owe {debt}" in page
    assert "Вы должны {debt}" in page


def test_saving_a_copy_leaves_the_old_text_alone(pages: Client, old: MessageTemplate) -> None:
    page = pages.get(f"/texts/copy/{old.pk}/").content.decode()
    shown = re.search(r'name="language_variants-INITIAL_FORMS" value="(\d)"', page)
    assert shown
    changed = form(
        name="Last reminder",
        text="You still owe {debt}",
        **{
            "language_variants-INITIAL_FORMS": shown[1],
            "language_variants-0-text": "Вы всё ещё должны {debt}",
            "action-publish": "1",
        },
    )
    assert pages.post(f"/texts/copy/{old.pk}/", changed).status_code == 302
    assert MessageTemplate.objects.get(pk=old.pk).variants() == {
        "": "You owe {debt}",
        "ru": "Вы должны {debt}",
    }
    copy = MessageTemplate.objects.exclude(pk=old.pk).get()
    assert copy.variants() == {"": "You still owe {debt}", "ru": "Вы всё ещё должны {debt}"}
    assert old.name == MessageTemplate.objects.get(pk=old.pk).name == "Reminder"
