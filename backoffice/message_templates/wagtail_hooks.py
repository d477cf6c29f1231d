from typing import Any

from django.http import HttpRequest
from django.urls import path
from django.utils.translation import gettext_lazy as _
from wagtail import hooks
from wagtail.admin.panels import FieldPanel, InlinePanel
from wagtail.admin.ui.tables import Column, DateColumn, StatusTagColumn
from wagtail.snippets.models import register_snippet
from wagtail.snippets.views.snippets import SnippetViewSet

from backoffice.message_templates import views
from backoffice.message_templates.live import phone_view
from backoffice.message_templates.models import MessageTemplate
from backoffice.message_templates.widgets import SmsTextarea


class MessageTemplateViewSet(SnippetViewSet):
    model = MessageTemplate
    name = "message_templates"
    url_namespace = "message_templates"
    base_url_path = "texts"
    icon = "mail"
    menu_label = _("Texts")
    menu_name = "texts"
    menu_order = 300
    add_to_admin_menu = True
    ordering = ["name"]
    search_fields = ["name", "text"]
    search_backend_name = None
    list_per_page = 50
    list_filter = ["purpose", "live"]
    list_display = [
        "name",
        Column("beginning", label=_("Text")),
        Column("get_purpose_display", label=_("Purpose"), sort_key="purpose"),
        StatusTagColumn("standing", label=_("Standing"), sort_key="live", primary=lambda text: text.live),
        DateColumn("created_at", label=_("Written"), sort_key="created_at"),
    ]
    add_view_class = views.TemplateCreateView
    edit_view_class = views.TemplateEditView
    copy_view_class = views.TemplateCopyView
    delete_view_class = views.TemplateDeleteView
    panels = [
        FieldPanel("name"),
        FieldPanel("purpose"),
        FieldPanel("text", widget=SmsTextarea),
        InlinePanel(
            "language_variants",
            [FieldPanel("language"), FieldPanel("text", widget=SmsTextarea)],
            heading=_("The same in other languages"),
            label=_("language"),
            help_text=_("A customer whose record names one of these languages gets this text instead."),
        ),
    ]

    def get_urlpatterns(self) -> list[Any]:
        return [*super().get_urlpatterns(), path("phone/", phone_view, name="phone")]


register_snippet(MessageTemplateViewSet)


@hooks.register("construct_snippet_action_menu")
def publish_first(menu_items: list[Any], request: HttpRequest, context: dict[str, Any]) -> None:
    """Only published texts can be used, so the main button publishes for whoever may."""
    if context.get("model") is MessageTemplate:
        menu_items.sort(key=lambda item: item.name != "action-publish")
