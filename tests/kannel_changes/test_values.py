"""Regular expressions, secrets, drafts and differences, each by itself."""

import ctypes
import socket
import time

import pytest
from django.core.management import CommandError, call_command
from django.db import connection as database
from pytest_django import Settings

from backoffice.operators.checks import check_secret_keys, check_secrets
from kannel import patterns
from kannel.configuration import fit_together
from kannel.diagnosis import diagnose
from kannel.differences import compare, masked, text_difference
from kannel.keys import field_of
from kannel.models import Connection, Gateway
from kannel.models.names import is_kannel_id
from kannel.patterns import PatternRefused
from kannel.secret_field import NoSecretKey, Unreadable, hide, show
from kannel.smsc_groups import smsc_groups
from kannel.values import NAME, ConfigurationError, addresses, flag, number
from tests.kannel_changes.fuzz import values

OLD, NEW = "an old key that is long enough for it", "a new key that is long enough for it, too"


@pytest.mark.parametrize(
    "pattern",
    [
        "(a+)+$",
        "(a*)*",
        "(a|aa)+$",
        "(a{1000}){1000}",
        "(?R)",
        "(?=a)",
        "(*F)",
        "(a)\\1",
        "\\Qa\\E+",
        "a*" * 9,
        "(",
        "[a",
    ],
)
def test_an_expression_kannel_could_die_of_is_refused(pattern: str) -> None:
    with pytest.raises(PatternRefused):
        patterns.check(pattern)


@pytest.mark.parametrize(
    "pattern",
    [
        "^OK",
        "^OK ([0-9A-F]+)",
        "^(OK|ACCEPTED)",
        "[)(*+]",
        "\\(x\\)+",
        "[[:alpha:]]+)?"[:-2],
        "[]a]+",
        "[^]]b",
    ],
)
def test_a_usual_expression_is_taken(pattern: str) -> None:
    patterns.check(pattern)


def test_no_expression_that_is_taken_keeps_kannel_busy() -> None:
    library = patterns._library()
    assert library is not None, "Kannel's own engine is installed with it"
    bodies = [b"a" * 20_000, b"OK " * 5_000, b"(" * 5_000, b'"id":"' * 2_000, b"aab" * 5_000]
    for pattern in values():
        try:
            patterns.check(pattern)
        except (PatternRefused, ValueError):
            continue
        regex = ctypes.create_string_buffer(256)
        assert library.pcreposix_regcomp(regex, pattern.encode(), 0) == 0
        for body in bodies:
            began = time.thread_time()
            library.pcreposix_regexec(regex, body, 0, None, 0)
            assert time.thread_time() - began < 2.0, pattern
        library.pcreposix_regfree(regex)


def test_without_kannels_engine_python_has_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(patterns, "_library", lambda: None)
    patterns.check("^OK ([0-9]+)", groups_at_least=1)
    with pytest.raises(PatternRefused, match="This is no regular expression"):
        patterns.check("(")
    with pytest.raises(PatternRefused, match="even an empty one"):
        patterns.check("a?")


def test_a_name_that_the_form_takes_is_one_that_kannel_can_read() -> None:
    taken = [value for value in values() if _is_taken(value)]
    assert taken
    assert all(NAME.fullmatch(value) and "include" not in value for value in taken)


def _is_taken(value: str) -> bool:
    try:
        is_kannel_id(value)
    except Exception:
        return False
    return True


@pytest.mark.parametrize("value", ["yes", 1, None])
def test_only_yes_or_no_is_a_flag(value: object) -> None:
    with pytest.raises(ConfigurationError):
        flag("x", value)


def test_numbers_and_addresses_are_what_they_say() -> None:
    assert number(1, 3)("x", None) is None
    with pytest.raises(ConfigurationError, match="from 1 to 3"):
        number(1, 3)("x", True)
    assert addresses("x", " 10.0.0.1 ;10.0.0.2;") == "10.0.0.1;10.0.0.2"


def test_a_secret_is_read_with_any_of_the_keys_and_written_with_the_first(settings: Settings) -> None:
    settings.KANNEL_SECRET_KEYS = [OLD]
    token = hide("swordfish")
    assert "swordfish" not in token
    settings.KANNEL_SECRET_KEYS = [NEW, OLD]
    assert show(token) == "swordfish"
    settings.KANNEL_SECRET_KEYS = [NEW]
    lost = show(token)
    assert isinstance(lost, Unreadable)
    assert (lost, lost.token) == ("", token)
    settings.KANNEL_SECRET_KEYS = []
    with pytest.raises(NoSecretKey):
        hide("x")


def kept() -> str:
    with database.cursor() as cursor:
        cursor.execute("SELECT password FROM kannel_connection WHERE name = 'north-1'")
        return str(cursor.fetchone()[0])


@pytest.mark.django_db
def test_an_unreadable_secret_survives_a_save(north: Connection, settings: Settings) -> None:
    settings.KANNEL_SECRET_KEYS = [OLD]
    Connection.objects.update(password="swordfish")
    before = kept()
    settings.KANNEL_SECRET_KEYS = [NEW]
    Connection.objects.get(pk=north.pk).save()
    assert kept() == before


