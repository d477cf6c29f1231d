"""Who may approve a mailing: somebody who wrote nothing of it. Not even an administrator may approve his own."""

from django.contrib.contenttypes.models import ContentType
from django.db.models import CharField, Exists, OuterRef, Q
from django.db.models.functions import Cast
from wagtail.models import ModelLogEntry

from backoffice.accounts.models import User
from backoffice.mailings.models import Approval, Mailing
from backoffice.mailings.querysets import MailingQuerySet

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
    changes = ModelLogEntry.objects.for_instance(mailing).filter(user=person, action__in=WRITING)
    return bool(changes.exists())


def who_wrote(mailing: Mailing) -> set[int]:
    """Ids of all who made, changed or submitted it."""
    changes = ModelLogEntry.objects.for_instance(mailing).filter(action__in=WRITING, user__isnull=False)
    people = {mailing.created_by_id, mailing.submitted_by_id, *changes.values_list("user", flat=True)}
    return {pk for pk in people if pk is not None}


def written_by_others(mailings: MailingQuerySet, person: User) -> MailingQuerySet:
    """Those of the mailings that somebody may approve as far as it goes by who wrote them, or approved them first."""
    changed = ModelLogEntry.objects.filter(
        content_type=ContentType.objects.get_for_model(Mailing),
        object_id=Cast(OuterRef("pk"), CharField()),
        user=person,
        action__in=WRITING,
    )
    approved = Approval.objects.filter(
        mailing=OuterRef("pk"), approver=person, submitted_at=OuterRef("submitted_at")
    )
    mine = Q(created_by=person) | Q(submitted_by=person)
    return mailings.exclude(mine).exclude(Exists(changed)).exclude(Exists(approved))
