"""A mailing in a real browser, as people make, approve, watch and stop it; planning itself is done beside the browser."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import pytest
from django.urls import reverse
from django.utils import timezone
from playwright.sync_api import Browser, Page, expect
from pytest_django import Settings
from pytest_django.live_server_helper import LiveServer

from backoffice.accounts.models import User
from backoffice.audiences.models import Audience
from backoffice.customers.models import Consent, Customer
from backoffice.mailings import lifecycle, planning
from backoffice.mailings.models import Mailing, Message
from backoffice.message_templates.models import MessageTemplate
from kannel.models import Connection
from tests.browser.hands import Hands, Keyboard, choose
from tests.browser.looking import (
    CUT_OFF,
    HEIGHT,
    PASSWORD,
    faults_in_all_looks,
    logged_in,
    open_page,
    staff,
)
from tests.mailings.conftest import gateway, north  # noqa: F401
from tests.mailings.in_state import add_messages, put

pytestmark = pytest.mark.browser
State = Mailing.State
MOST_ACTIONS = 40
PHONE = {"width": 400, "height": HEIGHT}
As = Callable[[User], AbstractContextManager[Page]]


@pytest.fixture
def anna(transactional_db: None, clean_redis: Any, settings: Settings, tmp_path: Path) -> User:
    """An editor on her first day."""
    return staff("Anna Smirnova", ["Editor"], settings, tmp_path)


@pytest.fixture
def olga(anna: User, settings: Settings, tmp_path: Path) -> User:
    """Her approver."""
    return staff("Olga Petrova", ["Approver"], settings, tmp_path)


@pytest.fixture
def sees(browser: Browser, live_server: LiveServer) -> As:
    """A page of somebody who is logged in."""
    return lambda user: logged_in(browser, live_server.url, user)


@pytest.fixture
def company(anna: User, north: Connection) -> None:  # noqa: F811
    """Forty customers who agreed to offers, and an operator that carries messages to them."""
    for number in range(40):
        customer = Customer.objects.create(
            external_id=f"F{number}", phone=f"+7916555{number:04d}", first_name="Ivan"
        )
        Consent.objects.create(
            customer=customer, purpose="marketing", state="given", since=timezone.now(), source="form"
        )


@pytest.fixture
def offer(company: None) -> MessageTemplate:
    """A published text; an audience is there, too."""
    Audience.objects.create(name="Everybody")
    return MessageTemplate.objects.create(name="Autumn offer", text="Dear {first_name}, come in.")


@pytest.fixture
def submitted(offer: MessageTemplate, anna: User) -> Mailing:
    mailing = Mailing.objects.create(
        name="Autumn", template=offer, audience=Audience.objects.get(), created_by=anna
    )
    lifecycle.request_plan(mailing, anna)
    planning.plan(mailing)
    lifecycle.submit(Mailing.objects.get(), anna)
    return Mailing.objects.get()


@pytest.fixture
def under_way(submitted: Mailing, anna: User, olga: User) -> Mailing:
    """A running mailing of which some have arrived and some wait."""
    Message.objects.all().delete()
    add_messages(submitted, "waiting", "waiting", "delivered", "undelivered")
    return put(submitted, State.RUNNING, anna, olga)


def plan_it() -> None:
    """What a worker does within a second after somebody asked for it."""
    planning.plan(Mailing.objects.get(state=State.PLANNING))


def test_a_first_day_from_login_to_submitted_takes_at_most_forty_actions(
    browser: Browser, live_server: LiveServer, company: None
) -> None:
    page = browser.new_context(
        base_url=live_server.url, viewport={"width": 1280, "height": HEIGHT}
    ).new_page()
    hands = Hands(page)
    page.goto(reverse("wagtailadmin_home"))
    hands.fill(page.locator("[name=username]"), "anna")
    hands.fill(page.locator("[name=password]"), PASSWORD)
    hands.press(page.locator("[name=password]"), "Enter")

    hands.click(page.get_by_role("link", name="New text").first)
    hands.fill(page.locator("[name=name]"), "Autumn offer")
    hands.fill(page.locator("[name=text]"), "Dear {first_name}, come in.")
    hands.click(page.get_by_role("button", name="Publish").first)
    expect(page.get_by_text("Autumn offer").first).to_be_visible()

    hands.click(page.get_by_role("link", name="Home").first)
    hands.click(page.get_by_role("link", name="New audience").first)
    hands.fill(page.locator("[name=name]"), "Everybody")
    hands.click(page.locator("[data-edit-form] button[type=submit]").first)
    expect(page.get_by_role("link", name="Everybody", exact=True)).to_be_visible()

    hands.click(page.get_by_role("link", name="Home").first)
    hands.click(page.get_by_role("link", name="New mailing").first)
    hands.fill(page.locator("[name=name]"), "Autumn")
    hands.choose("template", "Autumn offer")
    hands.choose("audience", "Everybody")
    hands.click(page.get_by_role("button", name="Save and check"))
    expect(page.get_by_text("Recipients are being chosen")).to_be_visible()
    plan_it()
    expect(page.get_by_text("40 recipients, ")).to_be_visible()
    hands.click(page.get_by_role("button", name="Submit for approval"))
    expect(page.get_by_text("Waiting for approval since")).to_be_visible()

    assert Mailing.objects.get().state == State.SUBMITTED
    assert hands.actions <= MOST_ACTIONS, hands.actions


def test_an_approver_finds_it_at_home_and_approves_it_on_a_phone(
    submitted: Mailing, olga: User, sees: As
) -> None:
    with sees(olga) as page:
        page.set_viewport_size(PHONE)
        page.goto(reverse("wagtailadmin_home"))
        page.get_by_role("link", name="Autumn").first.click()
        expect(page.get_by_text("Olga Petrova can approve it.")).to_be_visible()
        expect(page.get_by_text("Dear Ixxx, come in.").first).to_be_visible()
        assert page.evaluate(CUT_OFF) == []
        page.get_by_role("button", name="Approve", exact=True).click()
        expect(page.get_by_text("Approved by Olga Petrova.")).to_be_visible()
        assert page.evaluate(CUT_OFF) == []
    assert Mailing.objects.get().state == State.APPROVED


def test_a_running_mailing_is_paused_and_goes_on(under_way: Mailing, olga: User, sees: As) -> None:
    with sees(olga) as page:
        page.set_viewport_size(PHONE)
        page.goto(reverse("mailings:inspect", args=[under_way.pk]))
        assert page.evaluate(CUT_OFF) == []
        page.get_by_role("button", name="Pause", exact=True).click()
        expect(page.get_by_text("Nothing leaves until somebody resumes it.")).to_be_visible()
        assert Mailing.objects.get().state == State.PAUSED
        assert page.evaluate(CUT_OFF) == []
        page.get_by_role("button", name="Resume", exact=True).click()
        expect(page.get_by_text("Running since")).to_be_visible()
    assert Mailing.objects.get().state == State.RUNNING


def test_two_texts_are_compared_and_some_customers_held_out(
    offer: MessageTemplate, anna: User, sees: As
) -> None:
    other = MessageTemplate.objects.create(name="Winter offer", text="Dear {first_name}, it snows.")
    with sees(anna) as page:
        page.goto(reverse("mailings:add"))
        page.locator("[name=name]").fill("Which one?")
        choose(page, "template", "Autumn offer")
        page.get_by_text("Compare texts").click()
        choose(page, "second_text", "Winter offer")
        choose(page, "audience", "Everybody")
        page.locator("[name=holdout_percent]").fill("25")
        expect(page.get_by_text("Compared: Autumn offer 50 %, Winter offer 50 %")).to_be_visible()
        expect(page.get_by_text("Hold-out 25 %")).to_be_visible()
        page.get_by_role("button", name="Save and check").click()
        expect(page.get_by_text("Recipients are being chosen")).to_be_visible()
        plan_it()
        expect(page.get_by_role("heading", name="The texts compared")).to_be_visible()
        page.get_by_role("button", name="Submit for approval").click()
        expect(page.get_by_text("Waiting for approval since")).to_be_visible()
    states = dict.fromkeys(Message.objects.values_list("state", flat=True))
    assert set(states) == {"waiting", "held_out"}
    waiting = Message.objects.filter(state="waiting")
    assert set(waiting.values_list("template", flat=True)) == {offer.pk, other.pk}


def test_a_mailing_is_made_and_submitted_without_a_mouse(
    offer: MessageTemplate, anna: User, sees: As
) -> None:
    with sees(anna) as page:
        keyboard = Keyboard(page)
        page.set_viewport_size({"width": 1280, "height": HEIGHT})
        page.goto(reverse("mailings:index"))
        keyboard.go_to("Add mailing")
        keyboard.enter()
        page.wait_for_url(f"**{reverse('mailings:add')}")
        keyboard.go_to("Name")
        keyboard.type("Autumn")
        for opening, name, afterwards in (
            ("Choose a text", "Autumn offer", "Choose another text"),
            ("Choose an audience", "Everybody", "Choose another audience"),
        ):
            keyboard.go_to(opening)
            keyboard.enter()
            expect(page.get_by_label("Search by name and words")).to_be_focused()
            keyboard.type(name)
            expect(page.get_by_text("Found: 1")).to_be_visible()
            keyboard.go_to(name)
            keyboard.enter()
            expect(page.get_by_role("button", name=afterwards)).to_be_focused()
        keyboard.go_to("Save and check")
        keyboard.enter()
        expect(page.get_by_text("Recipients are being chosen")).to_be_visible()
        plan_it()
        expect(page.get_by_text("40 recipients, ")).to_be_visible()
        keyboard.go_to("Submit for approval")
        keyboard.enter()
        expect(page.get_by_text("Waiting for approval since")).to_be_visible()
    assert Mailing.objects.get().state == State.SUBMITTED


def test_what_was_typed_survives_the_end_of_the_browser(offer: MessageTemplate, anna: User, sees: As) -> None:
    with sees(anna) as page:
        page.goto(reverse("mailings:add"))
        page.locator("[name=name]").fill("Autumn in the shop")
        choose(page, "template", "Autumn offer")
        expect(page.get_by_role("status").filter(has_text="Kept at")).to_be_visible()
        expect(page.get_by_text("Choose who gets it.")).to_be_visible()
    assert not Mailing.objects.exists()
    with sees(anna) as page:
        page.goto(reverse("mailings:index"))
        page.get_by_role("link", name="Go on with “Autumn in the shop”").click()
        expect(page.locator("[name=name]")).to_have_value("Autumn in the shop")
        expect(page.locator("#id_template-title")).to_have_text("Autumn offer")
        choose(page, "audience", "Everybody")
        page.get_by_role("button", name="Save", exact=True).click()
        expect(page.get_by_text("A draft. Plan it")).to_be_visible()
        page.goto(reverse("mailings:index"))
        expect(page.get_by_role("link", name="Go on with")).to_have_count(0)
    assert Mailing.objects.get().name == "Autumn in the shop"


def test_nothing_of_the_form_sticks_out_on_a_phone_with_everything_unfolded(anna: User, sees: As) -> None:
    with sees(anna) as page:
        page.set_viewport_size(PHONE)
        page.goto(reverse("mailings:add"))
        for fold in page.locator(".mailing-fold > summary").all():
            fold.click()
        expect(page.locator("[name=uncertain_policy]")).to_be_visible()
        assert page.evaluate(CUT_OFF) == []


def test_a_text_brings_its_purpose_and_its_sender(offer: MessageTemplate, anna: User, sees: As) -> None:
    MessageTemplate.objects.create(name="Your order", text="It is here.", purpose="service", sender="Shop")
    with sees(anna) as page:
        page.goto(reverse("mailings:add"))
        choose(page, "template", "Your order")
        expect(page.locator("[name=purpose]")).to_have_value("service")
        expect(page.locator("[name=sender]")).to_have_value("Shop")
        choose(page, "template", "Autumn offer")
        expect(page.locator("[name=purpose]")).to_have_value("marketing")


def test_a_session_that_ended_is_told_while_the_words_stay(
    offer: MessageTemplate, anna: User, sees: As
) -> None:
    with sees(anna) as page:
        page.goto(reverse("mailings:add"))
        page.context.clear_cookies(name="sessionid")
        page.locator("[name=name]").fill("Autumn")
        expect(page.get_by_role("status").filter(has_text="Log in in another tab")).to_be_visible()
        expect(page.locator("[name=name]")).to_have_value("Autumn")


@pytest.mark.parametrize("opening", ["Choose a text", "Choose an audience"])
def test_a_list_to_choose_from_keeps_nobody_out(
    opening: str, offer: MessageTemplate, anna: User, sees: As
) -> None:
    with sees(anna) as page:
        open_page(page, reverse("mailings:add"))
        page.get_by_role("button", name=opening).first.click()
        window = page.get_by_role("dialog", name=opening)
        expect(window.get_by_role("link").first).to_be_visible()
        assert faults_in_all_looks(page) == []
        page.set_viewport_size(PHONE)
        assert window.locator(".choices").evaluate("one => one.scrollWidth <= one.clientWidth")
        page.keyboard.press("Escape")
        expect(page.locator("body > .modal")).to_have_count(0)
        expect(page.get_by_role("button", name=opening).first).to_be_focused()


def test_what_is_chosen_is_shown_and_can_be_taken_out_again(
    offer: MessageTemplate, anna: User, sees: As
) -> None:
    with sees(anna) as page:
        open_page(page, reverse("mailings:add"))
        choose(page, "audience", "Everybody")
        page.get_by_text("Compare texts").click()
        choose(page, "second_text", "Autumn offer")
        expect(page.get_by_text("Dear Ixxx, come in.")).to_be_visible()
        expect(page.get_by_text("40 customers, counted just now")).to_be_visible()
        assert faults_in_all_looks(page) == []
        second = page.locator("#id_second_text-chooser")
        second.get_by_role("button", name="Take it out").click()
        expect(second.get_by_role("button", name="Choose a text")).to_be_focused()
        expect(second.get_by_text("Autumn offer")).to_have_count(0)
        expect(page.locator("[name=second_text]")).to_have_value("")
