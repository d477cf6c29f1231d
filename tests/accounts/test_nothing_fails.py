"""Every address, asked for with whatever people and programs send, answers with something else than an error of ours."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

import pytest
from django.db import transaction
from django.test import Client
from django.urls import reverse

from backoffice.accounts.addresses import is_closed
from backoffice.accounts.models import User
from tests.browser import test_operator_screens_are_accessible as of_operators
from tests.browser import test_screens_are_accessible as of_audiences
from tests.browser import test_text_screens_are_accessible as of_texts
from tests.browser.looking import addresses
from tests.browser.test_operator_screens_are_accessible import boris  # noqa: F401
from tests.browser.test_operator_screens_are_accessible import rows as operator_rows  # noqa: F401
from tests.browser.test_screens_are_accessible import olga  # noqa: F401
from tests.browser.test_screens_are_accessible import rows as audience_rows  # noqa: F401
from tests.browser.test_text_screens_are_accessible import rows as text_rows  # noqa: F401
from tests.every_address import NOBODYS_ROW, PLAIN, can_be_filled, every_address
from tests.mailings.conftest import gateway, north, south  # noqa: F401

# Each asks some hundred pages with a dozen values: 100 s on a quiet machine, several times as long with coverage.
pytestmark = pytest.mark.timeout(1200)
# What stands in each field and in each place of an address.
VALUES = {
    "nothing": "",
    "NUL": "a\0b",
    "a huge number": "9" * 40,
    "a huge number with a sign": "-" + "9" * 40,
    "half a sign in JSON": '["\\ud83d"]',
    "a list where a word is expected": "[]",
    "words": "Ünïcödé ' \" % _ \\ <b> ${x} {{ x }}",
    "no number": "NaN",
    "digits of another script": "١٢٣",
}
# Pages are asked for with these in the names of their fields; with all values `test_addresses_of_rows…` asks for them.
ASKED_WITH = ("NUL", "a huge number", "half a sign in JSON")
_FIELD = re.compile(r"""<(?:input|select|textarea)\b[^>]*\bname=["']([^"']+)""")
# 503 is their word for it.
TELL_WHAT_IS_DOWN = {"health", "metrics"}
QUERIES = (
    "p",
    "q",
    "page",
    "ordering",
    "export",
    "state",
    "after",
    "customer",
    "first",
    "second",
    "unfinished",
    "day",
)


def administrator() -> Client:
    user = User.objects.create_superuser("admin", password="x")
    client = Client(raise_request_exception=False)
    client.force_login(user)
    return client


def ask(client: Client, method: str, path: str, data: Mapping[str, str]) -> str:
    """A line when the answer is an error of ours; whatever was changed is taken back."""
    with transaction.atomic():
        answer = getattr(client, method)(path, data)
        if getattr(answer, "streaming", False):
            b"".join(answer.streaming_content)
        transaction.set_rollback(True)
    return f"{method} {path} {str(data)[:200]}: {answer.status_code}" if answer.status_code >= 500 else ""


@pytest.fixture(autouse=True)
def _static_files_as_they_are(settings: Any) -> None:
    settings.STORAGES = {
        **settings.STORAGES,
        "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
    }


def rooms() -> Iterator[tuple[str, dict[str, Any]]]:
    for huge in (NOBODYS_ROW, 10**30):
        for text in VALUES.values():
            yield str(huge), PLAIN | {"int": huge, "str": text, "slug": "x", "regex": str(huge)}


@pytest.mark.django_db
def test_addresses_of_rows_that_are_not_there(clean_redis: Any) -> None:
    client, failed = administrator(), set()
    for address in every_address():
        if is_closed(address.name) or address.name in TELL_WHAT_IS_DOWN:
            continue
        paths = {address.path(values) for _name, values in rooms() if can_be_filled(address, values)}
        for path in paths:
            failed |= {
                ask(client, "get", path, dict.fromkeys(QUERIES, "9" * 40)),
                ask(client, "post", path, {}),
            }
            failed |= {ask(client, "get", path, dict.fromkeys(QUERIES, text)) for text in VALUES.values()}
    assert not sorted(failed - {""})


def try_everything(screens: dict[str, list[str]], rows: dict[str, int]) -> list[str]:
    """Posts each value in each field of each of these pages."""
    client, failed = administrator(), set()
    for path in addresses(screens, rows):
        page = client.get(path)
        fields = sorted(set(_FIELD.findall(page.content.decode()))) if page.status_code == 200 else []
        failed.add(ask(client, "post", path.partition("?")[0], {}))
        for text in VALUES.values():
            failed |= {ask(client, "post", path.partition("?")[0], dict.fromkeys(fields, text))}
        for name in ASKED_WITH:
            words = dict.fromkeys((*fields, *QUERIES), VALUES[name])
            failed |= {ask(client, "get", path.partition("?")[0], words)}
    return sorted(failed - {""})


def test_forms_of_audiences_and_mailings(audience_rows: dict[str, int]) -> None:  # noqa: F811
    assert not try_everything(of_audiences.SCREENS, audience_rows)


def test_forms_of_operators(operator_rows: dict[str, int]) -> None:  # noqa: F811
    assert not try_everything(of_operators.SCREENS, operator_rows)


def test_forms_of_texts(text_rows: dict[str, int]) -> None:  # noqa: F811
    assert not try_everything(of_texts.SCREENS, text_rows)


@pytest.mark.django_db
@pytest.mark.parametrize(
    "name", ["audiences:count", "audiences:exact", "audiences:breakdown", "audiences:why_typed"]
)
@pytest.mark.parametrize(
    "posted", [{}, {"rules-count": "x"}, {"rules-count": "1", "rules-0-type": "nothing"}]
)
def test_a_live_count_of_nothing_is_refused_in_words(
    clean_redis: Any, name: str, posted: dict[str, str]
) -> None:
    assert administrator().post(reverse(name), posted).status_code < 500
