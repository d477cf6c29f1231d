"""Settings that are rows from the start: nobody adds or deletes one, and the history says who changed what."""

from datetime import time
from decimal import Decimal
from typing import Any, ClassVar

from django import forms
from django.db import models, transaction
from django.urls import path
from django.utils.functional import Promise
from django.utils.html import format_html_join
from django.utils.safestring import mark_safe
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from wagtail.admin.ui.tables import Column, DateColumn
from wagtail.admin.views import generic
from wagtail.admin.viewsets.model import ModelViewSet
from wagtail.log_actions import LogFormatter, log

from backoffice.lib.versions import VersionChecked
from backoffice.mailings.weekdays import names as weekday_names


def sentences_of(rules: Any) -> str:
    """What holds, one sentence a line."""
    return format_html_join(mark_safe("<br>"), "{}", ((sentence,) for sentence in rules.sentences()))


class SettingsEditView(VersionChecked, generic.EditView):
    """Writes down what stood there before and what stands there now, under ``change_action``."""

    change_action: ClassVar[str]

    def save_instance(self) -> Any:
        names, before = self.form.changed_data, self.form.initial
        with transaction.atomic():
            rules = self.form.save()
            changes = [[name, _plain(before[name]), _plain(getattr(rules, name))] for name in names]
            log(rules, self.change_action, user=self.request.user, data={"changes": changes})
        return rules


class SettingsViewSet(ModelViewSet):
    """A list of the rows with what holds, a form with ``base_form_class`` for each, and its history."""

    base_form_class: ClassVar[type[forms.BaseForm]]
    add_to_settings_menu = True
    search_backend_name = None
    copy_view_enabled = False
    list_display = [
        "__str__",
        Column(sentences_of, label=_("What applies to every mailing")),
        DateColumn("updated_at", label=_("Changed")),
    ]

    def get_form_class(self, for_update: bool = False) -> Any:
        return self.get_edit_handler().get_form_class()

    def get_edit_handler(self) -> Any:
        handler = super().get_edit_handler()
        handler.base_form_class = self.base_form_class
        return handler

    def get_common_view_kwargs(self, **kwargs: Any) -> dict[str, Any]:
        absent = dict.fromkeys(("add_url_name", "delete_url_name", "usage_url_name"))
        found: dict[str, Any] = super().get_common_view_kwargs(**absent, **kwargs)
        return found

    def get_urlpatterns(self) -> list[Any]:
        return [
            path("", self.index_view, name="index"),
            path("results/", self.index_results_view, name="index_results"),
            path("edit/<int:pk>/", self.edit_view, name="edit"),
            path("history/<int:pk>/", self.history_view, name="history"),
            path("history-results/<int:pk>/", self.history_results_view, name="history_results"),
        ]


def formatter_of(model: type[models.Model], what: str | Promise) -> type[LogFormatter]:
    """How the history tells a change of the settings in this model."""

    class Changed(LogFormatter):
        label = what

        def format_message(self, log_entry: Any) -> str:
            changes = [change_words(model, *change) for change in log_entry.data.get("changes", [])]
            return "; ".join(changes) or gettext("Saved without a change")

    return Changed


def _plain(value: Any) -> Any:
    """A setting as the history keeps it."""
    if isinstance(value, time):
        return f"{value:%H:%M}"
    if isinstance(value, Decimal):
        return str(value)
    return [int(one) for one in value] if isinstance(value, list) else value


def change_words(model: type[models.Model], name: str, before: Any, after: Any) -> str:
    """One changed setting as it is called on the form, with what it was and what it is."""
    field = model._meta.get_field(name)
    assert isinstance(field, models.Field)
    words = {"what": field.verbose_name, "before": _value_words(before), "after": _value_words(after)}
    return gettext("“%(what)s”: %(before)s became %(after)s") % words


def _value_words(value: Any) -> str:
    if isinstance(value, bool):
        return gettext("yes") if value else gettext("no")
    if value is None:
        return gettext("never")
    return weekday_names(value) if isinstance(value, list) else str(value)
