"""Model and form fields for texts that leave to a customer: whichever way one comes, it has one form (text_form)."""

from typing import Any

from django import forms
from django.db import models
from django.db.models.query_utils import DeferredAttribute

from kannel.text_form import one_form


class TextFormField(forms.CharField):
    """Gives the text its form before it is measured, so that Enter counts as one character."""

    def to_python(self, value: Any) -> Any:
        return in_one_form(super().to_python(in_one_form(value)))


class _OneForm(DeferredAttribute):
    """What is set on an instance has the form at once: from a form, a revision, a copy, or the database."""

    def __set__(self, instance: Any, value: Any) -> None:
        instance.__dict__[self.field.attname] = in_one_form(value)


class SmsTextField(models.TextField[str, str]):
    """A text that leaves to a customer."""

    descriptor_class = _OneForm

    def to_python(self, value: Any) -> Any:
        return in_one_form(super().to_python(value))

    def get_db_prep_save(self, value: Any, connection: Any) -> Any:
        """Updates of many rows set no attribute."""
        return super().get_db_prep_save(in_one_form(value), connection)

    def formfield(self, **kwargs: Any) -> Any:
        return super().formfield(**{"form_class": TextFormField, **kwargs})


def in_one_form(value: Any) -> Any:
    """The form of a text; anything that is none, as an expression of the database, as it is."""
    return one_form(value) if isinstance(value, str) else value
