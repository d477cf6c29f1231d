from typing import Any

from django.http import HttpRequest
from django.urls import include, path
from django.utils.translation import gettext_lazy as _
from wagtail import hooks
from wagtail.admin.panels import FieldPanel, FieldRowPanel, InlinePanel
from wagtail.admin.ui.tables import DateColumn, StatusTagColumn
from wagtail.snippets.models import register_snippet
from wagtail.snippets.views.snippets import SnippetViewSet

from backoffice.lib.columns import PlainColumn
from backoffice.lib.snippets import InReadersLanguage
from backoffice.message_templates import file_screens, views
from backoffice.message_templates.forms import TextFilterSet, TextForm
from backoffice.message_templates.live import phone_view
from backoffice.message_templates.models import MessageTemplate
from backoffice.message_templates.panels import UsePanel
from backoffice.message_templates.widgets import SmsTextarea, SuggestingInput


class MessageTemplateViewSet(InReadersLanguage, SnippetViewSet):
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
    search_fields = ["name", "folder", "text", "language_variants__text"]
    search_backend_name = None
    filterset_class = TextFilterSet
    list_per_page = 50
    list_display = [
        "name",
        PlainColumn("beginning", label=_("Text"), classname="parley-words"),
        PlainColumn("folder", label=_("Folder"), sort_key="folder"),
        PlainColumn("get_purpose_display", label=_("Purpose"), sort_key="purpose"),
        StatusTagColumn(
            "standing",
            label=_("Standing"),
            sort_key="live",
            primary=lambda text: text.live and not text.is_archived,
        ),
        PlainColumn("mailings_count", label=_("Mailings"), classname="parley-number"),
        DateColumn("created_at", label=_("Written"), sort_key="created_at"),
    ]
    index_view_class = views.TemplateIndexView
    index_template_name = "message_templates/index.html"
    index_results_template_name = "message_templates/index_results.html"
    add_view_class = views.TemplateCreateView
    edit_view_class = views.TemplateEditView
    copy_view_class = views.TemplateCopyView
    revisions_revert_view_class = views.TemplateRevertView
    delete_view_class = views.TemplateDeleteView
    panels = [
        # Two drafts without a name would be two texts of the same name.
        FieldPanel("name", required_on_save=True),
        FieldRowPanel([FieldPanel("purpose"), FieldPanel("sender")]),
        FieldPanel("folder", widget=SuggestingInput(MessageTemplate.objects.folders)),
        FieldPanel("text", widget=SmsTextarea),
        InlinePanel(
            "language_variants",
            [FieldPanel("language"), FieldPanel("text", widget=SmsTextarea)],
            heading=_("The same in other languages"),
            label=_("language"),
            help_text=_("A customer whose record names one of these languages gets this text instead."),
        ),
        UsePanel(heading=_("Used by")),
    ]

    def get_edit_handler(self) -> Any:
        handler = super().get_edit_handler()
        handler.base_form_class = TextForm
        return handler

    def get_common_view_kwargs(self, **kwargs: Any) -> dict[str, Any]:
        # "Used by" on the page of a text knows more than Wagtail's own list of references.
        found: dict[str, Any] = super().get_common_view_kwargs(usage_url_name=None, **kwargs)
        return found

    def get_urlpatterns(self) -> list[Any]:
        return [
            *(address for address in super().get_urlpatterns() if address.name != "usage"),
            path("phone/", phone_view, name="phone"),
            path("archive/<int:pk>/", views.TextArchive.as_view(), name="archive"),
        ]


register_snippet(MessageTemplateViewSet)


@hooks.register("register_admin_urls")
def register_files() -> list[Any]:
    return [path("texts/files/", include(file_screens.urls))]


@hooks.register("register_log_actions")
def register_archive_actions(actions: Any) -> None:
    actions.register_action(views.ARCHIVED, _("Archive"), _("Put into the archive"))
    actions.register_action(views.RESTORED, _("Take out of the archive"), _("Taken out of the archive"))


@hooks.register("construct_snippet_action_menu")
def publish_first(menu_items: list[Any], request: HttpRequest, context: dict[str, Any]) -> None:
    """Only published texts can be used, so the main button publishes for whoever may."""
    if context.get("model") is MessageTemplate:
        menu_items.sort(key=lambda item: item.name != "action-publish")
