"""Forms of connections and gateways: what they take, what they refuse, and that nothing runs because of them."""

import pytest
from django.db import connection as database
from django.urls import reverse
from pytest_django import Settings

from kannel.models import Connection, Gateway
from tests.mailings_screens.conftest import As

pytestmark = pytest.mark.django_db


def form_of(line: Connection, **values: object) -> dict[str, object]:
    return {
        "name": line.name,
        "operator": line.operator_id,
        "gateway": line.gateway_id,
        "kind": "smpp",
        "is_enabled": "on",
        "host": "127.0.0.1",
        "port": 2775,
        "username": "us",
        "password": "",
        "throughput_per_second": 100,
        "window": 10,
        "source_autodetect": "on",
        **values,
    }


def add(as_role: As, line: Connection, **values: object) -> str:
    page = as_role("Operator staff").post(reverse("connection:add"), form_of(line, **values), follow=True)
    return page.content.decode()


def change(as_role: As, line: Connection, **values: object) -> str:
    url = reverse("connection:edit", args=[line.pk])
    return as_role("Operator staff").post(url, form_of(line, **values), follow=True).content.decode()


def test_a_saved_form_is_a_draft_and_nothing_that_runs_changes(as_role: As, north: Connection) -> None:
    page = change(as_role, north, host="10.0.0.1")
    north.refresh_from_db()
    assert (north.host, north.drafted["host"]) == ("127.0.0.1", "10.0.0.1")
    assert "Nothing in Kannel has changed yet" in page
    assert "Changes to apply" in page


def test_the_form_shows_what_is_wanted(as_role: As, north: Connection) -> None:
    change(as_role, north, host="10.0.0.1")
    page = as_role("Operator staff").get(reverse("connection:edit", args=[north.pk])).content.decode()
    assert 'value="10.0.0.1"' in page
    assert "These values are a draft and do not run yet." in page


def test_a_form_saved_as_it_runs_takes_the_draft_away(as_role: As, north: Connection) -> None:
    Connection.objects.filter(pk=north.pk).update(username="us")
    change(as_role, north, host="10.0.0.1")
    assert "there is nothing to apply" in change(as_role, north)
    north.refresh_from_db()
    assert (north.draft, north.drafted_by, north.drafted_at) == ("", None, None)


def test_a_password_is_kept_when_left_empty_and_never_shown(as_role: As, north: Connection) -> None:
    Connection.objects.update(password="swordfish", username="us")
    page = as_role("Operator staff").get(reverse("connection:edit", args=[north.pk])).content.decode()
    assert "swordfish" not in page
    assert "A password is set. It is never shown." in page
    assert "swordfish" not in change(as_role, north, throughput_per_second=90)
    north.refresh_from_db()
    assert "password" not in north.drafted
    assert "mackerel" not in change(as_role, north, password="mackerel")
    north.refresh_from_db()
    assert (north.password, north.drafted["password"]) == ("swordfish", "mackerel")


def test_the_database_holds_no_password_in_the_clear(as_role: As, north: Connection) -> None:
    Connection.objects.update(password="swordfish")
    change(as_role, north, password="mackerel")
    with database.cursor() as cursor:
        cursor.execute("SELECT row_to_json(via)::text FROM kannel_connection via")
        kept = cursor.fetchone()[0]
        cursor.execute("SELECT coalesce(string_agg(log::text, ''), '') FROM wagtailcore_modellogentry log")
        history = cursor.fetchone()[0]
    for word in ("swordfish", "mackerel"):
        assert word not in kept
        assert word not in history


def test_a_new_connection_is_out_of_use_until_it_is_applied(as_role: As, north: Connection) -> None:
    Connection.objects.filter(pk=north.pk).update(username="us")
    page = add(as_role, north, name="north-2", binds=3)
    row = Connection.objects.get(name="north-2")
    assert (row.is_enabled, row.drafted["is_enabled"], row.binds) == (False, True, 3)
    assert "north-2 is new" in page
    listed = as_role("Operator staff").get(reverse("connection:index")).content.decode()
    assert "new, not applied" in listed


def test_a_new_connection_needs_a_name_kannel_can_read(as_role: As, north: Connection) -> None:
    assert "Use Latin letters, digits, - and _ only." in add(as_role, north, name="with include")


def test_name_and_gateway_stay_once_a_connection_is_there(as_role: As, north: Connection) -> None:
    other = Gateway.objects.create(name="other")
    change(as_role, north, name="renamed", gateway=other.pk)
    north.refresh_from_db()
    assert not {"name", "gateway_id"} & set(north.drafted)


