"""Which of several texts did best, and the mailing that sends it to the rest."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from functools import partial

import structlog
from django.db import transaction
from django.db.models import Count, Exists, OuterRef, Q
from django.utils import timezone
from django.utils.translation import gettext as _
from wagtail.log_actions import log

from backoffice.customers.models import Contact
from backoffice.lib.numbers import grouped
from backoffice.lib.said import kept, stored
from backoffice.mailings import approval_needs, background, run_steps, series_alerts
from backoffice.mailings.compare_models import Comparing, Measure, texts_of
from backoffice.mailings.content import content
from backoffice.mailings.models import Click, LaunchOrder, Mailing, Message
from backoffice.mailings.rest_limit import cost_limit
from backoffice.mailings.series import COPIED
from backoffice.message_templates.models import MessageTemplate

logger = structlog.get_logger(__name__)

State = Mailing.State
FAILED = ("undelivered", "rejected", "expired", "failed")
BEGUN = (State.RUNNING, State.PAUSED, State.FINISHED)
# Of the first mailing alone: the rest has one text, and whoever was held out is not asked for again.
OWN = {field.attname for field in Comparing._meta.local_fields} | {"template_id", "holdout_percent", "budget"}


@dataclass(frozen=True)
class Score:
    """How one text did: of so many that left, how many were delivered, failed, were replied to, and had a link followed."""

    template: MessageTemplate
    sent: int
    delivered: int
    failed: int
    replies: int
    clicked: int

    def share(self, measure: str) -> float:
        """What is compared; more is better."""
        if not self.sent:
            return -1.0
        counted = {
            Measure.DELIVERED: self.delivered,
            Measure.REPLIES: self.replies,
            Measure.CLICKS: self.clicked,
            Measure.FAILURES: -self.failed,
        }
        return counted[Measure(measure)] / self.sent


def scores(mailing: Mailing) -> list[Score]:
    """How each text of a mailing did so far, in the order of the texts."""
    replied = Contact.objects.filter(customer=OuterRef("customer"), last_reply_at__gte=OuterRef("sent_at"))
    followed = Click.objects.filter(customer=OuterRef("customer"), link__mailing=mailing, is_robot=False)
    rows = (
        Message.objects.of(mailing)
        .filter(Q(sent_at__isnull=False) | Q(state__in=FAILED))
        .values_list("template_id")
        .annotate(
            sent=Count("id"),
            delivered=Count("id", filter=Q(state="delivered")),
            failed=Count("id", filter=Q(state__in=FAILED)),
            replies=Count("id", filter=Q(Exists(replied))),
            clicked=Count("id", filter=Q(Exists(followed))),
        )
        .order_by()
    )
    found = {text: counts for text, *counts in rows}
    return [Score(one.template, *found.get(one.template.pk, [0] * 5)) for one in texts_of(mailing)]


@dataclass(frozen=True)
class TextLine:
    """How far one text is: of so many messages, how many wait, have left, were delivered and were not."""

    text: str
    messages: int
    waiting: int
    sent: int
    delivered: int
    failed: int

    @property
    def delivered_percent(self) -> float:
        """Of what has left; 0 before anything has."""
        return 100 * self.delivered / self.sent if self.sent else 0.0


def lines(mailing: Mailing) -> list[TextLine]:
    """What `scores` says of a running mailing, without what needs a look at each customer; none for one text alone."""
    if not mailing.compares:
        return []
    rows = (
        Message.objects.of(mailing)
        .exclude(state__in=(Message.State.EXCLUDED, Message.State.HELD_OUT))
        .values_list("template_id")
        .annotate(
            messages=Count("id"),
            waiting=Count("id", filter=Q(state="waiting")),
            sent=Count("id", filter=Q(sent_at__isnull=False)),
            delivered=Count("id", filter=Q(state="delivered")),
            failed=Count("id", filter=Q(state__in=FAILED)),
        )
        .order_by()
    )
    found = {text: counts for text, *counts in rows}
    return [TextLine(one.template.name, *found.get(one.template.pk, [0] * 5)) for one in texts_of(mailing)]


def make_rests(now: datetime | None = None) -> list[Mailing]:
    """Chooses the best text of each comparison whose time has come, and makes the mailing that sends it to the rest."""
    now = now or timezone.now()
    compared = Q(second_text__isnull=False) | Q(third_text__isnull=False)
    tested = Mailing.objects.filter(compared, test_percent__gt=0, state__in=BEGUN, rest=None)
    ready = [
        pk
        for pk, started_at, hours in tested.values_list("pk", "started_at", "test_hours")
        if started_at and started_at + timedelta(hours=hours) <= now
    ]
    return [rest for pk in ready if (rest := background.MAKE_REST.do(pk, partial(_make_rest, pk)))]


def follow(now: datetime | None = None) -> None:
    """Takes on rests that nobody has taken into their own hands: planned ones start, or wait for a person."""
    waiting = Mailing.objects.filter(
        runs_itself=True, rest_of__isnull=False, state__in=[State.PLANNED, State.DRAFT]
    )
    for rest in waiting.select_related("rest_of", "template"):
        background.FOLLOW_RUN.do(rest.pk, partial(_take_on, rest))


def _take_on(rest: Mailing) -> None:
    if rest.state == State.PLANNED:
        _decide(rest)
    else:
        run_steps.end_run(rest, rest.problem)
        series_alerts.tell_failed(rest, is_over=True)


def _make_rest(pk: int) -> Mailing | None:
    with transaction.atomic():
        first = Mailing.objects.select_for_update().get(pk=pk)
        if Mailing.objects.filter(rest_of=first).exists():
            return None
        found = scores(first)
        best = max(found, key=lambda one: one.share(first.measure))
        rest = Mailing.objects.create(
            **{name: getattr(first, name) for name in COPIED if name not in OWN},
            template=best.template,
            name=_("%(name)s, the rest") % {"name": first.name[:100]},
            ends_at=first.ends_at,
            budget=None if first.budget is None else max(first.budget - first.planned_cost, Decimal(0)),
            rest_of=first,
            runs_itself=True,
            state=State.PLANNING,
            created_by=first.created_by,
        )
        sentence = stored(lambda: _won(best, found, first.measure))
        log(first, "mailings.winner", data={"state": first.state, "comment": sentence})
        logger.info("winner_chosen", mailing=first.pk, template=best.template.pk)
    return rest


def _won(best: Score, found: list[Score], measure: str) -> str:
    return _("“%(text)s” did best: %(scores)s.") % {
        "text": best.template,
        "scores": "; ".join(_words(one, measure) for one in found),
    }


def _words(score: Score, measure: str) -> str:
    percent = abs(score.share(measure)) * 100 if score.sent else 0
    return _("“%(text)s” %(percent)s %% of %(sent)s") % {
        "text": score.template,
        "percent": grouped(Decimal(percent), 1),
        "sent": grouped(score.sent),
    }


def _decide(rest: Mailing) -> None:
    """A planned rest is approved by the order of its comparison, or waits for a person."""
    with transaction.atomic():
        if not Mailing.objects.select_for_update().filter(pk=rest.pk, runs_itself=True, state=State.PLANNED):
            return
        first = rest.rest_of
        assert first is not None
        order = (
            LaunchOrder.objects.filter(mailing=first, content_hash=first.content_hash).order_by("pk").last()
        )
        if order is None or first.state == State.CANCELLED:
            run_steps.end_run(rest, kept(lambda: _("Its comparison was cancelled before it began.")))
        elif not Message.objects.of(rest).waiting().exists():
            run_steps.end_run(rest, kept(lambda: _("Nobody was to receive it.")))
        elif reason := kept(lambda: reason_for_a_person(rest, first, order)):
            run_steps.put_before_a_person(rest, order, reason)
            series_alerts.tell_waits(rest, reason)
        else:
            run_steps.approved_with(order, rest)


def reason_for_a_person(rest: Mailing, first: Mailing, order: LaunchOrder) -> str:
    """Why a rest may not start by itself; empty if it may: its text was approved, and so was what it may cost."""
    approved, shown = order.content, content(rest)
    texts = {template: variants for template, _percent, variants in approved["texts"]}
    same = (
        "purpose",
        "sender",
        "audience",
        "local_hours",
        "validity_seconds",
        "priority",
        "cap",
        "max_price",
    )
    if texts.get(rest.template_id) != shown["variants"] or any(
        approved.get(key) != shown.get(key) for key in same
    ):
        return _("Its text, its audience or its rules are not as they were when the comparison was approved.")
    limit = cost_limit(first)
    if rest.planned_cost > limit:
        return _("It costs %(cost)s %(currency)s; by what was approved the rest may cost %(limit)s.") % {
            "cost": grouped(rest.planned_cost, 2),
            "currency": rest.currency,
            "limit": grouped(limit, 2),
        }
    return approval_needs.lacking(rest, order)
