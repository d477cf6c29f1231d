"""What a person needs this morning: gathered for one user, with the same number of queries whatever there is."""

import time
from dataclasses import dataclass
from typing import Any

from django.core.cache import cache
from django.db.models import Count, Max, Q, QuerySet
from django.urls import NoReverseMatch, reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from backoffice.accounts.models import User
from backoffice.alerts.models import Alert
from backoffice.lib.moments import told
from backoffice.mailings.check import span
from backoffice.mailings.four_eyes import written_by_others
from backoffice.mailings.ledger import Ledger, ledgers
from backoffice.mailings.models import Mailing, Message
from backoffice.mailings.progress import LOOKS, Segment, segments
from backoffice.mailings.recipients import recipients_of
from backoffice.operators.models import Operator

State = Mailing.State
SHOWN = 5
# Many look at the same mailings; PostgreSQL counts for all of them at once.
COUNTED_EVERY_SECONDS = 4
COUNTED, SAMPLE = "parley:home:counted", "parley:home:sample"
UNDER_WAY = (State.RUNNING, State.PAUSED)

# Right, name of the URL, label; the first one a person may use is the main button.
STEPS = (
    ("mailings.add_mailing", "mailings:add", _("New mailing")),
    ("message_templates.add_messagetemplate", "message_templates:add", _("New text")),
    ("audiences.add_audience", "audiences:add", _("New audience")),
    ("kannel.view_connection", "operators:connections", _("State of the lines")),
    ("customers.view_customer", "customers:index", _("Customers")),
    ("customers.import_customer", "imports:index", _("Import customers")),
    ("mailings.view_report", "reports:index", _("Reports")),
)


@dataclass(frozen=True)
class UnderWay:
    """One mailing that is being sent, or was stopped on the way."""

    name: str
    url: str
    state: str
    look: str
    books: Ledger | None
    segments: list[Segment]
    rate: int

    @property
    def percent(self) -> int:
        return int(100 * self.books.finished_share) if self.books else 0


def home(user: User) -> dict[str, Any]:
    """Everything the home screen shows to this user; what they may not see is None."""
    sees_mailings = user.has_perm("mailings.view_mailing")
    waiting = to_approve(user) if user.has_perm("mailings.approve_mailing") else None
    return {
        "steps": steps(user, waiting),
        "under_way": under_way() if sees_mailings else None,
        "coming": coming() if sees_mailings else None,
        "to_approve": waiting,
        "returned": returned(user) if user.has_perm("mailings.submit_mailing") else None,
        "alerts": list(Alert.objects.all().news_for(user).worst_first()[:SHOWN])
        if user.has_perm("alerts.view_alert")
        else None,
        "lines": lines() if user.has_perm("kannel.view_connection") else None,
        "heard_at": timezone.now(),
    }


def steps(user: User, waiting: list[Mailing] | None) -> list[tuple[str, Any]]:
    """What this person may begin: pairs of address and label. A screen that is not installed is left out.

    :param waiting: what waits for the approval of this person; None for somebody who approves nothing.
    """
    found = decisions(waiting, writes=user.has_perm("mailings.add_mailing")) if waiting is not None else []
    for right, name, label in STEPS:
        if user.has_perm(right):
            try:
                found.append((reverse(name), label))
            except NoReverseMatch:
                continue
    return found[:4]


def decisions(waiting: list[Mailing], *, writes: bool) -> list[tuple[str, Any]]:
    """An approver begins with what waits, the longest waiting first; where nothing does, whoever writes begins with that."""
    if waiting:
        return [(reverse("mailings:inspect", args=[waiting[0].pk]), _("Decide on what waits for you"))]
    return [] if writes else [(f"{reverse('mailings:index')}?state=submitted", _("What waits for approval"))]


def under_way() -> list[UnderWay]:
    """The latest mailings being sent, with their account; counted every few seconds for all who look."""
    found: list[UnderWay] | None = cache.get(COUNTED)
    if found is None:
        mailings = list(Mailing.objects.filter(state__in=UNDER_WAY).order_by("-started_at", "-pk")[:SHOWN])
        books = ledgers([mailing.pk for mailing in mailings])
        rates = _rates(books)
        found = [
            UnderWay(
                name=mailing.name,
                url=reverse("mailings:inspect", args=[mailing.pk]),
                state=mailing.get_state_display(),
                look=LOOKS[State(mailing.state)],
                books=books.get(mailing.pk),
                segments=segments(books[mailing.pk]) if mailing.pk in books else [],
                rate=rates.get(mailing.pk, 0),
            )
            for mailing in mailings
        ]
        cache.set(COUNTED, found, COUNTED_EVERY_SECONDS)
    return found


def _rates(books: dict[int, Ledger]) -> dict[int, int]:
    """Messages a second that left since the last time somebody looked; nothing is asked of the database."""
    now = time.time()
    left = {pk: one.to_send - one.counts[Message.State.WAITING] for pk, one in books.items()}
    before: tuple[float, dict[int, int]] | None = cache.get(SAMPLE)
    cache.set(SAMPLE, (now, left), 60)
    if before is None or now - before[0] < 1:
        return {}
    return {
        pk: max(0, round((count - before[1][pk]) / (now - before[0])))
        for pk, count in left.items()
        if pk in before[1]
    }


def coming() -> list[tuple[Mailing, str]]:
    """Approved mailings, the next to start first; each with the moment of its first message, in words."""
    found = counted(Mailing.objects.filter(state=State.APPROVED).order_by("starts_at", "pk")[:SHOWN])
    first = span.first_moments(found)
    begins = {mailing.pk: first.get(mailing.pk) or mailing.starts_at for mailing in found}
    return [(mailing, told(at) if (at := begins[mailing.pk]) else "") for mailing in found]


def to_approve(user: User) -> list[Mailing]:
    """Those this person may approve: submitted, and neither written nor submitted by them. Longest waiting first."""
    submitted = written_by_others(Mailing.objects.filter(state=State.SUBMITTED), user)
    return counted(
        submitted.select_related("submitted_by", "audience")
        .defer("planned_audience", "audience__rules")
        .order_by("submitted_at", "pk")[:SHOWN]
    )


def counted(mailings: QuerySet[Mailing]) -> list[Mailing]:
    """These mailings, each with its ``recipients``."""
    found = list(mailings)
    recipients = recipients_of(found)
    for mailing in found:
        mailing.recipients = recipients.get(mailing.pk, 0)  # type: ignore[attr-defined]
    return found


def returned(user: User) -> list[Mailing]:
    """The user's own mailings that came back, or could not be planned, with the reason in ``problem``."""
    mine = Mailing.objects.filter(created_by=user, state__in=[State.DRAFT, State.PLANNED])
    return list(mine.exclude(problem="").order_by("-state_at", "-pk")[:SHOWN])


def lines() -> dict[str, Any]:
    """How many gateways and connections in use work, and when they were last heard."""
    used = Q(connections__is_enabled=True, connections__gateway__is_enabled=True)
    gateways = "connections__gateway"
    found: dict[str, Any] = Operator.objects.aggregate(
        all_connections=Count("connections", filter=used),
        online=Count("connections", filter=used & Q(connections__status="online")),
        all_gateways=Count(gateways, filter=used, distinct=True),
        running=Count(gateways, filter=used & Q(connections__gateway__status="running"), distinct=True),
        heard_at=Max("connections__seen_at", filter=used),
    )
    return found
