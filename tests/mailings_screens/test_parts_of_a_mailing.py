"""Whoever changes a text, an audience, a list or a rule of a mailing has written it, and does not approve it."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone
from wagtail.log_actions import log
from wagtail.models import ModelLogEntry

from backoffice.accounts.models import User
from backoffice.audiences.models import Audience, CustomerList
from backoffice.mailings import lifecycle, planning
from backoffice.mailings.approval_models import ApprovalRules
from backoffice.mailings.approvers import those_who_may
from backoffice.mailings.contact_rules import ContactRules
from backoffice.mailings.four_eyes import who_wrote, written_by_others
from backoffice.mailings.lifecycle import Refused
from backoffice.mailings.models import Mailing
from backoffice.message_templates.models import MessageTemplate
from kannel.models import Connection
from tests.mailings.conftest import MakeCustomer
from tests.mailings_screens.test_four_eyes import browser_of
from tests.message_templates.test_screens import form

pytestmark = pytest.mark.django_db
State = Mailing.State


def of_list(pk: int) -> dict[str, object]:
    return {"type": "on_list", "value": {"is_or_not": "in", "lists": [str(pk)]}}


@pytest.fixture
def submitted(
    north: Connection,
    make_customer: MakeCustomer,
    planned: Callable[[], Mailing],
    editor: User,
    mailing: Mailing,
) -> Mailing:
    """Submitted by its author, with a list within an audience within its audience, and a second text."""
    customer = make_customer()
    members = CustomerList.objects.create(name="Members")
    members.members.create(customer=customer)
    inner = Audience.objects.create(name="Inner", rules=[of_list(members.pk)])
    Audience.objects.filter(pk=mailing.audience_id).update(
        rules=[{"type": "in_audience", "value": {"is_or_not": "in", "audience": str(inner.pk)}}]
    )
    Mailing.objects.update(second_text=MessageTemplate.objects.create(name="Other", text="Come soon."))
    made = planned()
    assert made.state == State.PLANNED, made.problem
    lifecycle.submit(made, editor)
    return made


PARTS: dict[str, Callable[[Mailing], object]] = {
    "text": lambda mailing: mailing.template,
    "second text": lambda mailing: mailing.second_text,
    "audience": lambda mailing: mailing.audience,
    "audience within": lambda mailing: Audience.objects.get(name="Inner"),
    "list": lambda mailing: CustomerList.objects.get(),
    "rules for everybody": lambda mailing: ContactRules.objects.get_or_create(purpose=mailing.purpose)[0],
    "rules of approval": lambda mailing: ApprovalRules.objects.get_or_create(pk=1)[0],
}


@pytest.mark.parametrize("action", ["wagtail.edit", "wagtail.publish", "wagtail.revert"])
@pytest.mark.parametrize("part", PARTS)
def test_who_changed_a_part_since_it_was_made_does_not_approve_it(
    part: str, action: str, submitted: Mailing, approver: User
) -> None:
    log(PARTS[part](submitted), action, user=approver)
    assert approver.pk in who_wrote(submitted)
    assert approver not in those_who_may(submitted, include_superusers=True)
    with pytest.raises(Refused, match="Somebody else has to approve it"):
        lifecycle.approve(submitted, approver)


@pytest.mark.parametrize("part", PARTS)
def test_who_changed_it_before_the_mailing_was_made_may(
    part: str, submitted: Mailing, approver: User
) -> None:
    log(PARTS[part](submitted), "wagtail.edit", user=approver)
    ModelLogEntry.objects.filter(user=approver).update(timestamp=submitted.created_at - timedelta(seconds=1))
    lifecycle.approve(submitted, approver)
    submitted.refresh_from_db()
    assert submitted.state == State.APPROVED


def test_looking_is_no_writing_and_other_texts_are_nobodys_matter(submitted: Mailing, approver: User) -> None:
    log(submitted.template, "wagtail.lock", user=approver)
    log(MessageTemplate.objects.create(name="Third", text="x"), "wagtail.edit", user=approver)
    assert who_wrote(submitted) == {submitted.created_by_id}


def test_a_run_counts_from_when_its_series_was_made(submitted: Mailing, approver: User) -> None:
    log(submitted.template, "wagtail.edit", user=approver)
    run = Mailing.objects.create(
        name="Run",
        template=submitted.template,
        audience=submitted.audience,
        series=submitted,
        created_by=submitted.created_by,
    )
    Mailing.objects.filter(pk=run.pk).update(created_at=timezone.now() + timedelta(days=1))
    run.refresh_from_db()
    assert approver.pk in who_wrote(run)


def test_home_does_not_ask_for_an_approval_that_would_be_refused(submitted: Mailing, approver: User) -> None:
    waiting = Mailing.objects.filter(state=State.SUBMITTED)
    assert list(written_by_others(waiting, approver)) == [submitted]
    log(submitted.second_text, "wagtail.edit", user=approver)
    assert list(written_by_others(waiting, approver)) == []


@pytest.mark.parametrize("variant", [False, True])
def test_an_approver_who_rewrites_the_text_does_not_approve_his_words(
    variant: bool, submitted: Mailing, editor: User, approver: User
) -> None:
    text = submitted.template
    values = form(name=text.name, purpose="marketing", text="Buy mine.", **{"action-publish": "1"})
    if variant:
        values = form(
            name=text.name,
            purpose="marketing",
            text=text.text,
            **{"language_variants-0-text": "Купите.", "action-publish": "1"},
        )
    browser_of(approver).post(reverse("message_templates:edit", args=[text.pk]), values)
    lifecycle.withdraw(submitted, editor)
    lifecycle.request_plan(submitted, editor)
    planning.plan(submitted)
    submitted.refresh_from_db()
    lifecycle.submit(submitted, editor)
    with pytest.raises(Refused, match="Somebody else has to approve it"):
        lifecycle.approve(submitted, approver)
