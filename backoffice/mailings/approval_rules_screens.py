"""Where it is seen and changed above what size and cost a mailing takes two approvers, and who changed that."""

from decimal import Decimal
from typing import Any

from django import forms
from django.conf import settings
from django.db import models, transaction
from django.urls import path
from django.utils.functional import cached_property
from django.utils.html import format_html_join
from django.utils.safestring import mark_safe
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from wagtail import hooks
from wagtail.admin.forms import WagtailAdminModelForm
from wagtail.admin.panels import FieldPanel, FieldRowPanel, HelpPanel, MultiFieldPanel
from wagtail.admin.ui.tables import Column, DateColumn
from wagtail.admin.views import generic
from wagtail.admin.viewsets.model import ModelViewSet
from wagtail.log_actions import LogFormatter, log

from backoffice.mailings.approval_models import ApprovalRules

CHANGED = "mailings.change_approval_rules"
NO_MAIL = _("No mail server is set up here, so nothing is sent by e-mail, whatever stands below.")


class ApprovalRulesForm(WagtailAdminModelForm):
    """Says with the cost in which currency it is."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        cost: forms.Field = self.fields["second_above_cost"]
        cost.label = gettext("A second approver above this cost, %(currency)s") % {
            "currency": settings.CURRENCY
        }


def sentences_of(rules: ApprovalRules) -> str:
    """What holds, one sentence a line."""
    return format_html_join(mark_safe("<br>"), "{}", ((sentence,) for sentence in rules.sentences()))


class ApprovalRulesEditView(generic.EditView):
    """Writes down what stood there before and what stands there now."""

    def save_instance(self) -> Any:
        names, before = self.form.changed_data, self.form.initial
        with transaction.atomic():
            rules = self.form.save()
            changes = [[name, _plain(before[name]), _plain(getattr(rules, name))] for name in names]
            log(rules, CHANGED, user=self.request.user, data={"changes": changes})
        return rules

    def get_success_message(self) -> str:
        return gettext("Saved. It counts for everything that is approved from now on.")


class ApprovalRulesViewSet(ModelViewSet):
    """One row, there from the start: nobody adds or deletes one."""

    model = ApprovalRules
    name = "approval_rules"
    url_prefix = "approval-rules"
    icon = "check"
    menu_label = _("Approval")
    menu_name = "approval-rules"
    add_to_settings_menu = True
    search_backend_name = None
    copy_view_enabled = False
    edit_view_class = ApprovalRulesEditView
    list_display = [
        "__str__",
        Column(sentences_of, label=_("What applies to every mailing")),
        DateColumn("updated_at", label=_("Changed")),
    ]

    @cached_property
    def panels(self) -> list[Any]:
        limits = [FieldPanel("second_above_recipients"), FieldPanel("second_above_cost")]
        notices = [FieldPanel("sends_mail")]
        if not settings.EMAIL_ENABLED:
            notices.insert(0, HelpPanel(NO_MAIL))
        return [
            HelpPanel(
                _(
                    "A mailing is never approved by whoever wrote or submitted any of it. A large or dear one takes two "
                    "people. What it may reach and cost is read from its plan."
                )
            ),
            MultiFieldPanel([FieldRowPanel(limits)], heading=_("When it takes two")),
            MultiFieldPanel(notices, heading=_("Who is told")),
        ]

    def get_form_class(self, for_update: bool = False) -> Any:
        return self.get_edit_handler().get_form_class()

    def get_edit_handler(self) -> Any:
        handler = super().get_edit_handler()
        handler.base_form_class = ApprovalRulesForm
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
def register_approval_rules() -> ApprovalRulesViewSet:
    return ApprovalRulesViewSet()


@hooks.register("register_log_actions")
def register_approval_rules_action(actions: Any) -> None:
    @actions.register_action(CHANGED)
    class ChangedApprovalRules(LogFormatter):
        label = _("Changed the rules of approval")

        def format_message(self, log_entry: Any) -> str:
            changes = [change_words(*change) for change in log_entry.data.get("changes", [])]
            return "; ".join(changes) or gettext("Saved without a change")


def _plain(value: Any) -> Any:
    """A setting as the history keeps it."""
    return str(value) if isinstance(value, Decimal) else value


def change_words(name: str, before: Any, after: Any) -> str:
    """One changed setting as it is called on the form, with what it was and what it is."""
    field = ApprovalRules._meta.get_field(name)
    assert isinstance(field, models.Field)
    words = {"what": field.verbose_name, "before": _value_words(before), "after": _value_words(after)}
    return gettext("“%(what)s”: %(before)s became %(after)s") % words


def _value_words(value: Any) -> str:
    if isinstance(value, bool):
        return gettext("yes") if value else gettext("no")
    return gettext("never") if value is None else str(value)
