"""Numbers as people and programs write them, read as they were meant or refused: never guessed, never cut."""

import re
from collections.abc import Sequence
from decimal import ROUND_FLOOR, ROUND_HALF_UP, Decimal

from django.utils.translation import gettext as _

# As programs write it, and most cells are: read at once, without a doubt about the mark.
_PLAIN = re.compile(r"-?[0-9]{1,20}(?:\.[0-9]{1,2})?")
# All of it, so that nothing is left over unread. The marks between digits are looked at one by one.
_WRITTEN = re.compile(r"([-+]?)([0-9]+(?:[ '’.,][0-9]+)*|[.,][0-9]+)(-?)")
_GROUPS = re.compile(r"[0-9]{1,3}(?:[0-9]{3})+")
_SHORTENED = re.compile(r"([0-9])[.,]([0-9]+)[eE]\+?([0-9]{1,2})")
_WITH_ZEROS = re.compile(r"([0-9]+)[.,]0+")
_MINUSES = str.maketrans(dict.fromkeys("−‒–—﹣-", "-"))
# What Decimal rounds to two places without losing a digit.
_DIGITS_READ = 26
# A program that adds up binary fractions is wrong by less than the last decimal so many places further on.
_NOISE_PLACES = 5

# Contracts price a part as finely as this. What is summed for people is rounded to the cent, and only there.
PRICE_PLACES = 6
SMALLEST_PRICE = Decimal(1).scaleb(-PRICE_PLACES)
_CENT = Decimal("0.01")

_CURRENCY_WORDS = {
    "RUB": ("₽", "руб.", "руб", "рублей", "р.", "р", "RUB", "RUR"),
    "EUR": ("€", "EUR", "евро"),
    "USD": ("$", "USD"),
    "GBP": ("£", "GBP"),
    "KZT": ("₸", "KZT", "тенге"),
    "BYN": ("BYN", "Br"),
}


def words_of(currency: str) -> tuple[str, ...]:
    """What may stand beside an amount in a currency; ``currency`` is its code of three letters."""
    return _CURRENCY_WORDS.get(currency, (currency,))


def amount_of(text: str, *, currency: tuple[str, ...] = (), groups: bool = True) -> Decimal:
    """A number with its decimals, such as "1 234,50", "1,234.50", "1'234.50", "(120.50)" or "1234.50 ₽".

    :param currency: words and signs of the currency that the number is in; they may stand before or after it.
    :param groups: whether thousands may be apart. Then "1,234" may be 1234 or 1.234 and is refused; without, it is 1.234.
    :raises ValueError: with a sentence.
    """
    if _PLAIN.fullmatch(text):
        return Decimal(text)
    if len(text) > _DIGITS_READ:
        raise ValueError(_("This number is too long."))
    written, is_owed = _bare(text.strip().translate(_MINUSES), currency)
    found = _WRITTEN.fullmatch(written)
    if found is None or (found[1] and found[3]) or (is_owed and (found[1] or found[3])):
        raise ValueError(_("This is no amount. Write it like 1234.50."))
    whole, decimals = _parts(found[2].replace("’", "'"), groups)
    amount = Decimal(f"{whole}.{decimals or 0}")
    return -amount if is_owed or "-" in (found[1], found[3]) else amount


def rounded(amount: Decimal, places: int) -> Decimal:
    """The amount with so many decimals, if no more are in it.

    :raises ValueError: with a sentence, where something would be cut.
    """
    short = round(amount, places)
    if short != amount and abs(short - amount) > Decimal(1).scaleb(-places - _NOISE_PLACES):
        raise ValueError(_("This has more than %(places)d decimals. Round it.") % {"places": places})
    return short


def to_the_cent(amounts: Sequence[Decimal]) -> list[Decimal]:
    """The lines of a bill in whole cents, such that they add up to the rounded sum of what they were.

    The cents that are left over go to the lines that lost most.
    """
    cents = [amount.quantize(_CENT, ROUND_FLOOR) for amount in amounts]
    left = int((sum(amounts, Decimal(0)).quantize(_CENT, ROUND_HALF_UP) - sum(cents, Decimal(0))) / _CENT)
    by_loss = sorted(range(len(amounts)), key=lambda place: cents[place] - amounts[place])
    for place in by_loss[:left]:
        cents[place] += _CENT
    return cents


def whole_of(text: str) -> int:
    """A whole number; "12.0", as programs write it, is 12.

    :raises ValueError: with a sentence.
    """
    if text.isascii() and text.isdigit() and len(text) < _DIGITS_READ:
        return int(text)
    try:
        amount = amount_of(unshortened(text))
    except ValueError as error:
        raise ValueError(_("This is no whole number. Write it in digits alone.")) from error
    if amount != int(amount):
        raise ValueError(_("This is no whole number. Write it in digits alone."))
    return int(amount)


def unshortened(text: str) -> str:
    """The digits of a long number that a program wrote as a fraction: "777001.0", "7.9161234567E+10"; else the text.

    :raises ValueError: with a sentence, where it was cut: "7.91612E+10".
    """
    if found := _WITH_ZEROS.fullmatch(text):
        return found[1]
    if found := _SHORTENED.fullmatch(text):
        first, others, places = found[1], found[2], int(found[3])
        if len(others) != places:
            raise ValueError(
                _(
                    "An office program has shortened this number, and digits are lost. Format the column as text and put the number in again."
                )
            )
        return first + others
    return text


def _bare(text: str, currency: tuple[str, ...]) -> tuple[str, bool]:
    """The number without its currency, and whether it stands in brackets, which is how accountants write a minus."""
    is_owed = text.startswith("(") and text.endswith(")")
    if is_owed:
        text = text[1:-1].strip()
    for word in currency:
        if text.casefold().endswith(word.casefold()):
            return text[: -len(word)].rstrip(), is_owed
        if text.casefold().startswith(word.casefold()):
            return text[len(word) :].lstrip(), is_owed
    return text, is_owed


def _parts(digits: str, groups: bool) -> tuple[str, str]:
    """Digits before and after the decimal mark. Raises ValueError where it cannot be known which mark that is."""
    marks = [sign for sign in digits if not sign.isdigit()]
    if not marks:
        return digits, ""
    last = marks[-1]
    is_decimal = last in ".," and marks.count(last) == 1
    if is_decimal and len(marks) == 1 and groups and _GROUPS.fullmatch(digits.replace(last, "")):
        before, after = digits.split(last)
        if len(after) == 3 and 1 <= len(before) <= 3 and before.strip("0"):
            raise ValueError(
                _(
                    "This may be a thousand or a fraction. Write it without a mark for thousands, like 1234.50."
                )
            )
    whole, decimals = digits.rsplit(last, 1) if is_decimal else (digits, "")
    pieces = re.split(r"[ '.,]", whole)
    kinds = set(marks[:-1] if is_decimal else marks)
    is_grouped = len(pieces) > 1
    if is_grouped and not (
        groups
        and len(kinds) == 1
        and (not is_decimal or last not in kinds)
        and 1 <= len(pieces[0]) <= 3
        and all(len(piece) == 3 for piece in pieces[1:])
    ):
        raise ValueError(_("This is no amount. Write it like 1234.50."))
    return "".join(pieces) or "0", decimals
