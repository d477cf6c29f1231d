from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.models import Group
from django.test import Client
from pytest_django import Settings

from backoffice.accounts.models import User
from tests.mailings.conftest import (  # noqa: F401  fixtures of the core
    approver,
    editor,
    gateway,
    mailing,
    make_customer,
    north,
    planned,
    running,
    south,
)

As = Callable[[str], Client]


@pytest.fixture(autouse=True)
def _static_files_as_they_are(settings: Settings) -> None:
    """Static files are not collected for tests, so their names carry no hash."""
    settings.STORAGES = {
        **settings.STORAGES,
        "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
    }


@pytest.fixture
def as_role(db: Any) -> As:
    """A browser logged in as somebody with just this role."""

    def log_in(role: str) -> Client:
        user, _ = User.objects.get_or_create(username=f"{role} by role")
        user.groups.set([Group.objects.get(name=role)])
        client = Client()
        client.force_login(user)
        return client

    return log_in
