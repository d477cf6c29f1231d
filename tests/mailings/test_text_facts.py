"""Planned texts speak of their mailing and of what each customer did last."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from django.utils import timezone

from backoffice.customers.models import Action
from backoffice.mailings.models import Mailing
from backoffice.message_templates.facts import MailingFacts
from backoffice.message_templates.merge import render_variant
from backoffice.message_templates.models import MessageTemplate, TextVariant
from kannel.models import Connection
from tests.mailings.conftest import MakeCustomer, message_to

pytestmark = pytest.mark.django_db
Planned = Callable[[], Mailing]


def says(mailing: Mailing, text: str, **variants: str) -> None:
    MessageTemplate.objects.filter(pk=mailing.template_id).update(text=text)
    for language, words in variants.items():
        TextVariant.objects.create(template=mailing.template, language=language, text=words)


def test_days_of_the_mailing_are_those_of_its_start_and_end_in_the_companys_zone(
    north: Connection, make_customer: MakeCustomer, planned: Planned, mailing: Mailing
) -> None:
    start = timezone.now().replace(hour=22, minute=30) + timedelta(days=40)
    Mailing.objects.filter(pk=mailing.pk).update(
        starts_at=start, ends_at=start + timedelta(days=7), sender="Shop"
    )
    says(mailing, "{mailing.name} of {mailing.sender}: {mailing.starts_on|iso} to {mailing.ends_on|iso}")
    anna = make_customer()
    planned()
    # 22:30 in London is the next day in Moscow, where the company is.
    first, last = start.date() + timedelta(days=1), start.date() + timedelta(days=8)
    assert message_to(anna).text == f"Autumn of Shop: {first} to {last}"


def test_a_mailing_without_dates_starts_when_it_is_planned(
    north: Connection, make_customer: MakeCustomer, planned: Planned, mailing: Mailing
) -> None:
    today = timezone.localdate()
    says(mailing, '{contract_ends_on|days} {contract_ends_on|days|plural:"day,days"}')
    anna = make_customer(contract_ends_on=today + timedelta(days=1))
    oleg = make_customer(contract_ends_on=today + timedelta(days=21))
    planned()
    assert message_to(anna).text == "1 day"
    assert message_to(oleg).text == "21 days"


def test_the_last_purchase_is_each_customers_own(
    north: Connection, make_customer: MakeCustomer, planned: Planned, mailing: Mailing
) -> None:
    says(
        mailing,
        "{if last_purchase.amount > 500}Thank you for {last_purchase.date|day}{else}Come in{end}!",
        ru='{last_purchase.amount|whole} {last_purchase.amount|whole|plural:"рубль,рубля,рублей"}',
    )
    much, little, russian, nothing = (
        make_customer(),
        make_customer(),
        make_customer(language="ru-RU"),
        make_customer(),
    )
    for customer, amount in ((much, "900"), (little, "20"), (russian, "42")):
        for at, factor in (
            (datetime(2026, 3, 5, 12, tzinfo=UTC), 1),
            (datetime(2025, 3, 5, tzinfo=UTC), 100),
        ):
            Action.objects.create(customer=customer, kind="purchase", at=at, amount=Decimal(amount) * factor)
    planned()
    assert message_to(much).text == "Thank you for 05.03!"
    assert message_to(little).text == "Come in!"
    assert message_to(russian).text == "42 рубля"
    assert message_to(nothing).text == "Come in!"


def test_what_is_planned_is_what_the_editor_showed(
    north: Connection, make_customer: MakeCustomer, planned: Planned, mailing: Mailing
) -> None:
    says(
        mailing,
        'Dear {first_name|default:"friend"}{if debt > 0}, you owe {debt|en}{end}. Until {mailing.ends_on|en}.',
        ru='{first_name}: {loyalty_points} {loyalty_points|plural:"балл,балла,баллов"}',
    )
    people = [
        make_customer(first_name="Anna", debt=Decimal("1234.50")),
        make_customer(),
        make_customer(first_name="Олег", loyalty_points=3, language="ru"),
    ]
    made = planned()
    facts = MailingFacts(
        made.name, made.sender, timezone.localdate(), timezone.localdate() + timedelta(days=1)
    )
    for customer in people:
        customer.refresh_from_db()
        assert message_to(customer).text == render_variant(made.template.variants(), customer, facts)
