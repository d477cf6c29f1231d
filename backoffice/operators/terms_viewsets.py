"""Lists and forms of what operators ask for: their terms, their tariffs, and whose numbers are whose."""

from typing import Any

from django.utils.translation import gettext_lazy as _
from wagtail.admin.panels import FieldPanel, FieldRowPanel, InlinePanel, MultiFieldPanel
from wagtail.admin.ui.tables import BooleanColumn, Column
from wagtail.admin.viewsets.model import ModelViewSet

from backoffice.lib.versions import CheckedEditView
from backoffice.operators import terms_views, views
from backoffice.operators.connections.waiting_panels import WaitingPanel
from backoffice.operators.models import Network, Operator, Tariff
from backoffice.operators.terms_forms import NetworkForm, OperatorForm, TariffForm
from backoffice.operators.unused import why_unused
from backoffice.operators.unused_panels import UnusedPanel


class OnlyWhenAsked(FieldPanel):
    """A field that the form hides until there is something to confirm."""

    class BoundPanel(FieldPanel.BoundPanel):
        def is_shown(self) -> bool:
            return bool(super().is_shown()) and not self.bound_field.is_hidden


class OperatorViewSet(ModelViewSet):
    model = Operator
    icon = "globe"
    name = "operator"
    url_prefix = "operators/list"
    menu_label = _("Operators")
    search_backend_name = None
    copy_view_enabled = False
    index_view_class = views.OperatorIndexView
    edit_view_class = CheckedEditView
    delete_view_class = views.CarefulDeleteView
    list_display = [
        "name",
        Column(views.lines_up, label=_("Lines up")),
        Column(views.price_span, label=_("Price of a part today")),
        "currency",
        BooleanColumn("is_enabled", label=_("In use")),
    ]
    panels = [
        UnusedPanel(why_unused),
        WaitingPanel(),
        MultiFieldPanel(
            [
                FieldPanel("name"),
                FieldPanel("is_enabled"),
                OnlyWhenAsked("goes_elsewhere"),
                FieldPanel("contact"),
                FieldPanel("receipt_margin"),
            ],
            heading=_("Who it is"),
        ),
        MultiFieldPanel(
            [FieldRowPanel([FieldPanel("currency"), FieldPanel("commitment_per_month")])], heading=_("Money")
        ),
        InlinePanel(
            "steps",
            panels=[FieldRowPanel([FieldPanel("from_parts"), FieldPanel("factor")])],
            heading=_("Volume steps"),
            label=_("step"),
            help_text=_(
                "Each step counts from its first part on; parts before it keep their price. Prices themselves are under Tariffs."
            ),
        ),
        MultiFieldPanel([FieldPanel("senders"), FieldPanel("purposes")], heading=_("What it carries")),
    ]

    def get_edit_handler(self) -> Any:
        handler = super().get_edit_handler()
        handler.base_form_class = OperatorForm
        return handler


class TariffViewSet(ModelViewSet):
    model = Tariff
    icon = "tag"
    name = "tariff"
    url_prefix = "operators/tariffs"
    menu_label = _("Tariffs")
    search_backend_name = None
    copy_view_enabled = False
    list_filter = ["operator"]
    list_per_page = 50
    ordering = ["operator", "prefix", "-valid_from"]
    index_view_class = terms_views.TariffListView
    list_display = [
        "prefix",
        "operator",
        Column(views.price_shown, label=_("Price of a part"), sort_key="price_per_part"),
        "valid_from",
        "valid_to",
    ]
    edit_view_class = CheckedEditView
    panels = [
        FieldPanel("operator"),
        FieldPanel("prefix"),
        FieldPanel("price_per_part"),
        FieldRowPanel([FieldPanel("valid_from"), FieldPanel("valid_to")]),
        OnlyWhenAsked("is_checked"),
    ]

    def get_edit_handler(self) -> Any:
        handler = super().get_edit_handler()
        handler.base_form_class = TariffForm
        return handler


class NetworkViewSet(ModelViewSet):
    model = Network
    icon = "site"
    name = "network"
    url_prefix = "operators/networks"
    menu_label = _("Networks")
    search_backend_name = None
    copy_view_enabled = False
    list_per_page = 50
    ordering = ["name"]
    index_view_class = terms_views.NetworkListView
    edit_view_class = CheckedEditView
    delete_view_class = views.CarefulDeleteView
    list_display = [
        "name",
        "prefix",
        Column("numbers", label=_("Ported numbers"), classname="parley-number"),
    ]
    panels = [FieldPanel("name"), FieldPanel("prefix")]

    def get_edit_handler(self) -> Any:
        handler = super().get_edit_handler()
        handler.base_form_class = NetworkForm
        return handler
