"""Where the customers are and which language they speak."""

from django.utils.translation import gettext_lazy

from backoffice.audiences.criteria.base import PERSON, OneOf
from backoffice.audiences.criteria.inputs import names_of


class Language(OneOf):
    criterion = "language"
    column = "language"
    words = gettext_lazy("the language is %(names)s")
    words_not = gettext_lazy("the language is not %(names)s, or is not known")
    missing = gettext_lazy("no language")
    names = names_of("language", gettext_lazy("which codes, for example ru, en"))

    class Meta:
        label = gettext_lazy("Language")
        help_text = gettext_lazy("The codes of languages as the CRM has them.")
        icon = "globe"
        group = PERSON


class City(OneOf):
    criterion = "city"
    column = "city"
    words = gettext_lazy("the city is %(names)s")
    words_not = gettext_lazy("the city is not %(names)s, or is not known")
    missing = gettext_lazy("no city")
    names = names_of("city")

    class Meta:
        label = gettext_lazy("City")
        help_text = gettext_lazy("“Is none of” takes customers without a city, too.")
        icon = "site"
        group = PERSON


class Region(OneOf):
    criterion = "region"
    column = "region"
    words = gettext_lazy("the region is %(names)s")
    words_not = gettext_lazy("the region is not %(names)s, or is not known")
    missing = gettext_lazy("no region")
    names = names_of("region")

    class Meta:
        label = gettext_lazy("Region")
        help_text = gettext_lazy("“Is none of” takes customers without a region, too.")
        icon = "globe"
        group = PERSON


class TimeZone(OneOf):
    criterion = "time_zone"
    column = "time_zone"
    words = gettext_lazy("the time zone is %(names)s")
    words_not = gettext_lazy("the time zone is not %(names)s, or is not known")
    missing = gettext_lazy("no time zone")
    names = names_of("time_zone", gettext_lazy("which, for example Asia/Omsk"))

    class Meta:
        label = gettext_lazy("Time zone")
        help_text = gettext_lazy("“Is none of” takes customers without a time zone, too.")
        icon = "time"
        group = PERSON
