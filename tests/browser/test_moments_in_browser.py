"""Typing and choosing moments in a real browser: what was typed stays, the calendar covers nothing and begins on Monday."""

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone
from playwright.sync_api import Page, expect

from backoffice.lib.moments import company_day
from backoffice.mailings.models import Mailing, UnfinishedMailing
from tests.browser.test_screens_are_accessible import olga, olgas_page, rows  # noqa: F401
from tests.mailings.conftest import gateway, north  # noqa: F401

pytestmark = pytest.mark.browser


def opened(page: Page, rows: dict[str, int]) -> Page:  # noqa: F811
    page.goto(reverse("mailings:edit", args=[rows["mailing"]]))
    return page


@pytest.mark.parametrize("typed", ["tomorrow", "30.02.2027 10:00", "31.12.2026 25:00", "31.12.2026"])
def test_what_is_not_understood_stays_in_its_field_with_a_sentence(
    olgas_page: Page,  # noqa: F811
    rows: dict[str, int],  # noqa: F811
    typed: str,
) -> None:
    page = opened(olgas_page, rows)
    starts = page.locator("[name=starts_at]")
    starts.fill(typed)
    starts.press("Tab")
    expect(page.get_by_text("Nothing is changed until you save.")).to_be_visible()
    expect(starts).to_have_value(typed)
    assert UnfinishedMailing.objects.get(mailing=rows["mailing"]).values["starts_at"] == [typed]
    page.get_by_role("button", name="Save", exact=True).first.click()
    expect(page.locator("[id$='starts_at-errors']")).to_be_visible()
    expect(page.locator("[name=starts_at]")).to_have_value(typed)


def test_a_day_without_its_year_is_the_coming_one_and_is_kept_while_typing(
    olgas_page: Page,  # noqa: F811
    rows: dict[str, int],  # noqa: F811
) -> None:
    page = opened(olgas_page, rows)
    day = company_day() + timedelta(days=40)
    page.locator("[name=starts_at]").fill(f"{day:%d.%m.} 10:00")
    page.locator("[name=ends_at]").fill(f"{day:%Y-%m-%d} 20:00")
    page.get_by_role("button", name="Save", exact=True).first.click()
    page.wait_for_url(f"**{reverse('mailings:inspect', args=[rows['mailing']])}")
    starts_at = Mailing.objects.get(pk=rows["mailing"]).starts_at
    assert starts_at is not None
    assert f"{timezone.localtime(starts_at):%Y-%m-%d %H:%M}" == f"{day:%Y-%m-%d} 10:00"


def test_the_calendar_begins_on_monday_covers_nothing_and_writes_what_was_chosen(
    olgas_page: Page,  # noqa: F811
    rows: dict[str, int],  # noqa: F811
) -> None:
    page = opened(olgas_page, rows)
    ends = page.locator("[name=ends_at]")
    ends.fill("15.01.2027 18:30")
    field = page.locator(".moment-input", has=ends)
    expect(field).to_contain_text("Moscow time")
    below = page.locator("[name=by_own_clock]")
    field.get_by_role("button", name="Choose in the calendar").press("Enter")
    calendar = field.get_by_role("group", name="Calendar")
    assert calendar.get_by_role("columnheader").first.get_attribute("abbr") == "Monday"
    expect(calendar.locator("[data-day='2027-01-15']")).to_be_focused()
    assert below.evaluate(
        "(below, calendar) => below.getBoundingClientRect().top >= calendar.getBoundingClientRect().bottom",
        calendar.element_handle(),
    )
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    expect(ends).to_have_value("22.01.2027 18:30")
    expect(calendar).to_be_hidden()


def test_the_account_page_has_no_error_and_the_browser_knows_every_zone(olgas_page: Page) -> None:  # noqa: F811
    page = olgas_page
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.goto(reverse("wagtailadmin_account"))
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    assert errors == []
