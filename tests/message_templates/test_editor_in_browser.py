"""The text editor in a real browser."""

from typing import Any

import pytest

from backoffice.accounts.models import User
from backoffice.message_templates.models import MessageTemplate

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture(autouse=True)
def _browser_beside_the_database(monkeypatch: pytest.MonkeyPatch) -> None:
    """Playwright runs an event loop in this thread; our queries here are still synchronous on purpose."""
    monkeypatch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "true")


@pytest.fixture
def page(editor: User, live_server: Any, chromium: Any) -> Any:
    page = chromium.new_page(viewport={"width": 1280, "height": 1000})
    page.set_default_timeout(30_000)
    page.goto(f"{live_server.url}/login/?next=/texts/add/")
    page.fill("[name=username]", "editor")
    page.fill("[name=password]", "correct horse battery")
    page.press("[name=password]", "Enter")
    page.wait_for_selector("#id_text")
    return page


def test_a_button_inserts_its_field_at_the_cursor_and_the_phone_follows(page: Any) -> None:
    page.fill("#id_name", "Greeting")
    page.fill("#id_text", "Dear , welcome — today")
    page.evaluate("document.querySelector('#id_text').setSelectionRange(5, 5)")
    page.locator(".sms-editor").first.get_by_role("button", name="first name", exact=True).click()
    assert page.input_value("#id_text") == "Dear {first_name}, welcome — today"
    page.wait_for_selector(".phone__bubble:has-text('Dear Анна, welcome — today')")
    assert "1 part" in page.inner_text(".phone__facts")

    page.get_by_role("button", name="Replace them by plain ones").click()
    page.wait_for_selector(".phone__bubble:has-text('welcome - today')")

    page.get_by_label("As it looks for a customer").select_option("latin")
    page.wait_for_selector(".phone__bubble:has-text('Dear Emily')")
    assert "Latin" in page.inner_text(".phone__facts")

    page.get_by_role("button", name="Publish").first.click()
    page.wait_for_selector("text=Greeting")
    assert MessageTemplate.objects.usable().get().text == "Dear {first_name}, welcome - today"


def test_a_mistake_is_named_below_the_text_while_typing(page: Any) -> None:
    page.fill("#id_text", "Dear {frist_name}")
    page.wait_for_selector(".sms-meter--wrong:has-text('Did you mean {first_name}?')")
