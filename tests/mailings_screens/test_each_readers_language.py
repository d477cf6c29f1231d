"""What was stored while one language was active is told to each reader in their own, numbers and days too."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import override

from backoffice.accounts.models import User
from backoffice.accounts.roles import APPROVER, EDITOR, OPERATOR_STAFF
from backoffice.alerts.models import Attempt
from backoffice.audiences.models import Audience
from backoffice.mailings import judging, lifecycle, speed, tasks
from backoffice.mailings.models import Mailing
from kannel.models import Connection
from tests.mailings.conftest import MakeCustomer
from tests.mailings_screens.conftest import As
from tests.mailings_screens.test_screens import page_of

pytestmark = pytest.mark.django_db
Make = Callable[[], Mailing]


@pytest.fixture(autouse=True)
def _fresh(clean_redis: Any) -> None:
    """Nothing was counted before."""


def in_both(as_role: As, role: str, address: str) -> tuple[str, str]:
    """The page in English and in Russian."""
    client = as_role(role)
    english, russian = (
        client.get(address, headers={"Accept-Language": language}).content.decode()
        for language in ("en", "ru")
    )
    return english, russian


@pytest.mark.parametrize("planned_in", ["en", "ru"])
def test_the_approver_reads_whom_a_plan_writes_to(
    planned_in: str,
    north: Connection,
    make_customer: MakeCustomer,
    mailing: Mailing,
    planned: Make,
    editor: User,
    as_role: As,
) -> None:
    make_customer(city="Kazan")
    rule = {"type": "city", "value": {"is_or_not": "in", "names": "Kazan"}}
    Audience.objects.filter(pk=mailing.audience_id).update(rules=[rule])
    mailing.audience = Audience.objects.get(pk=mailing.audience_id)
    with override(planned_in):
        mailing = planned()
        lifecycle.submit(mailing, editor)
    english, russian = in_both(as_role, APPROVER, page_of(mailing))
    assert "The city is Kazan." in english
    assert "Город – Kazan." in russian
    assert "The city is" not in russian


def test_why_a_mailing_could_not_be_planned(make_customer: MakeCustomer, planned: Make, as_role: As) -> None:
    make_customer()
    with override("ru"):
        mailing = planned()
    assert mailing.state == Mailing.State.DRAFT
    english, russian = in_both(as_role, EDITOR, page_of(mailing))
    said = "No operator is connected, or none has a tariff for today."
    assert english.count(said) > 1  # above all, and in the history
    assert said not in russian
    assert "Ask the operator staff" not in russian


def test_what_became_of_a_background_step_that_was_given_up(mailing: Mailing, as_role: As) -> None:
    Mailing.objects.update(state=Mailing.State.PLANNING)

    def fails() -> None:
        raise KeyError("unforeseen")

    with override("ru"):
        for _try in range(tasks.PLAN.tries):
            Attempt.objects.update(next_try_at=timezone.now())
            tasks.PLAN.do(mailing.pk, fails)
    english, russian = in_both(as_role, EDITOR, page_of(mailing))
    assert "could not be planned: something unforeseen happened (KeyError), 3 times." in english
    assert "something unforeseen" not in russian


def test_why_a_connection_was_left(north: Connection, as_role: As) -> None:
    Connection.objects.update(status="dead", status_since=timezone.now() - timedelta(minutes=5))
    with override("ru"):
        judging.judge()
    english, russian = in_both(as_role, OPERATOR_STAFF, reverse("standing:index"))
    assert "north-1 has not been connected since" in english
    assert "has not been connected" not in russian


def test_what_the_history_says_of_numbers(
    north: Connection, make_customer: MakeCustomer, running: Make, editor: User, as_role: As
) -> None:
    make_customer()
    mailing = running()
    with override("ru"):
        speed.slow_down(mailing, 1000, editor)
    english, russian = in_both(as_role, EDITOR, page_of(mailing))
    assert "Slowed down: 1,000 messages a second" in english
    assert "1\xa0000 сообщений в секунду" in russian.replace("&nbsp;", "\xa0")
