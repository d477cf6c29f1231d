from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from backoffice.accounts.models import User
from backoffice.mailings.models import Mailing, Message
from kannel.models import Connection
from tests.mailings.conftest import (  # noqa: F401
    MakeCustomer,
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


@pytest.fixture(autouse=True)
def _static_files_as_they_are(settings: Any) -> None:
    settings.STORAGES = {
        **settings.STORAGES,
        "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
    }


@pytest.fixture
def pages(client: Client, editor: User) -> Client:  # noqa: F811
    client.force_login(editor)
    return client


@pytest.fixture
def reported(
    running: Callable[[], Mailing],  # noqa: F811
    make_customer: MakeCustomer,  # noqa: F811
    north: Connection,  # noqa: F811
    clean_redis: Any,
) -> Mailing:
    """Four messages through North: two delivered (3 s and 40 s), one not (err:032), one rejected (0x45)."""
    people = [make_customer(first_name="Anna") for _number in range(4)]
    mailing = running()  # noqa: F811
    sent = timezone.now() - timedelta(minutes=5)
    fates = [
        ("delivered", sent, sent + timedelta(seconds=3), ""),
        ("delivered", sent, sent + timedelta(seconds=40), ""),
        ("undelivered", sent, sent + timedelta(seconds=50), "err:032"),
        ("rejected", None, sent, "NACK/0x00000045/Submit failed"),
    ]
    for customer, (state, sent_at, final_at, error) in zip(people, fates, strict=True):
        Message.objects.filter(customer=customer).update(
            state=state, sent_at=sent_at, final_at=final_at, error=error
        )
    return mailing
