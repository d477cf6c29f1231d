"""The form of a connection whose account has lines on several gateways."""

from datetime import timedelta

import pytest
from django.urls import reverse

from backoffice.operators.models import Operator
from kannel.models import Connection, Gateway
from tests.mailings_screens.conftest import As
from tests.operators.test_connections import add, change

pytestmark = pytest.mark.django_db
OTHERS = "A connection to another operator goes by this. Choose another word."


@pytest.fixture
def second(db: None) -> Gateway:
    return Gateway.objects.create(name="second")


def test_an_account_takes_one_word_on_two_gateways(as_role: As, north: Connection, second: Gateway) -> None:
    add(as_role, north, name="north-2", gateway=second.pk, account=north.name)
    assert Connection.objects.get(name="north-2").smsc_id == north.smsc_id


@pytest.mark.parametrize("values", [{"name": "x", "account": "north-1"}, {"name": "theirs"}])
def test_the_word_of_another_operator_is_refused(
    values: dict[str, str], as_role: As, north: Connection, second: Gateway
) -> None:
    Connection.objects.filter(pk=north.pk).update(account="theirs" if values["name"] == "theirs" else "")
    other = Operator.objects.create(name="Other", receipt_margin=timedelta(hours=1))
    assert OTHERS in add(as_role, north, gateway=second.pk, operator=other.pk, **values)
    assert not Connection.objects.filter(name=values["name"]).exists()


def test_the_word_cannot_be_changed_later(as_role: As, north: Connection) -> None:
    change(as_role, north, account="new")
    north.refresh_from_db()
    assert "account" not in north.drafted
    page = as_role("Operator staff").get(reverse("connection:edit", args=[north.pk])).content.decode()
    assert "Shared account" in page
