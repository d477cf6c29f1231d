"""A form is saved only over what its reader has seen: whoever comes second is shown both changes, and loses nothing.

The page carries, in a hidden field, a short hash of each value that it showed. When it comes back the row is locked, and the
form is built once more from what is saved now; where that differs, nothing is saved. What the second person had not
touched then stands in the form as the first one saved it, so that saving again undoes nobody's work by accident.
"""

import hashlib
import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from django import forms
from django.core.serializers.json import DjangoJSONEncoder
from django.db import models, transaction
from django.http import HttpRequest, HttpResponse
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from wagtail.admin.views import generic
from wagtail.blocks import StreamValue

# The name of the hidden field.
SEEN = "seen_values"
_PARTS_OF_FORMSETS = ("ORDER", "DELETE")
# A page of a person who may edit has forty fields; what is longer was not made by one of our pages.
_MAX_CHARACTERS = 20_000


@dataclass(frozen=True)
class Difference:
    """One field that somebody else has changed: its label, what is saved now, and what was typed here, in words."""

    label: str
    saved: str
    typed: str


def with_seen(form: Any, saved: Any = None) -> Any:
    """The form, with a hidden field that says what it shows; ``saved`` is the form of what is saved, if it shows something else."""
    if not form.is_bound:
        form.initial[SEEN] = json.dumps(hashes_of(saved or form))
    elif not hasattr(form, "cleaned_data"):
        # The field comes after the form was read, so that it is no value of the row.
        form.full_clean()
    form.fields[SEEN] = forms.CharField(required=False, widget=forms.HiddenInput)
    return form


def hashes_of(form: Any) -> dict[str, str]:
    """Of a form that nobody has typed into: a hash of each value, and of the rows of each formset."""
    found = {name: _hash(value) for name, value in _initial(form).items()}
    for name, formset in _formsets(form):
        found[f"{name}-"] = _hash([list(_initial(row).values()) for row in formset.initial_forms])
    return found


def differences(seen: Mapping[str, str], fresh: Any, typed: Any) -> list[Difference]:
    """What somebody else saved since the page was shown, and what stands in the page that now comes back.

    :param fresh: the form of what is saved now, not bound.
    :param typed: the same form with what was sent; it is validated here.
    """
    now = hashes_of(fresh)
    changed = [name for name, value in now.items() if name in seen and seen[name] != value]
    if changed:
        typed.is_valid()
    return [_difference(name, fresh, typed) for name in changed]


def merged(seen: Mapping[str, str], fresh: Any, typed: Any) -> Any:
    """What was sent, with the saved value wherever the reader had not changed what the page showed."""
    data = typed.data.copy()
    for name, value in hashes_of(fresh).items():
        if (
            name in seen
            and seen[name] != value
            and name in typed.fields
            and not _is_touched(name, seen, typed)
        ):
            _put(data, typed, name, fresh[name].value())
    data[typed.add_prefix(SEEN)] = json.dumps(hashes_of(fresh))
    return data


def read_seen(text: str) -> dict[str, str]:
    """What the hidden field says; nothing if it did not come from a page of ours."""
    try:
        found = json.loads(text if 0 < len(text) <= _MAX_CHARACTERS else "{}")
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


