"""In a real browser: what is marked in the text, and the click that saves money."""

from typing import Any

import pytest
from django.contrib.auth.models import Permission
from django.core.cache import cache
from playwright.sync_api import Page, expect

from backoffice.accounts.models import User
from backoffice.customers.models import Customer
from tests.message_templates.test_costs_while_typing import customer, operator  # noqa: F401  a fixture

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def people(clean_redis: Any, operator: Any) -> list[Customer]:  # noqa: F811
    cache.clear()
    return [customer(number, "Anna") for number in range(40)]


@pytest.fixture
def editing(page: Page, editor: User, people: list[Customer], live_server: Any) -> Page:
    editor.user_permissions.set(Permission.objects.filter(codename__in=["view_customer", "view_audience"]))
    page.set_default_timeout(30_000)
    page.goto(f"{live_server.url}/login/?next=/texts/add/")
    page.fill("[name=username]", "editor")
    page.fill("[name=password]", "correct horse battery")
    page.press("[name=password]", "Enter")
    page.wait_for_selector("#id_text")
    return page


def test_one_click_makes_one_part_of_two_and_says_what_that_saves(editing: Page) -> None:
    editing.fill("#id_text", "Dear {first_name} — " + "come in " * 8 + "«today». STOP")
    expect(editing.locator(".text-cost__sum")).to_have_text("About 200 RUB")
    marks = editing.locator(".sms-editor__marks").first.locator("mark")
    expect(marks).to_have_text(["—", "«", "»"])
    advice = editing.locator(".sms-meter--advice").first
    expect(advice).to_contain_text("1 part instead of 2")
    expect(advice).to_contain_text("saves about 100 RUB")

    advice.get_by_role("button", name="Replace them by plain ones").click()
    expect(editing.locator("#id_text")).to_have_value(
        "Dear {first_name} - " + "come in " * 8 + '"today". STOP'
    )
    expect(editing.locator(".text-cost__sum")).to_have_text("About 100 RUB")
    expect(marks).to_have_count(0)
    expect(editing.locator(".sms-meter--advice")).to_have_count(1)  # a customer may lack a name
    expect(editing.locator(".phone__bubble")).to_contain_text(
        "Dear Axxx - come in"
    )  # without the right to see names


def test_a_misspelt_field_is_marked_and_mended_by_a_click(editing: Page) -> None:
    editing.fill("#id_text", "Dear {frist_name}. STOP")
    wrong = editing.locator("mark.sms-mark--wrong")
    expect(wrong.first).to_have_text("{")
    expect(wrong).to_have_count(len("{frist_name}"))
    editing.get_by_role("button", name="Write {first_name}").click()
    expect(editing.locator("#id_text")).to_have_value("Dear {first_name}. STOP")
    expect(wrong).to_have_count(0)


def test_a_phrase_is_inserted_from_the_examples(editing: Page) -> None:
    editing.fill("#id_text", "")
    editing.locator(".sms-editor").first.get_by_text("More fields, and phrases").click()
    editing.get_by_role("button", name="Insert {if debt > 0}You owe {debt}.{end}").first.click()
    expect(editing.locator("#id_text")).to_have_value("{if debt > 0}You owe {debt}.{end}")
    expect(editing.locator(".sms-meter--wrong")).to_have_count(0)
