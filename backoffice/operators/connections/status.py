"""The state of the lines, as it is now: what an engineer needs at three in the morning, on a telephone."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from backoffice.lib.screens import Screen
from backoffice.operators.connections.views import LOOKS
from backoffice.operators.connections.words import problem_of_link
from backoffice.operators.routing import SEEN_WITHIN
from backoffice.operators.samples import Curve, curves_of
from kannel.adapters import account
from kannel.adapters.account import Account
from kannel.models import ApplyRun, Connection, Gateway, Process

ONLINE = Connection.Status.ONLINE
# These were said by Kannel itself; the others we conclude from its silence.
HEARD = {ONLINE, Gateway.Status.RUNNING, Gateway.Status.SUSPENDED}
CURVE_WIDTH, CURVE_HEIGHT = 180, 36
SILENT_AFTER = timedelta(seconds=60)
GATEWAY_FAULTS: dict[str, str | Promise] = {
    Gateway.Status.SUSPENDED: gettext_lazy("It takes nothing from us. Somebody suspended it: resume it."),
    Gateway.Status.HANGING: gettext_lazy(
        "It took the question and does not answer. See whether its Redis runs, then restart it."
    ),
    Gateway.Status.DOWN: gettext_lazy("Nobody answers at its admin port. Start its bearerbox."),
}


@dataclass(frozen=True)
class Bind:
    """One of several binds, as it is shown."""

    name: str
    look: str
    word: str
    since: datetime | None
    queued: int


@dataclass(frozen=True)
class Line:
    """One connection, as it is shown."""

    row: Connection
    look: str
    word: str
    trouble: str
    binds: list[Bind]
    curve: Curve | None
    points: str
    rate: float
    to_come: int | None
    account: Account | None
    """What the operator's answers say of our account there."""
    is_up: bool
    """Whether messages can go over it; some of its binds may be down."""


class StatusScreen(Screen):
    """Gateways and connections as they are now; the live part alone for whoever asks with ``?part=1``."""

    right = "kannel.view_connection"
    page_title = gettext_lazy("State of the lines")
    header_icon = "globe"

    def get_template_names(self) -> list[str]:
        return ["operators/status_part.html" if self.request.GET.get("part") else "operators/status.html"]

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        gateways = list(Gateway.objects.filter(is_enabled=True).order_by("name"))
        rows = Connection.objects.filter(is_enabled=True, gateway__is_enabled=True)
        connections = list(rows.select_related("operator", "gateway").order_by("name"))
        # What nobody has heard for a while is shown as not known: the watch itself may have stopped.
        heard_after = timezone.now() - SEEN_WITHIN
        curves = curves_of(one.pk for one in connections)
        lines = [line_of(one, curves.get(one.pk), heard_after) for one in connections]
        context = {
            "gateways": [_gateway(one, heard_after) for one in gateways],
            "processes": _processes(),
            "lines": sorted(lines, key=lambda line: (line.look == "good", line.row.name)),
            "online": sum(line.is_up for line in lines),
            "all": len(lines),
            "heard_at": max((one.seen_at for one in gateways if one.seen_at), default=None),
            "drafts": _drafts(),
            "applying": ApplyRun.objects.unfinished().first(),
            "may_change": self.request.user.has_perm("kannel.change_connection"),
            "width": CURVE_WIDTH,
            "height": CURVE_HEIGHT,
        }
        return super().get_context_data(**kwargs) | context


def line_of(row: Connection, curve: Curve | None, heard_after: datetime) -> Line:
    """A connection with everything that is shown of it."""
    is_stale = _is_stale(row, heard_after)
    binds = [_bind(one) for one in row.bind_states] if len(row.bind_states) > 1 else []
    up = sum(bind.look == "good" for bind in binds)
    look, word = (
        ("hollow", _("not heard lately"))
        if is_stale
        else (LOOKS[Connection.Status(row.status)], row.get_status_display())
    )
    if binds and 0 < up < len(binds) and not is_stale:
        look, word = "warning", _("%(up)d of %(all)d binds online") % {"up": up, "all": len(binds)}
    return Line(
        row=row,
        look=look,
        word=word,
        trouble="" if is_stale else _trouble(row),
        binds=binds,
        curve=curve,
        points=curve.points(CURVE_WIDTH, CURVE_HEIGHT) if curve else "",
        rate=_rate(curve),
        to_come=max(0, row.sent - row.receipts) if row.status == ONLINE else None,
        account=account.of(row.name) if row.kind == Connection.Kind.ADAPTER else None,
        is_up=row.status == ONLINE and not is_stale,
    )


def _trouble(row: Connection) -> str:
    """What is wrong, in a sentence; empty if nothing is."""
    if row.status != ONLINE:
        if row.gateway.status != Gateway.Status.RUNNING:
            return _("Its gateway is not running.")
        return problem_of_link(row)
    if row.queued and row.moved_at and timezone.now() - row.moved_at > SILENT_AFTER:
        return _("Messages wait, and the operator has taken none for a minute. Ask it what is wrong.")
    return ""


def _rate(curve: Curve | None) -> float:
    """Messages a second in the last two minutes, as Kannel counts them."""
    return sum(curve.per_second[-2:]) / 2 if curve else 0.0


def _bind(state: dict[str, Any]) -> Bind:
    status = Connection.Status(state["status"])
    return Bind(
        state["name"], LOOKS[status], str(status.label), parse_datetime(state["since"]), state["queued"]
    )


def _gateway(row: Gateway, heard_after: datetime) -> tuple[Gateway, str, str, str]:
    if _is_stale(row, heard_after):
        trouble = _("Nobody has looked at it lately. See whether the process “pulse” runs.")
        return row, "hollow", _("not heard lately"), trouble
    return (
        row,
        LOOKS[Gateway.Status(row.status)],
        row.get_status_display(),
        str(GATEWAY_FAULTS.get(row.status, "")),
    )


@dataclass(frozen=True)
class Lives:
    """One of our processes, as it is shown."""

    row: Process
    look: str
    word: str


def _processes() -> list[Lives]:
    """Those that should live. What is silent comes first."""
    silent = set(Process.objects.silent().values_list("pk", flat=True))
    looks = {True: ("bad", _("not heard")), False: ("good", _("alive"))}
    found = [Lives(one, *looks[one.pk in silent]) for one in Process.objects.running()]
    return sorted(found, key=lambda one: one.look == "good")


def _is_stale(row: Connection | Gateway, heard_after: datetime) -> bool:
    return row.status in HEARD and (row.seen_at is None or row.seen_at < heard_after)


def _drafts() -> int:
    models: Iterable[type[Connection] | type[Gateway]] = (Connection, Gateway)
    return sum(model._default_manager.exclude(draft="").count() for model in models)