class VersionChecked:
    """Mix-in for Wagtail's EditView: refuses to save over what somebody else has saved since the page was opened."""

    request: HttpRequest
    object: Any
    model: type[models.Model]
    conflict: list[Difference]
    _merged_data: Any = None

    def get_form(self, form_class: Any = None) -> Any:
        form = super().get_form(form_class)  # type: ignore[misc]
        return form if form.is_bound else with_seen(form, self.form_of_saved(form))

    def get_form_kwargs(self) -> dict[str, Any]:
        found: dict[str, Any] = super().get_form_kwargs()  # type: ignore[misc]
        if self._merged_data is not None:
            found["data"] = self._merged_data
        return found

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Saves under a lock on the row, so that of two at once the second one sees the first."""
        with transaction.atomic():
            self.lock_row()
            if seen := read_seen(request.POST.get(SEEN, "")):
                self.compare(seen)
            if self._merged_data is not None:
                return self.refuse()
            answer: HttpResponse = super().post(request, *args, **kwargs)  # type: ignore[misc]
        return answer

    def form_of_saved(self, form: Any) -> Any:
        """A form of what is saved, where the page shows something else."""
        return form

    def saved_object(self) -> Any:
        """The row as it is saved now."""
        return self.get_object()  # type: ignore[attr-defined]

    def lock_row(self) -> None:
        rows = self.model._base_manager.select_for_update(of=("self",))
        rows.filter(pk=self.object_pk).values_list("pk").first()  # type: ignore[attr-defined]

    def compare(self, seen: Mapping[str, str]) -> None:
        fresh, typed = self.form_of_now(), self.form_of_now(self.request.POST, self.request.FILES)
        self.conflict = differences(seen, fresh, typed)
        if self.conflict:
            self._merged_data = merged(seen, fresh, typed)

    def refuse(self) -> HttpResponse:
        self.object = self.get_object()  # type: ignore[attr-defined]
        form = self.get_form()
        self.produced_error_code = "invalid_revision"
        self.produced_error_message = _(
            "Somebody else saved this while you had it open, so nothing was saved. Look at both changes below."
        )
        answer: HttpResponse = self.form_invalid(form)  # type: ignore[attr-defined]
        return answer

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context: dict[str, Any] = super().get_context_data(**kwargs)  # type: ignore[misc]
        if (form := context.get("form")) is not None and form.is_bound:
            with_seen(form)
        return context | {"conflict": getattr(self, "conflict", [])}

    def get_success_json(self) -> dict[str, Any]:
        """After an automatic save the page that is still open has seen what it saved itself."""
        found: dict[str, Any] = super().get_success_json()  # type: ignore[misc]
        seen = json.dumps(hashes_of(self.form_of_now()))
        return found | {"field_updates": found.get("field_updates", {}) | {SEEN: seen}}

    def form_of_now(self, data: Any = None, files: Any = None) -> Any:
        """The form of what is saved now."""
        kwargs = self.get_form_kwargs() | {"instance": self.saved_object(), "data": data, "files": files}
        return self.get_form_class()(**kwargs)  # type: ignore[attr-defined]


class CheckedEditView(VersionChecked, generic.EditView):
    """The edit page of a viewset that needs nothing else of its own."""


class ShowsOlder(VersionChecked):
    """Mix-in for a page that shows an old revision: what counts as seen is what was saved when it was opened."""

    def form_of_saved(self, form: Any) -> Any:
        return self.form_of_now()

    def saved_object(self) -> Any:
        present = self.model._base_manager.get(pk=self.object_pk)  # type: ignore[attr-defined]
        latest = getattr(present, "get_latest_revision_as_object", None)
        return latest() if latest else present


def _names(form: Any) -> list[str]:
    secret = (forms.PasswordInput, forms.FileInput)
    return [
        name
        for name, field in form.fields.items()
        if name != SEEN and name not in _PARTS_OF_FORMSETS and not isinstance(field.widget, secret)
    ]


def _initial(form: Any) -> dict[str, Any]:
    # Not by form[name].value(): that would keep the value, whatever else is put into form.initial later.
    return {
        name: _plain(form.fields[name], form.get_initial_for_field(form.fields[name], name))
        for name in _names(form)
    }


def _formsets(form: Any) -> Iterable[tuple[str, Any]]:
    formsets: dict[str, Any] = getattr(form, "formsets", {})
    return formsets.items()


def _plain(field: Any, value: Any) -> Any:
    """A value as any two forms of the same row say it."""
    if callable(value):
        value = value()
    if isinstance(value, StreamValue):
        return value.get_prep_value()
    value = field.prepare_value(value)
    if isinstance(value, models.Model):
        return value.pk
    if isinstance(value, list | tuple | set | models.QuerySet):
        return sorted(str(_plain(field, one)) for one in value)
    return "" if value is None or value is False else str(field.widget.format_value(value) or value)


def _hash(value: Any) -> str:
    return hashlib.sha256(json.dumps(value, cls=DjangoJSONEncoder, sort_keys=True).encode()).hexdigest()[:12]


def _is_touched(name: str, seen: Mapping[str, str], typed: Any) -> bool:
    field = typed.fields[name]
    if name not in typed.cleaned_data:
        return True
    return _hash(_plain(field, typed.cleaned_data[name])) != seen[name]


def _put(data: Any, form: Any, name: str, value: Any) -> None:
    """The saved value in place of what was sent; fields of several parts keep what was sent."""
    field, key = form.fields[name], form.add_prefix(name)
    widget, value = field.widget, field.prepare_value(value)
    if isinstance(widget, forms.CheckboxInput):
        data.pop(key, None)
        if value:
            data[key] = "on"
    elif isinstance(widget, forms.SelectMultiple | forms.CheckboxSelectMultiple):
        data.setlist(key, [str(getattr(one, "pk", one)) for one in value or ()])
    elif isinstance(widget, forms.widgets.Input | forms.Textarea | forms.Select):
        shown = widget.format_value(value)
        data[key] = (shown[0] if shown else "") if isinstance(shown, list) else (shown or "")


def _difference(name: str, fresh: Any, typed: Any) -> Difference:
    if name.endswith("-"):
        saved, sent = fresh.formsets[name[:-1]], typed.formsets[name[:-1]]
        label = capfirst(str(saved.model._meta.verbose_name_plural))
        rows = [row for row in sent.forms if not getattr(row, "cleaned_data", {}).get("DELETE")]
        return Difference(label, _rows_words(saved.initial_forms, _shown), _rows_words(rows, _sent))
    label = capfirst(str(fresh.fields[name].label or name))
    return Difference(label, _shown(fresh, name), _sent(typed, name))


def _rows_words(rows: Iterable[Any], words: Callable[[Any, str], str]) -> str:
    said = [
        [words(row, name) for name in _names(row) if not row.fields[name].widget.is_hidden] for row in rows
    ]
    return "; ".join(", ".join(filter(None, row)) for row in said) or _("nothing")


def _shown(form: Any, name: str) -> str:
    return _words(form, name, form[name].value())


def _sent(form: Any, name: str) -> str:
    """What was sent, as it is understood; word by word if it is not."""
    cleaned = getattr(form, "cleaned_data", {})
    return _words(form, name, cleaned[name] if name in cleaned else form[name].data)


def _words(form: Any, name: str, value: Any) -> str:
    field = form.fields[name]
    if isinstance(value, StreamValue):
        of_model = getattr(form.instance, "sentence", None)
        return str(of_model()) if of_model else str(value)
    if isinstance(field.widget, forms.CheckboxInput):
        return _("yes") if value else _("no")
    value = field.prepare_value(value)
    if isinstance(value, list | tuple | set | models.QuerySet):
        return ", ".join(_choice(field, one) for one in value) or _("nothing")
    return _choice(field, value) or _("nothing")


def _choice(field: Any, value: Any) -> str:
    """One value as the form shows it to choose from."""
    if isinstance(value, models.Model):
        return str(value)
    if isinstance(field, forms.ModelChoiceField) and field.queryset is not None and value not in (None, ""):
        row = field.queryset.model._base_manager.filter(**{field.to_field_name or "pk": value}).first()
        return str(row or value)
    for key, label in getattr(field, "choices", ()):
        if str(key) == str(value if value is not None else ""):
            return str(label)
    shown = field.widget.format_value(value)
    return str(shown if shown is not None and not isinstance(shown, list) else (value or ""))
