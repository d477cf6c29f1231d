"""What a customer wrote, for the story of their messages."""

from backoffice.mailings.story import Answer
from backoffice.replies.models import Reply

SHOWN = 200


def answers_of(customer_id: int) -> list[Answer]:
    """The latest things a customer wrote, newest first."""
    rows = Reply.objects.filter(customer=customer_id).order_by("-received_at")
    return [Answer(*row) for row in rows.values_list("received_at", "text", "message")[:SHOWN]]
