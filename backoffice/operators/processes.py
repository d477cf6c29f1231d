"""Which of our processes live: said in the feed, on the state page and in /health/ by others than the one that is dead.

The pulse and every worker look (kannel.beats), so whichever stops, the web server too, somebody is left who says so; when
all of them are stopped, the web server still answers /health/ with 503.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Exists, OuterRef, Q
from django.db.models.functions import Now
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from backoffice.accounts.roles import OPERATOR_STAFF
from backoffice.alerts.feed import close_alert, raise_alert, sentences_of
from backoffice.alerts.models import Alert
from kannel.models import Connection, Gateway, Process

Kind = Process.Kind
CAUSE = "process"
# A host that is gone for good is no news after a day. Where all others of its kind began anew since, there are fewer now.
FORGET_AFTER = timedelta(days=1)
FORGET_SUCCEEDED_AFTER = timedelta(minutes=1)
WHAT_STANDS_STILL: dict[str, str | Promise] = {
    Kind.PULSE: gettext_lazy(
        "Nothing starts, and nobody looks at the gateways. Start the process “pulse”; its log says why it stopped."
    ),
    Kind.WORKER: gettext_lazy(
        "Nothing is planned, sent or applied. Start “run_huey”; its log says why it stopped."
    ),
    Kind.LISTENER: gettext_lazy(
        "Delivery reports and answers of customers wait in Kannel. Start “listen_to_kannel”; its log says why it stopped."
    ),
    Kind.DLR_ENDPOINT: gettext_lazy(
        "Delivery reports of the smsbox are lost after some tries. Start the endpoint; its log says why it stopped."
    ),
    Kind.ADAPTERS: gettext_lazy(
        "Connections through adapters carry nothing. Start the application of adapters; its log says why it stopped."
    ),
    Kind.KEEPER: gettext_lazy(
        "Changes of this gateway are not applied. Start “keep_kannel” on its host; its log says why it stopped."
    ),
    Kind.WEB: gettext_lazy("Nobody can open a page. Start gunicorn; its log says why it stopped."),
}


@dataclass(frozen=True)
class Group:
    """All processes that do the same work, and those of them that are not heard."""

    kind: str
    about: str
    alive: int
    silent: tuple[Process, ...]
    is_needed: bool

    @property
    def is_dead(self) -> bool:
        """Whether nobody is left who does this work, and somebody should."""
        return not self.alive and (self.is_needed or bool(self.silent))

    @property
    def is_well(self) -> bool:
        return not self.silent and not self.is_dead

    @property
    def cause(self) -> str:
        return f"{CAUSE}:{self.kind}:{self.about}"

    @property
    def name(self) -> str:
        label = str(Kind(self.kind).label)
        return _("%(kind)s of %(gateway)s") % {"kind": label, "gateway": self.about} if self.about else label


def needed() -> set[tuple[str, str]]:
    """The work without which something that is in use stands still, as (kind, gateway)."""
    gateways = Gateway.objects.filter(is_enabled=True)
    found = {(str(Kind.PULSE), ""), (str(Kind.WORKER), "")}
    found |= {(str(Kind.LISTENER), name) for name in gateways.values_list("name", flat=True)}
    if gateways.exclude(smsbox_id="").exists():
        found.add((str(Kind.DLR_ENDPOINT), ""))
    adapters = Connection.objects.filter(kind=Connection.Kind.ADAPTER, is_enabled=True, gateway__in=gateways)
    if adapters.exists():
        found.add((str(Kind.ADAPTERS), ""))
    return found


def groups() -> list[Group]:
    """The state of all work, now."""
    needs = needed()
    silent: dict[tuple[str, str], list[Process]] = {}
    for one in Process.objects.silent():
        silent.setdefault((one.kind, one.about), []).append(one)
    alive: dict[tuple[str, str], int] = {}
    for key in Process.objects.alive().values_list("kind", "about"):
        alive[key] = alive.get(key, 0) + 1
    return [
        Group(*key, alive.get(key, 0), tuple(silent.get(key, ())), is_needed=key in needs)
        for key in sorted(needs | set(silent) | set(alive))
    ]


def forget() -> None:
    """Takes away places that nobody will take again."""
    Process.objects.filter(seen_at__lt=Now() - FORGET_AFTER).delete()
    same = Q(kind=OuterRef("kind"), about=OuterRef("about"), host=OuterRef("host"))
    alive = Process.objects.alive().filter(same)
    old = Process.objects.running().filter(seen_at__lt=Now() - FORGET_SUCCEEDED_AFTER)
    succeeded = old.filter(Exists(alive)).exclude(Exists(alive.filter(started_at__lte=OuterRef("seen_at"))))
    succeeded.delete()


class Watch:
    """Looks at all processes, again and again, and tells what it has seen twice.

    After the database was away all are silent until each has been able to write: the first look proves nothing.
    """

    def __init__(self) -> None:
        self.seen_before: set[tuple[str, frozenset[int]]] = set()

    def look(self) -> None:
        forget()
        found = groups()
        troubled = {self._key(one): one for one in found if not one.is_well}
        for key, one in troubled.items():
            if key in self.seen_before:
                tell(one)
        self.seen_before = set(troubled)
        close(troubled.values())

    def _key(self, group: Group) -> tuple[str, frozenset[int]]:
        return group.cause, frozenset(one.pk for one in group.silent)


def tell(group: Group) -> None:
    """One alert for the work, said again only if it has become worse or better."""
    level = Alert.Level.ALARM if group.is_dead else Alert.Level.WARNING
    text = sentences_of(lambda: sentence(group))
    told = Alert.objects.filter(cause=group.cause, closed_at=None)
    if not told.filter(level=level, sentences=text).exists():
        link = reverse("operators:connections")
        raise_alert(group.cause, level, lambda: sentence(group), link=link, groups=[OPERATOR_STAFF])


def close(troubled: Iterable[Group]) -> None:
    """All alerts about other work than this: it lives again, or nobody needs it any more."""
    open_causes = Alert.objects.filter(cause__startswith=f"{CAUSE}:", closed_at=None)
    for cause in set(open_causes.values_list("cause", flat=True)) - {one.cause for one in troubled}:
        close_alert(cause)


def sentence(group: Group) -> str:
    """What is not heard, since when, and what to do."""
    silent = min(group.silent, key=lambda one: one.seen_at, default=None)
    if group.is_dead and silent is None:
        first = _("No process “%(name)s” runs.") % {"name": group.name}
        return f"{first} {WHAT_STANDS_STILL[group.kind]}"
    assert silent is not None
    words = {"name": group.name, "when": _clock(silent.seen_at), "host": silent.host}
    if group.is_dead:
        first = _("“%(name)s” on %(host)s has not been heard since %(when)s.") % words
        return f"{first} {WHAT_STANDS_STILL[group.kind]}"
    count = len(group.silent)
    return ngettext(
        "%(count)d of %(all)d processes “%(name)s” on %(host)s has not been heard since %(when)s. What it had begun may "
        "wait for it: end it, and its supervisor starts another.",
        "%(count)d of %(all)d processes “%(name)s” on %(host)s have not been heard since %(when)s. What they had begun may "
        "wait for them: end them, and their supervisor starts others.",
        count,
    ) % (words | {"count": count, "all": count + group.alive})


def _clock(moment: datetime) -> str:
    return date_format(timezone.localtime(moment), "H:i:s")
