"""The application by itself: who may call it, what it remembers, and what it does when something is away."""

import itertools
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
import redis
import requests
from django.conf import settings as django_settings
from pytest_django import Settings

from backoffice.operators.models import Operator
from kannel.adapters import addresses, health
from kannel.adapters.memory import Memory, NoMemory
from kannel.adapters.presets import preset
from kannel.models import Adapter, Connection, Gateway
from kannel.simulator.api import ApiOperator
from kannel.simulator.record import counts
from tests.kannel.simulator.operators import running, wait_for
from tests.kannel_adapters.house import PASSWORD, USERNAME, application, operator_of

NOBODY = 1
_ids = itertools.count(1)


@pytest.fixture
def port(transactional_db: None, settings: Settings) -> Iterator[int]:
    with application() as found:
        settings.KANNEL_ADAPTERS_PORT = found
        settings.KANNEL_ADAPTERS_URL = f"http://127.0.0.1:{found}"
        yield found


@pytest.fixture
def operator(tmp_path: Path) -> Iterator[ApiOperator]:
    made = operator_of("json", tmp_path, receipt_url="")
    with running(made):
        yield made


def line(port: int, **values: object) -> Connection:
    """A saved connection to whoever listens on the port; nobody takes its receipts."""
    adapter = preset("json")
    adapter.name = f"Adapter {next(_ids)}"
    adapter.receipt_header = str(values.pop("receipt_header", ""))
    adapter.answer_seconds = int(str(values.pop("answer_seconds", 5)))
    adapter.save()
    return Connection.objects.create(
        **{
            "name": f"line-{next(_ids)}",
            "kind": "adapter",
            "adapter": adapter,
            "gateway": Gateway.objects.get_or_create(name="main")[0],
            "operator": Operator.objects.get_or_create(
                name="North", defaults={"receipt_margin": timedelta(hours=1)}
            )[0],
            "host": "127.0.0.1",
            "port": port,
            "username": USERNAME,
            "password": PASSWORD,
            "receipt_port": NOBODY,
            **values,
        }
    )


def send(row: Connection, message_id: str = "", **values: str) -> str:
    """What Kannel would be answered."""
    url = addresses.send_url(row.name).partition("&id=")[0]
    query = {
        "id": message_id or f"m{next(_ids)}",
        "to": "+79120000001",
        "from": "Parley",
        "text": "hi",
        "coding": "0",
    }
    return requests.get(url, params=query | values, timeout=20).text


def taken(tmp_path: Path) -> int:
    found = tmp_path / "json.record"
    wait_for(lambda: found.exists())
    return counts(found).messages.total()


def test_a_message_is_carried_and_a_repeated_call_answered_from_memory(
    port: int, operator: ApiOperator, tmp_path: Path
) -> None:
    row = line(operator.port)
    assert [send(row, "m-1"), send(row, "m-1")] == ["OK m-1", "OK m-1"]
    wait_for(lambda: taken(tmp_path) == 1)
    assert operator.counts["submitted"] == 1


def test_two_calls_at_once_ask_the_operator_once(port: int, operator: ApiOperator) -> None:
    row = line(operator.port)
    Memory(django_settings.REDIS_URL).claim(f"{row.name}:m-2")
    assert send(row, "m-2") == "LATER under way"
    assert operator.counts["submitted"] == 0


def test_what_was_under_way_when_the_application_died_is_unknown_and_stays_so(
    port: int, operator: ApiOperator, clean_redis: "redis.Redis[bytes]"
) -> None:
    row = line(operator.port)
    clean_redis.set(f"kannel.adapters:{row.name}:m-3", b"?1.0")
    assert [send(row, "m-3"), send(row, "m-3")] == ["OK unknown-m-3", "OK unknown-m-3"]
    assert operator.counts["submitted"] == 0


def test_nothing_that_left_without_an_answer_leaves_again(port: int, operator: ApiOperator) -> None:
    row = line(operator.port, answer_seconds=1)
    operator.behaviour = operator.behaviour.changed({"unanswered": 1.0})
    assert [send(row, "m-4"), send(row, "m-4")] == ["OK unknown-m-4", "OK unknown-m-4"]
    assert operator.counts["submitted"] == 1


def test_a_link_that_breaks_instead_of_an_answer_is_unknown(port: int, operator: ApiOperator) -> None:
    row = line(operator.port)
    operator.behaviour = operator.behaviour.changed({"drop_every": 1})
    assert send(row, "m-5") == "OK unknown-m-5"


