"""The text editor in a real browser."""

from typing import Any

import pytest
from playwright.sync_api import Page

from backoffice.accounts.models import User
from backoffice.message_templates.models import MessageTemplate
from kannel.text import measure

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def editing(page: Page, editor: User, live_server: Any) -> Page:
    page.set_default_timeout(30_000)
    page.goto(f"{live_server.url}/login/?next=/texts/add/")
    page.fill("[name=username]", "editor")
    page.fill("[name=password]", "correct horse battery")
    page.press("[name=password]", "Enter")
    page.wait_for_selector("#id_text")
    return page


def test_a_button_inserts_its_field_at_the_cursor_and_the_phone_follows(editing: Page) -> None:
    editing.fill("#id_name", "Greeting")
    editing.fill("#id_text", "Dear , welcome — today")
    editing.evaluate("document.querySelector('#id_text').setSelectionRange(5, 5)")
    editing.locator(".sms-editor").first.get_by_role("button", name="first name", exact=True).click()
    assert editing.input_value("#id_text") == "Dear {first_name}, welcome — today"
    editing.wait_for_selector(".phone__bubble:has-text('Dear Анна, welcome — today')")
    assert "1 part" in editing.inner_text(".phone__facts")

    editing.get_by_role("button", name="Replace them by plain ones").click()
    editing.wait_for_selector(".phone__bubble:has-text('welcome - today')")

    editing.get_by_label("As it looks for a customer").select_option("latin")
    editing.wait_for_selector(".phone__bubble:has-text('Dear Emily')")
    assert "letters of a plain SMS" in editing.inner_text(".phone__facts")

    editing.get_by_role("button", name="Publish").first.click()
    editing.wait_for_selector("text=Greeting")
    assert MessageTemplate.objects.usable().get().text == "Dear {first_name}, welcome - today"


def test_a_mistake_is_named_below_the_text_while_typing(editing: Page) -> None:
    editing.fill("#id_text", "Dear {frist_name}")
    editing.wait_for_selector(".sms-meter--wrong:has-text('Did you mean {first_name}?')")


PASTE = """words => {
    const data = new DataTransfer();
    data.setData("text/plain", words);
    const area = document.querySelector("#id_text");
    area.focus();
    area.dispatchEvent(new ClipboardEvent("paste", { clipboardData: data, bubbles: true, cancelable: true }));
}"""


def test_what_is_pasted_and_typed_with_enter_counts_as_it_is_kept(editing: Page) -> None:
    editing.fill("#id_name", "Pasted")
    editing.evaluate(PASTE, "Cafe\u0301\u00a0\u200b\r\n" + "x" * 150)
    assert editing.input_value("#id_text") == "Café \n" + "x" * 150
    editing.press("#id_text", "End")
    editing.press("#id_text", "Enter")
    editing.type("#id_text", "end")
    editing.wait_for_selector(".sms-meter:has-text('0 characters left')")
    editing.get_by_role("button", name="Publish").first.click()
    editing.wait_for_selector("text=Pasted")
    kept = MessageTemplate.objects.usable().get().text
    assert kept == "Café \n" + "x" * 150 + "\nend"
    assert (measure(kept).parts, measure(kept).units_left) == (1, 0)


def test_the_phone_shows_where_a_link_leads_and_the_text_where_it_cannot(editing: Page) -> None:
    editing.fill("#id_text", "See https://пример.рф/акция.")
    editing.wait_for_selector(".phone__link:has-text('leads to https://xn--e1afmkfd.xn--p1ai/')")
    editing.fill("#id_text", "See https://[your-site]/x")
    editing.wait_for_selector(".sms-meter--wrong:has-text('leads nowhere')")
