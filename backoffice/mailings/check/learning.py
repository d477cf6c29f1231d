"""What somebody will learn from a mailing: which effect its hold-out shows, and which difference between its texts."""

from dataclasses import dataclass
from decimal import Decimal

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from backoffice.lib.numbers import grouped
from backoffice.mailings.check.base_rates import ASSUMED_PURCHASES, ASSUMED_REPLIES, Rates
from backoffice.mailings.check.facts import PlanFacts
from backoffice.mailings.check.power import smallest_change
from backoffice.mailings.compare_models import Measure
from backoffice.mailings.models import Mailing, Message

HELD_OUT = (Message.State.HELD_OUT.value, "")


@dataclass(frozen=True)
class Lesson:
    """A sentence, and what it rests on."""

    sentence: str
    basis: str = ""


def lessons_of(mailing: Mailing, facts: PlanFacts, rates: Rates, delivery_rate: float | None) -> list[Lesson]:
    """What will be learned.

    :param delivery_rate: what share of the messages is believed to be delivered, 0 to 1.
    """
    found = [of_holdout(facts, rates)]
    if mailing.compares:
        found.append(of_texts(mailing, facts, rates, delivery_rate))
    return found


def of_holdout(facts: PlanFacts, rates: Rates) -> Lesson:
    """Which change of purchases the hold-out shows."""
    held_out = facts.fates[HELD_OUT].people if HELD_OUT in facts.fates else 0
    if not held_out:
        return Lesson(
            _(
                "Nobody is held out, so you cannot see what the mailing brought about. "
                "With a hold-out of some percent you could."
            )
        )
    rate, basis = _purchases(rates)
    change = smallest_change(held_out, facts.recipients, rate) if facts.recipients else None
    if change is None:
        return Lesson(
            _("The hold-out of %(people)s is too small to show any effect. Choose a larger share.")
            % {"people": _people(held_out)},
            basis,
        )
    sentence = _(
        "You will notice a change of %(change)s points or more: %(more)s %% buy instead of %(rate)s %%."
    )
    return Lesson(sentence % _numbers(rate, change), basis)


def of_texts(mailing: Mailing, facts: PlanFacts, rates: Rates, delivery_rate: float | None) -> Lesson:
    """Which difference between two of the texts shows: of those with the fewest recipients."""
    fewest = sorted(facts.texts.values())[:2]
    rate, basis = _of_measure(mailing.measure, rates, delivery_rate)
    change = smallest_change(fewest[0], fewest[1], rate) if len(fewest) > 1 else None
    if change is None:
        return Lesson(
            _(
                "The texts have too few recipients to show which one does better. Give each of them a larger share."
            ),
            basis,
        )
    sentence = _("Between two texts you will notice a difference of %(change)s points or more.")
    return Lesson(sentence % _numbers(rate, change), basis)


def _purchases(rates: Rates) -> tuple[float, str]:
    if rates.purchases is None:
        words = _("Assumed: %(rate)s %% of the customers buy within a week anyway. No earlier mailing tells.")
        return ASSUMED_PURCHASES, words % {"rate": _percent(ASSUMED_PURCHASES)}
    words = ngettext(
        "Measured: after the last mailing with this purpose %(rate)s %% of the recipients bought within a week.",
        "Measured: after the last %(count)s mailings with this purpose %(rate)s %% of the recipients bought within a week.",
        rates.mailings,
    )
    return rates.purchases, words % {"rate": _percent(rates.purchases), "count": rates.mailings}


def _of_measure(measure: str, rates: Rates, delivery_rate: float | None) -> tuple[float, str]:
    if measure == Measure.REPLIES:
        if rates.replies is None:
            words = _("Assumed: %(rate)s %% of the customers reply. No earlier mailing tells.")
            return ASSUMED_REPLIES, words % {"rate": _percent(ASSUMED_REPLIES)}
        words = _("Measured: after earlier mailings with this purpose %(rate)s %% of the recipients replied.")
        return rates.replies, words % {"rate": _percent(rates.replies)}
    rate = 0.95 if delivery_rate is None else delivery_rate
    return rate, _("Of the messages %(rate)s %% are expected to be delivered.") % {"rate": _percent(rate)}


def _numbers(rate: float, change: float) -> dict[str, str]:
    return {"change": _points(change), "rate": _percent(rate), "more": _percent(rate + change)}


def _points(share: float) -> str:
    """Percentage points, with one digit, or two where that would be none."""
    points = 100 * share
    digits = 1 if points >= 0.1 else 2
    return grouped(Decimal(f"{points:.{digits}f}"), digits)


def _percent(share: float) -> str:
    return grouped(Decimal(f"{100 * share:.1f}"), 1)


def _people(count: int) -> str:
    return ngettext("%(count)s person", "%(count)s people", count) % {"count": grouped(count)}
