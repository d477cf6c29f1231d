"""Where it is seen and changed above what size and cost a mailing takes two approvers, and who changed that."""

from typing import Any

from django import forms
from django.conf import settings
from django.utils.functional import cached_property
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from wagtail import hooks
from wagtail.admin.forms import WagtailAdminModelForm
from wagtail.admin.panels import FieldPanel, FieldRowPanel, HelpPanel, MultiFieldPanel

from backoffice.mailings.approval_models import ApprovalRules
from backoffice.mailings.settings_rows import SettingsEditView, SettingsViewSet, formatter_of

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


class ApprovalRulesEditView(SettingsEditView):
    change_action = CHANGED

    def get_success_message(self) -> str:
        return gettext("Saved. It counts for everything that is approved from now on.")


class ApprovalRulesViewSet(SettingsViewSet):
    """One row."""

    model = ApprovalRules
    name = "approval_rules"
    url_prefix = "approval-rules"
    icon = "check"
    menu_label = _("Approval")
    menu_name = "approval-rules"
    edit_view_class = ApprovalRulesEditView
    base_form_class = ApprovalRulesForm

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


@hooks.register("register_admin_viewset")
def register_approval_rules() -> ApprovalRulesViewSet:
    return ApprovalRulesViewSet()


@hooks.register("register_log_actions")
def register_approval_rules_action(actions: Any) -> None:
    actions.register_action(CHANGED)(formatter_of(ApprovalRules, _("Changed the rules of approval")))
