"""A form changes nothing that runs: what somebody wants stands beside the row until it is applied."""

import copy
import json
from collections.abc import Mapping
from typing import Any, Self

from django.conf import settings
from django.core.serializers.json import DjangoJSONEncoder
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from kannel.secret_field import SecretField


class Drafted(models.Model):
    """A row whose columns are what Kannel runs with, and ``draft`` what it is to run with instead.

    The draft holds the fields that differ, by attribute name; it is encrypted, for a password may be among them.
    """

    draft = SecretField(blank=True, default="", editable=False)
    drafted_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+", editable=False
    )
    drafted_at = models.DateTimeField(_("changed"), null=True, editable=False)
    drafters = models.JSONField(
        default=list, editable=False, help_text="Ids of all who have worked on the present draft."
    )

    class Meta:
        abstract = True

    @classmethod
    def draftable(cls) -> list[str]:
        """Attribute names of everything a person may set."""
        return [
            field.attname
            for field in cls._meta.concrete_fields
            if field.editable and not field.primary_key and not isinstance(field, models.AutoField)
        ]

    @property
    def drafted(self) -> dict[str, Any]:
        """The values that are wanted and do not run yet."""
        return dict(json.loads(self.draft)) if self.draft else {}

    def wanted(self, values: Mapping[str, Any] | None = None) -> Self:
        """A copy of the row as it is wanted: with its draft, or with ``values`` frozen earlier. Not for saving."""
        wanted = copy.copy(self)
        for name, value in (self.drafted if values is None else values).items():
            setattr(wanted, name, value)
        return wanted

    def put_draft(self, wanted: Self, by_user_id: int | None) -> bool:
        """Keeps as the draft what differs between this row and ``wanted``. Whether anything does."""
        values = {name: getattr(wanted, name) for name in self.draftable() if _differs(self, wanted, name)}
        self.draft = json.dumps(values, cls=DjangoJSONEncoder) if values else ""
        self.drafted_by_id = by_user_id if values else None
        self.drafted_at = timezone.now() if values else None
        self.drafters = sorted({*self.drafters, by_user_id} - {None}) if values else []
        self.save(update_fields=["draft", "drafted_by", "drafted_at", "drafters"])
        return bool(values)

    def drop_draft(self) -> None:
        """Forgets what was wanted."""
        self.put_draft(self, None)

    def take(self, values: Mapping[str, Any]) -> None:
        """Makes these values what runs. A draft that somebody has changed since keeps what still differs."""
        latest = self.wanted() if self.draft else None
        for name, value in values.items():
            setattr(self, name, value)
        self.save(update_fields=list(values))
        if latest is not None:
            self.put_draft(latest, self.drafted_by_id)


def _differs(row: Drafted, wanted: Drafted, name: str) -> bool:
    return bool(getattr(row, name) != getattr(wanted, name))
