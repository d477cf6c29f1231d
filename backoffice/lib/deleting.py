"""Deleting what something else refers to ends in a sentence, not in an error page and not in a hole in the history.

What refers to a row is read from the models themselves, so that a new table cannot be forgotten: every foreign key counts,
also one that the database does not know. Only what a model names in ``deleted_with`` is a part of it and goes with it.
"""

from collections.abc import Iterator
from typing import Any

from django.apps import apps
from django.contrib import messages
from django.db import IntegrityError, models, transaction
from django.db.models import ProtectedError
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.utils.translation import gettext as _

from backoffice.lib.numbers import grouped

USERS_NAMED = 5


def referring_fields(model: type[models.Model]) -> Iterator[models.Field[Any, Any]]:
    """Every field of any model that points at rows of this one."""
    for other in apps.get_models(include_auto_created=True):
        for field in (*other._meta.local_fields, *other._meta.local_many_to_many):
            if field.remote_field and field.remote_field.model is model:
                yield field


def name_of(field: models.Field[Any, Any]) -> str:
    """A field as ``deleted_with`` names it, for example "operators.tariff.operator"."""
    return f"{field.model._meta.label_lower}.{field.name}"


def keepers(model: type[models.Model]) -> list[models.Field[Any, Any]]:
    """The fields that keep rows of this model from being deleted: all but those of its own parts."""
    own = getattr(model, "deleted_with", ())
    return [field for field in referring_fields(model) if name_of(field) not in own]


def uses_of(row: models.Model) -> dict[str, int]:
    """What refers to a row and is no part of it: how many of what, in words."""
    found: dict[str, int] = {}
    for field in keepers(type(row)):
        count = field.model._base_manager.filter(**{field.name: row}).count()
        if count:
            label = str(field.model._meta.verbose_name_plural)
            found[label] = found.get(label, 0) + count
    return found


def refusal(row: models.Model) -> str:
    """Why a row stays, as a sentence; empty if nothing refers to it."""
    uses = uses_of(row)
    if not uses:
        return ""
    counted = ", ".join(f"{label}: {grouped(count)}" for label, count in uses.items())
    return _(
        "“%(name)s” was not deleted, because it was used and its history stays whole (%(uses)s). Take it out of use instead."
    ) % {"name": row, "uses": counted}


class RefuseWhileUsed:
    """Mix-in for Wagtail's DeleteView: says who still uses the thing instead of deleting it."""

    request: Any
    object: Any

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        """Nobody is asked whether to delete what cannot be deleted."""
        if problem := self.reason_to_keep():
            messages.error(request, problem)
            return redirect(self.get_success_url())  # type: ignore[attr-defined]
        return super().get(request, *args, **kwargs)  # type: ignore[misc,no-any-return]

    def form_valid(self, form: Any) -> HttpResponse:
        if problem := self.reason_to_keep():
            messages.error(self.request, problem)
            return redirect(self.get_success_url())  # type: ignore[attr-defined]
        try:
            with transaction.atomic():
                return super().form_valid(form)  # type: ignore[misc,no-any-return]
        except (ProtectedError, IntegrityError):
            # Somebody has begun to use it within this moment.
            messages.error(
                self.request, _("“%(name)s” was not deleted: it is used now.") % {"name": self.object}
            )
            return redirect(self.get_success_url())  # type: ignore[attr-defined]

    def reason_to_keep(self) -> str:
        """By whom it is used, as a sentence; empty if it may go."""
        named = self._named()
        if named:
            return _(
                "“%(name)s” was not deleted, because it is still used by: %(users)s. Change or delete that first."
            ) % {"name": self.object, "users": ", ".join(named)}
        return refusal(self.object)

    def _named(self) -> list[str]:
        """Those that a person can change, by their names: what the models protect."""
        found: set[str] = set()
        for field in keepers(type(self.object)):
            is_protected = getattr(field.remote_field, "on_delete", None) is models.PROTECT
            if is_protected and not getattr(field.model, "is_history", False):
                rows = field.model._base_manager.filter(**{field.name: self.object})[:USERS_NAMED]
                found |= {str(row) for row in rows}
        return sorted(found)[:USERS_NAMED]
