"""Two gateways on two hosts: messages are spread, receipts return on either, and one of them may go in the middle."""

import socket
from collections.abc import Iterator

import pytest
import requests

from deploy import drill, drill_gateway, namespaces, programs, second_gateway, tuning
from deploy.namespaces import Host
from deploy.stack import Stack

MESSAGES = 1200
PER_SECOND = 50
DEADLINE_SECONDS = 300
LINES = {"north-1", "south-1", "north-1-second", "south-1-second"}

pytestmark = [
    pytest.mark.drill,
    pytest.mark.timeout(DEADLINE_SECONDS + 200),
    pytest.mark.skipif(
        namespaces.is_left_out(), reason=f"{namespaces.WITHOUT} is set: two hosts are not tried here."
    ),
]


@pytest.fixture(scope="module")
def other() -> Iterator[Host]:
    """The host of the second gateway. Fails, and says why, where there can be none."""
    with namespaces.another_host() as host:
        yield host


@pytest.fixture(scope="module")
def stack(other: Host, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """A whole Parley whose second gateway runs over there."""
    operators = dict.fromkeys(programs.OPERATORS, drill_gateway.RECEIPTS)
    with Stack(tmp_path_factory.mktemp("gateways"), second=other.place, simulators=operators) as whole:
        drill.bring_up(whole, drill_gateway.GATEWAY, MESSAGES, PER_SECOND)
        tuning.wait_until_online(whole)
        yield whole
        whole.abandon()


def answer_from(address: str, to: str, port: int) -> bytes | None:
    """What a gateway says at once to a call from this address: nothing (None) while it listens, b"" if it hangs up."""
    with socket.create_connection((to, port), 5, source_address=(address, 0)) as caller:
        caller.settimeout(2)
        try:
            return caller.recv(1)
        except TimeoutError:
            return None
        except ConnectionResetError:
            return b""


def status_seen_from(address: str, stack: Stack, to: str) -> str:
    """The status page of the second gateway, with the right password, asked for from this address."""
    session = requests.Session()
    session.trust_env = False
    adapter = requests.adapters.HTTPAdapter()
    adapter.init_poolmanager(1, 1, source_address=(address, 0))
    session.mount("http://", adapter)
    url = f"http://{to}:{stack.ports['kannel_second_admin']}/status.txt"
    try:
        return session.get(url, params={"password": stack.settings["KANNEL_STATUS_PASSWORD"]}, timeout=5).text
    except requests.ConnectionError:
        return ""


def test_only_our_own_addresses_get_into_the_gateway(stack: Stack, other: Host) -> None:
    box = stack.ports["kannel_second_box"]
    assert answer_from(other.place.our_address, other.place.address, box) is None
    assert answer_from(other.stranger, other.place.address, box) == b""
    assert "SMS: received" in status_seen_from(other.place.our_address, stack, other.place.address)
    assert "SMS" not in status_seen_from(other.stranger, stack, other.place.address)


@pytest.fixture(scope="module")
def outcome(stack: Stack) -> drill.Outcome:
    """One mailing over both hosts; when every line had delivered something, the bearerbox of the first one was killed."""
    tuning.trust_all(stack)
    return drill.drill(stack, drill_gateway.GATEWAY, DEADLINE_SECONDS)


def test_a_mailing_is_spread_over_both(stack: Stack, outcome: drill.Outcome) -> None:
    lines = tuning.by_line(stack, outcome.result.mailing_id)

    assert set(lines) == LINES
    # The first host was there for the first third of it.
    assert min(lines.values()) > 0.04 * outcome.count.planned


def test_it_ends_over_the_other_host_when_one_is_gone(stack: Stack, outcome: drill.Outcome) -> None:
    assert outcome.result.is_good, outcome.result.line()
    assert outcome.count.lost == 0
    assert outcome.count.doubled <= outcome.may_repeat
    assert outcome.count.reached == outcome.count.planned > 0.8 * MESSAGES
    assert outcome.went_elsewhere > 0
    carried = drill_gateway.carried_by(stack, outcome.result.mailing_id)
    assert carried[second_gateway.NAME] > carried[programs.GATEWAY] > 0


def test_all_receipts_return_on_either_host(outcome: drill.Outcome) -> None:
    assert outcome.result.counts["delivered"] == outcome.count.planned
