"""What is wrong with a tariff, and what is only strange: overlaps are refused, the rest a person confirms."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from itertools import pairwise
from statistics import median

from django.utils.formats import date_format
from django.utils.translation import gettext as _
from phonenumbers import COUNTRY_CODE_TO_REGION_CODE

from backoffice.lib.numbers import price_words

# A price that differs by more than this from the one before it, or from those beside it, may be a slip of the finger.
JUMP = Decimal("0.5")
# So many prefixes beside it make a usual price.
NEIGHBOURS = 3
DAY = timedelta(days=1)


@dataclass(frozen=True)
class Price:
    """One price of an operator, as it is or as it is to be. ``row`` is where it stands in a file."""

    prefix: str
    price: Decimal
    begins: date
    ends: date | None = None
    row: int | None = None

    @property
    def said(self) -> tuple[str, Decimal, date, date | None]:
        """All it says, wherever it stands."""
        return self.prefix, self.price, self.begins, self.ends


@dataclass(frozen=True)
class Finding:
    """Something about one price, in a sentence. ``field`` is where it can be mended."""

    price: Price
    sentence: str
    field: str = "valid_from"


def errors(prices: Iterable[Price]) -> list[Finding]:
    """What cannot be: prices of one prefix that hold on the same day, and dates the wrong way round."""
    prices = list(prices)
    found = [
        Finding(one, _("The last day comes before the first one."), "valid_to")
        for one in prices
        if one.ends and one.ends < one.begins
    ]
    for earlier, later in _pairs(prices):
        if earlier.row and later.row and earlier.begins == later.begins:
            found.append(Finding(later, two_networks(later.prefix, earlier.row)))
        elif earlier.begins == later.begins or (earlier.ends and earlier.ends >= later.begins):
            words = {"prefix": later.prefix, "day": said_day(earlier.begins)}
            sentence = _(
                "Another price for %(prefix)s is valid on that day, since %(day)s. Begin later, or end that one."
            )
            found.append(Finding(later, sentence % words))
    return found


def two_networks(prefix: str, row: int) -> str:
    """What is said of a second price or network under a prefix; ``row`` is where the first one stands."""
    words = {"row": row, "prefix": prefix}
    return (
        _(
            "Row %(row)d says something else about %(prefix)s. A prefix has one price on a day: if these are two networks, "
            "write the number ranges of each, such as +7916; numbers that were taken along are told under Networks."
        )
        % words
    )


def warnings(prices: Iterable[Price], touched: Iterable[str]) -> list[Finding]:
    """What is strange about the prices of some prefixes, beside all prices of their operator."""
    prices, wanted = list(prices), set(touched)
    found = [*_gaps(prices), *_jumps(prices), *_strangers(prices), *_uncovered(prices)]
    touching = [finding for finding in found if finding.price.prefix in wanted]
    return sorted(touching, key=lambda finding: (finding.price.row or 0, finding.price.prefix))


def _pairs(prices: Iterable[Price]) -> Iterator[tuple[Price, Price]]:
    """Each price with the one that follows it for the same prefix."""
    by_prefix: dict[str, list[Price]] = defaultdict(list)
    for one in prices:
        by_prefix[one.prefix].append(one)
    for row in by_prefix.values():
        row.sort(key=lambda one: (one.begins, one.row or 0))
        yield from pairwise(row)


def _gaps(prices: Sequence[Price]) -> Iterator[Finding]:
    for earlier, later in _pairs(prices):
        if earlier.ends and earlier.ends + DAY < later.begins:
            words = {
                "prefix": later.prefix,
                "first": said_day(earlier.ends + DAY),
                "last": said_day(later.begins - DAY),
            }
            sentence = _("From %(first)s to %(last)s there is no price for %(prefix)s.")
            yield Finding(later, sentence % words)


def _jumps(prices: Sequence[Price]) -> Iterator[Finding]:
    for earlier, later in _pairs(prices):
        if _is_jump(later.price, earlier.price):
            words = {
                "prefix": later.prefix,
                "before": price_words(earlier.price),
                "after": price_words(later.price),
                "day": said_day(later.begins),
            }
            sentence = _("The price for %(prefix)s goes from %(before)s to %(after)s on %(day)s.")
            yield Finding(later, sentence % words, "price_per_part")


def _strangers(prices: Sequence[Price]) -> Iterator[Finding]:
    """Prices far from those of the prefixes beside theirs: +7916 beside +7910 to +7919."""
    beside: dict[tuple[str, int], list[Price]] = defaultdict(list)
    for one in _last(prices):
        beside[one.prefix[:-1], len(one.prefix)].append(one)
    for row in beside.values():
        for one in row:
            others = [other.price for other in row if other is not one]
            if len(others) >= NEIGHBOURS and _is_jump(one.price, usual := median(others)):
                words = {"prefix": one.prefix, "price": price_words(one.price), "usual": price_words(usual)}
                sentence = _(
                    "The price for %(prefix)s is %(price)s, while prefixes beside it cost %(usual)s."
                )
                yield Finding(one, sentence % words, "price_per_part")


def _uncovered(prices: Sequence[Price]) -> Iterator[Finding]:
    """Numbers between prefixes: a country without a price of its own, a prefix whose price ends before a longer one's."""
    last = {one.prefix: one for one in _last(prices)}
    countries: set[str] = set()
    for one in last.values():
        shorter = next(
            (last[one.prefix[:n]] for n in range(len(one.prefix) - 1, 0, -1) if one.prefix[:n] in last), None
        )
        if shorter is None:
            country = _country(one.prefix)
            if country not in (one.prefix, *countries):
                countries.add(country)
                words = {"prefix": one.prefix, "country": country}
                sentence = _(
                    "No price covers all numbers that begin with %(country)s, only longer prefixes like %(prefix)s have one."
                )
                yield Finding(one, sentence % words, "prefix")
        elif shorter.ends and (one.ends is None or one.ends > shorter.ends):
            words = {"shorter": shorter.prefix, "day": said_day(shorter.ends), "prefix": one.prefix}
            sentence = _("The price for %(shorter)s ends on %(day)s, while %(prefix)s keeps one.")
            yield Finding(shorter, sentence % words, "valid_to")


def _country(prefix: str) -> str:
    """The country code that a prefix begins with; the prefix itself where it is shorter than one."""
    codes = (prefix[1:length] for length in range(2, 5))
    return next((f"+{code}" for code in codes if code and int(code) in COUNTRY_CODE_TO_REGION_CODE), prefix)


def _last(prices: Iterable[Price]) -> list[Price]:
    """The latest price of each prefix."""
    found: dict[str, Price] = {}
    for one in sorted(prices, key=lambda price: (price.prefix, price.begins)):
        found[one.prefix] = one
    return list(found.values())


def _is_jump(price: Decimal, usual: Decimal) -> bool:
    return abs(price - usual) > JUMP * usual


def said_day(day: date) -> str:
    """A day as a sentence says it."""
    return date_format(day, "j E Y")
