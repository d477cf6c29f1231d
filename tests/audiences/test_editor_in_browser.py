"""The audience editor in a real browser."""

from typing import Any

import pytest

from backoffice.accounts.models import User
from backoffice.audiences.models import Audience
from backoffice.customers.models import Customer

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture(autouse=True)
def _browser_beside_the_database(monkeypatch: pytest.MonkeyPatch) -> None:
    """Playwright runs an event loop in this thread; our queries here are still synchronous on purpose."""
    monkeypatch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "true")


@pytest.fixture
def page(editor: User, live_server: Any, chromium: Any) -> Any:
    Customer.objects.create(external_id="anna", debt=500, city="Kazan")
    Customer.objects.create(external_id="boris", debt=100)
    Customer.objects.create(external_id="clara")
    page = chromium.new_page(viewport={"width": 1280, "height": 1000})
    page.set_default_timeout(30_000)
    page.goto(f"{live_server.url}/login/?next=/audiences/new/")
    page.fill("[name=username]", "editor")
    page.fill("[name=password]", "correct horse battery")
    page.press("[name=password]", "Enter")
    return page


def test_the_count_follows_the_typing_and_mistakes_appear_at_their_field(page: Any) -> None:
    page.wait_for_selector(".reach__number:has-text('3')")
    page.fill("#id_name", "Debtors")
    page.locator(".c-sf-add-button").last.click()
    page.get_by_role("option", name="Debt", exact=True).click()
    page.fill("[name=rules-0-value-at_least]", "100")
    page.wait_for_selector(".reach__number:has-text('2')")
    page.fill("[name=rules-0-value-at_most]", "50")
    page.wait_for_selector(".criterion .error-message:has-text('Swap the two numbers')")
    page.fill("[name=rules-0-value-at_most]", "200")
    page.wait_for_selector(".reach__number:has-text('1')")
    assert page.locator(".criterion .error-message").count() == 0

    page.get_by_role("button", name="Create").click()
    page.wait_for_selector("text=The debt is from 100 to 200 RUB.")
    assert list(Audience.objects.get().customers().values_list("external_id", flat=True)) == ["boris"]
