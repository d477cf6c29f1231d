from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from hypothesis import given
from hypothesis import strategies as st
from pytest_django import Settings

from backoffice.operators.models import Operator
from kannel import configuration
from kannel.configuration import ConfigurationError, problems, render
from kannel.models import Connection, Gateway

FOLDER = Path("/tmp/kannel")  # noqa: S108  named in the text only, never written


def smpp(**values: Any) -> Connection:
    fields = {"name": "north-1", "kind": "smpp", "host": "127.0.0.1", "port": 2775, "username": "us"}
    return Connection(operator=Operator(), **(fields | {"password": "secret"} | values))


def http(**values: Any) -> Connection:
    fields = {
        "name": "south-1",
        "kind": "http",
        "host": "127.0.0.1",
        "port": 8080,
        "path": "/send",
        "receipt_port": 8081,
        "success_regex": "^OK",
        "refused_regex": "^ERROR",
        "message_id_regex": "^OK ([0-9A-F]+)",
    }
    return Connection(operator=Operator(), **(fields | values))


def rendered(*connections: Connection, **values: Any) -> str:
    return render(Gateway(name="main", **values), connections, FOLDER)


def test_kannels_own_checker_accepts_what_is_rendered() -> None:
    assert problems(rendered(smpp(), http())) == ""


def test_kannels_own_checker_says_what_it_does_not_accept() -> None:
    assert problems("group = core\nno-such-key = 1\n") != ""


def test_without_a_checker_nothing_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(configuration, "CHECKERS", ())
    assert problems("nonsense") == ""


def test_every_connection_takes_its_own_messages_only() -> None:
    text = rendered(smpp(), http())
    assert 'allowed-smsc-id = "north-1"' in text
    assert 'allowed-smsc-id = "south-1"' in text


def test_a_connection_out_of_use_is_left_out() -> None:
    assert "north-1" not in rendered(smpp(is_enabled=False), http())


def test_a_named_smsbox_gets_the_inbound_messages() -> None:
    text = rendered(smpp(), http(), smsbox_id="main-http")
    assert 'group = smsbox-route\nsmsbox-id = "main-http"\nsmsc-id = "north-1;south-1"' in text
    assert "smsbox-route" not in rendered(smpp())
    assert "smsbox-route" not in rendered(smsbox_id="main-http")


def test_message_ids_in_hex_are_told_to_kannel() -> None:
    assert "msg-id-type" not in rendered(smpp())
    assert "msg-id-type = 3" in rendered(smpp(hex_message_ids=3))


def test_an_account_of_an_http_operator_goes_into_the_address_with_no_escape_of_kannels() -> None:
    text = rendered(http(username="us", password="a&b"))
    assert "/send?username=us&password=a%%26b&to=%p" in text
    assert 'smsc-username = "us"' in text


def test_over_http_kannel_is_told_one_less_as_it_begins_one_early() -> None:
    assert "max-pending-submits = 10" in rendered(smpp(window=10))
    assert "max-pending-submits = 9" in rendered(http(window=10))


def test_without_patterns_every_answer_but_success_is_tried_again() -> None:
    text = rendered(http(refused_regex="", message_id_regex="", path=""))
    assert "permfail" not in text
    assert 'status-tempfail-regex = ".*"' in text
    assert "foreign-id" not in text


@pytest.mark.parametrize(
    ("connection", "field"),
    [
        (smpp(host='127.0.0.1"\ngroup = core'), "host"),
        (smpp(username="include"), "username"),
        (smpp(password="пароль"), "password"),
        (smpp(port=0), "port"),
        (smpp(throughput_per_second=0), "throughput_per_second"),
        (smpp(window=101), "window"),
        (http(window=1), "window"),
        (http(receipt_port=None), "receipt_port"),
        (http(success_regex="("), "success_regex"),
        (http(success_regex="\n"), "success_regex"),
        (http(path="/send?x=%P"), "path"),
        (http(host="evil.example/?"), "host"),
        (http(port=70_000), "port"),
        (http(receipt_port=0), "receipt_port"),
        (smpp(name="north-1;south-1"), "name"),
        (smpp(host="a b"), "host"),
    ],
)
def test_a_value_that_would_hurt_kannel_is_refused_at_its_field(connection: Connection, field: str) -> None:
    with pytest.raises(ConfigurationError) as refusal:
        rendered(connection)
    assert refusal.value.field == field


@pytest.mark.parametrize(
    ("gateway", "field"),
    [
        ({"host": "include"}, "host"),
        ({"host": "0.0.0.0\ngroup = core"}, "host"),
        ({"admin_port": 0}, "admin_port"),
        ({"box_port": 70_000}, "box_port"),
        ({"redis_host": 'r"'}, "redis_host"),
        ({"redis_database": 5000}, "redis_database"),
    ],
)
def test_an_address_of_a_gateway_that_would_hurt_kannel_is_refused(
    gateway: dict[str, Any], field: str
) -> None:
    with pytest.raises(ConfigurationError) as refusal:
        rendered(smpp(), **gateway)
    assert refusal.value.field == field


@pytest.mark.parametrize("name", ["KANNEL_ADMIN_PASSWORD", "KANNEL_STATUS_PASSWORD"])
def test_without_a_password_kannel_is_not_configured(name: str, settings: Settings) -> None:
    setattr(settings, name, "")
    with pytest.raises(ConfigurationError, match="long random password") as refusal:
        rendered(smpp())
    assert refusal.value.field == name


def test_two_connections_do_not_share_a_port_for_receipts() -> None:
    with pytest.raises(ConfigurationError, match="south-1 uses this port"):
        rendered(http(), http(name="south-2"))


def test_quotes_and_backslashes_reach_kannel_as_they_are() -> None:
    text = rendered(http(success_regex=r'"id":\d+'))
    assert r'status-success-regex = "\"id\":\\d+"' in text
    assert problems(text) == ""


@given(st.text(max_size=40))
def test_no_value_of_a_person_makes_a_second_line(value: str) -> None:
    usual = rendered(smpp(system_type="usual"))
    try:
        text = rendered(smpp(system_type=value))
    except ConfigurationError:
        return
    assert text.count("\n") == usual.count("\n")
    assert "include" not in text.lower()


@pytest.mark.django_db
def test_the_command_says_which_gateway_is_missing(tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="no gateway named 'other'"):
        call_command("render_kannel", "other", directory=tmp_path)


@pytest.mark.django_db
def test_the_command_says_which_value_is_wrong(tmp_path: Path) -> None:
    gateway = Gateway.objects.create(name="main", host="include")
    with pytest.raises(CommandError, match="host: Kannel would misread"):
        call_command("render_kannel", gateway.name, directory=tmp_path)


@pytest.mark.django_db
def test_the_command_passes_on_what_kannel_says(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    Gateway.objects.create(name="main")
    monkeypatch.setattr(configuration, "render", lambda *_: "group = core\nno-such-key = 1\n")
    with pytest.raises(CommandError, match="Kannel refuses this configuration"):
        call_command("render_kannel", "main", directory=tmp_path)


@pytest.mark.django_db
def test_the_listener_says_which_gateway_is_missing() -> None:
    with pytest.raises(CommandError, match="no gateway named 'other'"):
        call_command("listen_to_kannel", "other")
