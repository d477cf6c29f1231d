from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from backoffice.operators.models import Operator, Tariff
from kannel.models import Connection, Gateway
from tests.mailings_screens.conftest import As

pytestmark = pytest.mark.django_db
STATUS = "operators:connections"


def test_the_lines_and_their_state_are_seen(as_role: As, north: Connection, south: Connection) -> None:
    Connection.objects.filter(pk=north.pk).update(status=Connection.Status.RECONNECTING, queued=17)
    page = as_role("Operator staff").get(reverse(STATUS)).content.decode()
    assert "1 of 2 lines to operators are up." in page
    assert "link lost, connecting again" in page
    assert "17" in page


def test_the_live_part_comes_alone(as_role: As, north: Connection) -> None:
    page = as_role("Operator staff").get(reverse(STATUS), {"part": 1}).content.decode()
    assert "The one line to an operator is up." in page
    assert "<html" not in page


def test_what_was_not_heard_lately_is_not_said_to_be_up(as_role: As, north: Connection) -> None:
    Connection.objects.update(seen_at=timezone.now() - timedelta(minutes=2))
    page = as_role("Operator staff").get(reverse(STATUS)).content.decode()
    assert "0 of 1 lines to operators are up." in page
    assert "not heard lately" in page


def test_without_a_line_the_page_says_how_to_begin(as_role: As) -> None:
    assert b"Add an operator and a connection" in as_role("Operator staff").get(reverse(STATUS)).content


@pytest.mark.parametrize("role", ["Editor", "Analyst", "Employee"])
def test_others_do_not_see_the_machinery(role: str, as_role: As, north: Connection) -> None:
    client = as_role(role)
    assert client.get(reverse(STATUS)).status_code in (302, 403)
    assert client.get(reverse("connection:index")).status_code == 302


@pytest.mark.parametrize("name", ["operator:index", "tariff:index", "connection:index", "gateway:index"])
def test_every_list_takes_few_queries(
    name: str,
    as_role: As,
    north: Connection,
    south: Connection,
    django_assert_max_num_queries: DjangoAssertNumQueries,
) -> None:
    client = as_role("Operator staff")
    client.get(reverse(name))
    with django_assert_max_num_queries(14):
        assert client.get(reverse(name)).status_code == 200


def test_an_operator_with_lines_is_not_deleted(as_role: As, north: Connection) -> None:
    page = (
        as_role("Operator staff")
        .post(reverse("operator:delete", args=[north.operator_id]), follow=True)
        .content.decode()
    )
    assert "was not deleted" in page
    assert Operator.objects.filter(pk=north.operator_id).exists()


def tariff_form(north: Connection, **values: object) -> dict[str, object]:
    return {
        "operator": north.operator_id,
        "prefix": "+7",
        "price_per_part": "2.00",
        "valid_from": "2019-01-01",
        "valid_to": "",
        **values,
    }


def test_two_prices_for_one_prefix_and_day_are_refused(as_role: As, north: Connection) -> None:
    client, url = as_role("Operator staff"), reverse("tariff:add")
    page = client.post(url, tariff_form(north, valid_to="2020-06-01")).content.decode()
    assert "another price for +7 is valid" in page
    page = client.post(url, tariff_form(north, valid_to="2018-06-01")).content.decode()
    assert "The last day comes before the first one." in page
    client.post(url, tariff_form(north, valid_to="2019-12-31"))
    assert Tariff.objects.filter(operator=north.operator, prefix="+7").count() == 2


@pytest.mark.parametrize(
    ("begins", "is_refused"), [("2020-01-01", True), ("2021-05-01", True), ("2022-01-01", False)]
)
def test_a_price_cannot_begin_while_another_one_is_valid(
    begins: str, is_refused: bool, as_role: As, north: Connection
) -> None:
    Tariff.objects.filter(operator=north.operator, prefix="+7").update(valid_to="2021-12-31")
    values = tariff_form(north, valid_from=begins)
    page = as_role("Operator staff").post(reverse("tariff:add"), values, follow=True).content.decode()
    assert ("Begin later, or end that one." in page) is is_refused
    assert Tariff.objects.filter(operator=north.operator, prefix="+7").count() == (1 if is_refused else 2)


