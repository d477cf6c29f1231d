"""The texts of a mailing as certain customers would get them: written by the expression that its plan is written with.

Only codes of short links differ: those of a test are nobody's, so that no click on one counts for a customer.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.conf import settings
from django.db import connection
from django.utils import timezone
from django.utils.translation import gettext as _

from backoffice.audiences.models import UnusableAudienceError
from backoffice.customers.models import Customer
from backoffice.mailings import series, when
from backoffice.mailings.compare_models import texts_of
from backoffice.mailings.hours import zone_named
from backoffice.mailings.models import Mailing, Message
from backoffice.mailings.plan_sql import facts_of
from backoffice.mailings.shortlinks.codes import code_of
from backoffice.mailings.shortlinks.writing import make_links
from backoffice.message_templates import crowd, merge
from backoffice.message_templates.facts import MailingFacts
from backoffice.message_templates.languages import variant_for
from backoffice.message_templates.links import CODE_LENGTH, MARK, addresses_in, marked
from backoffice.message_templates.models import MessageTemplate
from kannel.text import measure

# So many customers are looked at to find a typical, a long and a short text in each language.
LOOKED_AT = 200
# A click on “other customers” looks at the next ones, so many times; then it begins anew.
PAGES = 20
NOBODY = 0
WRITE = "SELECT c.id, {text} FROM customers_customer c WHERE c.id = ANY(%s::bigint[])"
NOT_SENT = (Message.State.EXCLUDED, Message.State.HELD_OUT)
SENT_STATES = [state for state in Message.State if state not in NOT_SENT]


@dataclass(frozen=True)
class Version:
    """One of the texts of a mailing, in one language; code "" is for everybody who has no variant in theirs."""

    template: MessageTemplate
    code: str
    variants: Mapping[str, str]

    @property
    def words(self) -> str:
        return self.variants[self.code]


@dataclass(frozen=True)
class Sample:
    """A version as one customer would get it. ``is_own`` is False where nobody was found who reads this language."""

    version: Version
    customer: Customer
    text: str
    parts: int
    units: int
    is_own: bool

    @property
    def key(self) -> str:
        return f"{self.version.template.pk}:{self.version.code}:{self.customer.pk}"


def versions_of(mailing: Mailing) -> list[Version]:
    """All texts in all languages, in their order."""
    found = []
    for one in texts_of(mailing):
        variants = one.template.variants()
        found += [Version(one.template, code, variants) for code in variants]
    return found


def some_customers(mailing: Mailing, page: int = 0) -> tuple[list[int], str]:
    """Ids of customers who would get it: of its plan, without one of its audience; and why there are none."""
    if mailing.planned_count is not None:
        first = page % PAGES * LOOKED_AT
        # In no order, so that none has to be made of millions; which ones they are is no matter.
        rows = Message.objects.of(mailing).filter(state__in=SENT_STATES).exclude(text="")
        ids = list(rows.values_list("customer_id", flat=True)[first : first + LOOKED_AT])
        problem = "" if ids or page else _("Nobody would receive this mailing, so there is nothing to try.")
        return ids or (some_customers(mailing)[0] if page else []), problem
    if mailing.rest_of_id is not None:
        return [], _("Plan it first: who gets it is known then.")
    found = crowd.above().crowd(mailing.audience_id, mailing.purpose)
    if found.problem:
        return [], found.problem
    first = page * LOOKED_AT % max(len(found.some), 1)
    ids = list(found.some[first : first + LOOKED_AT])
    return ids, "" if ids else _("Nobody would receive this mailing, so there is nothing to try.")


def samples_of(mailing: Mailing, ids: Sequence[int]) -> list[Sample]:
    """For each version the typical, the longest and the shortest text among these customers. Raises merge.MergeError."""
    customers = list(Customer.objects.filter(pk__in=ids).order_by("pk"))
    found: list[Sample] = []
    for version, facts in _with_facts(mailing):
        own = [one for one in customers if _reads(version, one)]
        written = _samples(version, own or customers[:1], facts, is_own=bool(own))
        written.sort(key=lambda one: (one.parts, one.units, one.customer.pk))
        if written:
            # Two customers of one name show nothing twice.
            shown = (written[place] for place in (0, -1, len(written) // 2))
            found += reversed({one.text: one for one in shown}.values())
    return found


def samples_by_key(mailing: Mailing, keys: Iterable[str]) -> list[Sample]:
    """Those of the keys that belong to a version of the mailing and to a customer who would get it; others are left out."""
    asked: dict[tuple[int, str], set[int]] = {}
    for key in keys:
        template, _colon, rest = key.partition(":")
        code, _colon, customer = rest.partition(":")
        if template.isdecimal() and customer.isdecimal() and len(customer) < len(str(2**63)):
            asked.setdefault((int(template), code), set()).add(int(customer))
    ids = _who_would_get_it(mailing, {one for customers in asked.values() for one in customers})
    customers = {one.pk: one for one in Customer.objects.filter(pk__in=ids)}
    found = []
    for version, facts in _with_facts(mailing) if customers else []:
        wanted = sorted(asked.get((version.template.pk, version.code), set()) & set(customers))
        chosen = [customers[pk] for pk in wanted]
        own = [one for one in chosen if _reads(version, one)]
        others = [one for one in chosen if one not in own]
        found += _samples(version, own, facts, is_own=True)
        found += _samples(version, others, facts, is_own=False)
    return found


def as_sent(mailing: Mailing, samples: Sequence[Sample]) -> list[str]:
    """The text of each sample as it leaves, with links that lead where they will, in nobody's name."""
    if not settings.SHORT_LINKS_URL:
        return [one.text for one in samples]
    _starts, ends = _period(mailing)
    # What was planned keeps its links as they are: they are part of what is approved.
    links = (
        mailing.short_links.order_by("pk") if mailing.planned_count is not None else make_links(mailing, ends)
    )
    codes = {link.address: code_of(link.pk, bytes(link.key), NOBODY) for link in links}
    return [
        _written(one.version, [one.customer.pk], facts_of_mailing(mailing), codes)[one.customer.pk]
        for one in samples
    ]


