"""The login ends while somebody writes a text; they log in in another tab and go on. Nothing typed is lost."""

from pathlib import Path
from typing import Any

import pytest
from django.contrib.sessions.models import Session
from playwright.sync_api import Browser, Page

from backoffice.message_templates.models import MessageTemplate
from tests.browser.axe import serious_faults
from tests.browser.looking import PASSWORD, logged_in, staff

pytestmark = [
    pytest.mark.browser,
    pytest.mark.django_db(transaction=True),
    pytest.mark.usefixtures("clean_redis"),
]
TEXT = "Dear {first_name},\nyour order is ready."


@pytest.fixture
def writing(browser: Browser, live_server: Any, settings: Any, tmp_path: Path) -> Any:
    editor = staff("Olga Orlova", ["Editor"], settings, tmp_path)
    with logged_in(browser, live_server.url, editor) as page:
        page.goto("/texts/add/")
        page.fill("#id_name", "Ready")
        page.fill("#id_text", TEXT)
        Session.objects.all().delete()
        yield page


def log_in_in_another_tab(page: Page) -> None:
    other = page.context.new_page()
    other.goto("/login/")
    other.fill("[name=username]", "olga")
    other.fill("[name=password]", PASSWORD)
    other.press("[name=password]", "Enter")
    other.wait_for_url(lambda url: "/login/" not in url)
    other.close()


def publish(page: Page) -> None:
    page.get_by_role("button", name="Publish").first.click()


def test_who_logs_in_in_another_tab_saves_as_if_nothing_had_been(writing: Page) -> None:
    log_in_in_another_tab(writing)
    publish(writing)
    writing.wait_for_url("**/texts/")
    assert MessageTemplate.objects.usable().get().text == TEXT


def test_who_saves_first_finds_it_all_again_and_sends_it_after_the_login(
    writing: Page, tmp_path: Path
) -> None:
    publish(writing)
    writing.wait_for_selector("text=Nothing is lost.")
    assert serious_faults(writing) == []
    log_in_in_another_tab(writing)
    writing.get_by_role("button", name="Send again").click()
    writing.wait_for_url("**/texts/")
    assert MessageTemplate.objects.usable().get().text == TEXT
