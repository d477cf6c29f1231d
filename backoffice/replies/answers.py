"""What a customer wrote, for the story of their messages."""

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from backoffice.mailings.story import Answer
from backoffice.replies.models import Reply

SHOWN = 200
OCTETS_SHOWN = 48


def answers_of(customer_id: int) -> list[Answer]:
    """The latest things a customer wrote, newest first."""
    rows = Reply.objects.filter(customer=customer_id).order_by("-received_at")[:SHOWN]
    return [Answer(one.received_at, words_of(one), one.message_id, note_of(one)) for one in rows]


def words_of(reply: Reply) -> str:
    """The text; of what is none its octets, in hexadecimal."""
    if reply.octets is None:
        return reply.text
    octets = bytes(reply.octets)
    shown = octets[:OCTETS_SHOWN].hex(" ") + (" …" if len(octets) > OCTETS_SHOWN else "")
    told = ngettext(
        "This is no text but data, %(count)s octet: %(octets)s",
        "This is no text but data, %(count)s octets: %(octets)s",
        len(octets),
    )
    return told % {"count": len(octets), "octets": shown}


def note_of(reply: Reply) -> str:
    """Which number it was written to, whether it came again, and which part of it is missing; empty if there is nothing."""
    notes = []
    if reply.recipient:
        notes.append(_("Written to %(number)s.") % {"number": reply.recipient})
    if reply.is_repeat:
        notes.append(_("The same words had come a few minutes before."))
    if reply.parts > 1:
        told = _("This is part %(part)s of %(parts)s; the rest has not come.")
        notes.append(told % {"part": reply.part, "parts": reply.parts})
    return " ".join(notes)
