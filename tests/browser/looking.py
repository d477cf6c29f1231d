"""Looking at many screens as somebody would who sees badly, has no mouse, or holds a phone."""

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from http import HTTPStatus
from pathlib import Path
from typing import Any

from django.apps import apps
from django.contrib.auth.models import Group
from django.urls import get_resolver, reverse
from playwright.sync_api import Browser, Page, expect

from backoffice.accounts.models import User
from backoffice.accounts.role_groups import make_groups
from tests.accounts.test_roles import EDITOR_OF_SCHEMA
from tests.browser.axe import serious_faults

PASSWORD = "correct horse battery"
# On the phone by day and on the desk by night: each width and each set of colours once, for axe takes a second a look.
LOOKS = ((400, "light"), (1280, "dark"))
HEIGHT = 900
# Wagtail hides what sticks out of the page: this names it. A table within a scroller of its own is at its place, and so
# is Wagtail's map of a form, which is drawn out from the edge. What is folded away has no place yet.
CUT_OFF = """() => [...document.querySelectorAll("#main *")].filter((element) => {
  const place = element.getBoundingClientRect();
  if (element.closest(".w-minimap") || !element.checkVisibility()) return false;
  if (!place.width || !place.height || place.right <= document.documentElement.clientWidth + 1) return false;
  for (let around = element.parentElement; around.id !== "main"; around = around.parentElement)
    if (getComputedStyle(around).overflowX !== "visible") return false;
  return getComputedStyle(element).visibility === "visible" && getComputedStyle(element).position !== "fixed";
}).map((element) => `cut off at the right: ${element.outerHTML.slice(0, 120)}`)"""
# What the content security policy kept from running is noted here by the page itself, from its first moment on.
NOTE_REFUSED = """addEventListener("securitypolicyviolation", (event) => (window.refused = window.refused || []).push(
  `refused by the policy: ${event.effectiveDirective} ${event.blockedURI} ${event.sourceFile}:${event.lineNumber}`))"""
A_PART, A_FILE, ANOTHER_NAME = "a part of its page", "a file to download", "another address of the same page"
# The name of an address: what stands in it, and behind it, for each look at that screen; names of rows in braces.
Screens = Mapping[str, list[str]]


def addresses_of_rooms(rooms: Iterable[str]) -> set[str]:
    """The names of all addresses of these rooms that answer a GET."""
    return {name for name in _answering(get_resolver().url_patterns) if name.split(":")[0] in rooms}


def _answering(patterns: list[Any], room: str = "") -> Iterator[str]:
    for pattern in patterns:
        if hasattr(pattern, "url_patterns"):
            yield from _answering(pattern.url_patterns, pattern.namespace or room)
        elif (view := getattr(pattern.callback, "view_class", None)) is None or (
            hasattr(view, "get") and "get" in view.http_method_names
        ):
            yield f"{room}:{pattern.name}"


def staff(name: str, roles: Iterable[str], settings: Any, folder: Path) -> User:
    """Somebody with these roles, on a machine whose static files are as they are and whose uploads go to the folder."""
    settings.MEDIA_ROOT = str(folder)
    settings.STORAGES = {
        **settings.STORAGES,
        "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
    }
    make_groups(apps, EDITOR_OF_SCHEMA)
    first, last = name.split()
    user = User.objects.create_user(first.lower(), password=PASSWORD, first_name=first, last_name=last)
    user.groups.set(Group.objects.filter(name__in=roles))
    return user


@contextmanager
def logged_in(browser: Browser, url: str, user: User) -> Iterator[Page]:
    """A page of somebody who has logged in. Nothing fades in or out, so that colours are at their end at once."""
    context = browser.new_context(base_url=url, reduced_motion="reduce")
    context.add_init_script(NOTE_REFUSED)
    page = context.new_page()
    page.set_default_timeout(30_000)
    page.goto(reverse("wagtailadmin_login"))
    page.fill("[name=username]", user.get_username())
    page.fill("[name=password]", PASSWORD)
    page.press("[name=password]", "Enter")
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    yield page
    context.close()


def addresses(screens: Screens, rows: Mapping[str, int]) -> list[str]:
    """Where all the screens are, with these rows in them."""
    found = []
    for name, looks in screens.items():
        for look in looks:
            inside, _, query = look.format(**rows).partition("?")
            found.append(reverse(name, args=inside.split()) + (f"?{query}" if query else ""))
    return found


def open_page(page: Page, address: str) -> None:
    """The page as somebody sees it who has not been here before, with no colour on its way to another one."""
    fault = fault_in_opening(page, address)
    assert not fault, fault


def fault_in_opening(page: Page, address: str) -> str:
    """Opens the page as open_page does. Says where it leads if it is not shown; empty if it is."""
    page.set_viewport_size({"width": LOOKS[0][0], "height": HEIGHT})
    page.evaluate("localStorage.clear()")
    answer = page.goto(address)
    if answer is None or answer.status != HTTPStatus.OK or not page.url.endswith(address):
        return f"leads to {page.url}, status {answer and answer.status}"
    page.evaluate(
        """() => {
          const still = new CSSStyleSheet();
          still.replaceSync("*, *::before, *::after { transition: none !important; }");
          document.adoptedStyleSheets.push(still);
        }"""
    )
    return ""


def refused(page: Page) -> list[str]:
    """What the content security policy kept from running on this page, or within a frame of it."""
    return [what for frame in page.frames for what in frame.evaluate("window.refused || []")]


def faults_in_all_looks(page: Page) -> list[str]:
    """What is wrong with this page, wide or narrow, light or dark."""
    found = []
    for width, colours in LOOKS:
        page.set_viewport_size({"width": width, "height": HEIGHT})
        page.emulate_media(color_scheme=colours)
        faults = [*serious_faults(page), *page.evaluate(CUT_OFF)]
        found += [f"{width} px, {colours}: {fault}" for fault in faults]
    return found + refused(page)


def faults_of(page: Page, screens: Screens, rows: Mapping[str, int]) -> str:
    """A line for each fault of each screen; empty when they keep nobody out."""
    found = []
    for address in addresses(screens, rows):
        fault = fault_in_opening(page, address)
        found += [f"{address} {one}" for one in ([fault] if fault else faults_in_all_looks(page))]
    return "\n".join(found)
