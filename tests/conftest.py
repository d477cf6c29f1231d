"""What tests of several rooms share: a clean Redis, a browser."""

import os
import threading
import time
from collections.abc import Iterator
from contextlib import suppress

import pytest
import redis
from django.conf import settings
from django.core.signals import request_finished, request_started
from django.db import connection
from django.test import override_settings
from django.utils import translation
from playwright.sync_api import Browser, BrowserContext, Error, Page, sync_playwright
from pytest_django import DjangoDbBlocker

from backoffice.mailings import contact_rules
from backoffice.mailings.hours import MIDNIGHT
from backoffice.mailings.weekdays import every_day
from kannel.monthly import ensure_partitions
from tests.as_migrated import Migrated, restore_after_tests
from tests.kannel.fixtures import kannel, running_kannel  # noqa: F401  one Kannel for all tests
from tests.kannel.simulator.operators import wait_for

CHROMIUM = "/usr/bin/chromium"
WIDTH, HEIGHT = 1280, 900
DATABASE = {"db", "transactional_db", "live_server"}
QUIET_SECONDS = 0.3
ANSWERED_WITHIN_SECONDS = 15.0


@pytest.fixture(scope="session")
def django_db_modify_db_settings(django_db_modify_db_settings_parallel_suffix: None) -> None:
    """The databases of tests are copies of the migrated one that `deploy/test` brings; see `deploy/prepared.py`."""
    if os.environ.get("PARLEY_DATABASE_IS_MIGRATED"):
        connection.settings_dict["TEST"]["TEMPLATE"] = connection.settings_dict["NAME"]


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[None]:
    """The migrated database may be some months old; what the hourly task makes as time goes by is made here."""
    with django_db_blocker.unblock():
        for table in ("mailings_message", "kannel_event"):
            ensure_partitions(table)
        restore_after_tests(Migrated.kept())
    yield
    # A database is not dropped while a connection is open that a thread left behind to the garbage collection.
    with django_db_blocker.unblock(), connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )


@pytest.fixture(scope="session", autouse=True)
def _quick_passwords() -> Iterator[None]:
    """Argon2 takes 0.2 s for each password on purpose, and nearly every test has somebody who signs in."""
    with override_settings(PASSWORD_HASHERS=["django.contrib.auth.hashers.MD5PasswordHasher"]):
        yield


@pytest.fixture(autouse=True)
def _in_no_readers_language() -> None:
    """A page leaves the language of its reader behind in its thread; here the next test begins in the same one."""
    translation.deactivate()


@pytest.fixture(autouse=True)
def _at_any_hour(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Tests run at night and on Sundays, too: the rules for everybody allow it, unless a test says otherwise."""
    always = {"local_from": MIDNIGHT, "local_to": MIDNIGHT, "weekdays": every_day()}
    for usual in contact_rules.DEFAULTS.values():
        for name, value in always.items():
            monkeypatch.setitem(usual, name, value)
    # Nor does whoever approves at night have to say that they agree to it.
    monkeypatch.setattr("backoffice.mailings.check.night.NIGHTS", {})
    marker = request.node.get_closest_marker("django_db")
    names = set(request.fixturenames)
    if marker or names & DATABASE:
        is_committed = names & {"transactional_db", "live_server"} or (
            marker and marker.kwargs.get("transaction")
        )
        request.getfixturevalue("transactional_db" if is_committed else "db")
        contact_rules.ContactRules.objects.update(**always)


@pytest.fixture
def clean_redis() -> Iterator["redis.Redis[bytes]"]:
    """Redis of the settings, empty before and after."""
    with redis.Redis.from_url(settings.REDIS_URL) as client:
        client.flushdb()
        yield client
        client.flushdb()


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """A real Chromium. Its event loop lives in this thread, which Django would otherwise take for an async context."""
    before = os.environ.get("DJANGO_ALLOW_ASYNC_UNSAFE")
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield chromium
        chromium.close()
    if before is None:
        del os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"]


@pytest.fixture(autouse=True)
def _books_balance(
    request: pytest.FixtureRequest,
    _at_any_hour: None,
    django_db_blocker: DjangoDbBlocker,
) -> Iterator[None]:
    """Whatever a test did: what was planned is the sum of what became of it, for every mailing it leaves behind."""
    yield
    has_database = request.node.get_closest_marker("django_db") or DATABASE & set(request.fixturenames)
    if not has_database or request.node.get_closest_marker("unbalanced") or connection.needs_rollback:
        return
    with django_db_blocker.unblock(), connection.cursor() as cursor:
        cursor.execute("SELECT * FROM mailings_ledger WHERE NOT balanced")
        assert not cursor.fetchall(), "The ledger of a mailing does not balance after this test."


class Requests:
    """What the live server is answering at the moment."""

    def __init__(self) -> None:
        self.open = 0
        self.changed_at = time.monotonic()
        self._lock = threading.Lock()

    def begin(self, **kwargs: object) -> None:
        self._count(1)

    def end(self, **kwargs: object) -> None:
        self._count(-1)

    def _count(self, change: int) -> None:
        with self._lock:
            self.open += change
            self.changed_at = time.monotonic()

    def have_ended(self) -> bool:
        """None is open, and none came for a moment: a page that is left still says so to the server."""
        return self.open <= 0 and time.monotonic() - self.changed_at > QUIET_SECONDS


@pytest.fixture(autouse=True)
def _nothing_is_asked_any_more(request: pytest.FixtureRequest) -> Iterator[None]:
    """Pages go on asking the live server; who empties the tables meanwhile may meet a deadlock. So they are left first."""
    if not {"browser", "live_server"} <= set(request.fixturenames):
        yield
        return
    browser: Browser = request.getfixturevalue("browser")
    requests = Requests()
    request_started.connect(requests.begin)
    request_finished.connect(requests.end)
    yield
    for context in browser.contexts:
        for page in context.pages:
            with suppress(Error):
                page.goto("about:blank")
        context.close()
    wait_for(requests.have_ended, ANSWERED_WITHIN_SECONDS)
    request_started.disconnect(requests.begin)
    request_finished.disconnect(requests.end)


@pytest.fixture
def browser_context(browser: Browser) -> BrowserContext:
    """One person's browser: own cookies, a laptop's window."""
    return browser.new_context(viewport={"width": WIDTH, "height": HEIGHT})


@pytest.fixture
def page(browser_context: BrowserContext) -> Page:
    """An empty page in a browser of its own."""
    return browser_context.new_page()
