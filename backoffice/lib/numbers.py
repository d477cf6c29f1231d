"""Numbers as people read them."""

from decimal import Decimal

from django.utils.formats import number_format


def grouped(value: Decimal | int, decimals: int | None = None) -> str:
    """A number with its thousands apart, in the reader's language."""
    return str(number_format(value, decimals, force_grouping=True))


def price_words(price: Decimal) -> str:
    """The price of a part: to the cent, or as finely as the contract has it."""
    return grouped(price, _places(price))


def plain_price(price: Decimal) -> Decimal:
    """The same price with two decimals, or with as many as it needs."""
    return round(price, _places(price))


def _places(price: Decimal) -> int:
    return max(2, -int(price.normalize().as_tuple().exponent))


def rounded(number: int) -> int:
    """Three digits that mean something: 1 897 412 becomes 1 900 000."""
    step = third_digit(number)
    return round(number / step) * step


def third_digit(number: int) -> int:
    """What the third digit of a number stands for."""
    return int(10 ** max(0, len(str(abs(number))) - 3))
