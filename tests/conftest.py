"""What tests of several rooms share: a clean Redis, a browser."""

import os
from collections.abc import Iterator

import pytest
import redis
from django.conf import settings
from django.test import override_settings
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from tests.kannel.fixtures import kannel, running_kannel  # noqa: F401  one Kannel for all tests

CHROMIUM = "/usr/bin/chromium"
WIDTH, HEIGHT = 1280, 900


@pytest.fixture(scope="session", autouse=True)
def _quick_passwords() -> Iterator[None]:
    """Argon2 takes 0.2 s for each password on purpose, and nearly every test has somebody who signs in."""
    with override_settings(PASSWORD_HASHERS=["django.contrib.auth.hashers.MD5PasswordHasher"]):
        yield


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


@pytest.fixture
def browser_context(browser: Browser) -> Iterator[BrowserContext]:
    """One person's browser: own cookies, a laptop's window."""
    context = browser.new_context(viewport={"width": WIDTH, "height": HEIGHT})
    yield context
    context.close()


@pytest.fixture
def page(browser_context: BrowserContext) -> Page:
    """An empty page in a browser of its own."""
    return browser_context.new_page()
