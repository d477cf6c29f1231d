"""Two mailings planned side by side: the one submitted second must not reach whom the first one reaches."""

from collections.abc import Callable

import pytest

from backoffice.accounts.models import User
from backoffice.customers.models import Purpose
from backoffice.mailings import lifecycle, planning
from backoffice.mailings.contact_rules import ContactRules
from backoffice.mailings.models import Mailing, Message
from backoffice.message_templates.models import MessageTemplate
from kannel.models import Connection
from tests.mailings.conftest import MakeCustomer

pytestmark = pytest.mark.django_db
Planned = Callable[[], Mailing]
MARKETING = ContactRules.objects.filter(purpose=Purpose.MARKETING)


@pytest.fixture
def first(north: Connection, make_customer: MakeCustomer, planned: Planned) -> Mailing:
    """A planned mailing to two customers."""
    make_customer()
    make_customer()
    return planned()


def beside(mailing: Mailing, by: User, **values: object) -> Mailing:
    """Another one to the same people, planned now."""
    other = Mailing.objects.create(
        **{
            "name": "Beside",
            "template": mailing.template,
            "audience": mailing.audience,
            "local_from": mailing.local_from,
            "local_to": mailing.local_to,
            "created_by": by,
            **values,
        }
    )
    return plan(other, by)


def plan(mailing: Mailing, by: User) -> Mailing:
    lifecycle.request_plan(mailing, by)
    planning.plan(mailing)
    mailing.refresh_from_db()
    return mailing


def test_the_second_of_two_plans_is_not_submitted(first: Mailing, editor: User) -> None:
    second = beside(first, editor)
    lifecycle.submit(first, editor)
    with pytest.raises(
        lifecycle.Refused, match=r"2 of its recipients must now be left out \(another mailing"
    ):
        lifecycle.submit(second, editor)
    assert second.state == Mailing.State.PLANNED


def test_planned_again_it_leaves_out_whom_the_first_one_reaches(first: Mailing, editor: User) -> None:
    second = beside(first, editor)
    lifecycle.submit(first, editor)
    plan(second, editor)
    assert set(Message.objects.of(second).values_list("reason", flat=True)) == {"other_mailing"}


def test_a_plan_that_nobody_submitted_is_in_nobodys_way(first: Mailing, editor: User) -> None:
    second = beside(first, editor)
    lifecycle.submit(second, editor)
    assert second.state == Mailing.State.SUBMITTED


def test_who_has_enough_with_the_first_one_is_counted_too(first: Mailing, editor: User) -> None:
    MARKETING.update(cap_messages=1, cap_days=7, one_mailing_a_day=False)
    second = beside(first, editor)
    lifecycle.submit(first, editor)
    with pytest.raises(lifecycle.Refused, match=r"2 of its recipients must now be left out \(had enough"):
        lifecycle.submit(second, editor)


def test_a_mailing_of_another_purpose_is_in_nobodys_way(first: Mailing, editor: User) -> None:
    ContactRules.objects.filter(purpose=Purpose.SERVICE).update(needs_consent=False)
    MessageTemplate.objects.update(purpose=Purpose.SERVICE)
    second = beside(first, editor, purpose=Purpose.SERVICE)
    lifecycle.submit(first, editor)
    lifecycle.submit(second, editor)
    assert second.state == Mailing.State.SUBMITTED


def test_where_the_rules_allow_both_both_are_submitted(first: Mailing, editor: User) -> None:
    MARKETING.update(cap_messages=0, one_mailing_a_day=False)
    second = beside(first, editor)
    lifecycle.submit(first, editor)
    lifecycle.submit(second, editor)
    assert second.state == Mailing.State.SUBMITTED
