"""Groups that are decided together at first, because every operator asks nearly the same for them.

The choice begins with several bets and takes longer the more groups it has, and delivery rates differ a little for each
of a thousand prefixes. So it begins with a few hundred classes, told apart as finely as that allows; what was found for
them is then improved for each group by itself.
"""

from collections import defaultdict
from collections.abc import Sequence
from math import log

from backoffice.operators.terms import Group, Offer

CLASSES_AT_MOST = 150
# At first prices are told apart to this share of them, and then to twice as much, as often as need be.
FINEST = 0.005


def coarse(groups: Sequence[Group]) -> list[list[int]]:
    """Numbers of groups by class. Where there are few groups, each is a class."""
    rows, width = [[number] for number in range(len(groups))], FINEST
    while len(rows) > CLASSES_AT_MOST and width < 1:
        found: dict[object, list[int]] = defaultdict(list)
        for number, group in enumerate(groups):
            found[_rounded(group, width)].append(number)
        rows, width = list(found.values()), 2 * width
    return rows


def merged(groups: Sequence[Group], numbers: Sequence[int]) -> Group:
    """Some groups as one: their parts, and what a part of them costs on average."""
    if len(numbers) == 1:
        return groups[numbers[0]]
    some = [groups[number] for number in numbers]
    whole = sum(group.parts for group in some)
    if not whole:
        return some[0]
    offers = {}
    for operator in some[0].offers:
        price = sum(group.parts * group.offers[operator].price for group in some) / whole
        lost = sum(group.parts * group.offers[operator].lost for group in some) / whole
        offers[operator] = Offer(price, price / (price + lost) if price else 1.0)
    return Group(whole, offers)


def _rounded(group: Group, width: float) -> object:
    return tuple(
        (one, round(log(offer.price + 1e-6) / width), round(log(offer.delivery_rate) / width))
        for one, offer in sorted(group.offers.items())
    )
