"""Phone numbers to E.164, whatever people typed; and what kind of line a number belongs to."""

import re
import unicodedata

import phonenumbers
from django.utils.translation import gettext as _

from backoffice.lib.amounts import unshortened
from backoffice.lib.plain_text import plain_text

# Nearly all numbers of a Russian company look like this, and libphonenumber knows every 9xx range of +7 as mobile;
# a test compares this path with the library over random numbers. It is a hundred times faster.
_RUSSIAN_MOBILE = re.compile(r"(?:\+7|8|7)?(9[0-9]{9})")
_DECORATION = str.maketrans("", "", " -()\u00a0.")
# Words that people put before a number; with any others the number might be somebody's flat, or a name.
_TITLE = re.compile(r"(?:tel|phone|mobile|mob|тел|моб|т)\b[.:]* *", re.IGNORECASE)
_EXTENSION = re.compile(r"[0-9)] ?(?:доб|ext|x|#|,|;ext=)[.:]? ?[0-9]{1,6}", re.IGNORECASE)
_BETWEEN = re.compile(r"[,;/|&\n]|(?<=[0-9)])\s*\+| (?:или|or|and|и) ", re.IGNORECASE)
_SIGNS = re.compile(r"[-+0-9 ().~]+")
# E.164 allows so many digits; a national way of dialling adds a few before them.
_LONGEST, _SHORTEST = 15, 5
_DIALLED = _LONGEST + 3
_TYPE = phonenumbers.PhoneNumberType
MOBILE, UNKNOWN = "mobile", "unknown"
# Of some countries mobile numbers look like landlines: those count as mobile.
_KINDS = {
    _TYPE.MOBILE: MOBILE,
    _TYPE.FIXED_LINE_OR_MOBILE: MOBILE,
    _TYPE.FIXED_LINE: "landline",
    _TYPE.TOLL_FREE: "free",
    _TYPE.PREMIUM_RATE: "premium",
    _TYPE.SHARED_COST: "shared",
    _TYPE.PAGER: "pager",
    _TYPE.UNKNOWN: UNKNOWN,
}


def normalise(raw: str, region: str) -> str:
    """The number as E.164, for example +79161234567.

    :param region: two-letter country that numbers without a country code belong to.
    :raises ValueError: with a sentence that says what is wrong.
    """
    if region == "RU":
        # Most files are of bare digits, and taking decoration away costs as much as all the rest.
        found = _RUSSIAN_MOBILE.fullmatch(raw) or _RUSSIAN_MOBILE.fullmatch(raw.translate(_DECORATION))
        if found:
            return f"+7{found[1]}"
    typed = _one_number(_TITLE.sub("", plain_text(_in_ascii(raw)).removeprefix("'"), count=1))
    # Whoever dials 00 before a country code means its +, wherever they are; no national number begins so.
    typed = re.sub(r"^\(?00", "+", typed)
    try:
        number = phonenumbers.parse(typed, region)
    except phonenumbers.NumberParseException as error:
        raise ValueError(_("This is not a phone number.")) from error
    if not phonenumbers.is_valid_number(number):
        raise ValueError(_("No such phone number exists. Check its digits and the country code."))
    return str(phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164))


def normalise_mobile(raw: str, region: str) -> str:
    """The same, of a number that can take an SMS.

    :raises ValueError: with a sentence that says what is wrong.
    """
    phone = normalise(raw, region)
    if not is_mobile(phone):
        raise ValueError(_("This is no mobile number: no SMS arrives there."))
    return phone


def is_mobile(e164: str) -> bool:
    """Whether a number can take an SMS, as far as its country's plan of numbers tells."""
    return kind_of(e164) == MOBILE


def kind_of(e164: str) -> str:
    """What line a number belongs to: mobile, landline, free, premium, shared (cost), pager, other; unknown if it is none."""
    if _RUSSIAN_MOBILE.fullmatch(e164):
        return MOBILE
    try:
        number = phonenumbers.parse(e164)
    except phonenumbers.NumberParseException:
        return UNKNOWN
    return _KINDS.get(phonenumbers.number_type(number), "other")


def _one_number(typed: str) -> str:
    """What was typed, if it is one number and nothing else. Raises ValueError."""
    typed = unshortened(typed)
    pieces = [piece for piece in _BETWEEN.split(typed) if _digits(piece) >= _SHORTEST]
    if len(pieces) > 1 or _digits(typed) > _DIALLED:
        raise ValueError(_("There are two numbers in this cell. Leave the one that SMS go to."))
    if _EXTENSION.search(typed):
        raise ValueError(_("This number has an extension, where no SMS arrives. Give the mobile number."))
    if _digits(typed) and not _SIGNS.fullmatch(typed):
        raise ValueError(_("Write the phone number alone, without words and other signs."))
    return typed


def _in_ascii(text: str) -> str:
    """The digits of any script as 0 to 9, hyphens and dashes of any kind as -."""
    if text.isascii():
        return text
    return "".join(map(_ascii, text))


def _ascii(sign: str) -> str:
    kind = unicodedata.category(sign)
    if kind == "Nd":
        return str(unicodedata.decimal(sign))
    return "-" if kind == "Pd" or sign == "−" else sign


def _digits(text: str) -> int:
    return sum(sign.isdigit() for sign in text)
