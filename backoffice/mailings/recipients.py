"""Who counts as a recipient: whoever the plan writes to. Those left out, and those held out, are none.

The account of a mailing says the same as ``Ledger.to_send``; this is for pages that show many mailings and may not count
their messages.
"""

from collections.abc import Iterable

from django.db.models import Sum

from backoffice.mailings.ledger import ledgers
from backoffice.mailings.models import Mailing
from backoffice.mailings.route_models import RouteChoice


def recipients_of(mailings: Iterable[Mailing]) -> dict[int, int]:
    """How many recipients each of the mailings has; nothing of one without a plan."""
    # Nobody's row where there is none: a page takes the same statements for none as for many.
    planned = [mailing.pk for mailing in mailings if mailing.planned_count is not None] or [0]
    # Some rows a mailing, however many messages it has.
    ways = RouteChoice.objects.filter(mailing__in=planned).order_by().values_list("mailing")
    found = dict(ways.annotate(recipients=Sum("messages")))
    without = [pk for pk in planned if not found.get(pk)]
    return found | {pk: books.to_send for pk, books in ledgers(without).items()}
