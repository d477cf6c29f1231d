"""The whole path in a real browser: an editor writes, chooses, plans and submits; an approver approves; both watch it end."""

import threading
from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from types import SimpleNamespace

import pytest
from django.apps import apps
from django.contrib.auth.models import Group
from django.db import connection, connections
from django.urls import reverse
from django.utils import timezone
from huey.contrib.djhuey import HUEY
from playwright.sync_api import Browser, Page, expect
from pytest_django import Settings
from pytest_django.live_server_helper import LiveServer

from backoffice.accounts.models import User
from backoffice.accounts.role_groups import make_groups
from backoffice.customers.models import Consent, Customer
from backoffice.mailings import pulse
from backoffice.operators.models import Operator, Tariff
from kannel.link import drop_link
from kannel.models import Connection
from tests.browser.hands import choose
from tests.kannel.house import Kannel, listening

PASSWORD = "correct horse battery"
LONG_MS = 60_000


@pytest.fixture
def people(kannel: Kannel, settings: Settings) -> None:
    """An editor and an approver, each with the rights of the role and no more."""
    settings.STORAGES = {
        **settings.STORAGES,
        "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
    }
    make_groups(apps, SimpleNamespace(connection=connection))
    for role in ("Editor", "Approver"):
        user = User.objects.create_user(role.lower(), password=PASSWORD, first_name=role, last_name="Test")
        user.groups.add(Group.objects.get(name=role))


@pytest.fixture
def customers(kannel: Kannel) -> None:
    """Twelve customers, one of whom refused."""
    for number in range(12):
        customer = Customer.objects.create(
            external_id=f"B{number}", phone=f"+7916777{number:04d}", first_name="Anna"
        )
        state = "withdrawn" if number == 0 else "given"
        Consent.objects.create(
            customer=customer, purpose="marketing", state=state, since=timezone.now(), source="test"
        )


@pytest.fixture
def house(kannel: Kannel) -> Iterator[None]:
    """Pulse, worker and listener at work on the real Kannel, as in production, in threads."""
    gateway, north, _ = kannel.saved()
    Connection.objects.filter(name="south-1").update(is_enabled=False)
    Tariff.objects.create(
        operator=Operator.objects.get(),
        prefix="+7",
        price_per_part=Decimal("1.50"),
        valid_from=date(2020, 1, 1),
    )
    HUEY.storage.conn.flushdb()
    stopping = threading.Event()

    def work() -> None:
        while not stopping.wait(0.05):
            task = HUEY.dequeue()
            if task is not None:
                HUEY.execute(task)
        drop_link(north.gateway)
        connections.close_all()

    def beat() -> None:
        pulse.beat_until(stopping)
        connections.close_all()

    threads = [threading.Thread(target=work), threading.Thread(target=beat)]
    with listening(gateway):
        for thread in threads:
            thread.start()
        yield
        stopping.set()
        for thread in threads:
            thread.join(30)


def log_in(browser: Browser, address: str, username: str) -> Page:
    page = browser.new_context(viewport={"width": 1280, "height": 900}).new_page()
    page.goto(f"{address}{reverse('wagtailadmin_login')}")
    page.locator("[name=username]").fill(username)
    page.locator("[name=password]").fill(PASSWORD)
    page.locator("button[type=submit]").click()
    page.wait_for_load_state("networkidle")
    return page


@pytest.mark.browser
def test_a_mailing_from_the_first_word_to_the_report(
    live_server: LiveServer, browser: Browser, people: None, customers: None, house: None
) -> None:
    address = live_server.url
    editor = log_in(browser, address, "editor")

    editor.goto(f"{address}{reverse('message_templates:add')}")
    editor.locator("[name=name]").fill("Autumn offer")
    editor.locator("[name=text]").fill("Dear {first_name}, come in.")
    editor.get_by_role("button", name="Publish").first.click()
    editor.wait_for_load_state("networkidle")
    expect(editor.get_by_text("Autumn offer").first).to_be_visible()

    editor.goto(f"{address}{reverse('audiences:add')}")
    editor.locator("[name=name]").fill("Everybody")
    editor.locator("[data-edit-form] button[type=submit]").first.click()
    expect(editor.get_by_role("link", name="Everybody", exact=True)).to_be_visible()

    editor.goto(f"{address}{reverse('mailings:add')}")
    editor.locator("[name=name]").fill("Autumn")
    choose(editor, "template", "Autumn offer")
    choose(editor, "audience", "Everybody")
    editor.get_by_text("Hours, and how fast").click()
    editor.locator("[name=local_from]").fill("00:00")
    editor.locator("[name=local_to]").fill("00:00")
    editor.get_by_role("button", name="Save and check").click()
    expect(editor.get_by_text("Planned. Look at it")).to_be_visible(timeout=LONG_MS)
    expect(editor.get_by_text("Dear Axxx, come in.").first).to_be_visible()
    expect(editor.get_by_role("cell", name="16.50").first).to_be_visible()
    editor.get_by_role("button", name="Submit for approval").click()
    expect(editor.get_by_text("Waiting for approval since")).to_be_visible()
    expect(editor.get_by_role("button", name="Approve", exact=True)).to_have_count(0)

    approver = log_in(browser, address, "approver")
    approver.goto(editor.url)
    approver.get_by_role("button", name="Approve", exact=True).click()
    expect(approver.get_by_text("Finished on")).to_be_visible(timeout=LONG_MS)
    expect(editor.get_by_text("Finished on")).to_be_visible(timeout=LONG_MS)
    expect(approver.locator(".parley-legend")).to_contain_text("Delivered 11")

    approver.get_by_role("link", name="Report").last.click()
    expect(approver.locator(".js-plotly-plot").first).to_be_visible(timeout=LONG_MS)
