"""Building audiences in a real browser: by mouse, by keyboard alone, against the clock."""

import time
from typing import Any

import pytest
from django.contrib.auth.models import Permission
from playwright.sync_api import APIResponse, Locator, Page, Route, expect

from backoffice.accounts.models import User
from backoffice.audiences.models import Audience
from backoffice.customers.models import Customer
from tests.kannel.simulator.operators import wait_for

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

SECONDS = 90
ACTIONS = 25


@pytest.fixture(autouse=True)
def _people(clean_redis: Any) -> None:
    Customer.objects.create(external_id="A-1", debt=500, city="Kazan", gender="f", phone="+79161234567")
    Customer.objects.create(external_id="B-2", debt=100, city="Kazan", gender="m", loyalty_points=10)
    Customer.objects.create(external_id="C-3", city="Omsk", gender="f", email="c@example.org")


@pytest.fixture
def editor_of_customers(editor: User) -> User:
    editor.user_permissions.add(Permission.objects.get(codename="view_customer"))
    return editor


def enter(page: Page, server: Any, path: str) -> Page:
    """The page at this address, after logging in."""
    page.set_default_timeout(30_000)
    expect.set_options(timeout=30_000)
    page.goto(f"{server.url}/login/?next={path}")
    page.fill("[name=username]", "editor")
    page.fill("[name=password]", "correct horse battery")
    page.press("[name=password]", "Enter")
    return page


@pytest.fixture
def editing(page: Page, editor_of_customers: User, live_server: Any) -> Page:
    enter(page, live_server, "/audiences/new/")
    expect(number(page)).to_contain_text("3 customers")
    return page


def number(page: Page) -> Locator:
    return page.locator(".reach__number")


def add(page: Page, name: str, within: str = "#rules-root", *, actions: list[str] | None = None) -> None:
    """Chooses a condition from the picker behind the last "Add a condition" of a stream."""
    stream = page.locator(f"{within} > [data-streamfield-stream-container]").first
    button = stream.locator("> div > .c-sf-add-button").last
    button.click()
    button.locator("..").get_by_role("option", name=name, exact=True).click()
    if actions is not None:
        actions += [f"open the picker for {name}", f"choose {name}"]


def test_five_conditions_with_a_group_are_built_by_mouse(editing: Page) -> None:
    editing.fill("#id_name", "By mouse")
    add(editing, "Gender")
    editing.select_option("[name=rules-0-value-who]", "f")
    expect(number(editing)).to_contain_text("2 customers")
    add(editing, "Loyalty points")
    editing.fill("[name=rules-1-value-at_most]", "100")
    add(editing, "Language")
    editing.fill("[name=rules-2-value-names]", "ru")
    expect(number(editing)).to_contain_text("0 customers")
    editing.locator("[data-streamfield-child]").nth(2).locator("[title=Delete]").click()
    add(editing, "A group of conditions")
    group = (
        "[data-contentpath=rules] [data-contentpath=rules] > div:has(> [data-streamfield-stream-container])"
    )
    add(editing, "City", group)
    editing.fill("[name=rules-3-value-rules-0-value-names]", "Kazan")
    expect(number(editing)).to_contain_text("1 customer")
    add(editing, "E-mail", group)
    expect(number(editing)).to_contain_text("2 customers")

    editing.fill("[name=rules-1-value-at_least]", "500")
    points = editing.locator("[data-contentpath=at_most]").first
    expect(points.locator(".error-message")).to_contain_text("Swap the two numbers")
    editing.fill("[name=rules-1-value-at_least]", "0")
    expect(editing.locator(".criterion .error-message")).to_have_count(0)

    editing.get_by_role("button", name="Save").click()
    expect(editing.locator(".phrase").first).to_contain_text("At least one of these holds:")
    assert set(Audience.objects.get().customers().values_list("external_id", flat=True)) == {"A-1", "C-3"}


def test_errors_appear_in_the_right_group_three_levels_down_and_go_again(editing: Page) -> None:
    editing.fill("#id_name", "Deep")
    stream = "#rules-root"
    for level in range(3):
        add(editing, "A group of conditions", stream)
        stream = (
            " ".join(["[data-contentpath=rules]"] * (level + 2))
            + " > div:has(> [data-streamfield-stream-container])"
        )
    # Only what somebody has touched is said to be wrong: here, how the innermost group takes its conditions.
    editing.select_option("[name=rules-0-value-rules-0-value-rules-0-value-match]", "all")
    innermost = editing.locator(".criterion--group").last
    expect(innermost.locator("> .help-critical")).to_contain_text("Add a condition to this group")
    add(editing, "Debt", stream)
    field = "[name=rules-0-value-rules-0-value-rules-0-value-rules-0-value-at_"
    editing.fill(f"{field}least]", "50")
    expect(editing.locator(".criterion--group > .help-critical")).to_have_count(0)
    expect(number(editing)).to_contain_text("2 customers")
    editing.fill(f"{field}most]", "10")
    expect(innermost.locator("[data-contentpath=at_most] .error-message")).to_contain_text("Swap")
    # The page of before says and holds the same until the new one has come.
    with editing.expect_navigation():
        editing.get_by_role("button", name="Save").click()
    expect(editing.locator("[data-contentpath=at_most] .error-message")).to_contain_text("Swap")
    expect(editing.locator(f"{field}most]")).to_have_value("10")
    editing.fill(f"{field}most]", "200")
    expect(number(editing)).to_contain_text("1 customer")
    expect(editing.locator(".criterion .error-message")).to_have_count(0)