@pytest.mark.parametrize(
    ("values", "sentence"),
    [
        ({"kind": "http", "success_regex": "^OK"}, "An HTTP connection needs a port for its receipts."),
        ({"kind": "http", "receipt_port": 8101}, "Say what an answer looks like that means taken."),
        (
            {"kind": "http", "receipt_port": 8101, "success_regex": "("},
            "This is no regular expression: ",
        ),
        ({"kind": "http", "receipt_port": 8101, "success_regex": "(a+)+"}, "Do not repeat a bracket"),
        ({"kind": "http", "receipt_port": 8101, "success_regex": ".*"}, "This fits every answer"),
        (
            {"kind": "http", "receipt_port": 8101, "success_regex": "^OK", "message_id_regex": "^OK"},
            "Put brackets around the part that is wanted",
        ),
        (
            {"kind": "http", "receipt_port": 8099, "success_regex": "^OK"},
            "south-1 uses this port. Choose another one.",
        ),
        ({"username": "sixteen-letters-"}, "SMPP takes a user name of at most 15 characters."),
        ({"username": ""}, "SMPP does not work without a user name."),
        ({"host": "http://smpp.example"}, "Write a host name or an IPv4 address"),
        ({"password": "include"}, "Kannel would misread the word “include”."),
        ({"binds": 20}, "Ensure this value is less than or equal to 10."),
        ({"binds": 5, "throughput_per_second": 3}, "Each bind needs at least one part a second."),
        ({"source_ton": 1}, "Choose the type of number and the numbering plan, or neither"),
        (
            {"silence_seconds": 30, "enquire_link_seconds": 60},
            "Give it longer than the time between two questions",
        ),
        ({"our_address": "::1"}, "Enter a valid IPv4 address."),
    ],
)
def test_a_connection_kannel_could_not_use_is_refused_at_its_field(
    values: dict[str, object], sentence: str, as_role: As, north: Connection, south: Connection
) -> None:
    Connection.objects.filter(pk=south.pk).update(receipt_port=8099, success_regex="^OK")
    page = add(as_role, north, name="new-1", **values)
    assert sentence in page
    assert not Connection.objects.filter(name="new-1").exists()


def test_the_half_of_the_other_kind_is_forgotten(as_role: As, north: Connection) -> None:
    add(as_role, north, name="north-2", path="/x", receipt_port=8101, success_regex="(")
    row = Connection.objects.get(name="north-2")
    assert (row.path, row.receipt_port, row.success_regex) == ("", None, "")


def test_an_empty_expert_field_takes_its_usual_value(as_role: As, north: Connection) -> None:
    add(as_role, north, name="north-2", enquire_link_seconds="", interface_version="", binds="")
    row = Connection.objects.get(name="north-2")
    assert (row.enquire_link_seconds, row.interface_version, row.binds) == (10, 34, 1)


def test_what_only_a_start_of_kannel_shows_is_said_too(
    as_role: As, north: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("kannel.dry_start.PROGRAMS", ("/bin/false",))
    assert "Kannel does not start with this" in add(as_role, north, name="north-2")


def test_without_a_key_for_secrets_nothing_is_saved(
    as_role: As, north: Connection, settings: Settings
) -> None:
    settings.KANNEL_SECRET_KEYS = []
    assert "Ask the administrator to set KANNEL_SECRET_KEYS." in add(as_role, north, name="north-2")
    assert not Connection.objects.filter(name="north-2").exists()


def test_a_password_kept_with_a_lost_key_has_to_be_typed_again(
    as_role: As, north: Connection, settings: Settings
) -> None:
    Connection.objects.update(password="swordfish", username="us")
    settings.KANNEL_SECRET_KEYS = ["another key that is long enough for it"]
    assert "Type it again." in change(as_role, north)
    change(as_role, north, password="mackerel")
    north.refresh_from_db()
    assert north.drafted["password"] == "mackerel"


def test_a_connection_in_use_is_not_deleted(as_role: As, north: Connection) -> None:
    client, url = as_role("Operator staff"), reverse("connection:delete", args=[north.pk])
    assert "Take it out of use in its form" in client.post(url, follow=True).content.decode()
    Connection.objects.update(is_enabled=False)
    client.post(url)
    assert not Connection.objects.filter(pk=north.pk).exists()


def gateway_form(gateway: Gateway, **values: object) -> dict[str, object]:
    fields = ("transport", "host", "our_addresses", "box_port", "admin_port", "sendsms_port", "redis_host")
    known = {name: getattr(gateway, name) for name in (*fields, "redis_port", "redis_database", "box_id")}
    return known | {"name": gateway.name, "smsbox_id": "", "is_enabled": "on"} | values


@pytest.mark.parametrize(
    ("values", "sentence"),
    [
        ({"admin_port": 13001}, "Give the three ports three different numbers."),
        ({"our_addresses": "*.*.*.*"}, "Write an IPv4 address"),
        ({"our_addresses": ";"}, "Name the addresses the operator calls from"),
        ({"redis_host": 'a" b'}, "Use Latin letters, digits and the signs usual for it only."),
        ({"host": "10.0.0.1"}, "Nothing in Kannel has changed yet"),
    ],
)
def test_a_gateway_is_checked_and_drafted(
    values: dict[str, object], sentence: str, as_role: As, gateway: Gateway
) -> None:
    url = reverse("gateway:edit", args=[gateway.pk])
    page = as_role("Operator staff").post(url, gateway_form(gateway, **values), follow=True)
    assert sentence in page.content.decode()
    gateway.refresh_from_db()
    assert gateway.host == "127.0.0.1"


def test_a_gateway_can_be_added(as_role: As) -> None:
    values = gateway_form(Gateway(name="second"))
    as_role("Operator staff").post(reverse("gateway:add"), values)
    row = Gateway.objects.get(name="second")
    assert (row.is_enabled, row.drafted) == (False, {"is_enabled": True})
