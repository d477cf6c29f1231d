"""Languages a text may have a variant in: codes as the CRM gives them for customers (ISO 639-1)."""

from collections.abc import Mapping

from django.conf.locale import LANG_INFO
from django.utils.translation import gettext_lazy as _

_CODES = (
    "ru", "en", "ar", "az", "be", "bg", "de", "es", "fr", "hy", "it", "ka", "kk",
    "ky", "pl", "ro", "sr", "tg", "tr", "uk", "uz", "vi",
)  # fmt: skip

# Django's catalogue translates these names.
LANGUAGES = [(code, _(LANG_INFO[code]["name"])) for code in _CODES]

# The same as :func:`language_of` for a column.
LANGUAGE_SQL = "lower(split_part(translate({column}, '_', '-'), '-', 1))"


def language_of(code: str) -> str:
    """The language of a code, without its country: "ru" for "ru-RU", "ru_RU" and "RU"."""
    return code.replace("_", "-").partition("-")[0].lower()


def variant_for(variants: Mapping[str, str], code: str) -> str:
    """The key of the variant for a customer's language; "" is the one for everybody else."""
    language = language_of(code)
    return language if language in variants else ""
