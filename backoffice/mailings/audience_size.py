"""How many an audience are, in a few words, for whoever is choosing one."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.core.cache import cache
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from backoffice.audiences.counting import complete_rules, reach
from backoffice.audiences.limits import CountTooSlowError
from backoffice.audiences.models import Audience
from backoffice.lib.numbers import grouped, rounded

COUNTED_EACH = timedelta(minutes=5)
# Lists show the last count with its age. A changed audience is another one: the count is kept by its revision.
KEPT_SECONDS = 30 * 24 * 3600


@dataclass(frozen=True)
class Count:
    """How many customers an audience had at a moment; an estimate where they are many."""

    customers: int
    is_exact: bool
    counted_at: datetime

    @property
    def words(self) -> str:
        if self.is_exact:
            words, shown = (
                ngettext("%(count)s customer", "%(count)s customers", self.customers),
                self.customers,
            )
        else:
            shown = rounded(self.customers)
            words = ngettext("about %(count)s customer", "about %(count)s customers", shown)
        return words % {"count": grouped(shown)}

    @property
    def is_fresh(self) -> bool:
        return timezone.now() - self.counted_at < COUNTED_EACH


def last_counts(audiences: Iterable[Audience]) -> dict[int, Count]:
    """The last count of each as it is now, by its id; those never counted since they were changed are left out."""
    keys = {_key(one): one.pk for one in audiences}
    found: dict[str, Count] = cache.get_many(keys)
    return {keys[key]: count for key, count in found.items()}


def count_now(audience: Audience) -> Count | None:
    """How many they are, at most COUNTED_EACH old; None where counting them takes too long.

    :raises UnusableAudienceError: if a condition is incomplete.
    """
    audience.check_rules()
    known: Count | None = cache.get(_key(audience))
    if known is None or not known.is_fresh:
        try:
            fitting = reach(audience.match, complete_rules(audience.rules)).fitting
        except CountTooSlowError:
            return None
        known = Count(fitting.customers, fitting.is_exact, timezone.now())
        cache.set(_key(audience), known, KEPT_SECONDS)
    return known


def size_words(audience: Audience) -> str:
    """Their number, an estimate where they are many; counted every few minutes.

    :raises UnusableAudienceError: if a condition is incomplete.
    """
    count = count_now(audience)
    return count.words if count else too_many()


def too_many() -> str:
    """What is said instead of a number that takes too long to count."""
    return _("too many to be counted at once")


def _key(audience: Audience) -> str:
    return f"parley:audience-count:{audience.pk}:{audience.latest_revision_id}"
