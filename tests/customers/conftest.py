from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import Permission
from django.test import Client

from backoffice.accounts.models import User

SAMPLES = Path(__file__).parents[2] / "fixtures" / "samples"
Person = Callable[..., Client]


@pytest.fixture(autouse=True)
def _static_files_as_they_are(settings: Any, tmp_path: Path) -> None:
    settings.MEDIA_ROOT = tmp_path
    settings.STORAGES = {
        **settings.STORAGES,
        "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
    }


@pytest.fixture
def person(db: None) -> Person:
    """Somebody logged in who has these rights only."""

    def make(*rights: str, name: str = "somebody") -> Client:
        user: User = User.objects.create_user(name, password="x")
        user.user_permissions.set(Permission.objects.filter(codename__in=["access_admin", *rights]))
        client = Client()
        client.force_login(user)
        return client

    return make
