"""The values on offer in the audience editor, in a real browser."""

from typing import Any

import pytest
from django.core.cache import cache
from playwright.sync_api import Page, expect

from backoffice.accounts.models import User
from backoffice.audiences.models import Audience
from backoffice.customers.models import AttributeDefinition, Customer

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def editing(page: Page, editor: User, live_server: Any) -> Page:
    cache.clear()
    for number in range(6):
        Customer.objects.create(
            external_id=str(number),
            city=("Kazan", "Omsk")[number % 2],
            attributes={"hobby": "chess", "pet": "cat"},
        )
    for key in ("hobby", "pet"):
        AttributeDefinition.objects.create(key=key, label=key, kind="text")
    audience = Audience.objects.create(
        name="Somebody",
        rules=[
            {"type": "city", "value": {"names": ""}},
            {"type": "attribute_text", "value": {"key": "hobby", "how": "in", "names": ""}},
        ],
    )
    page.set_default_timeout(30_000)
    page.goto(f"{live_server.url}/login/?next=/audiences/edit/{audience.pk}/")
    page.fill("[name=username]", "editor")
    page.fill("[name=password]", "correct horse battery")
    page.press("[name=password]", "Enter")
    return page


def test_what_customers_have_is_switched_on_and_off(editing: Page) -> None:
    cities = editing.locator("[name=rules-0-value-names]")
    kazan, omsk = (editing.get_by_role("button", name=f"{name} · 3") for name in ("Kazan", "Omsk"))
    cities.click()
    kazan.click()
    omsk.click()
    expect(cities).to_have_value("Kazan, Omsk")
    expect(kazan).to_have_attribute("aria-pressed", "true")
    kazan.click()
    expect(cities).to_have_value("Omsk")


def test_typing_narrows_the_offers_and_a_press_completes_the_word(editing: Page) -> None:
    cities = editing.locator("[name=rules-0-value-names]")
    cities.fill("Nowhere, kaz")
    cities.focus()
    expect(editing.get_by_role("button", name="Omsk")).to_have_count(0)
    editing.keyboard.press("Tab")
    editing.keyboard.press("Enter")
    expect(cities).to_have_value("Nowhere, Kazan")


def test_the_offers_are_those_of_the_chosen_attribute(editing: Page) -> None:
    values = editing.locator("[name=rules-1-value-names]")
    values.click()
    expect(editing.get_by_role("button", name="chess · 6")).to_be_visible()
    editing.select_option("[name=rules-1-value-key]", "pet")
    values.click()
    editing.get_by_role("button", name="cat · 6").click()
    expect(values).to_have_value("cat")
