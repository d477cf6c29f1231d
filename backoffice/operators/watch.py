"""The state of gateways and connections, looked at every few seconds, and told to those who have to act."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from functools import partial
from typing import Any

import structlog
from django.db import transaction
from django.db.models import F, Q
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, gettext_noop

from backoffice.accounts.roles import OPERATOR_STAFF
from backoffice.alerts.feed import close_alert, raise_alert
from backoffice.alerts.models import Alert
from backoffice.alerts.steps import Step
from backoffice.operators import tasks
from backoffice.operators.faults import forget_faults, unexplained
from backoffice.operators.samples import take_samples
from kannel.adapters import trouble
from kannel.administration import (
    AccessDenied,
    AdministrationError,
    ConnectionStatus,
    GatewayHangs,
    GatewayStatus,
    poll,
    smsbox_answers,
)
from kannel.diagnosis import NO_MONEY, WRONG_ACCOUNT, diagnose
from kannel.models import Connection, Gateway

logger = structlog.get_logger(__name__)

ONLINE = Connection.Status.ONLINE
WATCH = Step("gateway.watch", gettext_lazy("Looking at a gateway"))

# A link that is just connecting is no news; the second look, three seconds later, tells.
PATIENCE = timedelta(seconds=2)
BIND_PATIENCE = timedelta(seconds=15)
SENTENCES = {
    Gateway.Status.DOWN: gettext_noop(
        "Gateway %(name)s does not answer. Nothing is sent over it. Start its bearerbox."
    ),
    Gateway.Status.HANGING: gettext_noop(
        "Gateway %(name)s hangs. Look whether its Redis is running, then restart it."
    ),
    Gateway.Status.SUSPENDED: gettext_noop(
        "Gateway %(name)s is suspended. Resume it, or stop routing to it."
    ),
}
WRONG_PASSWORD = gettext_noop(
    "Gateway %(name)s refuses our status password. Render its configuration again and restart its bearerbox."
)
SMSBOX_IS_SILENT = gettext_noop(
    "The smsbox of gateway %(name)s does not answer: what it sends or reports waits. Start it; its log says why it stopped."
)
RESTARTED = gettext_noop(
    "The bearerbox of gateway %(name)s ended and began anew at %(when)s; until then nothing went over it. Its log says why."
)
# Uptime is told in whole seconds, and the answer may take some.
ANOTHER_ONE = timedelta(seconds=10)
NO_NEWS_AFTER = timedelta(minutes=30)
# A refused link is not tried again by Kannel: somebody has to act.
LINK_SENTENCES = {
    Connection.Status.DEAD: gettext_noop(
        "%(operator)s refuses %(name)s: nothing leaves over it. Check its user name and password, then start it again."
    ),
}
OF_ACCOUNT = {
    WRONG_ACCOUNT: gettext_noop(
        "%(operator)s refuses the account of %(name)s: nothing leaves over it. Correct the user name, the password or the "
        "token in the connection and apply that."
    ),
    NO_MONEY: gettext_noop(
        "The money at %(operator)s is used up: nothing leaves over %(name)s. Pay, and it goes on by itself."
    ),
}
LINK_IS_NOT_ONLINE = gettext_noop(
    "Nothing leaves over %(name)s of %(operator)s (%(status)s). Call the operator if it does not come back."
)
# wait-ack-expire is 2 (wait for ever), so that nothing is sent twice: an operator that stops answering is ours to notice.
SILENT_AFTER = timedelta(seconds=60)
LINK_IS_SILENT = gettext_noop(
    "%(operator)s has taken nothing over %(name)s for a minute, although messages wait. Ask the operator what is wrong."
)
SOME_BINDS_ARE_DOWN = gettext_noop(
    "%(down)d of %(all)d binds of %(name)s (%(operator)s) are not online: it carries less. Call the operator if they do "
    "not come back."
)
# What may be wrong with a link, as the first word of an alert's cause.
LINK_CAUSES = ("connection", "silent", "binds")
SEEN_FIELDS = [
    "status",
    "status_since",
    "seen_at",
    "queued",
    "failed",
    "sent",
    "receipts",
    "bind_states",
    "moved_at",
    "fault",
    "fault_at",
]


def watch_gateways() -> dict[str, str]:
    """Polls every gateway in use, writes what it saw, raises and closes alerts. Returns the status of each by name."""
    seen: dict[str, str] = {}
    _forget_what_is_out_of_use()
    for gateway in Gateway.objects.filter(is_enabled=True):
        if status := WATCH.do(gateway.name, partial(_watch, gateway)):
            seen[gateway.name] = status
    forget_faults()
    if unexplained().exists():
        # Looking takes seconds where a host does not answer, and the pulse has others to wake.
        tasks.explain_faults()
    take_samples()
    return seen


def _watch(gateway: Gateway) -> str:
    """One look at one gateway: its status."""
    sentence = ""
    try:
        state = poll(gateway)
    except GatewayHangs:
        state = GatewayStatus(Gateway.Status.HANGING, 0, 0, 0)
    except AccessDenied:
        state, sentence = GatewayStatus(Gateway.Status.DOWN, 0, 0, 0), WRONG_PASSWORD
    except AdministrationError as error:
        logger.warning("gateway_down", gateway=gateway.name, error=type(error).__name__)
        state = GatewayStatus(Gateway.Status.DOWN, 0, 0, 0)
    with transaction.atomic():
        record(gateway, state, sentence)
    if state.status == Gateway.Status.RUNNING:
        _tell_smsbox(gateway)
    return str(state.status.value)


def record(gateway: Gateway, state: GatewayStatus, sentence: str = "") -> None:
    """Writes one look at a gateway and tells about changes; ``sentence`` instead of the usual one of its status."""
    now = timezone.now()
    is_heard = state.status in (Gateway.Status.RUNNING, Gateway.Status.SUSPENDED)
    values: dict[str, Any] = {
        "status": state.status,
        "storesize": state.storesize if is_heard else None,
        "receipts_outstanding": state.receipts_outstanding if is_heard else None,
    }
    if is_heard:
        values["seen_at"] = now
    if gateway.status != state.status:
        values["status_since"] = now
    if is_heard and state.uptime_seconds:
        values |= _beginning(gateway, now - timedelta(seconds=state.uptime_seconds), now)
    Gateway.objects.filter(pk=gateway.pk).update(**values)
    _tell_gateway(gateway, state.status, sentence)
    _record_connections(gateway, state.connections, is_heard=is_heard)


def _tell_smsbox(gateway: Gateway) -> None:
    """One alarm for an smsbox that is needed and does not answer; it closes itself. Without bearerbox none can."""
    cause = f"smsbox:{gateway.name}"
    is_needed = bool(gateway.smsbox_id) or gateway.transport == Gateway.Transport.SENDSMS
    if not is_needed or smsbox_answers(gateway):
        close_alert(cause)
        return
    raise_alert(
        cause,
        Alert.Level.ALARM,
        lambda: _(SMSBOX_IS_SILENT) % {"name": gateway.name},
        link=reverse("operators:connections"),
        groups=[OPERATOR_STAFF],
    )


def _beginning(gateway: Gateway, began: datetime, now: datetime) -> dict[str, Any]:
    """When bearerbox began, and whether it is another one than before: between two looks it may have died unseen."""
    if gateway.started_at is None:
        return {"started_at": began, "watched_since": now}
    if began - gateway.started_at < ANOTHER_ONE:
        if now - began > NO_NEWS_AFTER:
            close_alert(f"restarted:{gateway.name}")
        return {}
    if not _was_told_to(gateway, began):
        raise_alert(
            f"restarted:{gateway.name}",
            Alert.Level.WARNING,
            lambda: (
                _(RESTARTED) % {"name": gateway.name, "when": date_format(timezone.localtime(began), "H:i:s")}
            ),
            link=reverse("operators:connections"),
            groups=[OPERATOR_STAFF],
        )
    return {"started_at": began, "restarts": F("restarts") + 1}


def _was_told_to(gateway: Gateway, began: datetime) -> bool:
    """Whether we restarted it ourselves, to apply a change."""
    before = gateway.runs.filter(created_at__lte=began + ANOTHER_ONE)
    return before.filter(Q(finished_at=None) | Q(finished_at__gte=began - ANOTHER_ONE)).exists()


def _forget_what_is_out_of_use() -> None:
    """What somebody took out of use is not looked at any more, so its alarm would stay open for ever."""
    gateways = Gateway.objects.filter(is_enabled=False).values_list("name", flat=True)
    links = Connection.objects.exclude(is_enabled=True, gateway__is_enabled=True)
    causes = [f"gateway:{name}" for name in gateways]
    causes += [f"{what}:{name}" for name in gateways for what in ("restarted", "smsbox")]
    causes += [f"{what}:{name}" for name in links.values_list("name", flat=True) for what in LINK_CAUSES]
    for cause in Alert.objects.filter(cause__in=causes, closed_at=None).values_list("cause", flat=True):
        close_alert(cause)


def _tell_gateway(gateway: Gateway, status: Gateway.Status, sentence: str) -> None:
    cause = f"gateway:{gateway.name}"
    if status == Gateway.Status.RUNNING:
        close_alert(cause)
        return
    raise_alert(
        cause,
        Alert.Level.ALARM,
        lambda: _(sentence or SENTENCES[status]) % {"name": gateway.name},
        link=reverse("operators:connections"),
        groups=[OPERATOR_STAFF],
    )


def _record_connections(gateway: Gateway, seen: Mapping[str, ConnectionStatus], *, is_heard: bool) -> None:
    now = timezone.now()
    rows = list(gateway.connections.select_related("operator"))
    for connection in rows:
        found = seen.get(connection.name) if is_heard else None
        _see(connection, found, now)
        if is_heard and connection.is_enabled:
            _tell_connection(connection)
            _tell_silence(connection)
            _tell_binds(connection)
    Connection.objects.bulk_update(rows, SEEN_FIELDS)


def _see(connection: Connection, found: ConnectionStatus | None, now: datetime) -> None:
    """Takes one look at a connection over into its row."""
    status = found.status if found else Connection.Status.UNKNOWN
    if status == ONLINE and connection.kind == Connection.Kind.ADAPTER and trouble.of(connection.name):
        # Kannel talks to our own application, which always answers; it is the operator that lets nothing through.
        status = Connection.Status.DISCONNECTED
        connection.fault, connection.fault_at = diagnose(connection), now
    if (status == ONLINE) != (connection.status == ONLINE) or connection.status_since is None:
        connection.status_since = now
    connection.status = status
    if found is None:
        connection.queued, connection.bind_states = 0, []
        return
    if not found.queued or (found.sent, found.failed) != (connection.sent, connection.failed):
        connection.moved_at = now
    connection.seen_at, connection.queued = now, found.queued
    connection.sent, connection.failed, connection.receipts = found.sent, found.failed, found.receipts
    connection.bind_states = _binds(connection, found, now)


def _binds(connection: Connection, found: ConnectionStatus, now: datetime) -> list[dict[str, Any]]:
    """Each bind with the moment since which it is up, or is not."""
    known = {one["name"]: one for one in connection.bind_states}
    states = []
    for bind in found.binds:
        before = known.get(bind.name)
        is_same = before is not None and (before["status"] == ONLINE) == (bind.status == ONLINE)
        since = before["since"] if before is not None and is_same else now.isoformat()
        states.append(
            {
                "name": bind.name,
                "status": bind.status.value,
                "since": since,
                "queued": bind.queued,
                "sent": bind.sent,
                "failed": bind.failed,
            }
        )
    return states


def _tell_connection(connection: Connection) -> None:
    """One alarm for a link that is not online; it closes itself. Without its gateway the gateway's alarm is enough."""
    cause = f"connection:{connection.name}"
    if connection.status == ONLINE:
        close_alert(cause)
        return
    if connection.status_since is None or timezone.now() - connection.status_since < PATIENCE:
        return
    if connection.fault in OF_ACCOUNT:
        _alarm(cause, OF_ACCOUNT[connection.fault], connection)
        return
    _alarm(cause, LINK_SENTENCES.get(Connection.Status(connection.status), LINK_IS_NOT_ONLINE), connection)


