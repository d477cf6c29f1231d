"""Where short links lead, whoever is away, and whom a click counts for."""

import asyncio
from collections.abc import Iterator
from datetime import timedelta
from typing import Any
from unittest.mock import patch

import pytest
from django.core.cache.backends.redis import RedisCache
from django.db import DatabaseError
from django.utils import timezone
from huey.contrib.djhuey import HUEY
from redis.exceptions import ConnectionError as RedisAway

from backoffice import asgi
from backoffice.mailings import pulse, tasks
from backoffice.mailings.models import Click, Mailing, ShortLink
from backoffice.mailings.shortlinks import known
from backoffice.mailings.shortlinks.clicks import Clicks
from backoffice.mailings.shortlinks.codes import code_of
from backoffice.mailings.shortlinks.known import KnownLinks
from backoffice.mailings.shortlinks.redirect import Redirect
from tests.mailings.conftest import MakeCustomer

pytestmark = pytest.mark.django_db(transaction=True)
PHONE = (
    "Mozilla/5.0 (Linux; Android 13; SM-A536B) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/120.0.0.0 Mobile"
)
TARGET = "https://shop.example/sale?utm_source=parley"


@pytest.fixture
def link(mailing: Mailing) -> ShortLink:
    return ShortLink.objects.create(
        mailing=mailing,
        address="https://shop.example/sale",
        target=TARGET,
        expires_at=timezone.now() + timedelta(days=1),
    )


@pytest.fixture
def code(link: ShortLink, make_customer: MakeCustomer) -> str:
    return code_of(link.pk, bytes(link.key), make_customer().pk)


@pytest.fixture
def app(clean_redis: Any) -> Iterator[Redirect]:
    redirect = Redirect()
    yield redirect
    redirect.threads.shutdown()


def ask(app: Any, path: str, method: str = "GET", **headers: str) -> tuple[int, dict[str, str], str]:
    """Status, headers and body of the answer."""
    sent: list[dict[str, Any]] = []

    async def send(message: dict[str, Any]) -> None:
        sent.append(message)

    given = {"user-agent": PHONE} | {name.replace("_", "-"): value for name, value in headers.items()}
    pairs = [(name.encode(), value.encode()) for name, value in given.items()]
    scope = {"type": "http", "method": method, "path": path, "query_string": b"", "headers": pairs}
    asyncio.run(app(scope, None, send))
    found = {name.decode(): value.decode() for name, value in sent[0]["headers"]}
    return sent[0]["status"], found, sent[1]["body"].decode()


def test_a_code_leads_to_the_address_and_is_counted_for_its_customer(app: Redirect, code: str) -> None:
    status, headers, _body = ask(app, f"/{code}")
    assert (status, headers["location"], headers["cache-control"]) == (302, TARGET, "no-store")
    ask(app, f"/{code}")
    assert Clicks().apply() == 2
    click = Click.objects.get()
    assert (click.clicks, click.is_robot) == (2, False)
    assert click.first_at < click.last_at


def test_nothing_in_a_target_breaks_out_of_the_header(app: Redirect, link: ShortLink, code: str) -> None:
    ShortLink.objects.update(target="https://a.example/акция\r\nSet-Cookie: x")
    _status, headers, _body = ask(app, f"/{code}")
    assert headers["location"] == "https://a.example/%D0%B0%D0%BA%D1%86%D0%B8%D1%8F%0D%0ASet-Cookie:%20x"


@pytest.mark.parametrize(
    ("method", "headers"),
    [
        ("HEAD", {}),
        ("GET", {"user_agent": "WhatsApp/2.23.20.0"}),
        ("GET", {"user_agent": ""}),
        ("GET", {"sec_purpose": "prefetch;prerender"}),
    ],
)
def test_robots_are_led_and_counted_apart(
    app: Redirect, code: str, method: str, headers: dict[str, str]
) -> None:
    assert ask(app, f"/{code}", method, **headers)[0] == 302
    Clicks().apply()
    assert Click.objects.get().is_robot


def test_nothing_in_a_request_changes_where_it_leads(app: Redirect, code: str) -> None:
    assert ask(app, f"/{code}?to=https://evil.example")[0] == 404
    assert ask(app, f"/{code}/https://evil.example")[0] == 404
    assert ask(app, "//evil.example")[0] == 404


def test_a_code_that_nobody_has_leads_nowhere_and_is_not_counted(
    app: Redirect, link: ShortLink, code: str
) -> None:
    forged = code[:-1] + ("A" if code[-1] != "A" else "B")
    status, _headers, body = ask(app, f"/{forged}")
    assert (status, "This address leads nowhere." in body) == (404, True)
    assert ask(app, f"/{code_of(link.pk + 1, b'0' * 16, 1)}")[0] == 404
    assert Clicks().count() == 0


def test_a_link_ends(app: Redirect, link: ShortLink, code: str) -> None:
    ShortLink.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
    status, _headers, body = ask(app, f"/{code}")
    assert (status, "This link has ended." in body) == (410, True)


def test_only_looking_is_possible(app: Redirect, code: str) -> None:
    assert ask(app, f"/{code}", "POST")[0] == 405


def test_it_leads_on_while_the_database_is_away(
    app: Redirect, code: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    ask(app, f"/{code}")
    monkeypatch.setattr(known, "FRESH_SECONDS", 0)
    with patch.object(known, "_from_database", side_effect=DatabaseError):
        assert ask(app, f"/{code}")[0] == 302
        another = Redirect(KnownLinks())
        assert ask(another, f"/{code}")[0] == 302
        with patch.object(RedisCache, "get", side_effect=RedisAway):
            status, _headers, body = ask(Redirect(KnownLinks()), f"/{code}")
    assert (status, "Please try again in a minute." in body) == (503, True)


def test_a_link_is_led_to_while_redis_is_away_and_its_clicks_come_later(app: Redirect, code: str) -> None:
    app.clicks._redis.close()
    with (
        patch.object(RedisCache, "set", side_effect=RedisAway),
        patch.object(app.clicks._redis, "rpush", side_effect=RedisAway),
    ):
        assert ask(app, f"/{code}")[0] == 302
    ask(app, f"/{code}")
    assert Clicks().apply() == 2


def test_a_process_does_not_remember_all_links_forever(
    app: Redirect, code: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(known, "KEPT_AT_MOST", 1)
    app.links._kept[7] = (0.0, known.Known("", b"", timezone.now()))
    ask(app, f"/{code}")
    assert 7 not in app.links._kept


def waiting() -> list[str]:
    """Names of the tasks in the queue."""
    return [task.name for task in HUEY.pending()]


def test_the_pulse_has_clicks_written(app: Redirect, code: str) -> None:
    pulse.wake_clicks()
    assert "apply_clicks" not in waiting()
    ask(app, f"/{code}")
    pulse.wake_clicks()
    assert "apply_clicks" in waiting()
    tasks.apply_clicks.call_local()
    assert Click.objects.get().clicks == 1


def test_clicks_of_what_is_gone_are_passed_over(app: Redirect, code: str) -> None:
    ask(app, f"/{code}")
    ShortLink.objects.all().delete()
    assert Clicks().apply() == 1
    assert not Click.objects.exists()


def test_one_process_serves_links_and_receipts(
    app: Redirect, code: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(asgi, "redirect", app)
    assert ask(asgi.application, f"/{code}")[0] == 302
    assert ask(asgi.application, "/kannel/dlr/forged")[0] == 403
