"""Texts with a gap, and texts that tell the day on which they are got: said at the check, and to the approver."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.utils import timezone

from backoffice.accounts.models import User
from backoffice.mailings import approval_screens, lifecycle
from backoffice.mailings.check.around import around
from backoffice.mailings.check.cautions import Caution, cautions_of, names_day_of_receipt
from backoffice.mailings.check.gaps import gaps_of_plan
from backoffice.mailings.check.outlook import Outlook
from backoffice.mailings.hours import DEFAULT_LENGTH
from backoffice.mailings.models import Mailing
from backoffice.mailings.trial_texts import facts_of_mailing
from backoffice.message_templates.facts import EXAMPLE_LENGTH, example_facts
from backoffice.message_templates.models import MessageTemplate, TextVariant
from kannel.models import Connection
from tests.mailings.conftest import MakeCustomer, message_to
from tests.mailings.test_check_cautions import seen

pytestmark = pytest.mark.django_db
Planned = Callable[[], Mailing]


@pytest.fixture(autouse=True)
def _nothing_remembered(clean_redis: Any) -> None:
    pass


def says(text: str) -> None:
    MessageTemplate.objects.update(text=text)


def gap(mailing: Mailing, outlook: Outlook) -> list[Caution]:
    facts = seen(mailing).facts
    return [
        one for one in cautions_of(mailing, facts, outlook, around(mailing)) if "with a gap" in one.sentence
    ]


def test_how_many_get_a_gap_and_how_it_reads_is_said_at_the_check_and_to_the_approver(
    north: Connection, make_customer: MakeCustomer, planned: Planned, editor: User, approver: User
) -> None:
    says("Hello {first_name}, pay. Reply STOP to opt out.")
    for name in ("Anna", "", " \u200b"):
        make_customer(first_name=name)
    mailing = planned()
    (caution,) = gap(mailing, Outlook(timezone.now()))
    said = "2 recipients get a text with a gap, because a value is not known (first name): “Hello , pay. Reply STOP to opt out.”."
    assert (caution.sentence, caution.is_grave) == (said, True)
    lifecycle.submit(mailing, editor)
    mailing.refresh_from_db()
    decision = approval_screens.panel_of(mailing, approver, ["approve"])["decision"]
    assert decision.gaps == said


@pytest.mark.parametrize(
    "text", ['Hello {first_name|default:"customer"}', "Hello{if first_name} {first_name}{end}", "Hello"]
)
def test_a_text_that_thought_of_it_gives_no_cause(
    text: str, north: Connection, make_customer: MakeCustomer, planned: Planned
) -> None:
    says(text)
    make_customer()
    assert gaps_of_plan(planned()) == 0


def test_gaps_are_counted_by_the_text_that_each_one_gets(
    north: Connection, make_customer: MakeCustomer, planned: Planned, mailing: Mailing
) -> None:
    TextVariant.objects.create(template=mailing.template, language="ru", text="Привет, {city}")
    make_customer(language="ru")
    make_customer(language="en")
    assert gaps_of_plan(planned()) == 1


def test_a_mailing_without_a_plan_has_no_gaps(mailing: Mailing) -> None:
    assert gaps_of_plan(mailing) == 0


def test_the_last_day_in_the_preview_is_that_of_the_plan(
    north: Connection, make_customer: MakeCustomer, planned: Planned
) -> None:
    says("{mailing.starts_on} {mailing.ends_on}")
    anna = make_customer()
    example = example_facts()
    mailing = planned()
    shown = f"{example.starts_on:%d.%m.%Y} {example.ends_on:%d.%m.%Y}"
    assert message_to(anna).text == shown
    assert facts_of_mailing(mailing).ends_on == example.ends_on
    assert EXAMPLE_LENGTH == DEFAULT_LENGTH


@pytest.mark.parametrize(("hours_before_the_end", "is_said"), [(0, True), (30, False)])
def test_a_text_that_names_the_day_on_which_it_is_got(
    hours_before_the_end: int, is_said: bool, mailing: Mailing
) -> None:
    says("Until {mailing.ends_on}!")
    mailing.refresh_from_db()
    ends = datetime.combine(
        facts_of_mailing(mailing).ends_on, datetime.min.time(), timezone.get_default_timezone()
    )
    outlook = Outlook(timezone.now(), last_at=ends + timedelta(hours=1 - hours_before_the_end))
    caution = names_day_of_receipt(seen(mailing, outlook=outlook))
    assert (caution is not None and "the last day of sending" in caution.sentence) == is_said


def test_other_texts_are_not_asked_about_the_last_day(mailing: Mailing) -> None:
    says("Come in {if first_name}")
    mailing.refresh_from_db()
    assert (
        names_day_of_receipt(
            seen(mailing, outlook=Outlook(timezone.now(), last_at=timezone.now() + timedelta(days=9)))
        )
        is None
    )
