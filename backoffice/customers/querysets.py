import re
from typing import TYPE_CHECKING

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.db.models.functions import Upper

from backoffice.lib.phones import normalise

if TYPE_CHECKING:
    from backoffice.customers.models import Customer, NumberKind  # noqa: F401

# A trigram index needs three letters; with fewer the whole table would be read.
SHORTEST_WORD = 3
_NUMBER = re.compile(r"[\d\s()+.\-\u00a0]+")


class CustomerQuerySet(models.QuerySet["Customer"]):
    """Sets of customers."""

    def found_by(self, words: str, *, in_parts: bool = True) -> "CustomerQuerySet":
        """By phone number in any form, by number in the CRM, or by name. Each way has an index.

        Words that are too short for any index find only a number in the CRM that is exactly so.

        :param in_parts: whether a part of a number or of a name is enough. With parts somebody who sees them masked
            would find the rest sign by sign.
        """
        words = words.strip()
        if not words:
            return self
        condition = Q(external_id=words)
        if is_like_a_number(words):
            condition |= _of_number(words, in_parts)
        else:
            parts = [part for part in words.split() if len(part) >= SHORTEST_WORD]
            named = Q()
            how = "contains" if in_parts else "exact"
            for part in parts:
                named &= Q(**{f"upper_last__{how}": part.upper()}) | Q(
                    **{f"upper_first__{how}": part.upper()}
                )
            if parts:
                condition |= named
        # Django's icontains is UPPER(column) LIKE UPPER(…) too, but casts first, and the index has no cast.
        return self.alias(
            upper_last=Upper("last_name"), upper_first=Upper("first_name"), upper_phone=Upper("phone")
        ).filter(condition)


class NumberKindQuerySet(models.QuerySet["NumberKind"]):
    """Sets of noted numbers."""

    def without_sms(self) -> "NumberKindQuerySet":
        """Numbers that no SMS arrives at; see number_kinds.NO_SMS for the same in SQL."""
        return self.exclude(kind__in=("mobile", "unknown"))


def is_like_a_number(words: str) -> bool:
    """Whether somebody seems to search for a phone number."""
    return bool(_NUMBER.fullmatch(words.strip()))


def _of_number(words: str, in_parts: bool) -> Q:
    digits = re.sub(r"\D", "", words)
    try:
        return Q(phone=normalise(words, settings.DEFAULT_REGION))
    except ValueError:
        return Q(upper_phone__contains=digits) if in_parts and len(digits) >= SHORTEST_WORD else Q(pk__in=[])
