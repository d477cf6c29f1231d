"""Where the rules for everybody are seen and changed: one row for each purpose, and who changed what."""

from datetime import time
from typing import Any

from django.db import models, transaction
from django.urls import path
from django.utils.html import format_html_join
from django.utils.safestring import mark_safe
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from wagtail import hooks
from wagtail.admin.panels import FieldPanel, FieldRowPanel, HelpPanel, MultiFieldPanel
from wagtail.admin.ui.tables import Column, DateColumn, TitleColumn
from wagtail.admin.views import generic
from wagtail.admin.viewsets.model import ModelViewSet
from wagtail.log_actions import LogFormatter, log

from backoffice.mailings.contact_rules import ContactRules
from backoffice.mailings.forms import RulesForm
from backoffice.mailings.weekdays import names as weekday_names

CHANGED = "mailings.change_rules"


def sentences_of(rules: ContactRules) -> str:
    """The rules that are switched on, one a line."""
    return format_html_join(mark_safe("<br>"), "{}", ((sentence,) for sentence in rules.sentences()))


class RulesIndexView(generic.IndexView):
    def _get_title_column(self, field_name: str, column_class: Any = TitleColumn, **kwargs: Any) -> Any:
        column = super()._get_title_column(field_name, column_class, **kwargs)
        column.label = _("Purpose")
        return column


class RulesEditView(generic.EditView):
    """Writes down what stood there before and what stands there now."""

    def save_instance(self) -> Any:
        names, before = self.form.changed_data, self.form.initial
        with transaction.atomic():
            rules = self.form.save()
            changes = [[name, _plain(before[name]), _plain(getattr(rules, name))] for name in names]
            log(rules, CHANGED, user=self.request.user, data={"changes": changes})
        return rules

    def get_success_message(self) -> str:
        said = gettext("The rules for “%(purpose)s” were saved. They count for every plan made from now on.")
        return said % {"purpose": self.object}


class RulesViewSet(ModelViewSet):
    """The rows are there from the start, so nobody adds or deletes one."""

    model = ContactRules
    name = "contact_rules"
    url_prefix = "rules"
    icon = "list-ul"
    menu_label = _("Rules for everybody")
    menu_name = "contact-rules"
    add_to_settings_menu = True
    search_backend_name = None
    copy_view_enabled = False
    index_view_class = RulesIndexView
    edit_view_class = RulesEditView
    list_display = [
        "__str__",
        Column(sentences_of, label=_("What applies to every mailing")),
        DateColumn("updated_at", label=_("Changed")),
    ]
    panels = [
        HelpPanel(
            _(
                "These apply to every mailing with this purpose, whatever its audience. A change counts for plans made after it; "
                "who refused, who is on a list, who must agree first and at what hours is also looked up again before each "
                "message leaves."
            )
        ),
        MultiFieldPanel(
            [FieldPanel("needs_consent"), FieldPanel("leaves_out_lists"), FieldPanel("once_a_number")],
            heading=_("To whom"),
        ),
        MultiFieldPanel(
            [
                FieldRowPanel([FieldPanel("cap_messages"), FieldPanel("cap_days")]),
                FieldPanel("one_mailing_a_day"),
            ],
            heading=_("How often"),
        ),
        MultiFieldPanel(
            [FieldRowPanel([FieldPanel("local_from"), FieldPanel("local_to")]), FieldPanel("weekdays")],
            heading=_("When"),
        ),
        MultiFieldPanel(
            [FieldRowPanel([FieldPanel("unreachable_days"), FieldPanel("retry_days")])],
            heading=_("Numbers where nothing arrives"),
        ),
    ]

    def get_form_class(self, for_update: bool = False) -> Any:
        return self.get_edit_handler().get_form_class()

    def get_edit_handler(self) -> Any:
        handler = super().get_edit_handler()
        handler.base_form_class = RulesForm
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


@hooks.register("register_admin_viewset")
def register_rules() -> RulesViewSet:
    return RulesViewSet()


@hooks.register("register_log_actions")
def register_rules_action(actions: Any) -> None:
    @actions.register_action(CHANGED)
    class ChangedRules(LogFormatter):
        label = _("Changed the rules for everybody")

        def format_message(self, log_entry: Any) -> str:
            changes = [change_words(*change) for change in log_entry.data.get("changes", [])]
            return "; ".join(changes) or gettext("Saved without a change")


def _plain(value: Any) -> Any:
    """A setting as the history keeps it."""
    if isinstance(value, time):
        return f"{value:%H:%M}"
    return [int(one) for one in value] if isinstance(value, list) else value


def change_words(name: str, before: Any, after: Any) -> str:
    """One changed setting as it is called on the form, with what it was and what it is."""
    field = ContactRules._meta.get_field(name)
    assert isinstance(field, models.Field)
    words = {"what": field.verbose_name, "before": _value_words(before), "after": _value_words(after)}
    return gettext("“%(what)s”: %(before)s became %(after)s") % words


def _value_words(value: Any) -> str:
    if isinstance(value, bool):
        return gettext("yes") if value else gettext("no")
    return weekday_names(value) if isinstance(value, list) else str(value)
