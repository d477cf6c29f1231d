"""What stands before the back office: slow and half-open clients cost nobody else anything."""

import socket
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests

from deploy import leftovers, programs
from deploy.stack import Stack
from tests.deploy.test_stack import wait_until

HALF_OPEN = 20


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    with Stack(tmp_path_factory.mktemp("proxied"), durable=False) as started:
        started.start(only=programs.STORES)
        started.migrate()
        started.collect_static()
        started.start(only=["web", "proxy", "dlr-endpoint"])
        yield started


@pytest.fixture
def url(stack: Stack) -> str:
    return stack.settings["BASE_URL"]


def half_open(port: int, said: bytes) -> socket.socket:
    """Somebody who began to ask and says no more."""
    client = socket.create_connection(("127.0.0.1", port), timeout=5)
    client.sendall(said)
    return client


@pytest.mark.parametrize(
    "said",
    [
        b"",
        b"GET /login/ HTTP/1.1\r\nHost: localhost\r\nX-Slow: ",
        b"POST /account/ HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000\r\n\r\nphone=",
    ],
    ids=["says nothing", "stops in a heading", "stops in a form"],
)
def test_half_open_connections_do_not_stop_the_back_office(stack: Stack, url: str, said: bytes) -> None:
    clients = [half_open(stack.ports["web"], said) for _ in range(HALF_OPEN)]
    try:
        assert requests.get(f"{url}/login/", timeout=10).status_code == 200
    finally:
        for client in clients:
            client.close()


def test_health_is_told_through_it(url: str) -> None:
    assert requests.get(f"{url}/health/", timeout=10).headers["Content-Security-Policy"]


def test_static_files_come_from_it(stack: Stack, url: str) -> None:
    answer = requests.get(f"{url}/static/accounts/live.js", timeout=10)
    assert "LiveController" in answer.text
    assert answer.headers["X-Content-Type-Options"] == "nosniff"


def test_a_form_of_many_megabytes_is_refused_before_anybody_reads_it(url: str) -> None:
    assert requests.post(f"{url}/login/", data=b"x" * 5_000_000, timeout=10).status_code == 413


def test_a_file_of_many_megabytes_is_let_in_where_files_are_taken(url: str) -> None:
    answer = requests.post(
        f"{url}/customers/imports/upload/", data=b"x" * 5_000_000, timeout=10, allow_redirects=False
    )
    assert answer.status_code in (302, 403)


def test_the_back_office_is_told_who_asks_whatever_they_say(stack: Stack, url: str) -> None:
    for _try in range(6):
        session = requests.Session()
        token = session.get(f"{url}/login/", timeout=10).cookies["csrftoken"]
        answer = session.post(
            f"{url}/login/",
            data={"username": "nobody", "password": "wrong", "csrfmiddlewaretoken": token},
            headers={"X-Forwarded-For": f"192.0.2.{_try}"},  # made up, another one each time
            timeout=10,
        )
    assert answer.status_code == 429
    assert "15 minutes" in answer.text


def test_of_the_short_links_side_only_addresses_of_one_part_lead_anywhere(stack: Stack) -> None:
    links = f"http://127.0.0.1:{stack.ports['links']}"
    assert "leads nowhere" in requests.get(f"{links}/abcdefghijkl", timeout=10).text
    assert requests.get(f"{links}/kannel/dlr/x", timeout=10).status_code == 404
    assert requests.post(f"{links}/abcdefghijkl", timeout=10).status_code == 403


def test_a_login_is_tried_so_often_a_minute_and_no_more(url: str) -> None:
    answers = [requests.post(f"{url}/login/", timeout=10).status_code for _ in range(40)]
    assert answers[-1] == 429
    assert requests.get(f"{url}/login/", timeout=10).status_code == 200


def test_its_processes_are_known_as_the_stacks(stack: Stack) -> None:
    mine = {process.pid for process in stack.tree("proxy")}
    assert len(mine) == 2
    assert mine <= {process.pid for process in leftovers.processes_of(stack.var)}


def test_it_comes_back_when_it_is_killed(stack: Stack, url: str) -> None:
    before = stack.pids("proxy")
    stack.kill("proxy")
    wait_until(lambda: stack.pids("proxy") not in ([], before))
    wait_until(lambda: programs.answers(stack.ports["web"]))
    assert requests.get(f"{url}/login/", timeout=10).status_code == 200


def test_the_template_says_nothing_that_a_stack_does_not_fill_in(stack: Stack) -> None:
    assert "@" not in Path(stack.var / "nginx" / "nginx.conf").read_text().replace("@ signs", "")
