"""An operator that is never chosen says why, where one looks; currencies are never mixed."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from backoffice.operators.models import Operator, Tariff
from backoffice.operators.standing import Standing
from backoffice.operators.unused import why_no_messages, why_unused
from kannel.models import Connection, Gateway
from tests.mailings_screens.conftest import As
from tests.operators.test_terms_screens import operator_form

pytestmark = pytest.mark.django_db
Change = Callable[[Connection], object]


def _operator(**values: object) -> Change:
    return lambda line: Operator.objects.filter(pk=line.operator_id).update(**values)


def _line(**values: object) -> Change:
    return lambda line: Connection.objects.filter(pk=line.pk).update(**values)


def _gateway(**values: object) -> Change:
    return lambda line: Gateway.objects.filter(pk=line.gateway_id).update(**values)


def _tariff(**values: object) -> Change:
    return lambda line: Tariff.objects.filter(operator=line.operator_id).update(**values)


CAUSES = [
    (_operator(is_enabled=False), "It is not in use."),
    (_operator(currency="EUR"), "It bills in EUR, and bills here are in RUB"),
    (lambda line: Connection.objects.filter(pk=line.pk).delete(), "It has no connection for messages"),
    (_line(is_test=True), "It has no connection for messages"),
    (_line(is_enabled=False), "It is out of use."),
    (_line(status=Connection.Status.DEAD), "Its state is: refused by the operator."),
    (_line(seen_at=None), "Nobody has seen it online lately."),
    (_line(seen_at=timezone.now() - timedelta(days=1)), "Nobody has seen it online lately."),
    (_gateway(is_enabled=False), "Its gateway is out of use."),
    (_gateway(status=Gateway.Status.SUSPENDED), "The state of its gateway is: suspended."),
    (
        lambda line: Standing.objects.create(connection=line, state="left", reason="Nothing arrives."),
        "It was left: Nothing arrives.",
    ),
    (lambda line: Tariff.objects.filter(operator=line.operator_id).delete(), "It has no price."),
    (_tariff(valid_from="2999-01-01"), "None of its prices is valid today."),
    (_tariff(valid_from="2001-01-01", valid_to="2001-12-31"), "None of its prices is valid today."),
    (_tariff(price_per_part=900), "another operator costs less"),
]


@pytest.mark.parametrize(("cause", "sentence"), CAUSES, ids=[sentence[:40] for _, sentence in CAUSES])
def test_an_operator_says_on_its_own_page_why_it_gets_nothing(
    cause: Change, sentence: str, north: Connection, south: Connection, as_role: As
) -> None:
    cause(north)
    page = as_role("Operator staff").get(reverse("operator:edit", args=[north.operator_id]))
    assert "It gets no messages now:" in page.content.decode()
    assert sentence in " ".join(why_unused(Operator.objects.get(pk=north.operator_id)))
    assert sentence[:20] in page.content.decode()


def test_terms_of_a_mailing_are_among_the_causes(north: Connection, south: Connection) -> None:
    operator = north.operator
    operator.senders, operator.purposes = ["Shop"], ["service"]
    found = why_unused(operator, purpose="marketing", sender="PARLEY")
    assert found == [
        "It does not allow messages of this purpose.",
        "It does not allow the sender “PARLEY”.",
    ]


def test_a_connection_says_why_it_gets_nothing(north: Connection, as_role: As) -> None:
    assert why_no_messages(north) == []
    _tariff(valid_to="2001-01-01", valid_from="2001-01-01")(north)
    _line(status=Connection.Status.DISCONNECTED)(north)
    page = as_role("Operator staff").get(reverse("connection:edit", args=[north.pk])).content.decode()
    assert "Its state is: disconnected." in page
    assert "None of its prices is valid today." in page


def test_another_currency_is_refused_at_its_field(as_role: As, north: Connection) -> None:
    url = reverse("operator:add")
    page = as_role("Operator staff").post(url, operator_form(name="West", currency="EUR")).content.decode()
    assert "Bills here are in RUB" in page
    assert not Operator.objects.filter(name="West").exists()


@pytest.mark.parametrize(("before", "after"), [("EUR", "RUB"), ("RUB", "EUR"), ("EUR", "USD")])
def test_a_currency_with_prices_stays(before: str, after: str, as_role: As, north: Connection) -> None:
    _operator(currency=before)(north)
    url = reverse("operator:edit", args=[north.operator_id])
    page = as_role("Operator staff").post(url, operator_form(currency=after)).content.decode()
    assert f"This operator has prices in {before}" in page
    assert Operator.objects.get(pk=north.operator_id).currency == before


def test_an_operator_of_another_currency_can_still_be_changed(as_role: As, north: Connection) -> None:
    _operator(currency="EUR")(north)
    url = reverse("operator:edit", args=[north.operator_id])
    as_role("Operator staff").post(url, operator_form(currency="eur", contact="Anna"))
    assert Operator.objects.get(pk=north.operator_id).contact == "Anna"


def test_the_list_of_prices_shows_their_currency(as_role: As, north: Connection) -> None:
    _operator(currency="EUR")(north)
    assert "2.50 EUR" in as_role("Operator staff").get(reverse("tariff:index")).content.decode()
