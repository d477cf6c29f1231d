"""How many an audience are, in a few words, for whoever is choosing one."""

from django.core.cache import cache
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from backoffice.audiences.counting import complete_rules, reach
from backoffice.audiences.limits import CountTooSlowError
from backoffice.audiences.models import Audience
from backoffice.lib.numbers import grouped

COUNTED_EACH_SECONDS = 300


def size_words(audience: Audience) -> str:
    """Their number, an estimate where they are many; counted every few minutes.

    :raises UnusableAudienceError: if a condition is incomplete.
    """
    audience.check_rules()
    key = f"parley:audience-size:{audience.pk}:{audience.latest_revision_id}"
    known: tuple[int, bool] | None = cache.get(key)
    if known is None:
        try:
            fitting = reach(audience.match, complete_rules(audience.rules)).fitting
        except CountTooSlowError:
            return _("too many to be counted at once")
        known = fitting.customers, fitting.is_exact
        cache.set(key, known, COUNTED_EACH_SECONDS)
    customers, is_exact = known
    if is_exact:
        words = ngettext("%(count)s customer", "%(count)s customers", customers)
    else:
        words = ngettext("about %(count)s customer", "about %(count)s customers", customers)
    return words % {"count": grouped(customers)}
