"""Lines of one account on several gateways: one smsc-id in Kannel, each still told by its own name."""

from datetime import timedelta
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from backoffice.operators.models import Operator
from kannel import administration, configuration
from kannel.dlr_endpoint import _gateway_of
from kannel.models import Connection, Gateway
from kannel.reading import read
from tests.kannel_configuration.test_administration import answering

pytestmark = pytest.mark.django_db
SMSC = "<smsc><admin-id>{bind}</admin-id><id>north</id><status>online 5s</status><queued>1</queued></smsc>"


@pytest.fixture
def main() -> Gateway:
    return Gateway.objects.create(name="main", redis_database=7, box_id="ours")


@pytest.fixture
def north(main: Gateway) -> Connection:
    return Connection.objects.create(
        name="north",
        kind="smpp",
        gateway=main,
        operator=Operator.objects.create(name="North", receipt_margin=timedelta(hours=1)),
        host="127.0.0.1",
        port=2775,
        username="u",
    )


def add(name: str = "second", **options: object) -> Gateway:
    ports = {"admin_port": 1, "box_port": 2, "sendsms_port": 3, "receipt_port": 4}
    call_command("add_demo_gateway", name, **{**ports, **options})
    return Gateway.objects.get(name=name)


def test_a_second_gateway_gets_lines_of_the_same_accounts(north: Connection) -> None:
    second = add(host="10.0.0.2", our_address="10.0.0.1")
    line = second.connections.get()
    assert (line.name, line.account, line.smsc_id) == ("north-second", "north", "north")
    assert (line.operator, line.host, line.username) == (north.operator, "10.0.0.1", "u")
    assert (second.host, second.our_addresses, second.redis_host) == ("10.0.0.2", "10.0.0.1", "10.0.0.1")
    assert (second.redis_database, second.box_id) == (7, "ours")


def test_a_second_http_line_listens_at_a_port_of_its_own(north: Connection) -> None:
    Connection.objects.filter(pk=north.pk).update(kind="http", receipt_port=9)
    line = add(our_address="10.0.0.1").connections.get()
    assert (line.receipt_port, line.receipt_addresses) == (4, "10.0.0.1")


def test_without_a_first_gateway_there_is_no_second() -> None:
    with pytest.raises(CommandError, match="no gateway named 'main'"):
        add()


def test_kannel_gets_one_smsc_id_and_takes_messages_by_the_name(north: Connection, tmp_path: Path) -> None:
    second = add()
    text = configuration.render(second, second.connections.all(), tmp_path)
    [group] = [one for one in read(text) if one.kind == "smsc"]
    assert group.values["smsc-id"] == "north"
    assert group.values["smsc-admin-id"] == group.values["allowed-smsc-id"] == group.connection
    assert group.connection == "north-second"


def test_inbound_messages_of_an_account_go_to_the_named_smsbox(north: Connection, tmp_path: Path) -> None:
    second = add()
    second.smsbox_id = "box"
    text = configuration.render(second, second.connections.all(), tmp_path)
    [route] = [one for one in read(text) if one.kind == "smsbox-route"]
    assert route.values["smsc-id"] == "north"


@pytest.mark.parametrize("binds", [["north-second"], ["north-second_1", "north-second_2"]])
def test_the_state_of_a_line_is_told_by_its_name(north: Connection, binds: list[str]) -> None:
    second = add()
    body = "<gateway><status>running</status>{}</gateway>"
    with answering(body.format("".join(SMSC.format(bind=bind) for bind in binds))) as answering_gateway:
        second.host, second.admin_port = answering_gateway.host, answering_gateway.admin_port
        seen = administration.poll(second).connections
    assert {name: (one.queued, len(one.binds)) for name, one in seen.items()} == {
        "north-second": (len(binds), len(binds))
    }


def test_a_report_over_http_belongs_to_the_first_gateway_of_its_account(north: Connection) -> None:
    add()
    _gateway_of.cache_clear()
    assert _gateway_of("north") == north.gateway_id
    _gateway_of.cache_clear()
