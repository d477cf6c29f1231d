"""On a phone, lists are read without scrolling sideways, other tables scroll within a region that the keyboard reaches, and
nothing lies beside the screen."""

from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page

from backoffice.message_templates.models import MessageTemplate
from tests.browser.axe import serious_faults
from tests.browser.looking import logged_in, staff
from tests.kannel.simulator.operators import wait_for

pytestmark = [
    pytest.mark.browser,
    pytest.mark.django_db(transaction=True),
    pytest.mark.usefixtures("clean_redis"),
]
PLACES = ["/texts/", "/mailings/", "/customers/", "/audiences/", "/reports/"]
# Each table is as wide as the screen, or lies in a region that scrolls, has a name, and takes the focus.
OUT_OF_REACH = """() => [...document.querySelectorAll("#main table")].filter((table) => {
  if (table.getBoundingClientRect().right <= document.documentElement.clientWidth + 1) return false;
  const region = table.closest("[role=region][tabindex]");
  const name = region && (region.getAttribute("aria-label") || region.getAttribute("aria-labelledby"));
  return !name || getComputedStyle(region).overflowX !== "auto";
}).map((table) => table.outerHTML.slice(0, 120))"""
WIDE = """() => document.querySelector("#main").insertAdjacentHTML("beforeend",
  `<table><tbody><tr>${"<td>a_word_that_does_not_break</td>".repeat(9)}</tr></tbody></table>`)"""

LIST = """() => document.querySelector("#main").insertAdjacentHTML("beforeend",
  `<table id="list"><thead><tr>${[..."ABCDEFGH"].map((name) => `<th scope="col">Heading_of_${name}</th>`).join("")}
  <th scope="col"><span class="w-sr-only">What you can do</span></th></tr></thead>
  <tbody><tr><th scope="row">First</th>${"<td>a_word_that_does_not_break</td>".repeat(8)}</tr></tbody></table>`)"""
STICKS_OUT = """() => [...document.querySelectorAll("#main table")].filter((table) =>
  table.getBoundingClientRect().right > document.documentElement.clientWidth + 1).map((table) => table.className)"""


@pytest.fixture
def phone(browser: Browser, live_server: Any, settings: Any, tmp_path: Path) -> Any:
    editor = staff("Olga Orlova", ["Editor", "Analyst"], settings, tmp_path)
    MessageTemplate.objects.create(name="A text with a name of some length", text="Hello")
    with logged_in(browser, live_server.url, editor) as page:
        page.set_viewport_size({"width": 400, "height": 900})
        yield page


def test_every_wide_table_scrolls_in_a_region_of_its_own(phone: Page) -> None:
    for place in PLACES:
        phone.goto(place)
        phone.wait_for_load_state("networkidle")
        assert phone.evaluate(OUT_OF_REACH) == [], place


def test_a_table_that_arrives_later_gets_its_region(phone: Page) -> None:
    phone.goto("/texts/")
    phone.evaluate(WIDE)
    phone.wait_for_selector(".parley-wide--more[role=region][tabindex='0'] > table")
    assert phone.evaluate(OUT_OF_REACH) == []
    assert serious_faults(phone) == []


def test_a_list_stands_as_blocks_whose_cells_say_what_they_are(phone: Page) -> None:
    phone.goto("/texts/")
    phone.evaluate(LIST)
    phone.wait_for_selector("#list.parley-stack[role=table]")
    assert phone.evaluate(STICKS_OUT) == []
    labels = phone.locator("#list td").evaluate_all("cells => cells.map((cell) => cell.dataset.label || '')")
    assert labels == [*(f"Heading_of_{name}" for name in "BCDEFGH"), ""]
    roles = phone.locator("#list tbody tr > *").evaluate_all("cells => cells.map((cell) => cell.role)")
    assert roles == ["rowheader", *["cell"] * 8]
    assert serious_faults(phone) == []


def test_the_list_of_texts_is_read_without_scrolling_sideways(phone: Page) -> None:
    phone.goto("/texts/")
    phone.wait_for_selector("#listing-results .parley-stack")
    assert phone.evaluate(STICKS_OUT) == []
    assert phone.evaluate("document.querySelector('#listing-results').scrollWidth <= innerWidth")
    phone.set_viewport_size({"width": 1280, "height": 900})
    assert phone.locator("#listing-results th").first.is_visible()


def test_the_side_panel_of_a_text_is_not_beside_the_screen(phone: Page) -> None:
    phone.goto("/texts/add/")
    panel = phone.locator(".form-side")
    assert panel.evaluate("element => getComputedStyle(element).visibility") == "hidden"
    phone.get_by_role("button", name="Toggle the phone").click()
    phone.wait_for_selector(".form-side--open")
    assert panel.evaluate("element => getComputedStyle(element).visibility") == "visible"
    wait_for(lambda: panel.evaluate("element => element.getBoundingClientRect().x <= 1"))
