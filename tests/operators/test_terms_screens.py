"""The terms of an operator and strange prices, where they are typed."""

from decimal import Decimal

import pytest
from django.contrib.auth.models import Permission
from django.test import Client
from django.urls import reverse

from backoffice.accounts.models import User
from backoffice.operators.models import Operator, Tariff
from kannel.models import Connection
from tests.mailings_screens.conftest import As

pytestmark = pytest.mark.django_db


def operator_form(*steps: tuple[object, object], **values: object) -> dict[str, object]:
    form = {
        "name": "North",
        "currency": "RUB",
        "is_enabled": "on",
        "receipt_margin": "1",
        "contact": "",
        "commitment_per_month": "50000",
        "senders": "PARLEY, Shop 24",
        "purposes": ["marketing"],
        "steps-TOTAL_FORMS": len(steps),
        "steps-INITIAL_FORMS": 0,
        **values,
    }
    for number, (parts, factor) in enumerate(steps):
        form |= {
            f"steps-{number}-from_parts": parts,
            f"steps-{number}-factor": factor,
            f"steps-{number}-id": "",
        }
    return form


def test_terms_are_written_down_on_the_operators_page(as_role: As, north: Connection) -> None:
    url = reverse("operator:edit", args=[north.operator_id])
    as_role("Operator staff").post(url, operator_form((100_000, "0.8"), (300_000, "0.7")))
    operator = Operator.objects.get(pk=north.operator_id)
    assert (operator.commitment_per_month, operator.senders) == (Decimal(50000), ["PARLEY", "Shop 24"])
    assert operator.purposes == ["marketing"]
    assert list(operator.steps.values_list("from_parts", "factor")) == [
        (100_000, Decimal("0.8000")),
        (300_000, Decimal("0.7000")),
    ]


@pytest.mark.parametrize(
    ("steps", "values", "sentence"),
    [
        ([(1000, "0.8"), (1000, "0.7")], {}, "Another step begins here."),
        ([(1000, "0.7"), (2000, "0.8")], {}, "From 2,000 parts it would cost no less than before."),
        ([(1000, "1.2")], {}, "From 1,000 parts it would cost no less than before."),
        ([(1000, "0")], {}, "Ensure this value is greater than or equal to"),
        ([(0, "0.8")], {}, "Ensure this value is greater than or equal to 1"),
        ([], {"commitment_per_month": "-1"}, "Ensure this value is greater than or equal to 0"),
        ([], {"senders": "PARLEY, Longer names"}, "Name 2: Up to 11 Latin letters and digits"),
    ],
)
def test_terms_that_make_no_sense_are_refused_at_their_field(
    steps: list[tuple[object, object]],
    values: dict[str, object],
    sentence: str,
    as_role: As,
    north: Connection,
) -> None:
    url = reverse("operator:edit", args=[north.operator_id])
    page = as_role("Operator staff").post(url, operator_form(*steps, **values)).content.decode()
    assert sentence in page
    assert not Operator.objects.get(pk=north.operator_id).steps.exists()


def test_a_step_that_is_deleted_is_not_compared(as_role: As, north: Connection) -> None:
    form = operator_form((1000, "0.8"), (1000, "0.7")) | {"steps-0-DELETE": "on"}
    as_role("Operator staff").post(reverse("operator:edit", args=[north.operator_id]), form)
    assert Operator.objects.get(pk=north.operator_id).steps.get().factor == Decimal("0.7000")


def tariff_form(north: Connection, **values: object) -> dict[str, object]:
    return {
        "operator": north.operator_id,
        "prefix": "+7",
        "price_per_part": "25.00",
        "valid_from": "2026-12-01",
        "valid_to": "",
        **values,
    }


def test_a_strange_price_is_saved_once_somebody_confirms_it(as_role: As, north: Connection) -> None:
    client, url = as_role("Operator staff"), reverse("tariff:add")
    page = client.post(url, tariff_form(north)).content.decode()
    assert "The price for +7 goes from 2.50 to 25.00 on 1 December 2026." in page
    assert "Then tick the box and save again." in page
    assert 'value="25.00"' in page
    assert Tariff.objects.filter(prefix="+7").count() == 1
    client.post(url, tariff_form(north, is_checked="on"))
    assert Tariff.objects.filter(prefix="+7").count() == 2


def test_a_price_as_usual_asks_nothing(as_role: As, north: Connection) -> None:
    client, url = as_role("Operator staff"), reverse("tariff:add")
    assert b"I have checked this" not in client.get(url).content
    client.post(url, tariff_form(north, price_per_part="2.60"))
    assert Tariff.objects.filter(prefix="+7").count() == 2


def test_a_price_that_would_reach_into_the_next_one_is_ended_before_it(
    as_role: As, north: Connection
) -> None:
    values = tariff_form(north, price_per_part="2.60", valid_from="2019-01-01", valid_to="2020-03-01")
    page = as_role("Operator staff").post(reverse("tariff:add"), values).content.decode()
    assert "another price for +7 is valid. End this one before it." in page


def test_analysts_do_not_change_terms(as_role: As, north: Connection) -> None:
    client = as_role("Analyst")
    assert client.get(reverse("operator:edit", args=[north.operator_id])).status_code == 302


def test_whoever_may_only_look_is_offered_no_way_to_change(north: Connection) -> None:
    looker = User.objects.create_user("looker", password="x")
    names = ["access_admin", "view_tariff", "view_network"]
    looker.user_permissions.set(Permission.objects.filter(codename__in=names))
    client = Client()
    client.force_login(looker)
    prices = client.get(reverse("tariff:index")).content.decode()
    networks = client.get(reverse("network:index")).content.decode()
    assert reverse("tariff_files:download", args=["csv"]) in prices
    assert reverse("tariff_files:upload") not in prices
    assert reverse("porting:upload") not in networks
    assert "Add the networks of the number plan" not in networks
