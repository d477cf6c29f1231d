"""What a text comes to with real customers: written for some of them in one statement, measured, and scaled to all."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal

from django.db import connection

from backoffice.message_templates import links, merge
from backoffice.message_templates.crowd import Crowd
from backoffice.message_templates.facts import MailingFacts
from backoffice.message_templates.languages import variant_for
from backoffice.message_templates.measuring import too_many
from backoffice.message_templates.preview import Bubble

# Customers who stand for all of them: the share of those with one part more is right to within 3 percentage points.
WRITTEN = 1_000
# A text that is this much too long may well be shortened.
SHORTENED_AT_MOST = 20

WRITE = """
SELECT c.id, c.language, {text}, {gaps}
FROM customers_customer c WHERE c.id = ANY(%s::bigint[]) ORDER BY c.id
"""


@dataclass(frozen=True)
class Written:
    """The text for one real customer, and how many gaps it has where they lack a value."""

    customer_id: int
    bubble: Bubble
    gaps: int

    @property
    def size(self) -> tuple[int, int]:
        return self.bubble.measure.parts, self.bubble.measure.units


@dataclass(frozen=True)
class Saving:
    """What would be saved by a change: of the customers who get the text, ``share`` get ``after`` parts for ``before``."""

    before: int
    after: int
    share: float
    money: Decimal
    currency: str

    @property
    def percent(self) -> int:
        return round(self.share * 100)


@dataclass(frozen=True)
class Estimate:
    """One variant of a text with its customers. ``by_id`` are those it was written for; empty where there are none."""

    by_id: Mapping[int, Written] = field(default_factory=dict)
    customers: int = 0
    part_price: Decimal = Decimal(0)
    currency: str = ""

    @property
    def parts(self) -> dict[int, float]:
        """The share of customers by the number of their parts, the fewest parts first."""
        counted = Counter(one.bubble.measure.parts for one in self.by_id.values())
        return {parts: counted[parts] / len(self.by_id) for parts in sorted(counted)}

    @property
    def parts_on_average(self) -> float:
        return sum(parts * share for parts, share in self.parts.items())

    @property
    def cost(self) -> Decimal:
        return self.part_price * self.customers * Decimal(self.parts_on_average)

    def typical(self) -> Written:
        """The customer in the middle, by the length of the text."""
        found = sorted(self.by_id.values(), key=lambda one: one.size)
        return found[len(found) // 2]

    def longest(self) -> Written:
        return max(self.by_id.values(), key=lambda one: one.size)

    def worst(self) -> Written:
        """The customer who lacks most of what the text speaks of; of several, the one with the longest text."""
        return max(self.by_id.values(), key=lambda one: (one.gaps, one.size))

    def saving(self, other: "Estimate") -> Saving | None:
        """What is saved by writing ``other`` to the same customers; None where it is nothing."""
        steps = Counter[tuple[int, int]]()
        for customer, one in self.by_id.items():
            if customer in other.by_id:
                steps[one.bubble.measure.parts, other.by_id[customer].bubble.measure.parts] += 1
        return self._saving(steps)

    def shortened(self) -> tuple[int, Saving] | None:
        """The fewest characters to leave out so that half of the long texts have one part less, and what that saves."""
        over = sorted(found for one in self.by_id.values() if (found := too_many(one.bubble.measure)))
        if not over or (fewer := over[(len(over) - 1) // 2]) > SHORTENED_AT_MOST:
            return None
        steps = Counter[tuple[int, int]]()
        for one in self.by_id.values():
            parts = one.bubble.measure.parts
            steps[parts, parts - (0 < too_many(one.bubble.measure) <= fewer)] += 1
        saving = self._saving(steps)
        return (fewer, saving) if saving else None

    def _saving(self, steps: Counter[tuple[int, int]]) -> Saving | None:
        fewer = sum((before - after) * count for (before, after), count in steps.items())
        saved = {step: count for step, count in steps.items() if step[0] > step[1]}
        if fewer <= 0:
            return None
        before, after = max(saved, key=lambda step: saved[step])
        money = self.part_price * self.customers * fewer / len(self.by_id)
        return Saving(before, after, sum(saved.values()) / len(self.by_id), money, self.currency)


def estimates(
    variants: Mapping[str, str], crowd: Crowd, facts: MailingFacts | None = None
) -> dict[str, Estimate]:
    """One for each variant of a text, by its language.

    :raises MergeError: where a variant cannot be merged.
    """
    by_language: dict[str, dict[int, Written]] = defaultdict(dict)
    for customer, language, text, gaps in _written(variants, crowd.some[:WRITTEN], facts):
        by_language[variant_for(variants, language)][customer] = Written(customer, Bubble(text), gaps)
    written = sum(map(len, by_language.values()))
    return {
        code: Estimate(
            by_language[code],
            round(crowd.customers * len(by_language[code]) / written) if written else 0,
            crowd.part_price,
            crowd.currency,
        )
        for code in variants
    }


def cost(found: Iterable[Estimate]) -> Decimal:
    """What all variants cost together."""
    return sum((one.cost for one in found), Decimal(0))


def _written(
    variants: Mapping[str, str], ids: Sequence[int], facts: MailingFacts | None
) -> list[tuple[int, str, str, int]]:
    if not ids:
        return []
    as_sent = {language: links.as_sent(text) for language, text in variants.items()}
    text, values = merge.compile_variants(as_sent, facts=facts)
    gaps, more_values = merge.compile_gaps(variants, facts=facts)
    with connection.cursor() as cursor:
        cursor.execute(WRITE.format(text=text, gaps=gaps), [*values, *more_values, list(ids)])
        return list(cursor.fetchall())
