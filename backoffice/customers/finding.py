"""Finding customers by number or name: whoever may not see numbers needs the whole one, and nobody tries without end."""

import hashlib
from typing import TYPE_CHECKING

from django.core.cache import cache
from django.utils.translation import gettext as _

from backoffice.accounts.reading_log import SEARCH, record
from backoffice.customers.models import Customer
from backoffice.customers.querysets import CustomerQuerySet, is_like_a_number

if TYPE_CHECKING:
    from backoffice.accounts.models import User

REVEAL = "customers.reveal_customer"
# Somebody at the telephone asks for one customer a minute; a hundred thousand possible numbers would take a year.
SEARCHES_AN_HOUR = 120
_HOUR_SECONDS = 3600


class TooManySearches(Exception):
    """Its text is a sentence for whoever searched."""


def find(user: "User", words: str) -> CustomerQuerySet:
    """Who is found by a phone number in any form, a number in the CRM, or a name; parts of them need the right.

    :raises TooManySearches: when this person has searched too often in the last hour.
    """
    note(user, words)
    return Customer.objects.found_by(words, in_parts=user.has_perm(REVEAL))


def note(user: "User", words: str, by: str = "") -> None:
    """Counts and records a search, without what was searched for; the same one again is one search.

    :param by: what was searched by, where the words do not tell.
    :raises TooManySearches: when this person has searched too often in the last hour.
    """
    words = words.strip()
    key = hashlib.sha256(words.encode()).hexdigest()
    if not words or not cache.add(f"parley:searched:{user.pk}:{key}", True, _HOUR_SECONDS):
        return
    counter = f"parley:searches:{user.pk}"
    cache.add(counter, 0, _HOUR_SECONDS)
    if cache.incr(counter) > SEARCHES_AN_HOUR:
        cache.delete(f"parley:searched:{user.pk}:{key}")
        raise TooManySearches(_("You have searched for many customers within an hour. Go on later."))
    record(user, Customer, SEARCH, {"by": by or ("number" if is_like_a_number(words) else "words")})
