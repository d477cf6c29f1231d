"""What the panel beside an audience counts is what the plan leaves out, whoever the customers are."""

import random
from collections import Counter
from collections.abc import Callable
from datetime import timedelta

import pytest
from django.db import connection
from django.db.models import Q
from django.utils import timezone

from backoffice.audiences.everyone import rules_for
from backoffice.audiences.models import CustomerList, ListMember
from backoffice.customers.models import Consent, Contact, Customer, Purpose
from backoffice.customers.number_kinds import note_kinds
from backoffice.mailings.contact_rules import ContactRules
from backoffice.mailings.models import Mailing, Message
from backoffice.message_templates.models import MessageTemplate
from kannel.models import Connection
from tests.mailings.test_rules import another, wrote

pytestmark = pytest.mark.django_db
KAZAN = [{"type": "city", "value": {"is_or_not": "in", "names": "Kazan"}}]


def make_people(dice: random.Random, count: int = 120) -> list[Customer]:
    """Few numbers, so that many share one; every kind of consent, list and history."""
    never = CustomerList.objects.create(name="Never", kind=CustomerList.Kind.EXCLUSION)
    now = timezone.now()
    people = []
    for number in range(count):
        customer = Customer.objects.create(
            external_id=str(number),
            city=dice.choice(["Kazan", "Kazan", "Kazan", "Perm", ""]),
            phone=dice.choice(["", "+7", "8905", "+74951234567", "+78005553535"])
            if dice.random() < 0.15
            else f"+7905{dice.randrange(90):07}",
            is_blocked=dice.random() < 0.03,
        )
        people.append(customer)
        for purpose in Purpose.values:
            state = dice.choices(["given", "withdrawn", None], [8, 1, 1])[0]
            if state:
                Consent.objects.create(
                    customer=customer, purpose=purpose, state=state, since=now, source="form"
                )
        if dice.random() < 0.1:
            ListMember.objects.create(customer_list=never, customer=customer)
        if dice.random() < 0.5:
            moments = [None, *(now - timedelta(days=days) for days in (1, 20, 40, 100))]
            Contact.objects.create(
                customer=customer,
                last_delivered_at=dice.choice(moments),
                last_failed_at=dice.choice(moments),
            )
    with connection.cursor() as cursor:
        note_kinds(cursor, "SELECT phone FROM customers_customer")
    Customer.objects.filter(pk__in=[one.pk for one in people if dice.random() < 0.7]).update(
        created_at=now - timedelta(days=200)
    )
    return people


def make_history(dice: random.Random, mailing: Mailing, people: list[Customer]) -> None:
    now = timezone.now()
    for state in ("submitted", "running", "finished", "cancelled", "planned"):
        before = another(mailing, state, finished_at=now, purpose=dice.choice(Purpose.values))
        for customer in dice.sample(people, len(people) // 4):
            sent_at = now - timedelta(days=dice.choice([0, 0, 3, 10]))
            if dice.random() < 0.3:
                wrote(before, customer, dice.choice(["waiting", "cancelled", "excluded"]))
            else:
                wrote(before, customer, dice.choice(["delivered", "failed"]), sent_at=sent_at)


@pytest.mark.parametrize("seed", range(6))
def test_the_steps_of_the_panel_are_the_reasons_of_the_plan(
    seed: int, north: Connection, mailing: Mailing, planned: Callable[[], Mailing]
) -> None:
    dice = random.Random(seed)
    purpose = dice.choice(Purpose.values)
    people = make_people(dice)
    make_history(dice, mailing, people)
    ContactRules.objects.filter(purpose=purpose).update(
        cap_messages=dice.choice([0, 1, 2]),
        cap_days=dice.choice([2, 7]),
        one_mailing_a_day=dice.random() < 0.5,
        unreachable_days=dice.choice([0, 30]),
        leaves_out_lists=dice.random() < 0.7,
        once_a_number=dice.random() < 0.8,
        needs_consent=purpose == Purpose.MARKETING or dice.random() < 0.5,
    )
    type(mailing.audience).objects.filter(pk=mailing.audience_id).update(rules=KAZAN)
    Mailing.objects.filter(pk=mailing.pk).update(purpose=purpose)
    MessageTemplate.objects.update(purpose=purpose)
    in_kazan = Q(city="Kazan")

    left, steps = Customer.objects.filter(in_kazan), {}
    for rule in rules_for(purpose, in_kazan):
        steps[rule.name] = left.filter(rule.condition).count()
        left = left.filter(~rule.condition)
    expected = dict.fromkeys(left.values_list("pk", flat=True), "")

    messages = Message.objects.of(planned())
    reasons = Counter(messages.exclude(reason="").values_list("reason", flat=True))
    assert {name: number for name, number in steps.items() if number} == reasons
    assert dict(messages.filter(reason="").values_list("customer_id", "reason")) == expected
    assert sum(reasons.values()) > 10


def test_the_panel_names_every_rule_in_the_words_of_the_plan(db: None) -> None:
    assert [(rule.name, rule.label) for rule in rules_for("marketing", Q())] == [
        ("opted_out", "opted out"),
        ("excluded_list", "on a list of customers never to write to"),
        ("no_consent", "no consent"),
        ("invalid_number", "no valid number"),
        ("not_mobile", "not a mobile number"),
        ("unreachable", "nothing arrives at this number"),
        ("other_mailing", "another mailing reaches them on the same day"),
        ("capped", "had enough messages lately"),
        ("duplicate", "same number as another recipient"),
    ]
    assert [rule.name for rule in rules_for("service", Q())] == [
        "opted_out",
        "excluded_list",
        "no_consent",
        "invalid_number",
        "not_mobile",
        "duplicate",
    ]
