"""Why a connection is not up, found out now and then while it is not, so that the screen can say it at once."""

from datetime import timedelta

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils import timezone

from kannel.diagnosis import diagnose
from kannel.models import ApplyRun, Connection, Gateway

# A look from here is a connection to the operator: not more often than this.
LOOK_AGAIN_AFTER = timedelta(seconds=30)
# One that just connects needs no reason yet.
DOWN_FOR = timedelta(seconds=5)


def unexplained() -> QuerySet[Connection]:
    """Connections that are down and were not looked at lately, or not since a change began or ended to be tried."""
    now = timezone.now()
    runs = ApplyRun.objects.filter(gateway=OuterRef("gateway"))
    changed = runs.filter(Q(phase_at__gt=OuterRef("fault_at")) | Q(finished_at__gt=OuterRef("fault_at")))
    return Connection.objects.filter(
        Q(fault_at=None) | Q(fault_at__lt=now - LOOK_AGAIN_AFTER) | Exists(changed),
        is_enabled=True,
        gateway__status=Gateway.Status.RUNNING,
        status_since__lt=now - DOWN_FOR,
    ).exclude(status__in=[Connection.Status.ONLINE, Connection.Status.UNKNOWN])


def forget_faults() -> None:
    """What is up has none."""
    Connection.objects.filter(status=Connection.Status.ONLINE).exclude(fault="").update(
        fault="", fault_at=None
    )


def find_faults() -> None:
    """Looks at each connection that needs a reason. Who comes second finds it taken."""
    for connection in unexplained().order_by("fault_at", "pk"):
        if unexplained().filter(pk=connection.pk).update(fault_at=timezone.now()):
            fault = diagnose(as_tried(connection))
            Connection.objects.filter(pk=connection.pk).update(fault=fault)


def as_tried(connection: Connection) -> Connection:
    """The connection as Kannel runs it now: while a change is tried that is the change, and not yet our row."""
    runs = ApplyRun.objects.unfinished(connection.gateway)
    run = runs.filter(phase__in=[ApplyRun.Phase.WRITE, ApplyRun.Phase.WAIT]).first()
    return connection if run is None else connection.wanted(run.connection_values.get(connection.pk, {}))
