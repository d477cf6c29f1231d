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
SECONDS = 30


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
        assert requests.get(f"{url}/login/", timeout=SECONDS).status_code == 200
    finally:
        for client in clients:
            client.close()


def test_health_is_told_through_it(url: str) -> None:
    assert requests.get(f"{url}/health/", timeout=SECONDS).headers["Content-Security-Policy"]


def test_static_files_come_from_it(stack: Stack, url: str) -> None:
    answer = requests.get(f"{url}/static/accounts/live.js", timeout=SECONDS)
    assert "LiveController" in answer.text
    assert answer.headers["X-Content-Type-Options"] == "nosniff"


def test_a_form_of_many_megabytes_is_refused_before_anybody_reads_it(url: str) -> None:
    assert requests.post(f"{url}/login/", data=b"x" * 5_000_000, timeout=SECONDS).status_code == 413


@pytest.mark.parametrize(
    ("languages", "words"),
    [
        ("ru-RU,ru;q=0.9,en;q=0.8", "в файле может быть не больше 512 МБ"),
        ("en-US,ru;q=0.5", "a file has at most 512 MB"),
    ],
)
def test_its_own_refusals_are_in_the_products_look_and_the_readers_language(
    url: str, languages: str, words: str
) -> None:
    headers = {"Accept-Language": languages}
    answer = requests.post(f"{url}/login/", data=b"x" * 5_000_000, headers=headers, timeout=SECONDS)
    assert (answer.status_code, answer.headers["Content-Type"]) == (413, "text/html; charset=utf-8")
    assert words in answer.text
    assert "accounts/parley.css" in answer.text
    assert requests.get(f"{url}/proxy-pages/413", timeout=SECONDS).status_code == 404


def test_while_no_web_process_is_there_the_proxy_says_so(stack: Stack, url: str) -> None:
    stack.kill_for_good("web")
    answer = requests.get(f"{url}/login/", timeout=SECONDS)
    stack.start(only=["web"])
    assert answer.status_code == 502
    assert "Parley cannot be reached." in answer.text


def test_a_file_of_many_megabytes_is_let_in_where_files_are_taken(url: str) -> None:
    answer = requests.post(
        f"{url}/customers/imports/upload/", data=b"x" * 5_000_000, timeout=SECONDS, allow_redirects=False
    )
    assert answer.status_code in (302, 403)


def test_the_back_office_is_told_who_asks_whatever_they_say(stack: Stack, url: str) -> None:
    for _try in range(6):
        session = requests.Session()
        token = session.get(f"{url}/login/", timeout=SECONDS).cookies["csrftoken"]
        answer = session.post(
            f"{url}/login/",
            data={"username": "nobody", "password": "wrong", "csrfmiddlewaretoken": token},
            headers={"X-Forwarded-For": f"192.0.2.{_try}"},  # made up, another one each time
            timeout=SECONDS,
        )
    assert answer.status_code == 429
    assert "15 minutes" in answer.text


def test_of_the_short_links_side_only_addresses_of_one_part_lead_anywhere(stack: Stack) -> None:
    links = f"http://127.0.0.1:{stack.ports['links']}"
    assert "leads nowhere" in requests.get(f"{links}/abcdefghijkl", timeout=SECONDS).text
    assert requests.get(f"{links}/kannel/dlr/x", timeout=SECONDS).status_code == 404
    assert requests.post(f"{links}/abcdefghijkl", timeout=SECONDS).status_code == 403


def test_a_login_is_tried_so_often_a_minute_and_no_more(url: str) -> None:
    answers = [requests.post(f"{url}/login/", timeout=SECONDS).status_code for _ in range(40)]
    assert answers[-1] == 429
    assert requests.get(f"{url}/login/", timeout=SECONDS).status_code == 200


def test_its_processes_are_known_as_the_stacks(stack: Stack) -> None:
    mine = {process.pid for process in stack.tree("proxy")}
    assert len(mine) == 2
    assert mine <= {process.pid for process in leftovers.processes_of(stack.var)}


def test_it_comes_back_when_it_is_killed(stack: Stack, url: str) -> None:
    before = stack.pids("proxy")
    stack.kill("proxy")
    wait_until(lambda: stack.pids("proxy") not in ([], before))
    wait_until(lambda: programs.answers(stack.ports["web"]))
    assert requests.get(f"{url}/login/", timeout=SECONDS).status_code == 200


def test_the_template_says_nothing_that_a_stack_does_not_fill_in(stack: Stack) -> None:
    assert "@" not in Path(stack.var / "nginx" / "nginx.conf").read_text().replace("@ signs", "")
