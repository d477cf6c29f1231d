"""What an approver sees on the page of a mailing: the frozen plan to read, a comment to type, three ways to decide."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.conf.locale import LANG_INFO
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from backoffice.accounts.models import User
from backoffice.accounts.names import name_of
from backoffice.lib.moments import told
from backoffice.lib.numbers import grouped
from backoffice.mailings import approval_needs, approving, when
from backoffice.mailings.approval_models import Approval
from backoffice.mailings.approval_needs import Size
from backoffice.mailings.check import night, span
from backoffice.mailings.check.gaps import gaps_of_plan, gaps_words
from backoffice.mailings.compare_models import texts_of
from backoffice.mailings.models import LaunchOrder, Mailing, Message
from backoffice.mailings.planning import samples_of
from backoffice.mailings.repeat_models import recurrence_of
from backoffice.mailings.texts import may_read_texts

State = Mailing.State
COMMENT_ASKED = {
    "send_back": gettext_lazy("Say what has to be changed."),
    "refuse": gettext_lazy("Say why it must not be sent."),
}
SHOWN_SAMPLES = 3
APPROVED = frozenset({State.APPROVED, State.RUNNING, State.PAUSED, State.FINISHED})


@dataclass(frozen=True)
class Decision:
    """What waits for a decision. ``samples`` are what three of its recipients will read; ``note``: what the author says.

    ``steps`` are those that the reader may take; ``problem`` says why they may not approve.

    ``night``: what an approver has to agree to, because messages leave at night; empty if none do.
    """

    samples: list[Message]
    note: str
    lines: list[tuple[str, str]]
    texts: list[tuple[str, str]]
    gaps: str
    needs: str
    effect: str
    steps: list[str]
    problem: str
    night: str


def panel_of(mailing: Mailing, user: User, actions: Sequence[str]) -> dict[str, Any]:
    """For the page of a mailing: what is to be decided, or how it was decided."""
    decision, order = None, None
    if mailing.state == State.SUBMITTED:
        decision = _decision(mailing, user, actions)
    elif mailing.state in APPROVED:
        order = _order_of(mailing)
    return {"decision": decision, "order": order}


def _decision(mailing: Mailing, user: User, actions: Sequence[str]) -> Decision:
    first = approving.first_of(mailing)
    # Counts every message of the plan.
    size = approval_needs.size_of(mailing)
    reasons = approval_needs.reasons(mailing, size)
    is_approver = user.has_perm("mailings.approve_mailing")
    may_read = may_read_texts(user)
    return Decision(
        samples=samples(mailing) if may_read else [],
        note=mailing.author_note,
        lines=plan_lines(mailing, size),
        texts=texts(mailing) if may_read else [],
        gaps=gaps_words(mailing, gaps) if (gaps := gaps_of_plan(mailing)) else "",
        needs=needs_words(first, reasons),
        effect=effect(mailing, size, is_first=bool(reasons) and first is None),
        steps=[name for name in actions if name in approving.DECISIONS],
        problem=approving.reason_not_to(mailing, user) if is_approver else "",
        night=night.agreement(night.count(mailing)) if "approve" in actions else "",
    )


def needs_words(first: Approval | None, reasons: Sequence[str]) -> str:
    """How many approvals are still missing, and why; empty where one is enough and none was given."""
    why = {"why": approval_needs.in_words(reasons)}
    if first is not None:
        by = {"person": name_of(first.approver), "when": _clock(first.approved_at)}
        said = _("%(person)s approved it on %(when)s.") % by
        if first.comment:
            said += f" “{first.comment}”"
        more = _("One more approver is needed: %(why)s.") if reasons else _("One more approver is needed.")
        return f"{said} {more % why}"
    return _("Two approvers are needed: %(why)s.") % why if reasons else ""


def effect(mailing: Mailing, size: Size, *, is_first: bool) -> str:
    """What an approval does, before it is given."""
    if is_first:
        return _("Approve: your approval is noted, and nothing is sent before another approver agrees, too.")
    if mailing.is_series:
        return _("Approve: its runs start by themselves within these limits, without asking again.")
    return ngettext(
        "Approve: %(count)s message is sent as planned, without asking again.",
        "Approve: %(count)s messages are sent as planned, without asking again.",
        size.recipients,
    ) % {"count": grouped(size.recipients)}


def effect_of_approving(mailing: Mailing) -> str:
    """The same for the page that asks first."""
    size = approval_needs.size_of(mailing)
    is_first = approving.takes_a_second(mailing, approving.first_of(mailing), size)
    return effect(mailing, size, is_first=is_first)


def plan_lines(mailing: Mailing, size: Size) -> list[tuple[str, str]]:
    """What is approved, as pairs of label and value."""
    found = _limits(mailing) if mailing.is_series else _amounts(mailing, size)
    return [
        *found,
        (_("Hours"), when.hours_words(mailing)),
        (_("Sender"), mailing.sender),
        (_("Audience"), mailing.audience_sentence),
        (_("Submitted"), f"{name_of(mailing.submitted_by)}, {_clock(mailing.submitted_at)}"),
    ]


def samples(mailing: Mailing) -> list[Message]:
    """What three real recipients will read, with names disguised: of texts that are compared, one of each first."""
    waiting = Message.objects.of(mailing).waiting()
    if not mailing.compares:
        return samples_of(waiting, SHOWN_SAMPLES)
    found = []
    for text, _percent in texts_of(mailing):
        found += samples_of(waiting.filter(template=text), 1)
    return found or samples_of(waiting, SHOWN_SAMPLES)


def texts(mailing: Mailing) -> list[tuple[str, str]]:
    """The texts as they were written, with what each is for: its share, and its language."""
    found = []
    for text, percent in texts_of(mailing):
        share = _("%(name)s, %(percent)s %%") % {"name": text.name, "percent": percent}
        for code, words in text.variants().items():
            label = share if mailing.compares else text.name
            found.append((f"{label}, {_(LANG_INFO[code]['name'])}" if code else label, words))
    return found


def _amounts(mailing: Mailing, size: Size) -> list[tuple[str, str]]:
    begins = (
        _("as soon as it is approved")
        if mailing.starts_at is None
        else told(mailing.starts_at, zone=not mailing.by_own_clock)
    )
    found = [
        (_("Messages"), grouped(size.recipients)),
        (_("Cost"), _money(mailing, size.cost)),
        (_("Leaves"), leaves) if (leaves := span.sentence(mailing)) else (_("Begins"), begins),
    ]
    if mailing.ends_at:
        found.append((_("Ends"), told(mailing.ends_at)))
    if mailing.budget is not None:
        found.append((_("Budget"), _money(mailing, mailing.budget)))
    return found


def _limits(series: Mailing) -> list[tuple[str, str]]:
    """Of a mailing that repeats: its runs, and what each of them may be without anybody being asked again."""
    every_run = _("no limit: every run waits for an approver")
    until = date_format(series.until, "j E Y") if series.until else _("until it is cancelled")
    return [
        (_("It goes out"), recurrence_of(series).sentence()),
        (
            _("A run has at most"),
            every_run
            if series.run_recipients is None
            else ngettext("%(count)s recipient", "%(count)s recipients", series.run_recipients)
            % {"count": grouped(series.run_recipients)},
        ),
        (_("A run costs at most"), every_run if series.run_cost is None else _money(series, series.run_cost)),
        (_("Until"), until),
    ]


def _order_of(mailing: Mailing) -> list[tuple[str, str]]:
    """Who asked for it and who approved it; nothing where its order is not there."""
    orders = LaunchOrder.objects.filter(mailing=mailing, content_hash=mailing.content_hash)
    order = orders.select_related("requested_by", "approved_by", "first_approved_by").order_by("pk").last()
    if order is None:
        return []
    people = [name_of(one) for one in (order.first_approved_by, order.approved_by) if one]
    found = [
        (_("Submitted"), f"{name_of(order.requested_by)}, {_clock(order.requested_at)}"),
        (_("Approved"), f"{_(' and ').join(people)}, {_clock(order.approved_at)}"),
    ]
    if mailing.author_note:
        found.insert(1, (_("Note from the author"), mailing.author_note))
    if order.comment:
        found.append((_("Comment"), order.comment))
    return found


def _money(mailing: Mailing, amount: Any) -> str:
    return f"{grouped(amount, 2)} {mailing.currency}"


def _clock(moment: Any) -> str:
    return date_format(timezone.localtime(moment), "j E, H:i") if moment else ""
