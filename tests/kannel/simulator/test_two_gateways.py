"""Operators that two gateways share: what each bind may carry, and receipts to whichever gateway answers."""

from collections.abc import Callable, Iterator

import pytest

from kannel.simulator import pdu
from kannel.simulator.http import HttpOperator
from kannel.simulator.smpp import SAVED_SECONDS, SmppOperator
from tests.kannel.simulator.operators import wait_for
from tests.kannel.simulator.smpp_client import SmppClient
from tests.kannel.simulator.test_http import Kannel, kannel, send, start  # noqa: F401

LIMIT = 10
NUMBER = "+7912000{:04d}"


@pytest.fixture
def other() -> Iterator[Kannel]:
    gateway = Kannel()
    yield gateway
    gateway.server_close()


def taken(client: SmppClient, submits: int) -> int:
    """How many of so many submits in one go are not throttled."""
    for number in range(submits):
        client.submit(NUMBER.format(number))
    return sum(client.receive().status == pdu.OK for _ in range(submits))


def test_each_bind_carries_its_own_share(start_smpp: Callable[..., SmppOperator]) -> None:
    port = start_smpp(bind_max_per_second=LIMIT, no_receipt=1.0).port
    with SmppClient(port) as first, SmppClient(port) as second:
        assert first.bind().status == second.bind().status == pdu.OK
        burst = int(LIMIT * SAVED_SECONDS)
        assert burst <= taken(first, 2 * burst) <= burst + 2
        assert burst <= taken(second, 2 * burst) <= burst + 2


def test_receipts_are_shared_out_over_the_gateways(
    start: Callable[..., HttpOperator],  # noqa: F811
    kannel: Kannel,  # noqa: F811
    other: Kannel,
) -> None:
    urls = f"{kannel.url} {other.url}"
    operator = start(receipt_url=urls, receipt_delay_min_seconds=0.5, receipt_delay_max_seconds=0.5)
    for number in range(40):
        send(operator, to=NUMBER.format(number))
    wait_for(lambda: len(kannel.calls) + len(other.calls) == 40)
    assert kannel.calls
    assert other.calls


def test_a_gateway_that_is_gone_costs_no_receipt(
    start: Callable[..., HttpOperator],  # noqa: F811
    kannel: Kannel,  # noqa: F811
    other: Kannel,
) -> None:
    operator = start(receipt_url=f"{kannel.url} {other.url}")
    other.stop()
    for number in range(12):
        send(operator, to=NUMBER.format(number))
    wait_for(lambda: len(kannel.calls) == 12)
