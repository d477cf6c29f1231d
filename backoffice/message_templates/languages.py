"""Languages a text may have a variant in: codes as the CRM gives them for customers (ISO 639-1)."""

from django.conf.locale import LANG_INFO
from django.utils.translation import gettext_lazy as _

_CODES = (
    "ru", "en", "ar", "az", "be", "bg", "de", "es", "fr", "hy", "it", "ka", "kk",
    "ky", "pl", "ro", "sr", "tg", "tr", "uk", "uz", "vi",
)  # fmt: skip

# Django's catalogue translates these names.
LANGUAGES = [(code, _(LANG_INFO[code]["name"])) for code in _CODES]