def test_where_nobody_listens_nothing_has_left_and_it_may_come_again(
    port: int, operator: ApiOperator
) -> None:
    row = line(NOBODY)
    assert send(row, "m-6").startswith("LATER no connection")
    Connection.objects.filter(pk=row.pk).update(port=operator.port)
    wait_for(lambda: send(row, "m-6") == "OK m-6")


def test_a_wrong_password_is_for_later_and_the_right_one_is_read_soon(
    port: int, operator: ApiOperator
) -> None:
    row = line(operator.port, password="wrong")
    assert send(row, "m-7").startswith("LATER")
    Connection.objects.filter(pk=row.pk).update(password=PASSWORD)
    row.password = PASSWORD
    row.save()
    wait_for(lambda: send(row, "m-7") == "OK m-7")


def test_without_redis_nothing_leaves(port: int, operator: ApiOperator) -> None:
    away = Memory("redis://127.0.0.1:1/0")
    for do in (lambda: away.claim("x"), lambda: away.settle("x", b"OK"), lambda: away.forget("x")):
        with pytest.raises(NoMemory):
            do()


def test_a_call_without_the_secret_is_refused(port: int, operator: ApiOperator) -> None:
    row = line(operator.port)
    url = f"http://127.0.0.1:{port}{addresses.SEND}{row.name}"
    assert requests.get(url, params={"password": "guess", "id": "1", "to": "1"}, timeout=5).status_code == 403
    assert requests.get(url, timeout=5).status_code == 403
    assert operator.counts["submitted"] == 0


def test_a_part_of_a_text_is_refused(port: int, operator: ApiOperator) -> None:
    assert send(line(operator.port), udh="\x05") == "NO only whole texts are carried"


def test_an_unknown_or_senseless_line_lets_kannel_wait(port: int, operator: ApiOperator) -> None:
    row = line(operator.port)
    Adapter.objects.update(body="{")
    assert [send(row), send(row)] == ["LATER no such connection"] * 2
    row.delete()
    assert send(Connection(name="nowhere")) == "LATER no such connection"


def test_receipts_need_the_secret_of_their_connection(port: int, operator: ApiOperator) -> None:
    row, other = line(operator.port), line(operator.port, adapter=None)
    good = addresses.receipt_url(row.name)
    assert requests.post(good[:-2] + "xx", data=b"{}", timeout=5).status_code == 403
    assert requests.post(good, data=b"{}", timeout=5).status_code == 400
    assert requests.post(addresses.receipt_url(other.name), data=b"{}", timeout=5).status_code == 404


def test_the_secret_may_come_in_a_header(port: int, operator: ApiOperator) -> None:
    row = line(operator.port, receipt_header="X-Secret")
    url = addresses.receipt_url(row.name, with_secret=False)
    secret = addresses.secret(addresses.RECEIPTS, row.name)
    under_way = b'{"results": [{"messageId": "1", "status": {"groupName": "PENDING"}}]}'
    assert requests.post(url, data=under_way, timeout=5).status_code == 403
    answer = requests.post(url, data=under_way, headers={"X-Secret": secret}, timeout=5)
    assert (answer.status_code, answer.text) == (200, "OK")


def test_a_receipt_that_kannel_does_not_take_is_asked_for_again(port: int, operator: ApiOperator) -> None:
    url = addresses.receipt_url(line(operator.port).name)
    final = b'{"results": [{"messageId": "1", "status": {"groupName": "DELIVERED"}}]}'
    assert requests.post(url, data=final, timeout=20).status_code == 503


def test_a_receipt_may_be_a_get_but_not_a_flood(port: int, operator: ApiOperator) -> None:
    row = line(operator.port)
    Adapter.objects.update(receipt_kind="form", receipts_at="", receipt_id_at="id", receipt_state_at="state")
    url = addresses.receipt_url(row.name)
    assert requests.get(f"{url}?id=1&state=queued", timeout=5).status_code == 200
    assert requests.post(url, data=b"x" * (1 << 21), timeout=20).status_code == 413


def test_it_says_that_it_lives(port: int, clean_redis: "redis.Redis[bytes]") -> None:
    assert requests.get(f"http://127.0.0.1:{port}/health", timeout=5).text == "alive\n"
    assert requests.get(f"http://127.0.0.1:{port}/", timeout=5).status_code == 404
    health.beat()
    assert (health.age_seconds() or 9) < 5


def test_nobody_heard_it_yet(clean_redis: "redis.Redis[bytes]") -> None:
    assert health.age_seconds() is None
