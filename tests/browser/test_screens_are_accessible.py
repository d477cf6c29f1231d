"""Every screen about audiences, lists, rules and attributes, light and dark, wide and narrow, keeps nobody out."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.apps import apps
from django.contrib.auth.models import Group
from django.urls import get_resolver, reverse
from playwright.sync_api import Browser, Page, expect
from pytest_django import Settings
from pytest_django.live_server_helper import LiveServer

from backoffice.accounts.models import User
from backoffice.accounts.role_groups import make_groups
from backoffice.customers.importing import import_file
from backoffice.customers.models import Customer
from backoffice.customers.sample import write_sample
from backoffice.mailings import lifecycle, planning
from backoffice.mailings.models import Mailing, Message
from kannel.models import Connection
from tests.accounts.test_roles import EDITOR_OF_SCHEMA
from tests.browser import scene
from tests.browser.axe import serious_faults
from tests.mailings.conftest import gateway, north  # noqa: F401

PASSWORD = "correct horse battery"
WIDTHS = (400, 1280)
HEIGHT = 900
# Rooms whose every screen is looked at, by the names of their addresses.
ROOMS = (
    "audiences",
    "lists",
    "contact_rules",
    "attributes",
    "control",
    "mailing_results",
    "mailing_calendar",
    "story",
)
# Wagtail hides what sticks out of the page: this names it. A table within a scroller of its own is at its place, and so
# is Wagtail's map of a form, which is drawn out from the edge.
CUT_OFF = """() => [...document.querySelectorAll("#main *")].filter((element) => {
  const place = element.getBoundingClientRect();
  if (element.closest(".w-minimap")) return false;
  if (!place.width || !place.height || place.right <= document.documentElement.clientWidth + 1) return false;
  for (let around = element.parentElement; around.id !== "main"; around = around.parentElement)
    if (getComputedStyle(around).overflowX !== "visible") return false;
  return getComputedStyle(element).visibility === "visible" && getComputedStyle(element).position !== "fixed";
}).map((element) => `cut off at the right: ${element.outerHTML.slice(0, 120)}`)"""
# The name of an address: what stands in it, and behind it, for each look at that screen; names of rows in braces.
SCREENS = {
    "audiences:index": [""],
    "audiences:new": [""],
    "audiences:edit": ["{nested}", "{draft}"],
    "audiences:copy": ["{nested}"],
    "audiences:delete": ["{nested}"],
    "audiences:history": ["{nested}"],
    "audiences:revisions_compare": ["{nested} earliest latest"],
    "audiences:revisions_revert": ["{nested} {revision}"],
    "audiences:why": ["{nested}", "{nested} ?customer={customer}"],
    "audiences:compare": ["", "?first={nested}&second={plain}"],
    "lists:index": [""],
    "lists:add": [""],
    "lists:freeze": ["{nested}", "{draft}"],
    "lists:page": ["{guests}", "{never}", "{frozen}"],
    "lists:edit": ["{guests}"],
    "lists:put": ["{guests}"],
    "lists:take": ["{never}"],
    "lists:combine": ["{guests}"],
    "lists:empty": ["{never}"],
    "lists:delete": ["{guests}"],
    "lists:run": ["{uploaded}", "{waiting}", "{running}", "{done}", "{stopped}", "{failed}"],
    "contact_rules:index": [""],
    "contact_rules:edit": ["{rules}"],
    "contact_rules:history": ["{rules}"],
    "attributes:index": [""],
    "attributes:add": [""],
    "attributes:edit": ["{attribute}"],
    "attributes:delete": ["{attribute}"],
    "attributes:history": ["{attribute}"],
    "customers:index": [""],
    "customers:card": ["{customer}"],
    "mailings:index": [""],
    "mailings:inspect": ["{mailing}", "{under_way}"],
    "mailings:recipients": ["{mailing}"],
    "mailings:step": ["{under_way} cancel"],
    "control:speed": ["{under_way}"],
    "control:stop_operator": ["{under_way} {operator}"],
    "mailing_results:list": ["{ended}"],
    "mailing_results:resend": ["{ended}"],
    "mailing_calendar:month": [""],
    "mailing_calendar:week": [""],
    "mailing_calendar:overlap": [""],
    "mailing_calendar:move": ["{coming}"],
    "story:find": [""],
    "story:customer": ["{customer}", "{told}"],
}
A_PART, A_FILE, ANOTHER_NAME = "a part of its list", "a file to download", "another address of the same page"
NO_SCREENS = {
    "audiences:list": ANOTHER_NAME,
    "audiences:add": ANOTHER_NAME,
    "audiences:list_results": A_PART,
    "audiences:history_results": A_PART,
    "lists:progress": "the live part of the page of a change",
    "lists:csv": A_FILE,
    "lists:xlsx": A_FILE,
    "lists:bad_rows": A_FILE,
    "contact_rules:index_results": A_PART,
    "contact_rules:history_results": A_PART,
    "attributes:index_results": A_PART,
    "attributes:history_results": A_PART,
}


def shown_addresses(patterns: list[Any], room: str = "") -> Iterator[str]:
    """The names of all addresses below these patterns that answer a GET."""
    for pattern in patterns:
        if hasattr(pattern, "url_patterns"):
            yield from shown_addresses(pattern.url_patterns, pattern.namespace or room)
        elif (view := getattr(pattern.callback, "view_class", None)) is None or (
            hasattr(view, "get") and "get" in view.http_method_names
        ):
            yield f"{room}:{pattern.name}"


def test_every_screen_is_looked_at_or_is_none() -> None:
    there = {name for name in shown_addresses(get_resolver().url_patterns) if name.split(":")[0] in ROOMS}
    known = {name for name in SCREENS if name.split(":")[0] in ROOMS}
    assert there == known | set(NO_SCREENS)


@pytest.fixture
def olga(transactional_db: None, clean_redis: Any, settings: Settings, tmp_path: Path) -> User:
    """May do all that can be done on these screens, and keeps Wagtail's colours of the system."""
    settings.MEDIA_ROOT = str(tmp_path)
    settings.STORAGES = {
        **settings.STORAGES,
        "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
    }
    make_groups(apps, EDITOR_OF_SCHEMA)
    olga = User.objects.create_user("olga", password=PASSWORD, first_name="Olga", last_name="Petrova")
    olga.groups.set(Group.objects.filter(name__in=["Editor", "Approver", "Privacy officer"]))
    return olga


