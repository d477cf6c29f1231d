"""One customer's story: every message, why it was sent or not, which way it went, each step with its time, and the answers.

Rooms above know what customers wrote back and register here when they start; this room never imports its users.
"""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass, field
from datetime import datetime

from django.utils import timezone
from django.utils.translation import gettext as _

from backoffice.accounts.names import name_of
from backoffice.lib.numbers import grouped
from backoffice.mailings.live import clock
from backoffice.mailings.models import Click, LaunchOrder, Mailing, Message
from backoffice.mailings.reasons import NOT_ARRIVED, in_words
from backoffice.mailings.receipts import NO_ANSWER
from backoffice.operators.error_codes import USUAL, Catalogue, catalogues
from kannel.models import Event
from kannel.reports import is_unanswered, outcome_of

State = Message.State
PAGE = 20
# Bits of a report (Kannel user's guide, "DLR").
WAITS = 4


@dataclass(frozen=True)
class Answer:
    """What a customer wrote, and the message it most likely answers (None: no message was sent before it)."""

    at: datetime
    text: str
    message_id: int | None
    note: str = ""


@dataclass(frozen=True)
class Step:
    """One moment of a message's life."""

    at: datetime
    words: str


@dataclass(frozen=True)
class Told:
    """One message as the story tells it. ``way`` is empty where it was never given one."""

    message: Message
    at: datetime
    why: str
    way: str
    steps: list[Step]
    answers: list[Answer] = field(default_factory=list)
    clicks: list[Click] = field(default_factory=list)
    """Links of its mailing that the customer followed, each with how often."""


@dataclass(frozen=True)
class Chapter:
    """A page of the story, newest first. ``older`` is where the next page begins, None at the end."""

    told: list[Told]
    older: int | None
    first_words: list[Answer]
    """Answers to no message; on the first page only."""


# Id of the customer -> what they wrote, newest first; a provider gives at most a few hundred.
Answers = Callable[[int], list[Answer]]

_answers: list[Answers] = []


def register_answers(provider: Answers) -> None:
    """Adds what customers wrote, behind what is registered already."""
    _answers.append(provider)


def story(customer_id: int, before: int | None = None, limit: int = PAGE) -> Chapter:
    """A page of what was planned for a customer and what became of it: messages with ids below ``before``.

    Looks at the messages of this customer alone, by their index; a later page costs no more than the first.
    """
    of_customer = Message.objects.filter(customer=customer_id).exclude(mailing__planned_count=None)
    if before is not None:
        of_customer = of_customer.filter(id__lt=before)
    ids = list(of_customer.order_by("-id").values_list("id", flat=True)[: limit + 1])
    messages = list(
        Message.objects.filter(id__in=ids[:limit])
        .select_related("mailing", "connection__operator", "route")
        .order_by("-id")
    )
    answers: dict[int | None, list[Answer]] = defaultdict(list)
    for provider in _answers:
        for one in provider(customer_id):
            answers[one.message_id].append(one)
    return Chapter(
        told=_told(customer_id, messages, answers),
        older=ids[limit - 1] if len(ids) > limit else None,
        first_words=answers[None] if before is None else [],
    )


def _told(customer_id: int, messages: list[Message], answers: dict[int | None, list[Answer]]) -> list[Told]:
    mailing_ids = {message.mailing_id for message in messages}
    orders, clicks = _orders(mailing_ids), _clicks(customer_id, mailing_ids)
    reports = _reports(messages)
    codes, now = catalogues(), timezone.now()
    found = []
    for message in messages:
        catalogue = codes.get(message.connection.operator_id, USUAL) if message.connection else USUAL
        steps = _steps(message, orders.get(message.mailing_id), reports[message.pk])
        found.append(
            Told(
                message=message,
                at=message.sent_at or message.submitted_at or steps[0].at,
                why=why(message, catalogue, now),
                way=way(message),
                steps=steps,
                answers=sorted(answers[message.pk], key=lambda one: one.at),
                clicks=clicks[message.mailing_id],
            )
        )
    return found


def _orders(mailing_ids: Collection[int]) -> dict[int, LaunchOrder]:
    """The launch order that holds of each mailing."""
    orders = LaunchOrder.objects.filter(mailing__in=mailing_ids).select_related("mailing", "approved_by")
    return {one.mailing_id: one for one in orders if one.content_hash == one.mailing.content_hash}


def _clicks(customer_id: int, mailing_ids: Collection[int]) -> dict[int, list[Click]]:
    """What a customer followed, by mailing, first things first; what robots fetched is no part of a story."""
    rows = Click.objects.filter(customer=customer_id, link__mailing__in=mailing_ids, is_robot=False)
    found: dict[int, list[Click]] = defaultdict(list)
    for click in rows.select_related("link").order_by("first_at", "pk"):
        found[click.link.mailing_id].append(click)
    return found


