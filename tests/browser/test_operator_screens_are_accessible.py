"""Every screen about operators, lines, prices and what failed, light and dark, wide and narrow, keeps nobody out."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page
from pytest_django import Settings
from pytest_django.live_server_helper import LiveServer

from backoffice.accounts.models import User
from backoffice.customers.importing import import_file
from backoffice.customers.sample import write_sample
from kannel.models import Connection
from tests.browser import operator_scene, scene
from tests.browser.looking import (
    A_FILE,
    A_PART,
    addresses_of_rooms,
    faults_of,
    logged_in,
    staff,
)
from tests.mailings.conftest import gateway, north, south  # noqa: F401

# Rooms whose every screen is looked at, by the names of their addresses.
LISTS = ("operator", "tariff", "network", "connection", "adapter", "gateway", "error_codes")
ROOMS = (*LISTS, "operators", "porting", "tariff_files", "standing", "whatif")
SCREENS = {
    "operator:index": [""],
    "operator:add": [""],
    "operator:edit": ["{operator}"],
    "operator:delete": ["{unused}"],
    "operator:history": ["{operator}"],
    "operator:usage": ["{operator}"],
    "tariff:index": [""],
    "tariff:add": [""],
    "tariff:edit": ["{tariff}"],
    "tariff_files:index": [""],
    "tariff_files:upload": [""],
    "tariff_files:run": ["{prices_new}", "{prices_wrong}", "{prices_done}"],
    "network:index": [""],
    "network:add": [""],
    "network:edit": ["{network}"],
    "porting:index": [""],
    "porting:upload": [""],
    "porting:run": ["{ported_new}", "{ported_running}", "{ported_done}", "{ported_failed}"],
    "connection:index": [""],
    "connection:add": [""],
    "connection:edit": ["{line}", "{down}", "{east}"],
    "gateway:index": [""],
    "gateway:add": [""],
    "gateway:edit": ["{gateway}"],
    "adapter:index": [""],
    "adapter:add": ["", "?shape=xml"],
    "adapter:edit": ["{adapter}"],
    "adapter:copy": ["{adapter}"],
    "error_codes:index": [""],
    "error_codes:add": [""],
    "error_codes:edit": ["{code}"],
    "operators:connections": [""],
    "operators:changes": [""],
    "operators:runs": [""],
    "operators:run": ["{applied}", "{restored}", "{applying}"],
    "operators:test": ["{line}", "{down}"],
    "operators:test_message": ["{test}"],
    "operators:file": ["{gateway}"],
    "operators:try_adapter": ["{adapter}"],
    "standing:index": [""],
    "standing:receipts": [""],
    "whatif:index": [""],
    "whatif:ask": [""],
    "whatif:run": ["{answered}", "{asking}", "{unanswered}"],
    "whatif:commitments": [""],
    "whatif:routes": ["{mailing}"],
    "mailings:inspect": ["{mailing}"],
    "wagtailadmin_home": [""],
    "alerts:feed": [""],
}
WAGTAILS = "Wagtail's own page, looked at among operators"
NO_SCREENS = {
    **{f"{name}:index_results": A_PART for name in LISTS},
    **{f"{name}:history_results": A_PART for name in LISTS},
    **{f"{name}:{page}": WAGTAILS for name in LISTS[1:] for page in ("history", "usage", "delete")},
    "operators:run_progress": A_PART,
    "porting:progress": A_PART,
    "porting:bad_rows": A_FILE,
    "porting:sample": A_FILE,
    "tariff_files:download": A_FILE,
    "tariff_files:sample": A_FILE,
    "tariff_files:progress": A_PART,
    "whatif:progress": A_PART,
}


def test_every_screen_is_looked_at_or_is_none() -> None:
    known = {name for name in SCREENS if name.split(":")[0] in ROOMS}
    assert addresses_of_rooms(ROOMS) == known | set(NO_SCREENS)


@pytest.fixture
def boris(transactional_db: None, clean_redis: Any, settings: Settings, tmp_path: Path) -> User:
    """May do all that can be done on these screens."""
    return staff("Boris Orlov", ["Editor", "Operator staff"], settings, tmp_path)


@pytest.fixture
def rows(boris: User, north: Connection, south: Connection, tmp_path: Path) -> dict[str, int]:  # noqa: F811
    """Everything these screens show, by the names in SCREENS."""
    write_sample(tmp_path / "customers.csv", 60)
    import_file(tmp_path / "customers.csv")
    mailing = scene.make_planned_mailing(boris)
    return operator_scene.make_scene(boris, mailing, north, south)


@pytest.fixture
def boriss_page(browser: Browser, live_server: LiveServer, boris: User) -> Iterator[Page]:
    with logged_in(browser, live_server.url, boris) as page:
        yield page


@pytest.mark.browser
def test_no_screen_about_operators_keeps_anybody_out(boriss_page: Page, rows: dict[str, int]) -> None:
    faults = faults_of(boriss_page, SCREENS, rows)
    assert not faults, faults
