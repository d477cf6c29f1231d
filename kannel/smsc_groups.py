"""A connection as Kannel's smsc groups: one for each bind, of one smsc-id, each with a smsc-admin-id of its own."""

from collections.abc import Callable, Mapping
from urllib.parse import urlencode

from django.utils.translation import gettext as _

from kannel.adapters.addresses import send_url
from kannel.adapters.answers import NO, OK
from kannel.keys import keys_of
from kannel.models import Connection
from kannel.values import NAME, ConfigurationError, Value, shaped

Group = Mapping[str, Value]
# More than the longest text has.
WHOLE_TEXT_OCTETS = 4000
# What Kannel fills in for each message.
HTTP_QUERY = "to=%p&from=%P&coding=%c&udh=%u&text=%b&dlr-mask=%d"


def smsc_groups(connection: Connection) -> list[Group]:
    """All groups of a connection. Raises ConfigurationError with the field and the connection's name."""
    try:
        return _groups(connection)
    except ConfigurationError as error:
        error.connection = connection.name
        raise


def _groups(connection: Connection) -> list[Group]:
    name = shaped(NAME)("name", connection.name)
    if connection.kind not in Connection.Kind.values:
        raise ConfigurationError("kind", _("Choose one of the values offered."))
    values = _values(connection)
    _fit_together(connection)
    common: dict[str, Value] = {
        "group": "smsc",
        "smsc": str(Connection.Kind.HTTP if connection.kind == Connection.Kind.ADAPTER else connection.kind),
        # A ; in it would be a list of several names.
        "smsc-id": str(shaped(NAME)("account", connection.smsc_id)),
    }
    # Without allowed-smsc-id a link takes messages that were routed, and priced, for another one. It is the name, whatever
    # the smsc-id: by it messages choose their line, and we find the line in our own file.
    return [
        common | {"smsc-admin-id": bind, "allowed-smsc-id": str(name)} | values
        for bind in connection.bind_names()
    ]


def _values(connection: Connection) -> dict[str, Value]:
    fixed = FIXED[connection.kind](connection)
    values: dict[str, Value] = {}
    for key in keys_of(connection.kind):
        value = key.value(connection)
        if key.name and value is not None:
            values[key.name] = value
    values["throughput"] = _share(connection)
    return values | fixed


def _share(connection: Connection) -> Value:
    """Kannel counts for each bind, the contract for all together. Less than one a second is one to Kannel."""
    if connection.binds > connection.throughput_per_second:
        raise ConfigurationError(
            "throughput_per_second", _("Each bind needs at least one part a second. Use fewer binds.")
        )
    if connection.throughput_per_second % connection.binds == 0:
        return connection.throughput_per_second // connection.binds
    return round(connection.throughput_per_second / connection.binds, 2)


def _fit_together(connection: Connection) -> None:
    """What each value cannot say alone."""
    if connection.kind != Connection.Kind.SMPP:
        if connection.binds > 1:
            raise ConfigurationError(
                "binds", _("An HTTP connection is one. Give it a larger window instead.")
            )
        return
    if not connection.username:
        raise ConfigurationError("username", _("SMPP does not work without a user name."))
    for end in ("source", "dest"):
        ton, npi = getattr(connection, f"{end}_ton"), getattr(connection, f"{end}_npi")
        if (ton is None) != (npi is None):
            raise ConfigurationError(
                f"{end}_npi" if npi is None else f"{end}_ton",
                _("Choose the type of number and the numbering plan, or neither: Kannel ignores one alone."),
            )
    if connection.silence_seconds <= connection.enquire_link_seconds:
        raise ConfigurationError(
            "silence_seconds", _("Give it longer than the time between two questions whether the link lives.")
        )


def _smpp(connection: Connection) -> dict[str, Value]:
    return {
        "transceiver-mode": True,
        # 2: an unanswered submit is tried again only over a new link; the default doubles messages.
        "wait-ack-expire": 2,
    }


def _http(connection: Connection) -> dict[str, Value]:
    if not connection.success_regex:
        raise ConfigurationError("success_regex", _("Say what an answer looks like that means taken."))
    query = HTTP_QUERY
    if connection.username:
        encoded = urlencode({"username": connection.username, "password": connection.password})
        # Kannel fills %p and the like in this address: a % of our own is written twice.
        query = f"{encoded.replace('%', '%%')}&{query}"
    scheme = "https" if connection.use_tls else "http"
    where = f"{connection.host}:{connection.port}{connection.path or '/'}"
    return {
        "system-type": "generic",
        "send-url": f"{scheme}://{where}?{query}",
        # The HTTP code is ignored: what matches nothing would be refused for good, a proxy's error page, too.
        "status-tempfail-regex": ".*",
    }


def _adapter(connection: Connection) -> dict[str, Value]:
    """Kannel calls our own application on this host; the rest of the connection is that application's business."""
    if connection.adapter_id is None:
        raise ConfigurationError("adapter", _("Choose the adapter that speaks this operator's language."))
    return {
        "system-type": "generic",
        "send-url": send_url(connection.name),
        # One call for a whole text: operators of this kind count and split themselves.
        "max-sms-octets": WHOLE_TEXT_OCTETS,
        "connect-allow-ip": "127.0.0.1",
        "status-success-regex": f"^{OK} ",
        "status-permfail-regex": f"^{NO} ",
        "status-tempfail-regex": ".*",
        "generic-foreign-id-regex": f"^{OK} ([^ ]+)",
    }


FIXED: Mapping[str, Callable[[Connection], dict[str, Value]]] = {
    Connection.Kind.SMPP: _smpp,
    Connection.Kind.HTTP: _http,
    Connection.Kind.ADAPTER: _adapter,
}
