"""The second bearerbox: what it finds, and that it leaves the first one, its Redis and the operators alone."""

from pathlib import Path

import pytest

from backoffice.operators.models import Operator
from kannel import configuration, dry_start
from kannel.configuration import ConfigurationError
from kannel.models import Connection, Gateway
from kannel.reading import read

FOLDER = Path("/var/lib/kannel")


def rendered(**values: object) -> str:
    fields = {"name": "north-1", "kind": "smpp", "host": "10.255.255.1", "port": 2775, "username": "us"}
    row = Connection(operator=Operator(), password="swordfish", **(fields | values))
    return configuration.render(Gateway(name="main"), [row], FOLDER)


def test_a_good_file_is_tried_in_silence() -> None:
    dry_start.try_out(rendered(binds=3, our_address="10.9.8.7"))


@pytest.mark.parametrize(
    ("old", "new", "field"),
    [
        ("priority = 0", "priority = 9", ""),
        ("msg-id-type = 1", "msg-id-type = 9", ""),
        ("wait-ack-expire = 2", "wait-ack-expire = 7", ""),
        ("transceiver-mode = yes", "no-such-key = 1", ""),
        ('smsc-username = "us"\n', "", ""),
    ],
)
def test_what_kills_bearerbox_is_found_with_its_own_words(old: str, new: str, field: str) -> None:
    text = rendered(hex_message_ids=1)
    assert old in text
    with pytest.raises(ConfigurationError, match="Kannel does not start with this: ") as refused:
        dry_start.try_out(text.replace(old, new))
    assert "swordfish" not in str(refused.value)


def test_without_kannel_on_this_host_nothing_is_tried(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dry_start, "PROGRAMS", ())
    dry_start.try_out("nonsense")


def test_it_gets_no_address_no_store_and_no_redis_of_the_first_one(tmp_path: Path) -> None:
    http = Connection(
        name="south-1",
        kind="http",
        host="10.255.255.2",
        port=80,
        receipt_port=8099,
        success_regex="^OK",
        operator=Operator(),
    )
    smpp = Connection(name="n", kind="smpp", host="10.255.255.1", port=1, username="u", operator=Operator())
    gateway = Gateway(name="main", smsbox_id="box")
    dry_start._write(configuration.render(gateway, [http, smpp], FOLDER), tmp_path)
    file = tmp_path / "candidate.conf"
    groups = {one.kind: one.values for one in read(file.read_text())}
    assert file.stat().st_mode & 0o777 == 0o600
    assert "redis-connection" not in groups
    assert groups["core"]["dlr-storage"] == "internal"
    assert groups["core"]["store-location"].startswith(str(tmp_path))
    assert groups["core"]["smsbox-port"] != "13001"
    text = file.read_text()
    assert not any(word in text for word in ("10.255.255", "8099", "13000", "13013"))


def test_the_connection_and_the_field_are_named_where_kannel_names_them() -> None:
    groups = read(rendered())
    said = "PANIC: SMPP[north-1]: Invalid value for directive `priority' in configuration."
    error = dry_start._explained(said, groups)
    assert (error.connection, error.field) == ("north-1", "priority")
    error = dry_start._explained("ERROR: nothing we know, password swordfish", groups)
    assert (error.connection, error.field) == ("", "")
    assert "swordfish" not in str(error)
