"""Who may approve a mailing: somebody who wrote nothing of it. Not even an administrator may approve his own.

To it belong its texts, its audience with the audiences and lists in that, and the rules for everybody: whoever changed one of
them since the mailing was made has had a hand in what is sent, and to whom.
"""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from django.contrib.contenttypes.models import ContentType
from django.db.models import CharField, Exists, Model, OuterRef, Q
from django.db.models.functions import Cast
from wagtail.models import ModelLogEntry

from backoffice.accounts.models import User
from backoffice.audiences.models import Audience, CustomerList
from backoffice.mailings.approval_models import ApprovalRules
from backoffice.mailings.compare_models import texts_of
from backoffice.mailings.contact_rules import ContactRules
from backoffice.mailings.models import Approval, Mailing
from backoffice.mailings.querysets import MailingQuerySet
from backoffice.message_templates.models import MessageTemplate

# What stands in the history when somebody changed what a mailing says, to whom, when, or at what cost.
WRITING = (
    "wagtail.create",
    "wagtail.edit",
    "wagtail.copy",
    "mailings.edited",
    "mailings.another_day",
    "mailings.resend",
)
# What is no change of a text or an audience.
LOOKING = ("wagtail.lock", "wagtail.unlock", "parley.reveal")
TEXTS = ("template_id", "second_text_id", "third_text_id")


def wrote(mailing: Mailing, person: User) -> bool:
    """Whether somebody made, changed or submitted it, or changed since then what belongs to it."""
    return person.pk in who_wrote(mailing)


def show_writers(mailing: Mailing) -> None:
    """Reads once who wrote it, for a page that shows so in several places. What is decided is decided on a row of its own."""
    mailing.shown_writers = who_wrote(mailing)


def who_wrote(mailing: Mailing) -> set[int]:
    """Ids of all who made, changed or submitted it, or changed since then what belongs to it."""
    if mailing.shown_writers is not None:
        return mailing.shown_writers
    changes = ModelLogEntry.objects.for_instance(mailing).filter(action__in=WRITING)
    people = {mailing.created_by_id, mailing.submitted_by_id, *changes.values_list("user", flat=True)}
    parts = Q()
    for model, ids in _parts_of(mailing):
        content_type = ContentType.objects.get_for_model(model)
        parts |= Q(content_type=content_type, object_id__in=[str(pk) for pk in ids])
    since = ModelLogEntry.objects.filter(parts, timestamp__gte=_made_at(mailing)).exclude(action__in=LOOKING)
    people.update(since.values_list("user", flat=True))
    return {pk for pk in people if pk is not None}


def written_by_others(mailings: MailingQuerySet, person: User) -> MailingQuerySet:
    """Those of the mailings that somebody may approve as far as it goes by who wrote them, or approved them first.

    For a list: what stands in their audiences is not looked through.
    """
    changed = _entries(Mailing, "pk", person).filter(action__in=WRITING)
    approved = Approval.objects.filter(
        mailing=OuterRef("pk"), approver=person, submitted_at=OuterRef("submitted_at")
    )
    mine = Q(created_by=person) | Q(submitted_by=person)
    found = mailings.exclude(mine).exclude(Exists(changed)).exclude(Exists(approved))
    parts: list[tuple[type[Model], str]] = [(Audience, "audience_id")]
    parts += [(MessageTemplate, name) for name in TEXTS]
    for model, name in parts:
        since = _entries(model, name, person).filter(timestamp__gte=OuterRef("created_at"))
        found = found.exclude(Exists(since.exclude(action__in=LOOKING)))
    return found


def _entries(model: type[Model], name: str, person: User) -> Any:
    """What stands in the history by somebody about the object that a column of a mailing names."""
    return ModelLogEntry.objects.filter(
        content_type=ContentType.objects.get_for_model(model),
        object_id=Cast(OuterRef(name), CharField()),
        user=person,
    )


def _made_at(mailing: Mailing) -> datetime:
    """A run of a series, or the rest of a comparison, was thought of when that was made."""
    origin = mailing.series or mailing.rest_of or mailing
    return origin.created_at


def _parts_of(mailing: Mailing) -> Iterator[tuple[type[Model], set[int]]]:
    """The rows that belong to what it says and to whom, by model."""
    yield MessageTemplate, {one.template.pk for one in texts_of(mailing)}
    planned = mailing.planned_audience or {}
    yield Audience, {mailing.audience_id, *(int(number) for number in planned.get("within", {}))}
    yield CustomerList, set(_lists_in([planned.get("rules", []), planned.get("within", {})]))
    yield ContactRules, set(ContactRules.objects.filter(purpose=mailing.purpose).values_list("pk", flat=True))
    yield ApprovalRules, set(ApprovalRules.objects.values_list("pk", flat=True))


def _lists_in(rules: Any) -> Iterator[int]:
    """Ids of the lists that conditions name, however deep they stand."""
    if isinstance(rules, dict):
        for name, value in rules.items():
            if name == "lists" and isinstance(value, list):
                yield from (int(pk) for pk in value)
            else:
                yield from _lists_in(value)
    elif isinstance(rules, list):
        for rule in rules:
            yield from _lists_in(rule)
