"""Whose numbers are whose: the number plan as libphonenumber knows it, before anybody took a number along."""

from collections import defaultdict

import phonenumbers
from django.conf import settings
from phonenumbers.carrierdata import CARRIER_DATA

from backoffice.operators.models import Network


def number_plan(region: str) -> dict[str, list[str]]:
    """The prefixes of each network of a country, by the English name of the network; the shortest first."""
    country = str(phonenumbers.country_code_for_region(region))
    found: dict[str, list[str]] = defaultdict(list)
    for digits, names in CARRIER_DATA.items():
        if digits.startswith(country) and (name := names.get("en")) and _is_of(digits, country, region):
            found[name].append(f"+{digits}")
    return {name: sorted(prefixes, key=lambda one: (len(one), one)) for name, prefixes in found.items()}


def _is_of(digits: str, country: str, region: str) -> bool:
    """Whether a range belongs to a country that shares its code with others, as Russia does with Kazakhstan."""
    example = phonenumbers.example_number_for_type(region, phonenumbers.PhoneNumberType.MOBILE)
    length = len(str(example.national_number)) if example else len(digits)
    national = digits.removeprefix(country).ljust(length, "0")
    number = phonenumbers.PhoneNumber(country_code=int(country), national_number=int(national))
    return bool(phonenumbers.region_code_for_number(number) == region)


def add_networks(region: str = settings.DEFAULT_REGION) -> list[Network]:
    """Adds the networks of a country that are missing, each priced like its first range. Returns the new ones."""
    known = {name.casefold() for name in Network.objects.values_list("name", flat=True)}
    return Network.objects.bulk_create(
        [
            Network(name=name, prefix=prefixes[0])
            for name, prefixes in sorted(number_plan(region).items())
            if name.casefold() not in known
        ]
    )