def facts_of_mailing(mailing: Mailing) -> MailingFacts:
    """What its texts say of it."""
    return facts_of(mailing, *_period(mailing))


def _with_facts(mailing: Mailing) -> list[tuple[Version, MailingFacts]]:
    facts = facts_of_mailing(mailing)
    return [(version, facts) for version in versions_of(mailing)]


def _period(mailing: Mailing) -> tuple[datetime, datetime]:
    """From when until when it is sent, as its plan says; of a series its next run."""
    now = mailing.planned_at if mailing.planned_count is not None and mailing.planned_at else timezone.now()
    moment = series.next_moment(mailing, now) if mailing.is_series else None
    timed = series.run_for(mailing, moment) if moment else mailing
    zones: Iterable[str] = [""]
    if mailing.by_own_clock:
        known = (
            mailing.time_zones or Customer.objects.order_by().values_list("time_zone", flat=True).distinct()
        )
        zones = ["", *known]
    periods = [when.period(timed, zone_named(name), now) for name in zones]
    return min(starts for starts, _ends in periods), max(ends for _starts, ends in periods)


def _reads(version: Version, customer: Customer) -> bool:
    return variant_for(version.variants, customer.language) == version.code


def _samples(
    version: Version, customers: Sequence[Customer], facts: MailingFacts, *, is_own: bool
) -> list[Sample]:
    shown = dict.fromkeys(addresses_in(version.words), "x" * CODE_LENGTH)
    texts = _written(version, [one.pk for one in customers], facts, shown)
    found = []
    for customer in customers:
        text = texts.get(customer.pk, "")
        if text.strip():
            size = measure(text)
            found.append(Sample(version, customer, text, size.parts, size.units, is_own))
    return found


def _written(
    version: Version, ids: Sequence[int], facts: MailingFacts, codes: Mapping[str, str]
) -> dict[int, str]:
    """The text for each customer, with these codes for its addresses where addresses are made short."""
    if not ids:
        return {}
    addresses = (
        [one for one in addresses_in(version.words) if one in codes] if settings.SHORT_LINKS_URL else []
    )
    sql, values = merge.compile_variants({"": marked(version.words, addresses)}, facts=facts)
    with connection.cursor() as cursor:
        cursor.execute(WRITE.format(text=sql), [*values, list(ids)])
        found: dict[int, str] = dict(cursor.fetchall())
    for place, address in enumerate(addresses):
        short = settings.SHORT_LINKS_URL + codes[address]
        found = {pk: text.replace(MARK.format(place), short) for pk, text in found.items()}
    return found


def _who_would_get_it(mailing: Mailing, ids: set[int]) -> set[int]:
    """Of these customers those in the plan, or without one in the audience."""
    if not ids:
        return set()
    if mailing.planned_count is not None:
        rows = Message.objects.of(mailing).filter(state__in=SENT_STATES, customer__in=ids)
        return set(rows.values_list("customer_id", flat=True))
    try:
        found: Any = mailing.audience.customers().filter(pk__in=ids).values_list("pk", flat=True)
        return set(found)
    except UnusableAudienceError:
        return set()
