"""What a text may know of its mailing: fixed before the first text is written, and the same for every customer."""

from dataclasses import dataclass
from datetime import date, timedelta

from django.utils import timezone
from django.utils.translation import gettext as _

from backoffice.lib.moments import company_day

# As long as a mailing goes on that names no end (backoffice.mailings.hours.DEFAULT_LENGTH); a test compares them.
EXAMPLE_LENGTH = timedelta(days=1)


class FactsMissingError(ValueError):
    """The text speaks of its mailing, and whoever merges it gave no mailing. A mistake in the program, not in the text."""


@dataclass(frozen=True)
class MailingFacts:
    """One mailing as its texts may speak of it: the first and the last day of sending, in the company's time zone."""

    name: str
    sender: str
    starts_on: date
    ends_on: date


def example_facts(sender: str = "") -> MailingFacts:
    """A made-up mailing that starts today, for a text that has no mailing yet."""
    today = company_day()
    return MailingFacts(
        name=_("Autumn offer"),
        sender=sender or "Parley",
        starts_on=today,
        ends_on=company_day(timezone.now() + EXAMPLE_LENGTH),
    )
