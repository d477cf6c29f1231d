from typing import Any

from django.urls import path
from django.utils.translation import gettext_lazy as _
from wagtail import hooks
from wagtail.admin.panels import FieldPanel, MultiFieldPanel
from wagtail.admin.ui.tables import Column, DateColumn
from wagtail.admin.viewsets.model import ModelViewSet

from backoffice.audiences import views
from backoffice.audiences.models import Audience


class AudienceViewSet(ModelViewSet):
    model = Audience
    name = "audiences"
    url_prefix = "audiences"
    icon = "group"
    menu_label = _("Audiences")
    menu_order = 400
    add_to_admin_menu = True
    ordering = ["name"]
    search_fields = ["name", "description"]
    search_backend_name = None
    list_per_page = 50
    list_display = [
        "name",
        Column("sentence", label=_("Who they are")),
        Column("description", label=_("What it is for")),
        DateColumn("updated_at", label=_("Changed"), sort_key="updated_at"),
    ]
    add_view_class = views.AudienceCreateView
    edit_view_class = views.AudienceEditView
    copy_view_class = views.AudienceCopyView
    delete_view_class = views.AudienceDeleteView
    panels = [
        FieldPanel("name"),
        FieldPanel("description"),
        MultiFieldPanel([FieldPanel("match"), FieldPanel("rules")], heading=_("Who they are")),
    ]

    def get_urlpatterns(self) -> list[Any]:
        return [*super().get_urlpatterns(), path("count/", views.count_view, name="count")]


@hooks.register("register_admin_viewset")
def register_audiences() -> AudienceViewSet:
    return AudienceViewSet()
