import json
from types import SimpleNamespace

import pytest
from django.apps import apps
from django.contrib.auth.models import Group
from django.core.management import call_command
from django.db import connection

from backoffice.accounts import role_groups
from backoffice.accounts.models import User
from backoffice.accounts.role_groups import UnknownRight, make_groups
from backoffice.accounts.roles import EMPLOYEE, RIGHTS

pytestmark = pytest.mark.django_db
EDITOR_OF_SCHEMA = SimpleNamespace(connection=connection)


def rights_of(group: Group) -> set[str]:
    return {
        f"{one.content_type.app_label}.{one.codename}"
        for one in group.permissions.select_related("content_type")
    }


@pytest.mark.parametrize("role", RIGHTS)
def test_the_migration_gives_each_role_exactly_its_rights(role: str) -> None:
    assert rights_of(Group.objects.get(name=role)) == set(RIGHTS[role])


def test_the_groups_that_wagtail_brings_are_gone() -> None:
    assert set(Group.objects.values_list("name", flat=True)) == set(RIGHTS)


def test_a_right_added_by_hand_is_taken_away_again() -> None:
    employee = Group.objects.get(name=EMPLOYEE)
    employee.permissions.add(Group.objects.get(name="Editor").permissions.get(codename="add_mailing"))
    make_groups(apps, EDITOR_OF_SCHEMA)
    assert rights_of(employee) == set(RIGHTS[EMPLOYEE])


def test_a_misspelt_right_stops_the_migration(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(role_groups, "RIGHTS", {EMPLOYEE: ("alerts.view_allert",)})
    with pytest.raises(UnknownRight, match=r"alerts\.view_allert"):
        make_groups(apps, EDITOR_OF_SCHEMA)


def test_nobody_may_both_write_and_approve_a_mailing() -> None:
    for rights in RIGHTS.values():
        assert not {"mailings.add_mailing", "mailings.approve_mailing"} <= set(rights)


def test_neither_editor_approver_nor_analyst_sees_numbers_in_the_clear() -> None:
    holders = [role for role, rights in RIGHTS.items() if "customers.reveal_customer" in rights]
    assert holders == ["Privacy officer"]


def test_the_demo_has_one_login_for_each_role(capsys: pytest.CaptureFixture[str]) -> None:
    call_command("make_demo_users", "--json")
    logins = json.loads(capsys.readouterr().out)
    assert [one["role"] for one in logins] == [*RIGHTS, "Administrator"]
    for one in logins:
        user = User.objects.get(username=one["username"])
        assert user.check_password(one["password"])
        assert user.is_superuser == (one["role"] == "Administrator")
        assert [group.name for group in user.groups.all()] == ([] if user.is_superuser else [one["role"]])


def test_the_logins_are_shown_as_a_table_and_old_passwords_end(capsys: pytest.CaptureFixture[str]) -> None:
    call_command("make_demo_users")
    first = capsys.readouterr().out
    call_command("make_demo_users")
    assert "Operator staff    operator-staff" in first
    assert capsys.readouterr().out != first
    assert User.objects.count() == len(RIGHTS) + 1