@pytest.fixture
def rows(olga: User, north: Connection, tmp_path: Path) -> Iterator[dict[str, int]]:  # noqa: F811
    """Everything these screens show, by the names in SCREENS."""
    write_sample(tmp_path / "customers.csv", 60)
    import_file(tmp_path / "customers.csv")
    rows = scene.make_scene(olga)
    mailing = Mailing.objects.get(pk=rows["mailing"])
    lifecycle.request_plan(mailing, olga)
    planning.plan(mailing)
    yield rows | scene.make_mailings(mailing, north)
    # Emptying the tables leaves out those that Django does not manage.
    Message.objects.all().delete()


@pytest.fixture
def olgas_page(browser: Browser, live_server: LiveServer, olga: User) -> Iterator[Page]:
    """Olga has logged in. Nothing fades in or out, so that colours are at their end at once."""
    context = browser.new_context(base_url=live_server.url, reduced_motion="reduce")
    page = context.new_page()
    page.set_default_timeout(30_000)
    page.goto(reverse("wagtailadmin_login"))
    page.fill("[name=username]", "olga")
    page.fill("[name=password]", PASSWORD)
    page.press("[name=password]", "Enter")
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    yield page
    context.close()


def addresses(rows: dict[str, int]) -> list[str]:
    """Where all the screens are, with these rows in them."""
    found = []
    for name, looks in SCREENS.items():
        for look in looks:
            inside, _, query = look.format(**rows).partition("?")
            found.append(reverse(name, args=inside.split()) + (f"?{query}" if query else ""))
    return found


def open_page(page: Page, address: str) -> None:
    """The page as somebody sees it who has not been here before, with no colour on its way to another one."""
    page.set_viewport_size({"width": WIDTHS[0], "height": HEIGHT})
    page.evaluate("localStorage.clear()")
    answer = page.goto(address)
    assert answer is not None
    assert (answer.status, page.url.endswith(address)) == (200, True), page.url
    page.add_style_tag(content="*, *::before, *::after { transition: none !important; }")


def faults_in_all_looks(page: Page) -> list[str]:
    """What is wrong with this page, wide or narrow, light or dark."""
    found = []
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": HEIGHT})
        page.emulate_media(color_scheme="light")
        found += [f"{width} px: {fault}" for fault in [*serious_faults(page), *page.evaluate(CUT_OFF)]]
        page.emulate_media(color_scheme="dark")
        found += [f"{width} px, dark: {fault}" for fault in serious_faults(page, colours_only=True)]
    return found


@pytest.mark.browser
def test_no_screen_keeps_anybody_out(olgas_page: Page, rows: dict[str, int]) -> None:
    found = []
    for address in addresses(rows):
        open_page(olgas_page, address)
        found += [f"{address} {fault}" for fault in faults_in_all_looks(olgas_page)]
    assert "\n".join(found) == ""


@pytest.mark.browser
def test_the_panel_beside_the_editor_keeps_nobody_out(olgas_page: Page, rows: dict[str, int]) -> None:
    open_page(olgas_page, reverse("audiences:edit", args=[rows["nested"]]))
    olgas_page.get_by_role("button", name="Toggle the count").click()
    olgas_page.get_by_text("Is this customer among them?").click()
    olgas_page.fill("#reach-who", Customer.objects.get(pk=rows["customer"]).external_id)
    olgas_page.get_by_role("button", name="Why?").click()
    expect(olgas_page.locator(".verdict__answer").first).to_be_visible()
    assert "\n".join(faults_in_all_looks(olgas_page)) == ""
