"""Messages that would leave at night, where their recipients live: whoever approves them has to agree to that."""

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from backoffice.customers.models import Purpose
from backoffice.lib.numbers import grouped
from backoffice.mailings.check.facts import facts_of
from backoffice.mailings.check.lines import shared_lines
from backoffice.mailings.check.outlook import Outlook, outlook_of
from backoffice.mailings.models import Mailing
from backoffice.mailings.when import allowed_hours

# From which hour until which one nobody wants to be woken; for offers the day is shorter.
NIGHTS = {Purpose.MARKETING: (21, 9), Purpose.SERVICE: (22, 8)}


def messages_at_night(mailing: Mailing, outlook: Outlook) -> int:
    """How many messages of a plan leave at night by their recipients' own clocks."""
    if Purpose(mailing.purpose) not in NIGHTS:
        return 0
    begins, ends = NIGHTS[Purpose(mailing.purpose)]
    return sum(row.messages for row in outlook.hours if row.hour >= begins or row.hour < ends)


def count(mailing: Mailing) -> int:
    """The same as things stand now, for whoever approves it now."""
    if mailing.planned_at is None or _is_by_day(mailing):
        return 0
    return messages_at_night(mailing, outlook_of(shared_lines(mailing, facts_of(mailing), timezone.now())))


def words(messages: int) -> str:
    """So many messages at night, as a sentence; empty for none."""
    if not messages:
        return ""
    return ngettext(
        "%(count)s message leaves at night where its recipient lives.",
        "%(count)s messages leave at night where their recipients live.",
        messages,
    ) % {"count": grouped(messages)}


def agreement(messages: int) -> str:
    """What an approver ticks."""
    return _("I agree to this: %(night)s") % {"night": words(messages)} if messages else ""


def _is_by_day(mailing: Mailing) -> bool:
    """Whether its hours leave no room for a night, so that nothing has to be computed."""
    if Purpose(mailing.purpose) not in NIGHTS:
        return True
    begins, ends = NIGHTS[Purpose(mailing.purpose)]
    hours = allowed_hours(mailing)
    closes = hours.local_to.hour + (1 if hours.local_to.minute else 0)
    return not hours.is_any_hour and hours.local_from.hour >= ends and closes <= begins
