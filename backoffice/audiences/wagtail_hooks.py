from typing import Any

from django.urls import path
from django.utils.translation import gettext_lazy as _
from wagtail import hooks
from wagtail.admin.panels import FieldPanel, MultiFieldPanel
from wagtail.admin.ui.tables import DateColumn
from wagtail.snippets.models import register_snippet
from wagtail.snippets.views.snippets import SnippetViewSet, SnippetViewSetGroup

from backoffice.audiences import archive_views, history, live, screens, views
from backoffice.audiences.columns import SentenceColumn
from backoffice.audiences.list_viewset import ListViewSet
from backoffice.audiences.models import Audience
from backoffice.audiences.tasks import CHANGED
from backoffice.audiences.use_panels import UseNotice, UsePanel
from backoffice.lib.columns import PlainColumn
from backoffice.lib.snippets import InReadersLanguage


class AudienceViewSet(InReadersLanguage, SnippetViewSet):
    model = Audience
    name = "audiences"
    url_namespace = "audiences"
    base_url_path = "audiences"
    icon = "group"
    menu_label = _("Audiences")
    menu_name = "audiences"
    ordering = ["name"]
    search_fields = ["name", "description"]
    search_backend_name = None
    list_per_page = 50
    list_display = [
        "name",
        SentenceColumn("sentence", label=_("Who they are")),
        PlainColumn("description", label=_("What it is for")),
        DateColumn("updated_at", label=_("Changed"), sort_key="updated_at"),
    ]
    index_view_class = views.AudienceIndexView
    add_view_class = views.AudienceCreateView
    edit_view_class = views.AudienceEditView
    copy_view_class = views.AudienceCopyView
    delete_view_class = views.AudienceDeleteView
    history_view_class = history.AudienceHistoryView
    revisions_revert_view_class = views.AudienceRevertView
    revisions_compare_view_class = history.AudienceCompareView
    panels = [
        UseNotice(),
        FieldPanel("name"),
        FieldPanel("description"),
        MultiFieldPanel([FieldPanel("match"), FieldPanel("rules")], heading=_("Who they are")),
        UsePanel(heading=_("Used by")),
    ]

    def get_common_view_kwargs(self, **kwargs: Any) -> dict[str, Any]:
        # "Used by" on the page of an audience knows more than Wagtail's own list of references.
        found: dict[str, Any] = super().get_common_view_kwargs(usage_url_name=None, **kwargs)
        return found

    def get_urlpatterns(self) -> list[Any]:
        return [
            path("", self.index_view, name="index"),
            path("new/", self.add_view, name="new"),
            *(address for address in super().get_urlpatterns() if address.name != "usage"),
            path("count/", live.CountView.as_view(), name="count"),
            path("count/exact/", live.ExactView.as_view(), name="exact"),
            path("count/breakdown/", live.BreakdownView.as_view(), name="breakdown"),
            path("why/", live.WhyView.as_view(), name="why_typed"),
            path("why/<int:pk>/", screens.WhyScreen.as_view(), name="why"),
            path("archive/<int:pk>/", archive_views.AudienceArchive.as_view(), name="archive"),
            path("compare/", screens.CompareScreen.as_view(), name="compare"),
        ]


class AudienceGroup(SnippetViewSetGroup):
    items = (AudienceViewSet, ListViewSet)
    menu_label = _("Audiences")
    menu_icon = "group"
    menu_order = 400


register_snippet(AudienceGroup)


@hooks.register("register_log_actions")
def register_list_actions(actions: Any) -> None:
    actions.register_action(CHANGED, _("Change a list"), _("Changed who is on the list"))
    for archived, restored in (
        (archive_views.AUDIENCE_ARCHIVED, archive_views.AUDIENCE_RESTORED),
        (archive_views.LIST_ARCHIVED, archive_views.LIST_RESTORED),
    ):
        actions.register_action(archived, _("Archive"), _("Put into the archive"))
        actions.register_action(restored, _("Take out of the archive"), _("Taken out of the archive"))
