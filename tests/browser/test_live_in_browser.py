"""The live page and the calendar in a real browser: what moves, what stays under the hand, with and without a mouse."""

import pytest
from django.urls import reverse
from playwright.sync_api import Locator, Page, expect

from backoffice.mailings.models import Mailing, Message
from tests.browser.test_screens_are_accessible import olga, olgas_page, rows  # noqa: F401
from tests.mailings.conftest import gateway, north  # noqa: F401

pytestmark = pytest.mark.browser


def test_the_numbers_move_and_whoever_stands_on_a_button_stays_there(
    olgas_page: Page,  # noqa: F811
    rows: dict[str, int],  # noqa: F811
) -> None:
    page = olgas_page
    page.goto(reverse("mailings:inspect", args=[rows["under_way"]]))
    button = page.get_by_role("button", name="Go on over North")
    button.focus()
    expect(page.locator(".parley-legend")).to_contain_text("Delivered 1")
    Message.objects.filter(mailing=rows["under_way"], state="sent").update(state="delivered")
    expect(page.locator(".parley-legend")).to_contain_text("Delivered 2")
    expect(button).to_be_focused()
    expect(page.get_by_role("status").filter(has_text="have reached their end")).to_have_text(
        "60 % of the messages have reached their end."
    )


def carry(page: Page, what: Locator, target: Locator) -> None:
    """Drags as a hand does: picks it up, begins to move, and goes on while the page is scrolled to where the target is.

    Locator.drag_to() scrolls between pressing and moving; when that moves the page, another element lies under the mouse
    and is dragged, or nothing is. Only for an entry early and a target late in a month does it have to scroll.
    """
    what.hover()
    page.mouse.down()
    box = what.bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + box["width"] / 2 + 12, box["y"] + box["height"] / 2)
    target.hover()
    target.hover()
    page.mouse.up()


@pytest.mark.parametrize("height", [900, 500], ids=["the screen is high", "the page has to be scrolled"])
def test_a_mailing_dragged_to_another_day_is_asked_about_first(
    olgas_page: Page,  # noqa: F811
    rows: dict[str, int],  # noqa: F811
    height: int,
) -> None:
    page, coming = olgas_page, Mailing.objects.get(pk=rows["coming"])
    page.set_viewport_size({"width": 1280, "height": height})
    page.goto(reverse("mailing_calendar:month"))
    entry = page.locator("li[draggable]").first
    target = page.locator("td[data-day]").last
    day = target.get_attribute("data-day")
    carry(page, entry, target)
    page.wait_for_url(f"**{reverse('mailing_calendar:move', args=[coming.pk])}?day={day}")
    expect(page.get_by_text("Its plan and its approval are taken away")).to_be_visible()
    coming.refresh_from_db()
    assert coming.state == Mailing.State.APPROVED
    page.get_by_role("button", name="Move it, and plan it again").click()
    expect(page.get_by_text("A draft. Plan it")).to_be_visible()


def test_the_same_move_needs_no_mouse(
    olgas_page: Page,  # noqa: F811
    rows: dict[str, int],  # noqa: F811
) -> None:
    page = olgas_page
    page.goto(reverse("mailing_calendar:month"))
    page.get_by_role("link", name="Move “Spring sale” to another day").press("Enter")
    page.get_by_label("Time").press("Enter")
    expect(page.get_by_text("A draft. Plan it")).to_be_visible()
    assert Mailing.objects.get(pk=rows["coming"]).state == Mailing.State.DRAFT
