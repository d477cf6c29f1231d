"""Numbers of people are people: what is shown to somebody without the right to see them in full."""

import re

import phonenumbers

HIDDEN = "•••"


def masked_phone(e164: str) -> str:
    """A phone number with its middle hidden, for example "+7 912 ••• •• 45"; what is no number is hidden whole."""
    try:
        number = phonenumbers.parse(e164)
    except phonenumbers.NumberParseException:
        return HIDDEN if e164 else ""
    national = phonenumbers.national_significant_number(number)
    return f"+{number.country_code} {national[:3]} ••• •• {national[-2:]}"


def masked_name(name: str) -> str:
    """The first letter of a name, the rest hidden; empty if there is none."""
    return f"{name[0]}{HIDDEN}" if name else ""


_LETTERS = re.compile(r"[^\W\d_]+")
_DIGITS = re.compile(r"\d(?:[\s().-]*\d){3,}")


def without_numbers(heading: str) -> str:
    """A heading as everybody may see it: if it is a row of the table after all, without the numbers in it."""
    return _DIGITS.sub(HIDDEN, heading)


def hinted(value: str) -> str:
    """Enough of a cell to tell what it holds: of each word its first letter, of each long number its ends."""
    short = _DIGITS.sub(lambda found: f"{found[0][:2]}{HIDDEN}{found[0][-2:]}", value)
    return _LETTERS.sub(lambda found: f"{found[0][0]}{HIDDEN}", short)
