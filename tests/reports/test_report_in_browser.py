"""The report in a real browser."""

from typing import Any

import pytest
from playwright.sync_api import Page, expect

from backoffice.mailings.models import Mailing

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

BAR = "[data-name=funnel] .bars .point path"


def colour_of_a_bar(page: Page) -> str:
    return str(page.locator(BAR).last.evaluate("bar => getComputedStyle(bar).fill"))


def test_figures_are_drawn_in_the_theme_and_again_when_it_changes(
    page: Page, reported: Mailing, live_server: Any
) -> None:
    page.set_default_timeout(30_000)
    page.emulate_media(color_scheme="light")
    page.goto(f"{live_server.url}/login/?next=/results/mailing/{reported.pk}/")
    page.fill("[name=username]", "editor")
    page.fill("[name=password]", "a long password")
    page.press("[name=password]", "Enter")
    page.wait_for_selector("[data-name=reasons] .main-svg")
    assert page.locator(".main-svg[style]").count() >= 6
    light = colour_of_a_bar(page)
    assert light == "rgb(26, 143, 92)"
    page.emulate_media(color_scheme="dark")
    expect(page.locator(BAR).last).not_to_have_css("fill", light)
    page.locator("summary").first.click()
    assert page.locator("details table").first.is_visible()
