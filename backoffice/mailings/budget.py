"""A budget is kept before a message leaves: whatever may still be billed counts, and the next one has to fit beside it.

A mailing with a budget has one row that says how much of it is reserved. Whoever claims messages of it holds that row, so
senders of several connections come one after the other. The row may say too much, never too little: what an operator
refused is given back only when the sum stands in the way, because then the messages themselves are added up.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from decimal import Decimal

from django.db import transaction
from django.db.models import F, Q, Sum
from django.utils.translation import gettext as _

from backoffice.accounts import roles
from backoffice.alerts.feed import raise_alert
from backoffice.alerts.models import Alert
from backoffice.lib.numbers import grouped
from backoffice.lib.said import kept
from backoffice.mailings import lifecycle
from backoffice.mailings.links import page_of
from backoffice.mailings.models import Mailing, Message
from backoffice.mailings.spending_models import Spending

CONCERNED = (roles.EDITOR, roles.APPROVER)
# Certainly not billed, unless an operator took an earlier attempt (sent_at): it never left, or was refused.
NEVER_TAKEN = Q(state__in=("waiting", "rejected", "cancelled", "excluded", "held_out")) | Q(
    reason__in=("refused", "window_closed")
)


@dataclass
class Room:
    """What a mailing may still reserve, and what a claim took of it. ``left`` is None without a budget."""

    left: Decimal | None = None
    taken: Decimal = Decimal(0)
    is_too_small: bool = False


@contextmanager
def room_in(mailing: Mailing) -> Iterator[Room]:
    """The room that a claim of this mailing has. Until it ends nobody else claims messages of the mailing.

    The claim writes into it what it reserved, and whether a message did not fit; then the mailing is stopped, unless
    something that was reserved has been given back meanwhile.
    """
    if mailing.budget is None:
        yield Room()
        return
    is_used_up = False
    with transaction.atomic():
        row, _is_new = Spending.objects.select_for_update().get_or_create(mailing=mailing)
        room = Room(left=mailing.budget - row.reserved)
        yield room
        reserved = row.reserved + room.taken
        if room.is_too_small:
            before, reserved = reserved, committed(mailing) + row.doubtful
            is_used_up = reserved >= before
        Spending.objects.filter(pk=row.pk).update(reserved=reserved)
    if is_used_up:
        _stop(mailing, reserved)


def committed(mailing: Mailing) -> Decimal:
    """What a mailing has cost or may still cost with everything that was handed over; its messages are added up."""
    may_be_billed = Message.objects.of(mailing).filter(Q(sent_at__isnull=False) | ~NEVER_TAKEN)
    total: Decimal = may_be_billed.aggregate(cost=Sum("cost", default=Decimal(0)))["cost"]
    return total


def became_dearer(mailing: Mailing, extra_cost: Decimal) -> None:
    """Messages that wait became dearer. One that was billed before is not reserved again, so its difference is here."""
    if mailing.budget is not None and extra_cost > 0:
        Spending.objects.filter(mailing=mailing).update(reserved=F("reserved") + extra_cost)


def _stop(mailing: Mailing, reserved: Decimal) -> None:
    budget = mailing.budget
    assert budget is not None

    def words() -> dict[str, str]:
        return {
            "name": mailing.name,
            "reserved": grouped(reserved, 2),
            "budget": grouped(budget, 2),
            "currency": mailing.currency,
        }

    def problem() -> str:
        sentence = _(
            "The next message would cost more than the budget of %(budget)s %(currency)s allows: %(reserved)s are spent or "
            "under way. Cancel what is left, or copy the mailing for those who have not got it."
        )
        return sentence % words()

    try:
        lifecycle.stop(mailing, kept(problem))
    except lifecycle.Refused:
        return  # somebody was faster: it is paused, cancelled or finished

    def said() -> str:
        sentence = _(
            "“%(name)s” was paused: its next message would cost more than its budget of %(budget)s %(currency)s allows. "
            "Cancel what is left, or copy it for those who have not got it."
        )
        return sentence % words()

    raise_alert(f"budget:{mailing.pk}", Alert.Level.ALARM, said, link=page_of(mailing), groups=CONCERNED)
