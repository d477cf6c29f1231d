"""Who may approve a mailing: somebody who wrote nothing of it. Not even an administrator may approve his own."""

from wagtail.models import ModelLogEntry

from backoffice.accounts.models import User
from backoffice.mailings.models import Mailing

# What stands in the history when somebody changed what a mailing says, to whom, when, or at what cost.
WRITING = (
    "wagtail.create",
    "wagtail.edit",
    "wagtail.copy",
    "mailings.edited",
    "mailings.another_day",
    "mailings.resend",
)


def wrote(mailing: Mailing, person: User) -> bool:
    """Whether somebody made, changed or submitted it."""
    if person.pk in (mailing.created_by_id, mailing.submitted_by_id):
        return True
    return ModelLogEntry.objects.for_instance(mailing).filter(user=person, action__in=WRITING).exists()
