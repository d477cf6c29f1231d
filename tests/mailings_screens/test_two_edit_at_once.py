"""Every form that changes a row: of two people who have it open, the second one undoes nothing of the first."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest
from bs4 import BeautifulSoup
from django.contrib.auth.models import Group
from django.db import models
from django.http import HttpResponse
from django.test import Client
from django.urls import get_resolver, reverse
from django.utils.translation import override
from wagtail.admin.views.generic import EditView

from backoffice.accounts.models import User
from backoffice.audiences.models import Audience, CustomerList
from backoffice.customers.models import AttributeDefinition
from backoffice.lib.versions import SEEN, VersionChecked
from backoffice.mailings.approval_models import ApprovalRules
from backoffice.mailings.contact_rules import ContactRules
from backoffice.mailings.models import Mailing
from backoffice.message_templates.models import MessageTemplate
from backoffice.operators.error_codes import ErrorCode
from backoffice.operators.models import Network, Tariff
from kannel.adapters.presets import preset
from kannel.models import Connection

pytestmark = pytest.mark.django_db
Values = dict[str, list[str]]


@dataclass(frozen=True)
class Case:
    """A field of the form at ``address`` (with the primary key in it), and what two people type into it."""

    address: str
    field: str
    first: str
    second: str
    more: Values = field(default_factory=dict)


CASES = [
    Case("mailings:edit", "holdout_percent", "20", "10"),
    Case("message_templates:edit", "folder", "Spring", "Autumn"),
    Case("audiences:edit", "description", "Those of Spring", "Those of Autumn", {"rules-count": ["0"]}),
    Case("lists:edit", "description", "Those of Spring", "Those of Autumn"),
    Case("attributes:edit", "label", "Car", "Boat"),
    Case("operator:edit", "contact", "Ann, 17", "Ben, 18"),
    Case("tariff:edit", "price_per_part", "1.1", "1.2"),
    Case("network:edit", "name", "Green", "Blue"),
    Case("connection:edit", "throughput_per_second", "17", "18"),
    Case("gateway:edit", "redis_database", "3", "4"),
    Case("adapter:edit", "name", "spring", "autumn"),
    Case("error_codes:edit", "sentence", "Spring is over.", "Autumn is over."),
    Case("contact_rules:edit", "cap_messages", "17", "18"),
    Case("approval_rules:edit", "second_above_recipients", "17", "18"),
    Case("wagtailusers_users:edit", "last_name", "Spring", "Autumn"),
    Case("wagtailusers_groups:edit", "name", "Spring", "Autumn"),
]
# They go on from another page's row, and were checked with it.
OLDER = {"message_templates:revisions_revert", "audiences:revisions_revert"}


def edit_views() -> Iterator[tuple[str, type]]:
    """Every address of a page of Wagtail's kind that changes a row, with its class."""

    def below(patterns: list[Any], room: str) -> Iterator[tuple[str, type]]:
        for pattern in patterns:
            if hasattr(pattern, "url_patterns"):
                yield from below(pattern.url_patterns, pattern.namespace or room)
            elif issubclass(found := getattr(pattern.callback, "view_class", object), EditView):
                yield f"{room}:{pattern.name}", found

    yield from below(get_resolver().url_patterns, "")


def test_every_form_that_changes_a_row_is_in_the_table_or_is_not_ours() -> None:
    found = dict(edit_views())
    checked = {name for name, view in found.items() if issubclass(view, VersionChecked)}
    assert checked == {case.address for case in CASES} - {"lists:edit"} | OLDER
    others = {name for name in found if name not in checked}
    # Wagtail's own, which no role may open: see backoffice/accounts/addresses.py.
    assert not {name for name in others if not name.startswith("wagtail")}, others


@pytest.fixture
def rows(mailing: Mailing, north: Connection, editor: User) -> dict[str, models.Model]:
    editor.first_name, editor.last_name, editor.email = "Olga", "Winter", "olga@company.example"
    editor.save()
    north.username, north.password = "parley", "secret"
    north.save()
    adapter = preset("json")
    adapter.name = "winter"
    adapter.save()
    return {
        "mailings": mailing,
        "message_templates": MessageTemplate.objects.get(pk=mailing.template_id),
        "audiences": Audience.objects.get(pk=mailing.audience_id),
        "lists": CustomerList.objects.create(name="Guests", kind="fixed", created_by=editor),
        "attributes": AttributeDefinition.objects.create(key="pet", label="Pet", kind="text"),
        "operator": north.operator,
        "tariff": Tariff.objects.filter(operator=north.operator).first()
        or Tariff.objects.create(
            operator=north.operator, prefix="+7", price_per_part=1, valid_from="2020-01-01"
        ),
        "network": Network.objects.create(name="Red", prefix="+7900"),
        "connection": north,
        "gateway": north.gateway,
        "adapter": adapter,
        "error_codes": ErrorCode.objects.create(
            operator=north.operator, source=ErrorCode.Source.values[0], code="999", sentence="Over."
        ),
        "contact_rules": ContactRules.objects.all()[0],
        "approval_rules": ApprovalRules.objects.get_or_create(pk=1)[0],
        "wagtailusers_users": editor,
        "wagtailusers_groups": Group.objects.all()[0],
    }


@pytest.fixture
def two(db: Any, clean_redis: Any) -> tuple[Client, Client]:
    """Two administrators, each with a browser."""
    found = []
    for name in ("ann", "ben"):
        client = Client()
        client.force_login(User.objects.create_superuser(name, password="x"))
        found.append(client)
    return found[0], found[1]


