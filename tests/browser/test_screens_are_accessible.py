"""Every screen about audiences, lists, rules and attributes, light and dark, wide and narrow, keeps nobody out."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.urls import reverse
from playwright.sync_api import Browser, Page, expect
from pytest_django import Settings
from pytest_django.live_server_helper import LiveServer

from backoffice.accounts.models import User
from backoffice.customers.importing import import_file
from backoffice.customers.models import Customer
from backoffice.customers.sample import write_sample
from backoffice.mailings import lifecycle, planning
from backoffice.mailings.models import Mailing
from kannel.models import Connection
from tests.browser import scene
from tests.browser.looking import (
    A_FILE,
    A_PART,
    ANOTHER_NAME,
    addresses_of_rooms,
    faults_in_all_looks,
    faults_of,
    logged_in,
    open_page,
    staff,
)
from tests.browser.rehearsal_scene import make_rehearsals
from tests.mailings.conftest import gateway, north  # noqa: F401

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
    "rehearsal",
    "trying",
    "approval_rules",
)
SCREENS = {
    "audiences:index": [""],
    "audiences:new": [""],
    "audiences:edit": ["{nested}", "{draft}"],
    "audiences:archive": ["{nested}"],
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
    "lists:archive": ["{guests}", "{frozen}", "{never}"],
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
    "approval_rules:index": [""],
    "approval_rules:edit": ["1"],
    "approval_rules:history": ["1"],
    "mailings:add": ["", "?unfinished={unfinished}"],
    "mailings:edit": ["{mailing}"],
    "mailings:inspect": ["{mailing}", "{under_way}", "{asked}"],
    "mailings:recipients": ["{mailing}", "{mailing} ?state=excluded&reason=no_consent"],
    "mailings:step": ["{under_way} cancel", "{asked} refuse"],
    "control:speed": ["{under_way}"],
    "control:stop_operator": ["{under_way} {operator}"],
    "mailing_results:list": ["{ended}"],
    "mailing_results:resend": ["{ended}"],
    "mailing_calendar:month": [""],
    "mailing_calendar:week": [""],
    "mailing_calendar:overlap": [""],
    "mailing_calendar:move": ["{coming}"],
    "rehearsal:ask": ["{coming}", "{slow}", "{ended}"],
    "rehearsal:run": [
        "{coming} {rehearsal_waiting}",
        "{slow} {rehearsal_running}",
        "{coming} {rehearsal_done}",
        "{coming} {rehearsal_differing}",
        "{coming} {rehearsal_failed}",
    ],
    "trying:try": ["{mailing}"],
    "trying:sent": ["{mailing} {batch}"],
    "story:find": [""],
    "story:customer": ["{customer}", "{told}"],
}
NO_SCREENS = {
    "audiences:list": ANOTHER_NAME,
    "audiences:add": ANOTHER_NAME,
    "audiences:list_results": A_PART,
    "audiences:history_results": A_PART,
    "lists:progress": "the live part of the page of a change",
    "lists:csv": A_FILE,
    "lists:xlsx": A_FILE,
    "lists:bad_rows": A_FILE,
    "lists:sample": A_FILE,
    "rehearsal:progress": "the live part of the page of a rehearsal",
    "approval_rules:index_results": A_PART,
    "approval_rules:history_results": A_PART,
    "contact_rules:index_results": A_PART,
    "contact_rules:history_results": A_PART,
    "attributes:index_results": A_PART,
    "attributes:history_results": A_PART,
}


def test_every_screen_is_looked_at_or_is_none() -> None:
    known = {name for name in SCREENS if name.split(":")[0] in ROOMS}
    assert addresses_of_rooms(ROOMS) == known | set(NO_SCREENS)


@pytest.fixture
def olga(transactional_db: None, clean_redis: Any, settings: Settings, tmp_path: Path) -> User:
    """May do all that can be done on these screens, and keeps Wagtail's colours of the system."""
    return staff("Olga Petrova", ["Editor", "Approver", "Privacy officer"], settings, tmp_path)


@pytest.fixture
def rows(olga: User, north: Connection, tmp_path: Path) -> dict[str, int]:  # noqa: F811
    """Everything these screens show, by the names in SCREENS."""
    write_sample(tmp_path / "customers.csv", 60)
    import_file(tmp_path / "customers.csv")
    rows = scene.make_scene(olga)
    mailing = Mailing.objects.get(pk=rows["mailing"])
    lifecycle.request_plan(mailing, olga)
    planning.plan(mailing)
    rows |= scene.make_mailings(mailing, north) | scene.make_unfinished(olga)
    rows |= scene.make_approval(mailing, north)
    return rows | make_rehearsals(Mailing.objects.get(pk=rows["coming"]), north, olga)


@pytest.fixture
def olgas_page(browser: Browser, live_server: LiveServer, olga: User) -> Iterator[Page]:
    with logged_in(browser, live_server.url, olga) as page:
        yield page


@pytest.mark.browser
def test_no_screen_keeps_anybody_out(olgas_page: Page, rows: dict[str, int]) -> None:
    faults = faults_of(olgas_page, SCREENS, rows)
    assert not faults, faults


@pytest.mark.browser
def test_the_panel_beside_the_editor_keeps_nobody_out(olgas_page: Page, rows: dict[str, int]) -> None:
    open_page(olgas_page, reverse("audiences:edit", args=[rows["nested"]]))
    olgas_page.get_by_role("button", name="Toggle the count").click()
    olgas_page.get_by_text("Is this customer among them?").click()
    olgas_page.fill("#reach-who", Customer.objects.get(pk=rows["customer"]).external_id)
    olgas_page.get_by_role("button", name="Why?").click()
    expect(olgas_page.locator(".verdict__answer").first).to_be_visible()
    assert "\n".join(faults_in_all_looks(olgas_page)) == ""
