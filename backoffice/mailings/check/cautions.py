"""What is odd about a plan: a list of small questions, each answered with one sentence and what to do, or not at all."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from backoffice.lib.durations import in_words
from backoffice.lib.numbers import grouped
from backoffice.mailings import trial_texts
from backoffice.mailings.check import night
from backoffice.mailings.check.around import Around
from backoffice.mailings.check.facts import PlanFacts
from backoffice.mailings.check.gaps import gaps_words
from backoffice.mailings.check.outlook import Outlook
from backoffice.mailings.compare_models import texts_of
from backoffice.mailings.models import Mailing, Message
from backoffice.message_templates.advice import LAST_DAY, advice_for
from backoffice.message_templates.merge import fields_of, problems

OLD_PLAN = timedelta(days=1)
OLD_DATA = timedelta(days=7)
UNUSUAL_TIMES = 3
# Shares that are worth a word.
MANY_LEFT_OUT, MANY_AGAIN, MANY_AT_EDGE, BUDGET_NEARLY = 0.5, 0.1, 0.1, Decimal("0.9")
# What a plan is small enough for that nobody has to be warned of its size.
SMALL = 1000


@dataclass(frozen=True)
class Seen:
    """All that the questions look at."""

    mailing: Mailing
    facts: PlanFacts
    outlook: Outlook
    around: Around
    now: datetime


@dataclass(frozen=True)
class Caution:
    """A sentence, and what to do. ``is_grave``: it goes wrong if nobody does anything."""

    sentence: str
    advice: str
    is_grave: bool = False


def nobody_gets_it(seen: Seen) -> Caution | None:
    if seen.facts.recipients:
        return None
    return Caution(
        _("Nobody gets it."),
        _("Look below who is left out and why, then change the audience or the rules."),
        is_grave=True,
    )


def will_not_fit(seen: Seen) -> Caution | None:
    late = seen.outlook.too_late
    if not late:
        return None
    said = ngettext(
        "%(count)s message in %(zones)s will not fit into its hours.",
        "%(count)s messages in %(zones)s will not fit into their hours.",
        late,
    )
    return Caution(
        said % {"count": grouped(late), "zones": seen.outlook.late_zones},
        _("Move the mailing to an earlier hour, allow more hours or a later end, or have an operator added."),
        is_grave=True,
    )


def over_budget(seen: Seen) -> Caution | None:
    budget, cost = seen.mailing.budget, seen.mailing.planned_cost
    if budget is None or cost < budget * BUDGET_NEARLY:
        return None
    words = {
        "cost": grouped(cost, 2),
        "budget": grouped(budget, 2),
        "currency": seen.mailing.currency,
        "percent": round(100 * cost / budget) if budget else 0,
    }
    if cost > budget:
        said = _("It costs %(cost)s %(currency)s, more than its budget of %(budget)s %(currency)s.")
        return Caution(said % words, _("Raise the budget, or choose fewer recipients."), is_grave=True)
    said = _("It uses %(percent)s %% of its budget of %(budget)s %(currency)s.")
    advice = _(
        "If messages have to go over a dearer operator, it stops before its end. Raise the budget a little."
    )
    return Caution(said % words, advice)


def says_not_how_to_refuse(seen: Seen) -> Caution | None:
    """The opt-out line, and whatever else there is to say about the words; once for all texts and languages."""
    found: dict[str, str] = {}
    for text in texts_of(seen.mailing):
        for words in text.template.variants().values():
            for advice in advice_for(words, seen.mailing.purpose):
                found.setdefault(advice.sentence, str(text.template))
    if not found:
        return None
    names = ", ".join(f"“{name}”" for name in dict.fromkeys(found.values()))
    return Caution(
        " ".join(found), _("Change the text %(names)s, then plan again.") % {"names": names}, is_grave=True
    )


def leaves_gaps(seen: Seen) -> Caution | None:
    if not seen.around.gaps:
        return None
    return Caution(
        gaps_words(seen.mailing, seen.around.gaps),
        _("Say in the text what stands there instead, then plan again."),
        is_grave=True,
    )


def names_day_of_receipt(seen: Seen) -> Caution | None:
    """A text that tells the last day of sending, and customers get it on that very day."""
    ends_on = trial_texts.facts_of_mailing(seen.mailing).ends_on
    last = seen.outlook.last_at
    if last is None or timezone.localdate(last, timezone.get_default_timezone()) < ends_on:
        return None
    texts = [words for one in texts_of(seen.mailing) for words in one.template.variants().values()]
    if not any(LAST_DAY in fields_of(words) for words in texts if not problems(words)):
        return None
    return Caution(
        _("The text names %(day)s, the last day of sending, and customers get it on that day.")
        % {"day": date_format(ends_on, "j E Y")},
        _("If you mean the last day of an offer, write its date into the text, then plan again."),
    )


def line_is_away(seen: Seen) -> Caution | None:
    away = seen.outlook.lines_away
    if not away:
        return None
    operators = ", ".join(sorted({operator for operator, _line, _messages in away}))
    count = sum(messages for _operator, _line, messages in away)
    said = ngettext(
        "%(count)s message goes over a line of %(operators)s that is not connected now.",
        "%(count)s messages go over a line of %(operators)s that is not connected now.",
        count,
    )
    return Caution(
        said % {"count": grouped(count), "operators": operators},
        _("Plan again to use another operator, or ask the operator staff."),
        is_grave=True,
    )


def plan_is_old(seen: Seen) -> Caution | None:
    planned_at = seen.mailing.planned_at
    if planned_at is None or seen.mailing.is_series or seen.now - planned_at <= OLD_PLAN:
        return None
    return Caution(
        _("The plan was made %(age)s ago.") % {"age": in_words(seen.now - planned_at)},
        _("Plan again, so that prices, recipients and their values are those of today."),
    )


def data_is_old(seen: Seen) -> Caution | None:
    known = max(filter(None, (seen.facts.data_of, seen.around.imported_at)), default=None)
    if known is None or seen.now - known <= OLD_DATA:
        return None
    return Caution(
        _("Nothing new about these customers has come in for %(age)s.") % {"age": in_words(seen.now - known)},
        _("Have the customers imported again, then plan again."),
    )


def most_are_left_out(seen: Seen) -> Caution | None:
    left_out = {
        reason: fate.people
        for (state, reason), fate in seen.facts.fates.items()
        if state == Message.State.EXCLUDED and reason != Message.Reason.FOR_WINNER
    }
    people, count = seen.facts.people, sum(left_out.values())
    if not seen.facts.recipients or count <= people * MANY_LEFT_OUT:
        return None
    most = max(left_out, key=lambda reason: left_out[reason])
    words = {"percent": round(100 * count / people), "reason": str(Message.Reason(most).label)}
    return Caution(
        _("%(percent)s %% of the audience are left out, most of them for this reason: %(reason)s.") % words,
        _("Look whether it is the audience that you mean."),
    )


def is_unusually_large(seen: Seen) -> Caution | None:
    recipients, usual = seen.facts.recipients, seen.around.usual_size
    if recipients < SMALL:
        return None
    if usual is not None and recipients > UNUSUAL_TIMES * usual:
        said = _("It has %(count)s recipients; the last mailings with this purpose had about %(usual)s.")
    elif seen.facts.people >= seen.around.customers:
        said = _("It goes to the whole base: everybody in it is looked at, and %(count)s get it.")
    else:
        return None
    return Caution(
        said % {"count": grouped(recipients), "usual": grouped(usual or 0)},
        _("Look whether it is the audience that you mean."),
    )


def same_text_again(seen: Seen) -> Caution | None:
    again, recipients = seen.around.same_text, seen.facts.recipients
    if not recipients or again < recipients * MANY_AGAIN:
        return None
    return Caution(
        _("%(count)s of the recipients, %(percent)s %%, got the same text within the last two days.")
        % {"count": grouped(again), "percent": round(100 * again / recipients)},
        _("Choose another text, or leave out those who got it."),
    )


def leaves_at_night(seen: Seen) -> Caution | None:
    messages = night.messages_at_night(seen.mailing, seen.outlook)
    if not messages:
        return None
    return Caution(
        night.words(messages),
        _("Allow only the hours of the day, then plan again. Otherwise whoever approves it has to agree."),
        is_grave=True,
    )


def leaves_at_the_edge(seen: Seen) -> Caution | None:
    edge = seen.outlook.at_edge
    if not edge or edge < seen.outlook.leaves * MANY_AT_EDGE:
        return None
    return Caution(
        ngettext(
            "%(count)s message leaves within the last half hour before its hours are over.",
            "%(count)s messages leave within the last half hour before their hours are over.",
            edge,
        )
        % {"count": grouped(edge)},
        _("Any delay moves them to another day, or nobody gets them. Start earlier."),
    )


# In the order of what matters most.
QUESTIONS: list[Callable[[Seen], Caution | None]] = [
    nobody_gets_it,
    will_not_fit,
    over_budget,
    says_not_how_to_refuse,
    leaves_gaps,
    leaves_at_night,
    line_is_away,
    same_text_again,
    is_unusually_large,
    most_are_left_out,
    leaves_at_the_edge,
    names_day_of_receipt,
    plan_is_old,
    data_is_old,
]


def cautions_of(mailing: Mailing, facts: PlanFacts, outlook: Outlook, beside: Around) -> list[Caution]:
    """All that is odd about a plan, the grave first."""
    seen = Seen(mailing, facts, outlook, beside, timezone.now())
    found = [caution for question in QUESTIONS if (caution := question(seen))]
    return sorted(found, key=lambda caution: not caution.is_grave)
