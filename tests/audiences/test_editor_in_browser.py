"""The audience editor in a real browser."""

from typing import Any

import pytest
from playwright.sync_api import Page

from backoffice.accounts.models import User
from backoffice.audiences.models import Audience
from backoffice.customers.models import Customer

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def editing(page: Page, editor: User, live_server: Any) -> Page:
    Customer.objects.create(external_id="anna", debt=500, city="Kazan")
    Customer.objects.create(external_id="boris", debt=100)
    Customer.objects.create(external_id="clara")
    page.set_default_timeout(30_000)
    page.goto(f"{live_server.url}/login/?next=/audiences/new/")
    page.fill("[name=username]", "editor")
    page.fill("[name=password]", "correct horse battery")
    page.press("[name=password]", "Enter")
    return page


def test_the_count_follows_the_typing_and_mistakes_appear_at_their_field(editing: Page) -> None:
    editing.wait_for_selector(".reach__number:has-text('3')")
    editing.fill("#id_name", "Debtors")
    editing.locator(".c-sf-add-button").last.click()
    editing.get_by_role("option", name="Debt", exact=True).click()
    editing.fill("[name=rules-0-value-at_least]", "100")
    editing.wait_for_selector(".reach__number:has-text('2')")
    editing.fill("[name=rules-0-value-at_most]", "50")
    editing.wait_for_selector(".criterion .error-message:has-text('Swap the two numbers')")
    editing.fill("[name=rules-0-value-at_most]", "200")
    editing.wait_for_selector(".reach__number:has-text('1')")
    assert editing.locator(".criterion .error-message").count() == 0

    editing.get_by_role("button", name="Save").click()
    editing.wait_for_selector("text=The debt is from 100 to 200 RUB.")
    assert list(Audience.objects.get().customers().values_list("external_id", flat=True)) == ["boris"]


def test_a_condition_that_was_just_added_is_not_wrong_before_anything_is_typed_in_it(editing: Page) -> None:
    editing.wait_for_selector(".reach__number:has-text('3')")
    for name in ("City", "Debt"):
        editing.locator(".c-sf-add-button").last.click()
        editing.get_by_role("option", name=name, exact=True).click()
    editing.wait_for_selector("[name=rules-1-value-at_least]")
    editing.fill("[name=rules-1-value-at_least]", "100")
    editing.fill("[name=rules-1-value-at_most]", "50")
    editing.wait_for_selector(".criterion .error-message:has-text('Swap the two numbers')")
    assert editing.locator(".criterion .error-message").count() == 1
