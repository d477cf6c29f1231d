"""Mailings whose messages wait for connections, and where those go if these are taken out of use together."""

from collections.abc import Sequence

from django.db.models import Count
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from backoffice.lib.numbers import grouped
from backoffice.mailings import moving
from backoffice.mailings.links import page_of
from backoffice.mailings.models import Mailing, Message
from backoffice.operators.connections.waiting import Waiting
from kannel.models import Connection

State = Mailing.State
# What is only planned has its ways chosen anew when it is planned again; these have been approved as they are.
BEGUN = (State.APPROVED, State.RUNNING, State.PAUSED)


def waiting_for(vias: Sequence[Connection]) -> list[Waiting]:
    """One line for each mailing with messages that wait for one of these connections."""
    messages = Message.objects.waiting().filter(connection__in=vias, mailing__state__in=BEGUN)
    counts = dict(messages.order_by().values_list("mailing").annotate(count=Count("id")))
    return [_line(mailing, vias, counts[mailing.pk]) for mailing in Mailing.objects.filter(pk__in=counts)]


def _line(mailing: Mailing, vias: Sequence[Connection], count: int) -> Waiting:
    others = [one for one in moving.other_ways(mailing) if one not in vias]
    words = {
        "name": mailing.name,
        "count": grouped(count),
        "ways": ", ".join(f"{one.operator} ({one.name})" for one in others),
    }
    said = ngettext(
        "%(count)s message of “%(name)s” waits for it.",
        "%(count)s messages of “%(name)s” wait for it.",
        count,
    )
    if others:
        goes = _("They go over %(ways)s as they become due, as far as the price limits of the mailing allow.")
    else:
        goes = _("No other connection that works could take them: they would stay where they are.")
    return Waiting(f"{said} {goes}" % words, page_of(mailing), has_other_way=bool(others))
