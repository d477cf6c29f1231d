"""Keeping what somebody types into the form of a mailing, apart from the mailing, until it is saved or thrown away."""

import hashlib
import json
import uuid
from collections.abc import Iterable, Mapping
from datetime import timedelta
from typing import Any

from django import forms
from django.core.cache import cache
from django.db import IntegrityError
from django.db.models import Q
from django.http import QueryDict
from django.utils import timezone
from django.utils.datastructures import MultiValueDict
from django.utils.translation import gettext as _
from wagtail.models import ModelLogEntry

from backoffice.accounts.models import User
from backoffice.audiences.models import Audience
from backoffice.mailings.four_eyes import WRITING
from backoffice.mailings.models import Mailing
from backoffice.mailings.unfinished_models import UnfinishedMailing
from backoffice.message_templates.models import MessageTemplate

# A form has some forty fields, each of them a few words.
MAX_CHARACTERS = 20_000
MOST_NEW = 20
# Of the number of a row.
MOST_DIGITS = 19
KEPT_FOR = timedelta(days=90)
# What was still on its way while its page was saved arrives within this time.
LATE_SECONDS = 60

Values = dict[str, list[str]]


class NotKept(Exception):
    """What was typed could not be kept; the text says why and what to do."""


def only_fields(posted: QueryDict, fields: Iterable[str]) -> Values:
    """What was sent for the fields of a form, and nothing else that was sent."""
    return {
        name: [value.replace("\0", "") for value in posted.getlist(name)] for name in fields if name in posted
    }


def typed(form: forms.BaseForm, values: Mapping[str, list[str]]) -> dict[str, Any]:
    """What was kept as initial values of a form, whether they make sense or not."""
    data: MultiValueDict[str, str] = MultiValueDict(values)
    return {
        name: field.widget.value_from_datadict(data, MultiValueDict(), form.add_prefix(name))
        for name, field in form.fields.items()
        if not field.widget.value_omitted_from_data(data, MultiValueDict(), form.add_prefix(name))
    }


def fingerprint(mailing: Mailing) -> str:
    """Tells one saved state of what a form can change from another: 64 characters."""
    said = {
        field.attname: str(field.value_from_object(mailing))
        for field in Mailing._meta.concrete_fields
        if field.editable
    }
    return hashlib.sha256(json.dumps(said, sort_keys=True).encode()).hexdigest()


def keep(
    person: User, key: uuid.UUID, mailing: Mailing | None, values: Values, based_on: str
) -> UnfinishedMailing | None:
    """Keeps what a person has typed, in place of what was kept of it before.

    :param key: of the page; a new mailing has no other name yet.
    :param mailing: which one it is about; None for a new one.
    :returns: None if it was saved or thrown away meanwhile, so that there is nothing left to keep.
    :raises NotKept: if it is too much, or the page is somebody else's.
    """
    if len(json.dumps(values)) > MAX_CHARACTERS:
        raise NotKept(_("This is too much to be kept while you type. Save it."))
    if cache.get(_over(key)):
        return None
    of = {"person": person, "mailing": mailing} | ({} if mailing else {"key": key})
    try:
        row, is_new = UnfinishedMailing.objects.get_or_create(
            **of, defaults={"key": key, "values": values, "based_on": based_on}
        )
    except IntegrityError as error:
        raise NotKept(_("This could not be kept. Open the page again.")) from error
    if is_new:
        _forget_old(person)
    else:
        row.values, row.saved_at = values, timezone.now()
        row.save(update_fields=["values", "saved_at"])
    return row


def forget(person: User, key: uuid.UUID, mailing: Mailing | None = None) -> None:
    """Nothing is left of what was typed on a page, or about a mailing: it was saved, or thrown away."""
    # First the mark: what is still on its way from the page finds it.
    cache.set(_over(key), 1, LATE_SECONDS)
    about = Q(key=key) | Q(mailing=mailing) if mailing else Q(key=key)
    UnfinishedMailing.objects.filter(about, person=person).delete()


def of_mailing(person: User, mailing: Mailing) -> UnfinishedMailing | None:
    """What the person typed about a mailing and did not save."""
    return UnfinishedMailing.objects.filter(person=person, mailing=mailing).first()


def new_one(person: User, key: uuid.UUID) -> UnfinishedMailing | None:
    """One of the person's new mailings."""
    return UnfinishedMailing.objects.filter(person=person, mailing=None, key=key).first()


def new_ones(person: User) -> list[UnfinishedMailing]:
    """The mailings that the person has begun and not saved, the latest first."""
    rows = list(
        UnfinishedMailing.objects.filter(person=person, mailing=None).order_by("-saved_at")[:MOST_NEW]
    )
    texts = MessageTemplate.objects.in_bulk(filter(None, (_chosen(row, "template") for row in rows)))
    audiences = Audience.objects.in_bulk(filter(None, (_chosen(row, "audience") for row in rows)))
    for row in rows:
        parts = texts.get(_chosen(row, "template")), audiences.get(_chosen(row, "audience"))
        row.label = row.name.strip() or ", ".join(part.name for part in parts if part)
    return rows


def nameless(person: User) -> UnfinishedMailing | None:
    """The latest new mailing without a name: whoever begins another goes on with it, so that they do not pile up."""
    rows = UnfinishedMailing.objects.filter(person=person, mailing=None).order_by("-saved_at")[:MOST_NEW]
    return next((row for row in rows if not row.name.strip()), None)


def changed_since(row: UnfinishedMailing, mailing: Mailing) -> ModelLogEntry | None:
    """The change that somebody saved after the person had begun to type; None if there was none."""
    if not row.based_on or row.based_on == fingerprint(mailing):
        return None
    changes = ModelLogEntry.objects.for_instance(mailing).filter(action__in=WRITING)
    latest: ModelLogEntry | None = changes.select_related("user").order_by("-timestamp", "-pk").first()
    return latest


def _forget_old(person: User) -> None:
    """Whoever begins another one clears up: what is too old, and the oldest of very many."""
    mine = UnfinishedMailing.objects.filter(person=person)
    mine.filter(saved_at__lt=timezone.now() - KEPT_FOR).delete()
    latest = mine.filter(mailing=None).order_by("-saved_at").values("pk")[:MOST_NEW]
    mine.filter(mailing=None).exclude(pk__in=list(latest.values_list("pk", flat=True))).delete()


def _chosen(row: UnfinishedMailing, field: str) -> int:
    """The number of the row that was chosen in a field; 0 if none was."""
    said = "".join(row.values.get(field, [])[:1])
    return int(said) if said.isascii() and said.isdecimal() and len(said) < MOST_DIGITS else 0


def _over(key: uuid.UUID) -> str:
    return f"parley:typed-over:{key}"
