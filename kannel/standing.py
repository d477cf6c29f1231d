"""How a gateway stands against a wish: which connections have to be there, which of them online, and what is missing."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.utils import timezone

from kannel import administration
from kannel.administration import AdministrationError, ConnectionStatus, GatewayStatus
from kannel.diagnosis import diagnose
from kannel.differences import ADDED, CHANGED, compare
from kannel.models import ApplyRun, Connection, Gateway
from kannel.reading import read

OTHER_SET = "other_set"
ONLINE, DEAD = Connection.Status.ONLINE, Connection.Status.DEAD


@dataclass(frozen=True)
class Wish:
    """``binds`` are to be known to Kannel (smsc-admin-ids), the connections ``required`` to be online.

    ``touched`` are new or changed: if the operator refuses one of those, waiting will not help.
    """

    binds: frozenset[str]
    required: frozenset[str]
    touched: frozenset[str] = frozenset()
    rows: dict[str, Connection] = field(default_factory=dict)
    was_running: bool = True


@dataclass(frozen=True)
class Standing:
    """One look: good, hopeless, or not yet; ``code`` and ``values`` say what is missing."""

    is_good: bool
    is_hopeless: bool = False
    code: str = ""
    values: dict[str, Any] = field(default_factory=dict)
    remarks: dict[str, Any] = field(default_factory=dict)


def wish_of(run: ApplyRun) -> Wish:
    """What has to come online: new connections, and whatever was online before. What was down may stay down."""
    names = {one.connection for one in read(run.written) if one.kind == "smsc"}
    differences = compare(run.previous, run.written)
    added = frozenset(differences.names(ADDED)) if run.must_come_online else frozenset()
    was_online = frozenset(run.before.get("online", ()))
    return Wish(
        binds=binds_of(run.written),
        required=(was_online | added) & names,
        touched=(frozenset(differences.names(CHANGED)) & was_online) | added,
        rows={one.name: one for one in run.wanted_connections()},
        was_running=bool(run.before.get("is_running")),
    )


def binds_of(text: str) -> frozenset[str]:
    """The smsc-admin-ids in a file."""
    return frozenset(one.name for one in read(text) if one.kind == "smsc")


def stand(gateway: Gateway, wish: Wish, *, restarted_after: datetime | None = None) -> Standing:
    """Looks once. With ``restarted_after`` a bearerbox that is older than that does not count."""
    try:
        seen = administration.poll(gateway)
    except AdministrationError as error:
        if not wish.was_running:
            # It did not run before either: it will start with the new file, and its alarm says that it does not run.
            return Standing(is_good=True, remarks={"what": "not_running"})
        return Standing(is_good=False, code=f"no_answer_{type(error).__name__}")
    if restarted_after is not None and not _is_fresh(seen, restarted_after):
        return Standing(is_good=False, code="not_restarted")
    known = {bind.name for one in seen.connections.values() for bind in one.binds}
    if known != wish.binds:
        values = {"names": sorted(wish.binds ^ known), "missing": sorted(wish.binds - known)}
        return Standing(is_good=False, code=OTHER_SET, values=values)
    return _online(seen.connections, wish)


def _is_fresh(seen: GatewayStatus, restarted_after: datetime) -> bool:
    age_seconds = (timezone.now() - restarted_after).total_seconds()
    return seen.status == Gateway.Status.RUNNING and seen.uptime_seconds <= age_seconds + 1


def _online(seen: Mapping[str, ConnectionStatus], wish: Wish) -> Standing:
    missing = sorted(name for name in wish.required if not _is_up(seen.get(name)))
    if not missing:
        down = sorted(name for name in seen if not _is_up(seen[name]))
        return Standing(is_good=True, remarks={"what": "still_down", "names": down} if down else {})
    is_hopeless = any(name in wish.touched and _is_refused(name, seen, wish) for name in missing)
    first = missing[0]
    row = wish.rows.get(first)
    dead = [bind.name for name in missing if name in seen for bind in seen[name].binds if bind.status == DEAD]
    values: dict[str, Any] = {"names": missing, "fault": "", "dead": dead}
    if row is not None:
        row.status = seen[first].status if first in seen else Connection.Status.UNKNOWN
        values["fault"] = diagnose(row)
    return Standing(is_good=False, is_hopeless=is_hopeless, code="not_online", values=values)


def _is_refused(name: str, seen: Mapping[str, ConnectionStatus], wish: Wish) -> bool:
    """An SMPP link is dead when the operator refuses it; an HTTP link when its port was taken for a moment."""
    row = wish.rows.get(name)
    is_smpp = row is None or row.kind == Connection.Kind.SMPP
    return is_smpp and name in seen and seen[name].status == DEAD


def _is_up(status: ConnectionStatus | None) -> bool:
    """Online with all its binds."""
    return status is not None and status.status == ONLINE and status.is_whole