def form_on(answer: HttpResponse) -> Values:
    """What a browser would send from the main form of a page."""
    page = BeautifulSoup(answer.content, "html.parser")
    form = page.find(attrs={"name": SEEN}).find_parent("form")
    found: Values = {}
    for one in form.select("input[name], select[name], textarea[name]"):
        if one.has_attr("disabled") or one.find_parent("template") or one.get("type") in ("submit", "button"):
            continue
        if one.name == "select":
            chosen = one.select("option[selected]") or (
                [] if one.has_attr("multiple") else one.select("option")[:1]
            )
            values = [option.get("value", option.text) for option in chosen]
        elif one.get("type") in ("checkbox", "radio"):
            values = [one.get("value", "on")] if one.has_attr("checked") else []
        else:
            values = [one.text.removeprefix("\n") if one.name == "textarea" else one.get("value", "")]
        if values:
            found.setdefault(one["name"], []).extend(values)
    return found


def errors_on(answer: HttpResponse) -> list[str]:
    page = BeautifulSoup(answer.content, "html.parser")
    return [
        one.get_text(" ", strip=True) for one in page.select(".w-field__errors, .messages li, .error-message")
    ]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.address)
def test_the_second_save_is_refused_with_both_changes_and_nothing_typed_is_lost(
    case: Case, rows: dict[str, models.Model], two: tuple[Client, Client]
) -> None:
    with override("en"):
        address = reverse(case.address, args=[rows[case.address.split(":")[0]].pk])
    first, second = (form_on(client.get(address)) for client in two)
    first, second = first | case.more, second | case.more
    assert case.field in first
    saved = two[0].post(address, first | {case.field: [case.first]})
    assert saved.status_code == 302, errors_on(saved)

    refused = two[1].post(address, second | {case.field: [case.second]})
    assert refused.status_code == 200
    page = BeautifulSoup(refused.content, "html.parser")
    told = [[cell.text for cell in row.find_all(["th", "td"])] for row in page.select("#conflict tbody tr")]
    assert any(case.first in row[1] and case.second in row[2] for row in told), told
    now = form_on(two[0].get(address))
    assert now[case.field] != second[case.field]
    again = form_on(refused) | case.more
    assert again[case.field] == [case.second]

    assert two[1].post(address, again).status_code == 302
    assert form_on(two[0].get(address))[case.field] != now[case.field]


def test_what_only_the_other_person_changed_stays_when_one_saves_again(
    mailing: Mailing,
    two: tuple[Client, Client],
) -> None:
    address = reverse("mailings:edit", args=[mailing.pk])
    first, second = (form_on(client.get(address)) for client in two)
    two[0].post(address, first | {"holdout_percent": ["20"]})
    refused = two[1].post(address, second | {"name": ["Another name"]})
    assert form_on(refused)["holdout_percent"] == ["20"]
    two[1].post(address, form_on(refused))
    mailing.refresh_from_db()
    assert (mailing.name, mailing.holdout_percent) == ("Another name", 20)


def test_what_was_kept_while_typing_is_checked_against_when_it_began(
    mailing: Mailing,
    two: tuple[Client, Client],
) -> None:
    address = reverse("mailings:edit", args=[mailing.pk])
    typed = form_on(two[1].get(address)) | {"name": ["Another name"]}
    assert two[1].post(address, typed | {"keep": ["1"]}).json()["is_kept"]
    two[0].post(address, form_on(two[0].get(address)) | {"holdout_percent": ["20"]})
    answer = two[1].post(address, form_on(two[1].get(address)))
    assert b'id="conflict"' in answer.content
    mailing.refresh_from_db()
    assert mailing.holdout_percent == 20


def test_a_page_saves_again_after_it_was_refused_for_a_mistake(
    mailing: Mailing,
    two: tuple[Client, Client],
) -> None:
    address = reverse("mailings:edit", args=[mailing.pk])
    wrong = two[0].post(address, form_on(two[0].get(address)) | {"holdout_percent": ["99"]})
    assert wrong.status_code == 200
    assert b'id="conflict"' not in wrong.content
    assert two[0].post(address, form_on(wrong) | {"holdout_percent": ["5"]}).status_code == 302


def test_an_automatic_save_of_a_text_leaves_its_page_up_to_date(
    mailing: Mailing,
    two: tuple[Client, Client],
) -> None:
    address = reverse("message_templates:edit", args=[mailing.template_id])
    typed = form_on(two[0].get(address)) | {"folder": ["Spring"]}
    saved = two[0].post(address, typed, headers={"Accept": "application/json"}).json()
    assert saved["success"], saved
    typed[SEEN] = [saved["field_updates"][SEEN]]
    answer = two[0].post(address, typed | {"folder": ["Autumn"], "action-publish": ["1"]})
    assert answer.status_code == 302, answer.content.decode()[:3000]


@pytest.mark.parametrize("seen", ["", "[]", "{", "x" * 30_000])
def test_a_page_without_a_sign_of_what_it_showed_saves_as_ever(
    seen: str,
    mailing: Mailing,
    two: tuple[Client, Client],
) -> None:
    address = reverse("mailings:edit", args=[mailing.pk])
    typed = form_on(two[0].get(address)) | {"name": ["Another name"], SEEN: [seen]}
    assert two[0].post(address, typed).status_code == 302
