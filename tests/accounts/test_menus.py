"""Each role sees exactly its menu."""

from typing import Any

import pytest
from django.contrib.auth.models import Group
from django.test import Client, RequestFactory
from django.urls import reverse
from wagtail.admin.menu import admin_menu

from backoffice.accounts.models import User
from backoffice.accounts.roles import RIGHTS

pytestmark = pytest.mark.django_db

EVERYBODY = {"Home", "Alerts"}
MENUS = {
    "Editor": {"Mailings", "Texts", "Audiences", "Customers", "Reports", "Settings"},
    "Approver": {"Mailings", "Texts", "Audiences", "Customers", "Reports", "Settings"},
    # Under Operators an analyst asks what another price would have cost, and sees nothing else.
    "Analyst": {"Mailings", "Audiences", "Reports", "Operators"},
    "Operator staff": {"Operators"},
    "Privacy officer": {"Audiences", "Customers", "Who did what", "Logins and refusals", "Settings"},
    "Employee": set(),
}


@pytest.fixture(autouse=True)
def _static_files_as_they_are(settings: Any) -> None:
    settings.STORAGES = {
        **settings.STORAGES,
        "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
    }


def member(role: str) -> User:
    user: User = User.objects.create_user("member", password="x")
    user.groups.set(Group.objects.filter(name=role))
    return user


def menu_of(user: User) -> set[str]:
    # The address loads the URLs, and they register the menu items of view sets.
    request = RequestFactory().get(reverse("wagtailadmin_home"))
    request.user = user
    return {str(item.label) for item in admin_menu.menu_items_for_request(request)}


@pytest.mark.parametrize(("role", "menu"), list(MENUS.items()))
def test_a_role_sees_exactly_its_menu(role: str, menu: set[str]) -> None:
    assert menu_of(member(role)) == EVERYBODY | menu


def test_an_administrator_sees_all_of_it_and_nothing_of_the_cms() -> None:
    menu = menu_of(User.objects.create_superuser("admin", password="x"))
    assert menu == EVERYBODY.union(*MENUS.values())


@pytest.mark.parametrize("role", list(RIGHTS))
def test_a_role_enters_the_home_page(client: Client, role: str) -> None:
    client.force_login(member(role))
    assert client.get("/").status_code == 200
