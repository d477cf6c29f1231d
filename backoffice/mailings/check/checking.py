"""The check of a mailing's plan, for its page."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, TypeVar

from django.core.cache import cache
from django.db.models import F, Sum
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from backoffice.accounts.models import User
from backoffice.audiences.limits import CountTooSlowError, within
from backoffice.lib.masking import masked_phone
from backoffice.mailings import ledger
from backoffice.mailings.check import span
from backoffice.mailings.check.around import Around, around
from backoffice.mailings.check.base_rates import rates_of
from backoffice.mailings.check.bill import bill_of
from backoffice.mailings.check.cautions import cautions_of
from backoffice.mailings.check.facts import WAITS, Fate, facts_of
from backoffice.mailings.check.learning import lessons_of
from backoffice.mailings.check.lines import lines_of
from backoffice.mailings.check.outlook import Outlook
from backoffice.mailings.check.waterfall import NOT_BEGUN, Step, waterfall
from backoffice.mailings.models import Mailing, Message
from backoffice.mailings.querysets import id_range

State = Mailing.State
AROUND_SECONDS = 600
# Names of other mailings that a sentence has room for.
NAMED = 3
Found = TypeVar("Found")


@dataclass(frozen=True)
class StepRow:
    """A step of the waterfall with a few of its people: message, customer, and the number as the reader may see it."""

    step: Step
    samples: list[tuple[int, int, str]]


def check_of(mailing: Mailing, user: User) -> dict[str, Any]:
    """What the page of a mailing says about its plan; nothing where there is none.

    Before the start everything; later only who gets it, from its account: what was forecast has come, or has not.
    """
    if mailing.planned_count is None or mailing.state == State.PLANNING:
        return {}
    if mailing.state not in NOT_BEGUN:
        return {"waterfall": _rows(mailing, waterfall(mailing, _fates_of_account(mailing)), user)}
    try:
        facts = within(WAITS, lambda: facts_of(mailing))
        outlook = span.forecast(mailing, facts)
        beside: Around = _kept(mailing, "around", AROUND_SECONDS, lambda: around(mailing))
        rates = within(WAITS, lambda: rates_of(mailing))
    except CountTooSlowError:
        return {"problem": _("Counting takes longer than a page waits. Open it again in some minutes.")}
    return {
        "waterfall": _rows(mailing, waterfall(mailing, facts.fates), user),
        "bill": bill_of(facts.charges, lines_of({connection for connection, _c, _p in facts.charges})),
        "outlook": outlook,
        "forecast": forecast_words(mailing, outlook),
        "lessons": lessons_of(mailing, facts, rates, _delivery_rate(mailing)),
        "cautions": cautions_of(mailing, facts, outlook, beside),
        "is_sample": mailing.is_series,
        "is_test": mailing.has_test,
    }


def prepare(mailing: Mailing) -> None:
    """Counts a fresh plan where it was planned, so that nobody who opens its page waits for that."""
    mailing.refresh_from_db()
    if mailing.state == State.PLANNED:
        facts_of(mailing)


def forecast_words(mailing: Mailing, outlook: Outlook) -> list[str]:
    """When it starts and ends, as sentences."""
    found = [span.words(mailing, outlook)]
    if outlook.others:
        found.append(_others_words(outlook.others))
    return found


def _others_words(names: list[str]) -> str:
    said = ngettext(
        "It shares the operators with %(count)s other mailing at that time: %(names)s.",
        "It shares the operators with %(count)s other mailings at that time: %(names)s.",
        len(names),
    )
    shown = ", ".join(f"“{name}”" for name in names[:NAMED])
    return said % {"count": len(names), "names": f"{shown} …" if len(names) > NAMED else shown}


def _kept(mailing: Mailing, what: str, seconds: int, make: Callable[[], Found]) -> Found:
    """From the cache, or made within the time that a page waits."""
    planned = mailing.planned_at.timestamp() if mailing.planned_at else ""
    # The 1 grows with the shape of what is kept.
    key = f"parley:check:1:{what}:{mailing.pk}:{planned}:{mailing.plan_digest}:{mailing.state}"
    found: Found | None = cache.get(key)
    if found is None:
        found = within(WAITS, make)
        cache.set(key, found, seconds)
    return found


def _delivery_rate(mailing: Mailing) -> float | None:
    """The share of the messages that the ways of the plan are believed to deliver."""
    sums = mailing.routes.aggregate(all=Sum("messages"), arrive=Sum(F("messages") * F("delivery_rate")))
    return sums["arrive"] / sums["all"] if sums["all"] else None


def _fates_of_account(mailing: Mailing) -> dict[tuple[str, str], Fate]:
    """Of a mailing that has begun: what its account says now."""
    books = ledger.ledger(mailing.pk)
    fates = {
        (Message.State.EXCLUDED.value, reason): Fate(people)
        for reason, _label, people in ledger.exclusions(mailing.pk)
    }
    if held_out := books.counts[Message.State.HELD_OUT]:
        fates[Message.State.HELD_OUT.value, ""] = Fate(held_out)
    for state, people in books.counts.items():
        if people and state not in (Message.State.EXCLUDED, Message.State.HELD_OUT):
            fates[state.value, ""] = Fate(people)
    return fates


def _rows(mailing: Mailing, steps: Iterable[Step], user: User) -> list[StepRow]:
    """The steps with the numbers of a few of their people, in one statement."""
    steps = list(steps)
    ids = [pk for step in steps for pk in step.samples]
    found: dict[int, tuple[int, int, str]] = {}
    if ids and mailing.planned_at:
        rows = Message.objects.filter(pk__in=ids, pk__range=id_range(mailing.planned_at))
        found = {
            pk: (pk, customer, masked_phone(phone or ""))
            for pk, customer, phone in rows.values_list("pk", "customer", "customer__phone")
        }
    return [StepRow(step, [found[pk] for pk in step.samples if pk in found]) for step in steps]
