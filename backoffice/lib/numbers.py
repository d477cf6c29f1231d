"""Numbers as people read them."""

from decimal import Decimal

from django.utils.formats import number_format


def grouped(value: Decimal | int, decimals: int | None = None) -> str:
    """A number with its thousands apart, in the reader's language."""
    return str(number_format(value, decimals, force_grouping=True))
