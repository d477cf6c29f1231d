"""Pages as somebody sees them who reads Russian: nothing on them is left in English."""

import re
from collections.abc import Iterable, Iterator
from html.parser import HTMLParser
from typing import Any
from zoneinfo import available_timezones

import pytest
from django.apps import apps
from django.db import models
from django.test import Client
from django.urls import reverse

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
from tests.mailings.conftest import gateway, north, south  # noqa: F401

pytestmark = pytest.mark.timeout(600)
OF_EVERYBODY = {
    name: [""]
    for name in (
        "wagtailadmin_home", "wagtailadmin_account", "alerts:feed", "alerts:steps", "imports:index", "imports:upload",
        "reports:index", "wagtailusers_users:index", "wagtailusers_users:add", "wagtailusers_groups:index",
        "wagtailadmin_reports:site_history", "access_records:index",
    )
}  # fmt: skip
# Names that are the same in every language, and what operators, programs and files call things.
NAMES = set(
    """
    sms kannel parley wagtail smpp smsc csv xlsx excel api http https url json xml utf gsm ucs ton npi tls iban id ip crm ok
    windows dos koi iso ascii latin ipv isdn ermes wap sim mail english utc redis tlv hmac sha put get bearer authorization app base
    twilio infobip targetsms admin coding udh dlr mask body name dear
    prefix phone network valid list
    editor approver analyst operator staff privacy officer employee
    """.split()
)
# How a text says a day or a number to somebody who reads English, as an example of that; names in a file of texts.
EXAMPLES = {"Autumn", "Winter", "31 December", "31 December 2026", "Thursday", "1250 points"}
SILENT = {"script", "style", "template", "code", "pre", "kbd", "svg", "samp", "textarea", "noscript"}
SPOKEN = ("title", "aria-label", "aria-description", "placeholder", "alt")
WORD = re.compile(r"[A-Za-z][A-Za-z'’]{2,}")
# Merge fields, names of columns, addresses, and what programs are told.
CODE = re.compile(r"\{[^}]*\}?|\b\w+_\w+\b|https?:\S+|\S+@\S+|\S+\.(?:csv|xlsx|org|conf)\b")
ZONES = available_timezones()
# What is a text to a customer, or somebody's file.
SHOWN = re.compile("bubble|parley-look|sms-text|choice__text")
VOID = {"input", "img", "br", "hr", "meta", "link", "col", "wbr", "source", "use", "path"}


class Seen(HTMLParser):
    """What is read on a page, piece by piece, without its markup."""

    def __init__(self) -> None:
        super().__init__()
        self.pieces: list[str] = []
        self.silent: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        known = dict(attrs)
        self.pieces += [said for name in SPOKEN if (said := known.get(name))]
        if tag == "input" and known.get("type") in ("submit", "button") and known.get("value"):
            self.pieces.append(str(known["value"]))
        if tag in SILENT or "hidden" in known or SHOWN.search(known.get("class") or ""):
            if tag not in VOID:
                self.silent.append(tag)
        elif self.silent and tag == self.silent[-1]:
            self.silent.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if self.silent and tag == self.silent[-1]:
            self.silent.pop()

    def handle_data(self, data: str) -> None:
        if not self.silent and data.strip():
            self.pieces.append(" ".join(data.split()))


def _texts_in(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for inner in (*value, *value.values()):
            yield from _texts_in(inner)
    elif isinstance(value, (list, tuple)):
        for inner in value:
            yield from _texts_in(inner)


def data_values() -> list[str]:
    """Every text that stands in a row, the longest first: names and words of people."""
    found: set[str] = set()
    for model in apps.get_models():
        if model._meta.proxy or not model._meta.managed or model._meta.app_label in ("contenttypes", "auth"):
            continue
        names = [
            field.attname
            for field in model._meta.concrete_fields
            if isinstance(field, models.CharField | models.TextField | models.JSONField | models.FileField)
            or hasattr(field, "base_field")
        ]
        if names:
            for row in model._default_manager.values_list(*names)[:2000]:
                found.update(" ".join(str(text).split()) for text in _texts_in(list(map(_plain, row))))
    return sorted((text for text in found if WORD.search(text)), key=len, reverse=True)


def _plain(value: Any) -> Any:
    return value if isinstance(value, (dict, list, tuple)) else str(value or "")


def _merged(text: str) -> str:
    """What may have become of a text with merge fields."""
    return ".*".join(map(re.escape, re.split(r"\{[^}]*\}", text)))


def left_in_english(page: str, data: Iterable[str]) -> list[str]:
    """The pieces of a page in which English words are left, once names and what people typed are taken away."""
    seen = Seen()
    seen.feed(page)
    known = list(data)
    texts = [re.compile(_merged(value)) for value in known if "{" in value]
    left = []
    for piece in seen.pieces:
        if piece in EXAMPLES or piece.replace(" ", "_") in ZONES:
            continue
        if any(text.fullmatch(piece) for text in texts):
            continue
        rest = piece.removesuffix("…")
        if rest != piece and any(value.startswith(rest) for value in known):
            continue
        for value in known:
            if value in rest:
                rest = rest.replace(value, " ")
        words = [word for word in WORD.findall(CODE.sub(" ", rest)) if word.lower() not in NAMES]
        if words:
            left.append(f"{' '.join(words)} | {piece[:100]}")
    return left


def is_all_russian(screens: dict[str, list[str]], rows: dict[str, int]) -> None:
    client = Client(headers={"accept-language": "ru"})
    client.force_login(User.objects.create_superuser("админ", password="x"))
    data, found = data_values(), {}
    for path in addresses(screens, rows):
        answer = client.get(path)
        if answer.status_code == 200 and "html" in answer["Content-Type"]:
            for line in left_in_english(answer.content.decode(), data):
                found.setdefault(line, path)
    if found:
        pytest.fail("\n".join(f"{path}: {line}" for line, path in found.items()), pytrace=False)


@pytest.fixture(autouse=True)
def _static_files_as_they_are(settings: Any) -> None:
    settings.STORAGES = {
        **settings.STORAGES,
        "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
    }


def test_pages_about_audiences_and_mailings_are_russian(audience_rows: dict[str, int]) -> None:  # noqa: F811
    is_all_russian(of_audiences.SCREENS | OF_EVERYBODY, audience_rows)


def test_pages_about_operators_are_russian(operator_rows: dict[str, int]) -> None:  # noqa: F811
    is_all_russian(of_operators.SCREENS, operator_rows)


def test_pages_about_texts_are_russian(text_rows: dict[str, int]) -> None:  # noqa: F811
    is_all_russian(of_texts.SCREENS, text_rows)


def test_what_is_left_in_english_is_found() -> None:
    page = '<p>Проверка <b>left over</b> Anna <code>is code</code></p><input type="submit" value="Save"><i title="Close"></i>'
    assert left_in_english(page, ["Anna"]) == ["left over | left over", "Save | Save", "Close | Close"]


def test_every_page_that_is_looked_at_is_there() -> None:
    assert all(reverse(name) for name in OF_EVERYBODY)
