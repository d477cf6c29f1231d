from decimal import Decimal

from django import template

from backoffice.lib.numbers import price_words
from backoffice.mailings.ledger import Ledger
from backoffice.mailings.models import Mailing, Message
from backoffice.mailings.progress import LOOKS

register = template.Library()

MESSAGE_LOOKS = {
    "delivered": "good",
    "sent": "moving",
    "accepted": "moving",
    "submitting": "moving",
    "undelivered": "warning",
    "expired": "warning",
    "rejected": "bad",
    "failed": "bad",
    "uncertain": "bad",
}


@register.filter
def look(state: str) -> str:
    """How the state of a mailing is drawn."""
    return LOOKS[Mailing.State(state)]


@register.filter
def message_look(state: str) -> str:
    """How the state of a message is drawn."""
    return MESSAGE_LOOKS.get(state, "hollow")


@register.filter
def waiting(books: Ledger) -> int:
    """Messages that have not left."""
    return books.counts[Message.State.WAITING]


@register.filter
def gone(books: Ledger) -> int:
    """Messages that have left, or may have."""
    return books.to_send - books.counts[Message.State.WAITING]


@register.filter
def price(amount: Decimal) -> str:
    """The price of a part, in full."""
    return price_words(amount)
