"""From everybody in the audience down to those who get it, one reason after another, as the plan applied them."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import urlencode

from django.urls import reverse
from django.utils.translation import gettext as _

from backoffice.mailings.check.facts import NOT_SENT, SAMPLES, Fate
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
    Reason.NOT_MOBILE,
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
    for label, fate, kind, url in _taken_away(mailing, fates):
        remains -= fate.people
        left, width = 100 * remains / whole, 100 * fate.people / whole
        steps.append(Step(label, fate.people, left, width, kind, url, fate.samples))
    sent = {state: fate for (state, _reason), fate in fates.items() if state not in NOT_SENT}
    # Once it runs, who gets it is in several states, and no list shows them all.
    url = _url(mailing, state=next(iter(sent))) if len(sent) == 1 else _url(mailing)
    samples = [pk for fate in sent.values() for pk in fate.samples][:SAMPLES]
    share = 100 * remains / whole
    return [*steps, Step(_recipients_words(mailing), remains, 0.0, share, "sent", url, samples)]


def _taken_away(
    mailing: Mailing, fates: Mapping[tuple[str, str], Fate]
) -> Iterator[tuple[str, Fate, str, str]]:
    """Label, people, kind and address of all who do not get it, in the order in which the plan took them away."""
    places = {reason.value: place for place, reason in enumerate(ORDER)}
    excluded = [reason for state, reason in fates if state == State.EXCLUDED]
    for reason in sorted(excluded, key=lambda one: (places.get(one, len(places)), one)):
        url = _url(mailing, state=State.EXCLUDED.value, reason=reason)
        yield str(Reason(reason).label), fates[State.EXCLUDED.value, reason], "excluded", url
    if held_out := fates.get((State.HELD_OUT.value, "")):
        url = _url(mailing, state=State.HELD_OUT.value)
        yield _("held out, to measure the effect"), held_out, "held_out", url


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


def _url(mailing: Mailing, **chosen: str) -> str:
    page = reverse("mailings:recipients", args=[mailing.pk])
    return f"{page}?{urlencode(chosen)}" if chosen else page
