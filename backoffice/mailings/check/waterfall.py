"""From everybody in the audience down to those who get it, one reason after another, as the plan applied them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import urlencode

from django.urls import reverse
from django.utils.translation import gettext as _

from backoffice.mailings.check.facts import Fate
from backoffice.mailings.models import Mailing, Message

State, Reason = Message.State, Message.Reason
NOT_BEGUN = (
    Mailing.State.DRAFT,
    Mailing.State.PLANNED,
    Mailing.State.SUBMITTED,
    Mailing.State.APPROVED,
)
# In the order in which a plan asks (plan_sql); whoever has two reasons is left out by the first of them.
ORDER = (
    Reason.OPTED_OUT,
    Reason.EXCLUDED_LIST,
    Reason.NO_CONSENT,
    Reason.INVALID_NUMBER,
    Reason.UNREACHABLE,
    Reason.OTHER_MAILING,
    Reason.CAPPED,
    Reason.NO_ROUTE,
    Reason.OUT_OF_HOURS,
    Reason.DUPLICATE,
    Reason.FOR_WINNER,
    Reason.EMPTY_TEXT,
    Reason.TOO_DEAR,
)


@dataclass(frozen=True)
class Step:
    """One bar: so many people, drawn from ``left_percent`` on, ``percent`` of the audience wide. ``url``: who they are."""

    label: str
    people: int
    left_percent: float
    percent: float
    kind: str
    url: str
    samples: Sequence[int] = ()

    @property
    def css_left(self) -> str:
        return f"{self.left_percent:.3f}"

    @property
    def css_width(self) -> str:
        return f"{self.percent:.3f}"


def waterfall(mailing: Mailing, fates: Mapping[tuple[str, str], Fate]) -> list[Step]:
    """The audience, each reason that left somebody out, the hold-out, and who gets it; empty without an audience."""
    whole = sum(fate.people for fate in fates.values())
    if not whole:
        return []
    steps = [Step(_audience_words(mailing), whole, 0.0, 100.0, "all", _url(mailing))]
    remains = whole

    def take(label: str, fate: Fate, kind: str, url: str) -> None:
        nonlocal remains
        remains -= fate.people
        share = 100 / whole
        steps.append(Step(label, fate.people, remains * share, fate.people * share, kind, url, fate.samples))

    for reason, fate in _excluded(fates):
        url = _url(mailing, state=State.EXCLUDED.value, reason=reason)
        take(str(Reason(reason).label), fate, "excluded", url)
    if fate := fates.get((State.HELD_OUT.value, "")):
        take(
            _("held out, to measure the effect"), fate, "held_out", _url(mailing, state=State.HELD_OUT.value)
        )
    samples = [
        pk
        for (state, _reason), fate in fates.items()
        if state not in ("excluded", "held_out")
        for pk in fate.samples
    ]
    url = _url(mailing, **_sent_filter(fates))
    steps.append(
        Step(_recipients_words(mailing), remains, 0.0, 100 * remains / whole, "sent", url, samples[:3])
    )
    return steps


def _excluded(fates: Mapping[tuple[str, str], Fate]) -> list[tuple[str, Fate]]:
    places = {reason.value: place for place, reason in enumerate(ORDER)}
    found = [(reason, fate) for (state, reason), fate in fates.items() if state == State.EXCLUDED]
    return sorted(found, key=lambda one: (places.get(one[0], len(places)), one[0]))


def _audience_words(mailing: Mailing) -> str:
    if mailing.rest_of_id is not None:
        return _("left for the best text")
    if mailing.trigger:
        return _("in the audience, with an occasion")
    return _("in the audience")


def _recipients_words(mailing: Mailing) -> str:
    if mailing.is_series:
        return _("would get the next run")
    return _("get it") if mailing.state in NOT_BEGUN else _("were meant to get it")


def _sent_filter(fates: Mapping[tuple[str, str], Fate]) -> dict[str, str]:
    """The one state that all have who get it; once it runs they have several."""
    states = {state for state, _reason in fates} - {State.EXCLUDED, State.HELD_OUT}
    return {"state": str(states.pop())} if len(states) == 1 else {}


def _url(mailing: Mailing, **chosen: str) -> str:
    page = reverse("mailings:recipients", args=[mailing.pk])
    return f"{page}?{urlencode(chosen)}" if chosen else page