def test_an_answer_that_comes_while_somebody_types_on_leaves_no_error_behind(editing: Page) -> None:
    add(editing, "Debt")
    editing.fill("[name=rules-0-value-at_least]", "50")
    expect(number(editing)).to_contain_text("2 customers")
    late: list[tuple[Route, APIResponse]] = []
    editing.route("**/audiences/count/", lambda route: late.append((route, route.fetch())), times=1)
    editing.fill("[name=rules-0-value-at_most]", "10")
    # Playwright calls the handler while it waits for something.
    wait_for(lambda: late or editing.evaluate("0"))
    editing.fill("[name=rules-0-value-at_most]", "200")
    [(route, answer)] = late
    route.fulfill(response=answer)
    expect(number(editing)).to_contain_text("1 customer")
    expect(editing.locator(".criterion .error-message")).to_have_count(0)


def test_nothing_typed_is_lost_when_the_count_does_not_come(editing: Page) -> None:
    editing.route("**/audiences/count/", lambda route: route.abort())
    add(editing, "Debt")
    editing.fill("[name=rules-0-value-at_least]", "200")
    expect(editing.locator(".reach__status")).to_contain_text("Nothing you typed is lost.")
    editing.unroute("**/audiences/count/")
    editing.fill("[name=rules-0-value-at_least]", "300")
    expect(number(editing)).to_contain_text("1 customer")
    expect(editing.locator(".reach__status")).to_have_text("")


def press(page: Page, *keys: str) -> None:
    for key in keys:
        page.keyboard.press(key)


def tab_to(page: Page, selector: str) -> None:
    """Tab until the focus is there, as somebody without a mouse does."""
    for _ in range(120):
        if page.evaluate("selector => document.activeElement.matches(selector)", selector):
            return
        page.keyboard.press("Tab")
    raise AssertionError(f"The keyboard does not reach {selector}.")


def add_by_keyboard(page: Page, name: str) -> None:
    """From wherever the focus is to the next "Add a condition"; in the picker one types a part of the name."""
    tab_to(page, "div:last-child > .c-sf-add-button")
    press(page, "Enter")
    expect(page.get_by_role("combobox").last).to_be_focused()
    page.keyboard.type(name)
    expect(page.locator("[role=option]").first).to_contain_text(name)
    press(page, "Enter")


def test_an_audience_with_a_group_is_built_by_keyboard_alone(editing: Page) -> None:
    tab_to(editing, "#id_name")
    editing.keyboard.type("By keyboard")
    add_by_keyboard(editing, "Gender")
    tab_to(editing, "[name=rules-0-value-who]")
    editing.keyboard.type("women")
    expect(number(editing)).to_contain_text("2 customers")
    add_by_keyboard(editing, "A group of conditions")
    tab_to(editing, "[name=rules-1-value-match]")
    add_by_keyboard(editing, "City")
    tab_to(editing, "[name=rules-1-value-rules-0-value-names]")
    editing.keyboard.type("Kazan")
    expect(number(editing)).to_contain_text("1 customer")
    add_by_keyboard(editing, "E-mail")
    expect(number(editing)).to_contain_text("2 customers")
    press(editing, "Control+s")
    expect(editing.locator(".phrase").first).to_contain_text("At least one of these holds:")
    assert Audience.objects.get().name == "By keyboard"


def test_from_the_home_page_to_a_counted_audience_in_ninety_seconds_and_twenty_five_actions(
    page: Page, editor_of_customers: User, live_server: Any
) -> None:
    enter(page, live_server, "/")
    actions: list[str] = []

    def do(what: str, action: Any) -> None:
        action()
        actions.append(what)

    started = time.monotonic()
    do("begin", page.get_by_role("link", name="New audience").click)
    do("name it", lambda: page.fill("#id_name", "Women of Kazan who owe us"))
    add(page, "Gender", actions=actions)
    do("women", lambda: page.select_option("[name=rules-0-value-who]", "f"))
    add(page, "City", actions=actions)
    do("Kazan", lambda: page.fill("[name=rules-1-value-names]", "Kazan"))
    add(page, "Debt", actions=actions)
    do("at least 100", lambda: page.fill("[name=rules-2-value-at_least]", "100"))
    add(page, "Tags", actions=actions)
    do("none of", lambda: page.select_option("[name=rules-3-value-how]", "none"))
    do("travel", lambda: page.fill("[name=rules-3-value-names]", "travel"))
    expect(number(page)).to_contain_text("1 customer")
    do("save", page.get_by_role("button", name="Save").click)
    expect(page.get_by_role("link", name="Women of Kazan who owe us").first).to_be_visible()
    assert time.monotonic() - started <= SECONDS
    assert len(actions) <= ACTIONS, actions


def test_the_panel_tells_why_a_customer_is_among_them_or_not(editing: Page) -> None:
    add(editing, "City")
    editing.fill("[name=rules-0-value-names]", "Omsk")
    editing.get_by_text("Is this customer among them?").click()
    editing.fill("#reach-who", "8 916 123-45-67")
    editing.press("#reach-who", "Enter")
    verdict = editing.locator("[data-reach-target=verdict]")
    expect(verdict).to_contain_text("This customer is not in the audience.")
    editing.fill("[name=rules-0-value-names]", "Kazan")
    expect(verdict).to_contain_text("This customer is in the audience.")