@pytest.mark.django_db
def test_a_key_is_replaced_without_losing_a_password(north: Connection, settings: Settings) -> None:
    settings.KANNEL_SECRET_KEYS = [OLD]
    Connection.objects.update(password="swordfish")
    settings.KANNEL_SECRET_KEYS = [NEW]
    assert [one.id for one in check_secrets(["default"])] == ["operators.W006"]
    with pytest.raises(CommandError, match="Add that key"):
        call_command("rotate_secrets")
    settings.KANNEL_SECRET_KEYS = [NEW, OLD]
    call_command("rotate_secrets")
    settings.KANNEL_SECRET_KEYS = [NEW]
    assert Connection.objects.get(pk=north.pk).password == "swordfish"
    assert check_secrets(["default"]) == []
    assert check_secrets() == []


@pytest.mark.parametrize(
    ("keys", "ids"), [([], ["operators.E004"]), (["short"], ["operators.E005"]), ([OLD], [])]
)
def test_a_missing_or_short_key_is_an_error_with_a_hint(
    keys: list[str], ids: list[str], settings: Settings
) -> None:
    settings.KANNEL_SECRET_KEYS = keys
    found = check_secret_keys()
    assert [one.id for one in found] == ids
    assert all(one.hint for one in found)


GROUP = (
    'group = smsc\nsmsc = "smpp"\nsmsc-id = "n"\nsmsc-admin-id = "n"\nsmsc-password = "{}"\nthroughput = {}\n'
)
CORE = 'group = core\nadmin-password = "adminsecret"\nadmin-port = {}\n\n'


def test_what_differs_is_named_without_secrets() -> None:
    running, wanted = CORE.format(1) + GROUP.format("one", 5), CORE.format(1) + GROUP.format("two", 6)
    found = compare(running, wanted)
    assert [(one.key, one.old, one.new) for one in found.all[0].keys] == [
        ("smsc-password", "••••••", "•••••• (new)"),
        ("throughput", "5", "6"),
    ]
    assert not found.needs_restart
    lines = text_difference(running, wanted)
    assert "+smsc-password = •••••• (new)" in lines
    assert not any("two" in line or "adminsecret" in line for line in lines)
    assert "adminsecret" not in masked(wanted)


def test_a_password_in_an_address_is_hidden_and_its_change_is_seen() -> None:
    url = 'group = smsc\nsmsc = "http"\nsmsc-id = "s"\nsmsc-admin-id = "s"\nsend-url = "http://h/?username=u&password={}&to=%p"\n'
    change = compare(url.format("one"), url.format("two")).all[0].keys[0]
    assert (change.old, change.new) == (
        "http://h/?username=u&password=••••••&to=%p",
        "http://h/?username=u&password=•••••• (new)&to=%p",
    )


def test_a_core_that_changes_asks_for_a_restart() -> None:
    assert compare(CORE.format(1) + GROUP.format("a", 1), CORE.format(2) + GROUP.format("a", 1)).needs_restart
    assert not compare("", CORE.format(2) + GROUP.format("a", 1)).needs_restart


def test_keys_that_no_person_sets_have_no_field() -> None:
    assert (field_of("smpp", "wait-ack-expire"), field_of("http", "send-url")) == ("", "path")


@pytest.mark.parametrize(
    ("values", "fault"),
    [
        ({"status": "dead"}, "account"),
        ({"host": "no-such-host.invalid"}, "no_such_host"),
        ({"port": 1}, "closed"),
        ({"host": "255.255.255.255"}, "no_way"),
    ],
)
def test_why_a_line_is_down_is_found_out_from_here(values: dict[str, object], fault: str) -> None:
    assert (
        diagnose(Connection(**({"host": "127.0.0.1", "port": 1, "status": "re-connecting"} | values)))
        == fault
    )


def test_an_operator_that_answers_and_lets_nobody_in_is_told_from_one_that_is_away() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        assert diagnose(Connection(host="127.0.0.1", port=port, status="re-connecting")) == "not_bound"


def test_kinds_that_kannel_does_not_have_are_refused() -> None:
    with pytest.raises(ConfigurationError, match="Choose one of the values offered"):
        smsc_groups(Connection(name="n", kind="fake", host="h", port=1))
    with pytest.raises(ConfigurationError, match="An HTTP connection is one"):
        smsc_groups(
            Connection(
                name="n", kind="http", host="h", port=1, binds=2, receipt_port=8099, success_regex="^OK"
            )
        )


def test_two_connections_may_not_share_the_name_of_a_bind() -> None:
    two = Connection(name="n", kind="smpp", binds=2)
    with pytest.raises(ConfigurationError, match="A bind of n has this name already"):
        fit_together(Gateway(name="main"), [two, Connection(name="n_1", kind="smpp")])


@pytest.mark.django_db
def test_a_draft_holds_only_what_differs(north: Connection, gateway: Gateway) -> None:
    wanted = north.wanted()
    wanted.window = 4
    assert north.put_draft(wanted, None)
    assert north.drafted == {"window": 4}
    north.take({"window": 4})
    assert (north.window, north.draft) == (4, "")
    assert not north.put_draft(north.wanted(), None)
