"""Where the rules for everybody are seen and changed: one row for each purpose, and who changed what."""

from typing import Any

from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from wagtail import hooks
from wagtail.admin.forms import WagtailAdminModelForm
from wagtail.admin.panels import FieldPanel, FieldRowPanel, HelpPanel, MultiFieldPanel
from wagtail.admin.ui.tables import TitleColumn
from wagtail.admin.views import generic

from backoffice.mailings.contact_rules import ContactRules
from backoffice.mailings.settings_rows import SettingsEditView, SettingsViewSet, formatter_of

CHANGED = "mailings.change_rules"


class RulesIndexView(generic.IndexView):
    def _get_title_column(self, field_name: str, column_class: Any = TitleColumn, **kwargs: Any) -> Any:
        column = super()._get_title_column(field_name, column_class, **kwargs)
        column.label = _("Purpose")
        return column


class RulesEditView(SettingsEditView):
    change_action = CHANGED

    def get_success_message(self) -> str:
        said = gettext("The rules for “%(purpose)s” were saved. They count for every plan made from now on.")
        return said % {"purpose": self.object}


class RulesViewSet(SettingsViewSet):
    """One row for each purpose."""

    model = ContactRules
    name = "contact_rules"
    url_prefix = "rules"
    icon = "list-ul"
    menu_label = _("Rules for everybody")
    menu_name = "contact-rules"
    index_view_class = RulesIndexView
    edit_view_class = RulesEditView
    base_form_class = WagtailAdminModelForm
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


@hooks.register("register_admin_viewset")
def register_rules() -> RulesViewSet:
    return RulesViewSet()


@hooks.register("register_log_actions")
def register_rules_action(actions: Any) -> None:
    actions.register_action(CHANGED)(formatter_of(ContactRules, _("Changed the rules for everybody")))
