"""Messages of customers that an operator's API brings, and what its answers say of our account."""

from decimal import Decimal
from typing import Any
from unittest import mock

import pytest
import requests
from django.core.cache import cache
from django.db import DatabaseError
from redis.exceptions import RedisError

from backoffice.customers.models import Customer
from backoffice.replies.models import Reply
from backoffice.replies.receiving import apply_inbound
from kannel.adapters import account, addresses
from kannel.adapters.account import Account, amount
from kannel.adapters.checks import problems
from kannel.adapters.inbound import InboundMessage, InboundRules
from kannel.adapters.presets import preset
from kannel.models import Adapter, Event
from kannel.simulator.api import ApiOperator
from tests.kannel_adapters.test_application import line, operator, port, send  # noqa: F401  fixtures and helpers

CALL = {"results": [{"messageId": "in-1", "from": "79161234567", "to": "1234", "text": "Привет & да"}]}


def rules(shape: str, **values: str) -> InboundRules:
    adapter = preset(shape)
    for name, value in values.items():
        setattr(adapter, name, value)
    found = InboundRules.of(adapter)
    assert found is not None
    return found


@pytest.mark.parametrize(
    ("found", "body", "expected"),
    [
        (
            rules("form"),
            b"MessageSid=SM1&From=%2B79161234567&To=%2B1500&Body=Stop+it%21",
            [InboundMessage("SM1", "+79161234567", "+1500", "Stop it!")],
        ),
        (
            rules("json"),
            b'{"results": [{"from": "7916", "text": "a"}, {"text": "nobody"}, {"from": "7917"}]}',
            [InboundMessage("", "7916", "", "a"), InboundMessage("", "7917", "", "")],
        ),
        (
            rules("xml", inbound_at="sms", inbound_from_at="@from", inbound_text_at="."),
            b'<r><sms from="7916">\xd0\x94\xd0\xb0</sms><sms from="7917">no</sms></r>',
            [InboundMessage("", "7916", "", "Да"), InboundMessage("", "7917", "", "no")],
        ),
        (rules("json"), b"no JSON", []),
        (rules("form"), b"", []),
    ],
    ids=["a form", "several in JSON", "several in XML", "no JSON", "nothing"],
)
def test_messages_of_customers_are_read(
    found: InboundRules, body: bytes, expected: list[InboundMessage]
) -> None:
    assert found.read(body) == expected


def test_an_adapter_without_their_places_takes_none() -> None:
    assert InboundRules.of(preset("xml")) is None


@pytest.mark.parametrize("field", ["inbound_from_at", "inbound_text_at"])
def test_half_of_the_places_is_told_at_the_other(field: str) -> None:
    adapter = preset("json")
    setattr(adapter, field, "")
    assert set(problems(adapter)) == {field}


def test_a_message_becomes_a_reply_of_the_customer_once(
    port: int,  # noqa: F811
    operator: ApiOperator,  # noqa: F811
) -> None:
    row = line(operator.port)
    anna = Customer.objects.create(external_id="A", phone="+79161234567")
    url = addresses.inbound_url(row.name)
    for _ in range(2):
        answer = requests.post(url, json=CALL, timeout=20)
        assert (answer.status_code, answer.text) == (200, "OK")
    apply_inbound()
    reply = Reply.objects.get()
    assert (reply.customer, reply.text, reply.recipient, reply.word) == (
        anna,
        "Привет & да",
        "1234",
        "ПРИВЕТ",
    )
    event = Event.objects.filter(kind="inbound").first()
    assert event is not None
    assert (event.connection_name, event.gateway_id) == (row.name, row.gateway_id)


@pytest.mark.parametrize(
    ("address", "body", "status"),
    [
        ("{url}", {"results": []}, 400),
        ("{url}xx", CALL, 403),
        ("{other}", CALL, 404),
    ],
    ids=["nothing in it", "wrong secret", "takes none"],
)
def test_other_calls_are_refused(
    address: str,
    body: dict[str, Any],
    status: int,
    port: int,  # noqa: F811
    operator: ApiOperator,  # noqa: F811
) -> None:
    row, other = line(operator.port), line(operator.port)
    Adapter.objects.filter(pk=other.adapter_id).update(inbound_from_at="", inbound_text_at="")
    urls = {"url": addresses.inbound_url(row.name), "other": addresses.inbound_url(other.name)}
    assert requests.post(address.format(**urls), json=body, timeout=20).status_code == status
    assert not Event.objects.exists()


def test_what_could_not_be_kept_is_asked_for_again(
    port: int,  # noqa: F811
    operator: ApiOperator,  # noqa: F811
) -> None:
    url = addresses.inbound_url(line(operator.port).name)
    with mock.patch("kannel.adapters.application.events.write", side_effect=DatabaseError):
        assert requests.post(url, json=CALL, timeout=20).status_code == 503
    assert requests.post(url, json=CALL, timeout=20).status_code == 200
    assert Event.objects.count() == 1


def test_balance_and_price_of_an_answer_are_kept(
    port: int,  # noqa: F811
    operator: ApiOperator,  # noqa: F811
) -> None:
    row = line(operator.port)
    Adapter.objects.update(balance_at="messages.0.to", price_at="messages.0.messageId")
    assert send(row, "0.0345").startswith("OK")
    said = account.of(row.name)
    assert said is not None
    assert (said.balance, said.price) == (Decimal("79120000001"), Decimal("0.0345"))


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("12.5", Decimal("12.5")),
        ("-3", Decimal(-3)),
        ("", None),
        ("NaN", None),
        ("Infinity", None),
        ("1,5", None),
    ],
)
def test_an_amount_is_a_number_or_nothing(text: str, found: Decimal | None) -> None:
    assert amount(text) == found


def test_while_redis_is_away_nothing_is_known_and_nothing_fails() -> None:
    with (
        mock.patch.object(cache, "set", side_effect=RedisError),
        mock.patch.object(cache, "get", side_effect=RedisError),
    ):
        account.note("away", Decimal(1), None)
        assert account.of("away") is None


def test_what_is_said_again_at_once_is_not_written_again() -> None:
    cache.clear()
    account.note("often", Decimal(1), None)
    account.note("often", Decimal(2), None)
    account.note("silent", None, None)
    said = account.of("often")
    assert isinstance(said, Account)
    assert said.balance == Decimal(1)
    assert account.of("silent") is None
