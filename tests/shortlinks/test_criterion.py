"""The condition on links that were followed."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from backoffice.audiences.models import Audience
from backoffice.mailings.models import Click, Mailing, ShortLink
from tests.mailings.conftest import MakeCustomer

pytestmark = pytest.mark.django_db


def rule(**value: Any) -> Audience:
    return Audience(name="Clickers", rules=[{"type": "clicked", "value": {"whether": "yes", **value}}])


def people(audience: Audience) -> set[str]:
    return set(audience.customers().values_list("first_name", flat=True))


@pytest.fixture
def autumn(mailing: Mailing, make_customer: MakeCustomer) -> Mailing:
    """Anna followed a link today, Boris ten days ago, a robot did for Clara, nobody for Dora."""
    now = timezone.now()
    link = ShortLink.objects.create(
        mailing=mailing, address="https://a.example", target="https://a.example", expires_at=now
    )
    for name, days, is_robot in (("Anna", 0, False), ("Boris", 10, False), ("Clara", 0, True)):
        at = now - timedelta(days=days, minutes=1)
        Click.objects.create(
            link=link, customer=make_customer(first_name=name), is_robot=is_robot, first_at=at, last_at=at
        )
    make_customer(first_name="Dora")
    return mailing


@pytest.mark.parametrize(
    ("value", "chosen", "sentence"),
    [
        ({}, {"Anna", "Boris"}, "they have followed a link"),
        ({"days": 7}, {"Anna"}, "they followed a link within the last 7 days"),
        ({"whether": "no"}, {"Clara", "Dora"}, "they have never followed a link"),
        (
            {"whether": "no", "days": 7},
            {"Boris", "Clara", "Dora"},
            "they have followed no link within the last 7 days",
        ),
    ],
)
def test_whom_it_takes_and_what_it_says(
    autumn: Mailing, value: dict[str, Any], chosen: set[str], sentence: str
) -> None:
    audience = rule(**value)
    assert people(audience) == chosen
    assert audience.sentence().lower() == f"{sentence}."


def test_a_mailing_can_be_named(autumn: Mailing) -> None:
    assert people(rule(mailing=str(autumn.pk))) == {"Anna", "Boris"}
    assert rule(mailing=str(autumn.pk)).sentence() == "They followed a link of “Autumn”."
    other = Mailing.objects.create(
        name="Spring", template=autumn.template, audience=autumn.audience, created_by=autumn.created_by
    )
    assert people(rule(mailing=str(other.pk))) == set()
    assert people(rule(mailing=str(other.pk), days=7, whether="no")) == {"Anna", "Boris", "Clara", "Dora"}
