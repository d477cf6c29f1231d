"""Who may open which address: `addresses.txt` beside this says it by role, and each address is asked for by each role."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import Group
from django.test import Client
from django.urls import reverse

from backoffice.accounts.addresses import NEEDS, TO_ANYBODY, is_closed, may_open
from backoffice.accounts.models import User
from backoffice.accounts.roles import RIGHTS
from tests.every_address import Address, every_address

TABLE = Path(__file__).with_name("addresses.txt")
ANYBODY, EVERYBODY, CLOSED, ADMINISTRATOR = "anybody", "every role", "closed", "administrators only"
# Their own pages refuse more people than their address does: who it is depends on what is asked for.
REFUSES_MORE = {
    "wagtailadmin_editing_sessions:ping",
    "wagtailadmin_editing_sessions:release",
}


def roles_for(name: str) -> str:
    """As it stands in the table."""
    if name in TO_ANYBODY:
        return ANYBODY
    if is_closed(name):
        return CLOSED
    roles = [role for role, has in RIGHTS.items() if may_open(name, set(has).issuperset)]
    return EVERYBODY if len(roles) == len(RIGHTS) else ", ".join(roles) or ADMINISTRATOR


def written() -> dict[str, str]:
    """The table, by name of the address."""
    lines = (line for line in TABLE.read_text().splitlines() if line.strip() and not line.startswith("#"))
    return {name.strip(): roles.strip() for name, _, roles in (line.partition(" -> ") for line in lines)}


def test_every_address_stands_in_the_table_and_no_other() -> None:
    """Add a new one to `backoffice/accounts/addresses.py`, and its line here."""
    assert {one.name for one in every_address()} == set(written())


def test_the_table_says_what_the_gate_does() -> None:
    assert {name: roles_for(name) for name in written()} == written()


def test_every_right_at_the_gate_is_one_that_a_role_has_or_that_administrators_keep() -> None:
    known = set().union(*RIGHTS.values())
    kept = {
        one for rights in NEEDS.values() for alternative in rights for one in alternative.split(" + ")
    } - known
    assert {one.partition(".")[0] for one in kept} <= {"accounts", "auth", "mailings"}


@pytest.fixture
def clients(client: Client, settings: Any) -> Iterator[dict[str, Client]]:
    """Somebody of each role, an administrator, and somebody who is not logged in."""
    settings.STORAGES = {
        **settings.STORAGES,
        "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
    }
    people = {"nobody": client}
    for role in (*RIGHTS, "Administrator"):
        user = User.objects.create_user(role, password="x", is_superuser=role == "Administrator")
        user.groups.set(Group.objects.filter(name=role))
        people[role] = Client(raise_request_exception=False)
        people[role].force_login(user)
    return iter([people])


def is_refused(client: Client, method: str, path: str) -> bool:
    """Sent away to log in or home, or told that it is forbidden."""
    answer = getattr(client, method)(path)
    away = answer.headers.get("Location", "").partition("?")[0]
    return answer.status_code == 403 or away in (reverse("wagtailadmin_home"), reverse("wagtailadmin_login"))


def is_given(role: str, roles: str) -> bool:
    if roles == CLOSED:
        return False
    return roles == ANYBODY or (
        role != "nobody" and (role == "Administrator" or roles == EVERYBODY or role in roles.split(", "))
    )


@pytest.mark.django_db
@pytest.mark.parametrize("role", ["nobody", *RIGHTS, "Administrator"])
def test_nobody_opens_what_the_table_does_not_give(role: str, clients: Iterator[dict[str, Client]]) -> None:
    client, wrong = next(clients)[role], []
    for address in every_address():
        roles = written()[address.name]
        if not is_given(role, roles) and not _keeps_out(client, address, is_closed=roles == CLOSED):
            wrong.append(address.name)
    assert not wrong


def _keeps_out(client: Client, address: Address, *, is_closed: bool) -> bool:
    path = address.path()
    return all(
        is_refused(client, method, path) or (is_closed and client.get(path).status_code == 404)
        for method in ("get", "post")
    )


@pytest.mark.django_db
@pytest.mark.parametrize("role", [*RIGHTS, "Administrator"])
def test_everybody_opens_what_the_table_gives(role: str, clients: Iterator[dict[str, Client]]) -> None:
    client, wrong = next(clients)[role], []
    for address in every_address():
        if address.name in REFUSES_MORE or address.name in TO_ANYBODY:
            continue
        if is_given(role, written()[address.name]) and is_refused(client, "get", address.path()):
            wrong.append(address.name)
    assert not wrong