def _tell_silence(connection: Connection) -> None:
    """One alarm for a link that is online and takes nothing, while messages wait for it in Kannel; it closes itself."""
    cause = f"silent:{connection.name}"
    moved_at = connection.moved_at
    if connection.status == ONLINE and moved_at is not None and timezone.now() - moved_at > SILENT_AFTER:
        _alarm(cause, LINK_IS_SILENT, connection)
    else:
        close_alert(cause)


def _tell_binds(connection: Connection) -> None:
    """A warning while some of several binds are down; with all of them down the other alarm is enough."""
    cause = f"binds:{connection.name}"
    before = (timezone.now() - BIND_PATIENCE).isoformat()
    down = [one for one in connection.bind_states if one["status"] != ONLINE and one["since"] < before]
    if not down or connection.status != ONLINE:
        close_alert(cause)
        return
    words: dict[str, Any] = {"down": len(down), "all": len(connection.bind_states)}
    words |= {"name": connection.name, "operator": connection.operator.name}
    raise_alert(
        cause,
        Alert.Level.WARNING,
        lambda: _(SOME_BINDS_ARE_DOWN) % words,
        link=reverse("operators:connections"),
        groups=[OPERATOR_STAFF],
    )


def _alarm(cause: str, sentence: str, connection: Connection) -> None:

    def said() -> str:
        words = {
            "name": connection.name,
            "operator": connection.operator.name,
            "status": connection.get_status_display(),
        }
        return _(sentence) % words

    raise_alert(
        cause,
        Alert.Level.ALARM,
        said,
        link=reverse("operators:connections"),
        groups=[OPERATOR_STAFF],
    )
