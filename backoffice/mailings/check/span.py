"""The first and the last real moment of a mailing, said in the same words wherever a person reads them.

A mailing does not leave at its start: its hours, weekdays, the customers' zones and what the lines carry decide. All of it is
in the forecast of its plan (outlook.py); without a plan nothing more is known than the start.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta

from django.core.cache import cache
from django.utils import timezone
from django.utils.translation import gettext as _

from backoffice.audiences.limits import CountTooSlowError, within
from backoffice.lib.durations import in_words
from backoffice.lib.moments import told
from backoffice.mailings.check.facts import WAITS, PlanFacts, facts_of, facts_of_all
from backoffice.mailings.check.lines import moved_on, shared_lines
from backoffice.mailings.check.outlook import Outlook, outlook_of
from backoffice.mailings.contact_rules import ContactRules
from backoffice.mailings.hours import Hours, zone_named
from backoffice.mailings.models import Mailing

State = Mailing.State
# With a plan, and nothing of it has left.
BEFORE = frozenset({State.PLANNED, State.SUBMITTED, State.APPROVED})
# Other mailings come and go, and the clock moves on: a forecast is made anew after this.
FORECAST_SECONDS = 60
# A sentence is not worth a longer wait; the check below it says so, if counting takes too long.
SENTENCE_WAITS = timedelta(seconds=2)


def forecast(mailing: Mailing, facts: PlanFacts | None = None, waits: timedelta = WAITS) -> Outlook:
    """The forecast of a plan, made at most once a minute for all who look.

    :raises CountTooSlowError: when it takes longer than a page waits.
    """
    planned = mailing.planned_at.timestamp() if mailing.planned_at else ""
    key = f"parley:check:forecast:{mailing.pk}:{planned}:{mailing.plan_digest}:{mailing.state}"
    found: Outlook | None = cache.get(key)
    if found is None:
        found = within(waits, lambda: outlook_of(shared_lines(mailing, facts or facts_of(mailing))))
        cache.set(key, found, FORECAST_SECONDS)
    return found


def sentence(mailing: Mailing) -> str:
    """When its first and its last message leave; empty while no plan says so, or nothing of it is to come."""
    found = _before(mailing)
    return words(mailing, found) if found else ""


def moments(mailing: Mailing) -> str:
    """The first and the last moment in a few words, where there is little room; empty where sentence() is."""
    found = _before(mailing)
    if found is None or found.first_at is None or found.last_at is None:
        return ""
    first, last = told(found.first_at, zone=False), told(found.last_at)
    said = last if first == told(found.last_at, zone=False) else f"{first} – {last}"
    return _("if approved now: %(moments)s") % {"moments": said} if _waits_for_approval(mailing) else said


def _before(mailing: Mailing) -> Outlook | None:
    """The forecast of a plan of which nothing has left; none without one, or if it takes too long to make."""
    if mailing.state not in BEFORE or mailing.planned_count is None or mailing.planned_at is None:
        return None
    try:
        return forecast(mailing, waits=SENTENCE_WAITS)
    except CountTooSlowError:
        return None


def _waits_for_approval(mailing: Mailing) -> bool:
    """Whether it leaves as soon as somebody approves it."""
    return mailing.starts_at is None and mailing.state != State.APPROVED and not mailing.is_series


def words(mailing: Mailing, outlook: Outlook) -> str:
    """The same from a forecast."""
    if outlook.first_at is None or outlook.last_at is None:
        return _("None of it would leave: no permitted hour is left, or no line is in use.")
    said = _("The first message leaves on %(first)s, the last one on %(last)s: in %(length)s.")
    if _waits_for_approval(mailing):
        said = _(
            "If it is approved now, the first message leaves on %(first)s, the last one on %(last)s: in %(length)s."
        )
    # Less than a second is no length that says anything.
    length = max(outlook.last_at - outlook.first_at, timedelta(seconds=1))
    return said % {
        "first": told(outlook.first_at, zone=False),
        "last": told(outlook.last_at),
        "length": in_words(length),
    }


def first_moments(mailings: Iterable[Mailing], now: datetime | None = None) -> dict[int, datetime]:
    """When the first message of each of some mailings may leave, as far as they have plans of which nothing has left.

    For lists: counted for all of them together, and without what the lines carry, which does not move a first message.
    """
    now = now or timezone.now()
    coming = {one.pk: one for one in mailings if one.state in BEFORE and one.planned_at and one.planned_count}
    if not coming:
        return {}
    rules = {purpose: ContactRules.of(purpose).hours for purpose in {one.purpose for one in coming.values()}}
    found = {}
    for pk, facts in facts_of_all(list(coming.values())).items():
        mailing = coming[pk]
        hours = Hours(mailing.local_from, mailing.local_to) & rules[mailing.purpose]
        if at := _first(mailing, facts, hours, now):
            found[pk] = at
    return found


def _first(mailing: Mailing, facts: PlanFacts, hours: Hours, now: datetime) -> datetime | None:
    opens = []
    starts = mailing.first_at if mailing.by_own_clock else mailing.starts_at
    for one in moved_on(mailing, facts.leaving):
        begins = max(one.earliest_at, starts or now, now)
        if begins < one.latest_at and (span := hours.span(zone_named(one.time_zone), begins, one.latest_at)):
            opens.append(span[0])
    return min(opens, default=None)
