"""A mailing uses a text for what the text is for."""

import pytest
from django.urls import reverse

from backoffice.mailings.models import Mailing
from backoffice.message_templates.models import MessageTemplate
from tests.mailings_screens.conftest import As
from tests.mailings_screens.test_screens import form_values

pytestmark = pytest.mark.django_db


def test_an_offer_cannot_be_sent_as_a_service_message(as_role: As, mailing: Mailing) -> None:
    values = form_values(mailing, name="Winter", purpose="service")
    page = as_role("Editor").post(reverse("mailings:add"), values).content.decode()
    assert "The text “Autumn offer” is for “Offers and news”. Choose that, or another text." in page
    assert not Mailing.objects.filter(name="Winter").exists()


def test_a_text_with_a_sender_comes_from_that_sender(as_role: As, mailing: Mailing) -> None:
    MessageTemplate.objects.update(sender="Shop")
    client = as_role("Editor")
    page = client.post(reverse("mailings:add"), form_values(mailing, name="Winter")).content.decode()
    assert "The text “Autumn offer” may only come from “Shop”." in page
    client.post(reverse("mailings:add"), form_values(mailing, name="Winter", sender="Shop"))
    assert Mailing.objects.get(name="Winter").sender == "Shop"
