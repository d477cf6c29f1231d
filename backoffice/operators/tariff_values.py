"""What stands in a row of a price list: prefixes and prices as operators write them, read as meant or refused."""

import re
from decimal import Decimal

from django.utils.translation import gettext as _
from phonenumbers import COUNTRY_CODE_TO_REGION_CODE

from backoffice.lib.amounts import PRICE_PLACES, SMALLEST_PRICE, amount_of, rounded, unshortened, words_of

PREFIX = re.compile(r"\+[1-9][0-9]{0,14}")
LARGEST = Decimal(1_000_000)
# What may stand for the rest of a number, behind its prefix: 7916*, 7916xxxxxxx.
_REST = re.compile(r"(?:[*%]|[xXхХ]{2})[*%xXхХ]*$")
# Country and network codes as one writes them: 250-01, 250/01. Without a mark they look like a prefix.
_NETWORK = re.compile(r"[2-7][0-9]{2}[-/][0-9]{2,3}")
_SEVERAL = re.compile(r"[0-9]\s*(?:[,;/|–—…]|\.\.|\band\b|\bto\b)\s*\+?[0-9]")
_SIGNS = re.compile(r"[$€£₽₸¥₴₹₺₼₾]|\b[A-Z]{3}\b")


def prefix_of(text: str) -> str:
    """What numbers begin with, in the form of our numbers: "+39 33", "0039 34", "7 (916)", "7916*".

    :raises ValueError: with a sentence that says what to write.
    """
    typed = _REST.sub("", unshortened(text.strip()).strip()).strip()
    if _NETWORK.fullmatch(typed):
        raise ValueError(
            _(
                "This looks like the code of a network (MCC and MNC). Prices go by what numbers begin with: write the "
                "number ranges of the network, such as +7916; numbers that were taken along are told under Networks."
            )
        )
    if _SEVERAL.search(typed) or _is_range(typed):
        raise ValueError(_("Write one prefix in a row, and each further one in a row of its own."))
    digits = re.sub(r"[\s().-]", "", typed)
    if digits.startswith("00"):
        digits = "+" + digits[2:]
    if not digits.startswith("+"):
        digits = f"+{digits}"
    if not PREFIX.fullmatch(digits) or not _is_of_a_country(digits[1:]):
        raise ValueError(_("Write + and the digits numbers begin with, for example +7916."))
    return digits


def _is_of_a_country(digits: str) -> bool:
    """Whether some country's numbers begin so; 8916, as one dials at home, is of none."""
    return any(str(code).startswith(digits[: len(str(code))]) for code in COUNTRY_CODE_TO_REGION_CODE)


def _is_range(typed: str) -> bool:
    """Whether a hyphen means "to": it does between two pieces of one length, and between two numbers with a +."""
    pieces = [re.sub(r"[\s()]", "", piece) for piece in typed.split("-")]
    if len(pieces) < 2:
        return False
    bare = [piece.lstrip("+") for piece in pieces]
    return typed.count("+") > 1 or (len(pieces) == 2 and (len(bare[0]) == len(bare[1]) or len(bare[0]) > 3))


def price_of_part(text: str, currency: str) -> Decimal:
    """The price of one part: "0,0512", "€0,0512", "0.05 EUR", "1 234,50". A single mark is the decimal one.

    :param currency: in which the operator bills; another one beside the number is refused.
    :raises ValueError: with a sentence.
    """
    written = text.strip()
    if not written:
        raise ValueError(_("The price is missing."))
    words = words_of(currency)
    for sign in _SIGNS.findall(written):
        check_currency(sign, currency)
    try:
        price = amount_of(written, currency=words, groups=False)
    except ValueError:
        price = amount_of(written, currency=words)
    if not 0 <= price < LARGEST:
        raise ValueError(_("A price is a number from 0 to 1 000 000."))
    return rounded(price, PRICE_PLACES).quantize(SMALLEST_PRICE)


def check_currency(text: str, currency: str) -> None:
    """Whether a sign or word of a currency is the operator's.

    :raises ValueError: with a sentence, if it is another one.
    """
    if text.strip() and text.strip().casefold() not in {word.casefold() for word in words_of(currency)}:
        raise ValueError(
            _("This price is in %(written)s, and the operator bills in %(currency)s.")
            % {"written": text.strip(), "currency": currency}
        )