def _reports(messages: Iterable[Message]) -> dict[int, list[Event]]:
    """What operators said of earlier attempts, and that a message waits; the rest stands in the message itself."""
    attempts = {message.pk: message.attempt for message in messages}
    events = Event.objects.filter(kind=Event.Kind.REPORT, message_id__in=list(attempts)).order_by(
        "occurred_at", "id"
    )
    found: dict[int, list[Event]] = defaultdict(list)
    for event in events:
        assert event.message_id is not None
        if event.attempt < attempts[event.message_id] or (event.dlr_type or 0) & WAITS:
            found[event.message_id].append(event)
    return found


def _steps(message: Message, order: LaunchOrder | None, reports: list[Event]) -> list[Step]:
    steps = [Step(message.mailing.planned_at or message.state_at, _("Planned"))]
    if order and message.state != State.EXCLUDED:
        steps.append(
            Step(order.approved_at, _("Approved by %(name)s") % {"name": name_of(order.approved_by)})
        )
    if message.submitted_at:
        again = _("Handed over, try %(number)d") % {"number": message.attempt}
        steps.append(Step(message.submitted_at, again if message.attempt > 1 else _("Handed over")))
    if message.sent_at:
        is_clear = message.error != NO_ANSWER
        steps.append(Step(message.sent_at, _("Taken by the operator") if is_clear else _no_answer()))
    steps += dict.fromkeys(Step(one.occurred_at, report_words(one)) for one in reports)
    if message.final_at:
        label = str(message.get_state_display())
        steps.append(Step(message.final_at, f"{label[:1].upper()}{label[1:]}"))
    # Kannel tells whole seconds: what stands in one second stays in the order of a message's life.
    return sorted(steps, key=lambda step: step.at.replace(microsecond=0))


def _no_answer() -> str:
    return _("The operator gave no clear answer: nobody knows whether it took it")


def report_words(event: Event) -> str:
    """What a report says, and of which try if not of the only one."""
    words = {
        "delivered": _("Delivered"),
        "rejected": _("Refused by the operator"),
        "undelivered": _("Not delivered"),
        "expired": _("Not delivered"),
        "buffered": _("Waits at the operator for the telephone"),
        "sent": _no_answer() if is_unanswered(event) else _("Taken by the operator"),
    }
    sentence = words[outcome_of(event)] if event.dlr_type else _("A report nobody understands")
    return _("%(what)s, try %(number)d") % {"what": sentence, "number": event.attempt}


def why(message: Message, catalogue: Catalogue, now: datetime) -> str:
    """Why it was sent, or was not, or has not been yet, in a sentence."""
    state = State(message.state)
    if state in NOT_ARRIVED:
        return in_words(state, message.reason, message.error, catalogue)
    if state == State.EXCLUDED:
        return _("Not sent: %(reason)s.") % {"reason": message.get_reason_display()}
    if state == State.WAITING:
        return _why_it_waits(message, now)
    return {
        State.HELD_OUT: _("Not sent on purpose: drawn by lot, so that the effect can be measured."),
        State.SUBMITTING: _("It is being handed over now."),
        State.ACCEPTED: _("It is on the way to the operator."),
        State.SENT: _no_answer()
        if message.error == NO_ANSWER
        else _("The operator has it. There is no receipt yet."),
        State.DELIVERED: _("It has reached the telephone."),
        State.CANCELLED: _("Not sent: the mailing was cancelled."),
    }[state]


def _why_it_waits(message: Message, now: datetime) -> str:
    mailing = message.mailing
    if mailing.state == Mailing.State.PAUSED:
        return _("Not sent yet: the mailing is paused.")
    if mailing.state == Mailing.State.CANCELLED:
        return _("Not sent: the mailing was cancelled.")
    if mailing.state != Mailing.State.RUNNING:
        return _("Not sent yet: the mailing has not started.")
    if message.earliest_at and message.earliest_at > now:
        return _("Not sent yet: by the customer's clock it may leave at %(when)s.") % {
            "when": clock(message.earliest_at)
        }
    if message.reason == Message.Reason.AGAIN:
        return _("Not delivered at first. It is sent again.")
    return _("Not sent yet: it waits for its turn.")


def way(message: Message) -> str:
    """Over which operator, at what price, and why over that one."""
    via = message.connection
    if via is None or not message.parts or message.state in (State.EXCLUDED, State.HELD_OUT):
        return ""
    words = {
        "operator": via.operator.name,
        "connection": via.name,
        "parts": message.parts,
        "cost": grouped(message.cost, 2),
        "currency": message.mailing.currency,
    }
    if message.route is None:
        return _("Over %(operator)s (%(connection)s). Parts: %(parts)s. Cost: %(cost)s %(currency)s.") % words
    words |= {
        "price": grouped(message.route.cost_of_part.normalize(), None),
        "reason": message.route.get_reason_display(),
    }
    return (
        _(
            "Over %(operator)s (%(connection)s): %(reason)s. Parts: %(parts)s at %(price)s %(currency)s each."
            " Cost: %(cost)s %(currency)s."
        )
        % words
    )
