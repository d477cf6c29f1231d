"""The content security policy: what pages need runs, and what gets into a page by mistake does not."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from playwright.sync_api import Browser, Page
from pytest_django import Settings
from pytest_django.live_server_helper import LiveServer

from backoffice.accounts.models import User
from tests.browser.looking import logged_in, open_page, refused, staff
from tests.kannel.simulator.operators import wait_for

# Pages of Wagtail's that no other scene opens; those of our rooms are looked at where they are looked at for their colours.
OF_WAGTAIL = (
    "wagtailadmin_home",
    "wagtailadmin_account",
    "wagtailadmin_reports:site_history",
    "wagtailusers_users:index",
    "wagtailusers_users:add",
    "wagtailusers_groups:index",
    "wagtailusers_groups:add",
    "alerts:feed",
    "imports:index",
    "imports:upload",
    "customers:index",
    "reports:index",
)


@pytest.fixture
def olga(transactional_db: None, clean_redis: Any, settings: Settings, tmp_path: Path) -> User:
    user = staff("Olga Petrova", [], settings, tmp_path)
    User.objects.filter(pk=user.pk).update(is_superuser=True)
    user.refresh_from_db()
    return user


@pytest.fixture
def olgas_page(browser: Browser, live_server: LiveServer, olga: User) -> Iterator[Page]:
    with logged_in(browser, live_server.url, olga) as page:
        yield page


@pytest.mark.browser
def test_nothing_of_wagtails_pages_is_refused(olgas_page: Page) -> None:
    found = []
    for name in OF_WAGTAIL:
        open_page(olgas_page, reverse(name))
        found += [f"{name} {what}" for what in refused(olgas_page)]
    assert not found


@pytest.mark.browser
def test_a_script_that_got_into_a_page_does_not_run(olgas_page: Page) -> None:
    open_page(olgas_page, reverse("wagtailadmin_home"))
    olgas_page.evaluate(
        """() => {
          const script = document.createElement("script");
          script.textContent = "window.ran = true";
          document.body.append(script);
          document.body.insertAdjacentHTML("beforeend", '<img src="data:," onerror="window.ran = true">');
        }"""
    )
    # Playwright's own wait_for_function runs a string as a script, which the policy refuses, too.
    wait_for(lambda: olgas_page.evaluate("(window.refused || []).length >= 2"))
    assert olgas_page.evaluate("window.ran") is None


@pytest.mark.django_db
@pytest.mark.parametrize("path", ["/login/", "/health/", "/nothing/is/here/"])
def test_each_answer_says_what_a_browser_may_do_with_it(
    client: Client, settings: Settings, path: str
) -> None:
    settings.STORAGES = {
        **settings.STORAGES,
        "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
    }
    headers = client.get(path).headers
    directives = dict(
        directive.partition(" ")[::2] for directive in headers["Content-Security-Policy"].split("; ")
    )
    assert directives["script-src"] == "'self'"
    assert directives["default-src"] == directives["object-src"] == directives["base-uri"] == "'none'"
    assert directives["frame-ancestors"] == directives["form-action"] == "'self'"
    assert "camera=()" in headers["Permissions-Policy"]
    assert headers["Referrer-Policy"] == "same-origin"
    assert headers["X-Content-Type-Options"] == "nosniff"