def test_a_price_without_a_last_day_is_followed_by_the_next_one(as_role: As, north: Connection) -> None:
    as_role("Operator staff").post(reverse("tariff:add"), tariff_form(north, valid_from="2026-12-01"))
    assert Tariff.objects.filter(operator=north.operator, prefix="+7").count() == 2


def test_the_list_of_connections_takes_the_same_queries_for_twenty_as_for_one(
    as_role: As, north: Connection, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    client, url = as_role("Operator staff"), reverse("connection:index")
    client.get(url)
    with CaptureQueriesContext(connection) as few:
        client.get(url)
    for number in range(19):
        operator = Operator.objects.create(name=f"O{number}", receipt_margin=timedelta(hours=1))
        Connection.objects.create(
            gateway=north.gateway, operator=operator, name=f"line-{number}", kind="http", host="h", port=1
        )
    with django_assert_num_queries(len(few)):
        page = client.get(url).content.decode()
    assert "O18" in page


def test_the_state_of_the_lines_takes_the_same_queries_for_two_as_for_one(
    as_role: As, gateway: Gateway, north: Connection, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    client, url = as_role("Operator staff"), reverse(STATUS)
    client.get(url)
    with CaptureQueriesContext(connection) as few:
        client.get(url, {"part": 1})
    other = Operator.objects.create(name="Other", receipt_margin=timedelta(hours=1))
    Connection.objects.create(gateway=gateway, operator=other, name="other-1", kind="http", host="h", port=1)
    with django_assert_num_queries(len(few)):
        assert b"other-1" in client.get(url, {"part": 1}).content


def test_a_prefix_is_kept_without_blanks_and_brackets(as_role: As, north: Connection) -> None:
    client, url = as_role("Operator staff"), reverse("tariff:add")
    client.post(url, tariff_form(north, prefix="+7 (999)"))
    assert Tariff.objects.filter(operator=north.operator, prefix="+7999").exists()


def test_a_prefix_that_no_number_has_is_refused(as_role: As, north: Connection) -> None:
    page = as_role("Operator staff").post(reverse("tariff:add"), tariff_form(north, prefix="8916"))
    assert "Write + and the digits numbers begin with" in page.content.decode()
    assert not Tariff.objects.filter(prefix="8916").exists()


@pytest.mark.parametrize(("currency", "kept"), [("rub", "RUB"), ("€", None)])
def test_a_currency_is_three_capital_letters(
    currency: str, kept: str | None, as_role: As, north: Connection
) -> None:
    form = {
        "name": "East",
        "currency": currency,
        "is_enabled": "on",
        "receipt_margin": "1",
        "contact": "",
        "commitment_per_month": "0",
        "steps-TOTAL_FORMS": 0,
        "steps-INITIAL_FORMS": 0,
    }
    page = as_role("Operator staff").post(reverse("operator:add"), form).content.decode()
    found = Operator.objects.filter(name="East").first()
    assert (found.currency if found else None) == kept
    assert ("Write the three letters" in page) == (kept is None)


def test_the_list_of_operators_shows_lines_and_prices(
    as_role: As, north: Connection, south: Connection
) -> None:
    Connection.objects.filter(pk=south.pk).update(status=Connection.Status.DEAD)
    Operator.objects.create(name="East", receipt_margin=timedelta(hours=1))
    page = as_role("Operator staff").get(reverse("operator:index")).content.decode()
    assert "1 of 1" in page
    assert "0 of 1" in page
    assert "no connection" in page
    assert "no price" in page


@pytest.mark.parametrize(
    "name", ["operator:index", "tariff:index", "connection:index", "gateway:index", STATUS]
)
def test_a_list_takes_the_same_queries_for_more_rows(
    name: str, as_role: As, north: Connection, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    client = as_role("Operator staff")
    client.get(reverse(name))
    with CaptureQueriesContext(connection) as few:
        client.get(reverse(name))
    for number in range(5):
        operator = Operator.objects.create(name=f"O{number}", receipt_margin=timedelta(hours=1))
        operator.tariffs.create(prefix="+1", price_per_part=1, valid_from="2020-01-01")
        gateway = Gateway.objects.create(name=f"g{number}")
        Connection.objects.create(
            name=f"c{number}", gateway=gateway, operator=operator, kind="smpp", host="h", port=1
        )
    with django_assert_num_queries(len(few)):
        assert client.get(reverse(name)).status_code == 200
