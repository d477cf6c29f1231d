from collections.abc import Iterator
from typing import Any

import pytest
import time_machine
from django.contrib.auth.models import Group, Permission
from django.test import Client

from backoffice.accounts.models import User
from tests.audiences.trying import NOON


@pytest.fixture(autouse=True)
def _static_files_as_they_are(settings: Any) -> None:
    """Static files are not collected for tests, so their names carry no hash."""
    settings.STORAGES = {
        **settings.STORAGES,
        "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
    }


@pytest.fixture
def noon() -> Iterator[None]:
    """It is noon of 24 November 2026 in Moscow, and stays so."""
    with time_machine.travel(NOON, tick=False):
        yield


@pytest.fixture
def editor(db: Any) -> User:
    """May define audiences, and nothing else."""
    group = Group.objects.create(name="Definers")
    group.permissions.set(
        Permission.objects.filter(content_type__app_label="audiences")
        | Permission.objects.filter(codename="access_admin")
    )
    user: User = User.objects.create_user("editor", password="correct horse battery")
    user.groups.add(group)
    return user


@pytest.fixture
def pages(client: Client, editor: User) -> Client:
    client.force_login(editor)
    return client
