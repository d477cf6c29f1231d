"""Which of Kannel's keys a person may set, and by which field of a connection: these and no others are offered.

Regular expressions for routing, reroute-*, instances and the like are missing on purpose: they crash bearerbox or send
messages where nobody routed them (Kannel 1.4.5).
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from kannel.models import Connection
from kannel.values import (
    DIGITS,
    HOST,
    LETTERS,
    NO_MARKUP,
    PATH,
    Check,
    Value,
    address,
    addresses,
    flag,
    less,
    listening_port,
    number,
    one_of,
    pattern,
    port,
    printable,
    shaped,
    text,
)

SMPP, HTTP, ADAPTER = Connection.Kind.SMPP, Connection.Kind.HTTP, Connection.Kind.ADAPTER
BOTH_HTTP = (HTTP, ADAPTER)
WINDOW = "max-pending-submits"
# Kannel 1.4.5 begins the next submit over HTTP before it has written down the answer to the last (smsc_http.c,
# httpsmsc_send_cb: semaphore_up() comes before parse_reply()). So one more is under way than it is told: a gateway that
# was killed with two lines of ten repeated 21.
HTTP_BEGINS_EARLY = 1


@dataclass(frozen=True)
class Key:
    """One key of an smsc group. ``name`` is empty where the field goes into a key that is put together of several."""

    name: str
    field: str
    check: Check
    kinds: tuple[str, ...] = (SMPP,)
    # The SMPP driver does not start without some keys, though their value is often empty.
    may_be_empty: bool = False
    # Left out of the file: what Kannel does without the key.
    unset: Value | None = None

    def value(self, connection: Connection) -> Value | None:
        """The value as Kannel is to read it. Raises ConfigurationError."""
        value = self.check(self.field, getattr(connection, self.field))
        return None if (value == "" and not self.may_be_empty) or value == self.unset else value


def _choices(field: str) -> Check:
    def known() -> set[Any]:
        found = next(one for one in Connection._meta.concrete_fields if one.name == field)
        values = {value for value, _label in found.flatchoices}
        return (
            values | ({None} if found.null else set()) | ({""} if found.blank and not found.null else set())
        )

    return one_of(known)


_host = shaped(HOST, "Write a host name or an IPv4 address without http:// and without a port.", 120)
KEYS = (
    Key("host", "host", _host),
    Key("", "host", _host, BOTH_HTTP),
    Key("port", "port", port),
    Key("", "port", port, BOTH_HTTP),
    # It stands in Kannel's status, which escapes nothing.
    Key("smsc-username", "username", shaped(NO_MARKUP, "Use no < and no >.", 64), (SMPP, HTTP)),
    Key("smsc-password", "password", text(64), (SMPP, HTTP), may_be_empty=True),
    # Kannel never sees these: our own application does.
    Key("", "username", printable(200), (ADAPTER,)),
    Key("", "password", printable(500), (ADAPTER,)),
    Key("system-type", "system_type", shaped(LETTERS, most=12), may_be_empty=True),
    Key("use-ssl", "use_tls", flag),
    Key("", "use_tls", flag, BOTH_HTTP),
    Key("", "binds", number(1, 10)),
    Key("throughput", "throughput_per_second", number(1, 10_000), (SMPP, *BOTH_HTTP)),
    Key(WINDOW, "window", number(1, 100)),
    Key(WINDOW, "window", less(HTTP_BEGINS_EARLY, number(2, 100)), BOTH_HTTP),
    # Without the key ids are compared as they came, which no number says.
    Key("msg-id-type", "hex_message_ids", _choices("hex_message_ids"), unset=0),
    Key("interface-version", "interface_version", _choices("interface_version")),
    Key("service-type", "service_type", shaped(LETTERS, most=5)),
    Key("source-addr-ton", "source_ton", _choices("source_ton")),
    Key("source-addr-npi", "source_npi", _choices("source_npi")),
    Key("source-addr-autodetect", "source_autodetect", flag),
    Key("dest-addr-ton", "dest_ton", _choices("dest_ton")),
    Key("dest-addr-npi", "dest_npi", _choices("dest_npi")),
    Key("bind-addr-ton", "bind_ton", _choices("bind_ton")),
    Key("bind-addr-npi", "bind_npi", _choices("bind_npi")),
    Key("address-range", "address_range", shaped(DIGITS, "Write digits only.", 40)),
    Key("alt-charset", "alphabet", _choices("alphabet"), (SMPP, HTTP)),
    Key("priority", "priority", number(0, 3)),
    Key("validityperiod", "validity_minutes", number(1, 10_080)),
    Key("enquire-link-interval", "enquire_link_seconds", number(5, 600)),
    Key("connection-timeout", "silence_seconds", number(30, 3600)),
    Key("reconnect-delay", "reconnect_seconds", number(1, 600)),
    Key("wait-ack", "answer_seconds", number(10, 3600)),
    Key("our-host", "our_address", address),
    Key("", "path", shaped(PATH, "Begin with / and use Latin letters, digits and . _ ~ - / only."), (HTTP,)),
    Key("port", "receipt_port", listening_port, BOTH_HTTP),
    Key("connect-allow-ip", "receipt_addresses", addresses, (HTTP,)),
    Key("status-success-regex", "success_regex", pattern(), (HTTP,)),
    Key("status-permfail-regex", "refused_regex", pattern(), (HTTP,)),
    Key("generic-foreign-id-regex", "message_id_regex", pattern(1), (HTTP,)),
)


def keys_of(kind: str) -> Iterator[Key]:
    """The keys that a connection of this kind may have."""
    return (key for key in KEYS if kind in key.kinds)


def fields_of(kind: str) -> set[str]:
    """The fields of a connection that mean something for this kind."""
    ours = {"adapter"} if kind == ADAPTER else set()
    return {key.field for key in keys_of(kind)} | ours


def field_of(kind: str, key: str) -> str:
    """The field behind a key of Kannel; empty if no person sets it."""
    if key == "send-url":
        return "path"
    return next((one.field for one in keys_of(kind) if one.name == key), "")


def shown(kind: str, key: str, value: str) -> str:
    """How a value of kannel.conf stands in its field. ``kind`` is Kannel's: smpp or http."""
    is_less = (kind, key) == (HTTP, WINDOW) and value
    return str(int(value) + HTTP_BEGINS_EARLY) if is_less else value
