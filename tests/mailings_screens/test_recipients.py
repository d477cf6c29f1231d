"""Every page says the same number of recipients of one mailing: those that the plan writes to."""

from collections.abc import Callable
from typing import Any

import pytest
from django.core.cache import cache
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from backoffice.accounts.models import User
from backoffice.alerts.models import Alert
from backoffice.customers.models import Customer
from backoffice.mailings import lifecycle
from backoffice.mailings.ledger import ledger
from backoffice.mailings.mailing_calendar import days
from backoffice.mailings.models import Mailing
from backoffice.mailings.recipients import recipients_of
from kannel.models import Connection
from tests.mailings.conftest import MakeCustomer
from tests.mailings_screens.conftest import As

pytestmark = pytest.mark.django_db


@pytest.fixture
def submitted(
    north: Connection,
    make_customer: MakeCustomer,
    mailing: Mailing,
    planned: Callable[[], Mailing],
    editor: User,
    clean_redis: Any,
) -> Mailing:
    """Of forty customers some are left out and some are held out."""
    for _ in range(40):
        make_customer()
    for customer in Customer.objects.all()[:7]:
        customer.is_blocked = True
        customer.save()
    mailing.holdout_percent = 30
    mailing.save()
    planned()
    lifecycle.submit(mailing, editor)
    books = ledger(mailing.pk)
    assert books.planned == 40
    assert 0 < books.to_send < 33
    return mailing


def test_all_pages_say_the_same_number(submitted: Mailing) -> None:
    number = ledger(submitted.pk).to_send
    assert recipients_of([submitted]) == {submitted.pk: number}
    admin = Client()
    admin.force_login(User.objects.create_superuser("admin", password="x"))
    said = {
        "home": (reverse("parley_home_part"), f"{number} recipients."),
        "page": (reverse("mailings:inspect", args=[submitted.pk]), f"<td>{number}</td>"),
        "approval": (
            reverse("mailings:inspect", args=[submitted.pk]),
            f"Approve: {number} messages are sent",
        ),
        "list": (reverse("mailings:index"), f"0 of {number}"),
        "report": (reverse("reports:mailing", args=[submitted.pk]), str(number)),
    }
    for where, (address, words) in said.items():
        assert words in admin.get(address).content.decode(), where
    assert f"{number} recipients" in Alert.objects.get(cause=f"approval-waits:{submitted.pk}").sentence


def test_the_calendar_and_what_starts_next_say_it_too(
    submitted: Mailing, approver: User, as_role: As
) -> None:
    number = ledger(submitted.pk).to_send
    lifecycle.approve(submitted, approver)
    Mailing.objects.filter(pk=submitted.pk).update(starts_at=timezone.now(), started_at=timezone.now())
    cache.clear()
    client = Client()
    client.force_login(approver)
    assert f"{number} recipients." in client.get(reverse("parley_home_part")).content.decode()
    today = timezone.localdate()
    entries = [entry for day in days(today, today).values() for entry in day.entries]
    assert [entry.messages for entry in entries] == [number]


def test_a_plan_that_writes_to_nobody_has_no_recipients(
    north: Connection, make_customer: MakeCustomer, planned: Callable[[], Mailing]
) -> None:
    make_customer(is_blocked=True)
    mailing = planned()
    assert mailing.planned_count == 1
    assert recipients_of([mailing]) == {mailing.pk: 0}


def test_without_a_plan_nothing_is_said(mailing: Mailing) -> None:
    assert recipients_of([mailing]) == {}
