"""Where the screens of lists are, and their place in the menu."""

from typing import Any

from django.urls import path, re_path, reverse
from django.utils.translation import gettext_lazy as _
from wagtail.admin.viewsets.base import ViewSet

from backoffice.audiences import archive_views, list_rights, list_run_views, list_views
from backoffice.lib.screens import RightMenuItem


class ListViewSet(ViewSet):
    name = "lists"
    url_prefix = "audiences/lists"
    icon = "list-ul"
    menu_label = _("Lists")

    def get_menu_item(self, order: int | None = None) -> RightMenuItem:
        return RightMenuItem(
            self.menu_label,
            reverse("lists:index"),
            right=list_rights.VIEW,
            name="lists",
            icon_name=self.icon,
            order=order or 0,
        )

    def get_urlpatterns(self) -> list[Any]:
        one, runs = list_views, list_run_views
        return [
            path("", one.ListIndex.as_view(), name="index"),
            path("new/", one.ListAdd.as_view(), name="add"),
            path("freeze/<int:pk>/", runs.Freeze.as_view(), name="freeze"),
            path("<int:pk>/archive/", archive_views.ListArchive.as_view(), name="archive"),
            path("<int:pk>/", one.ListPage.as_view(), name="page"),
            path("<int:pk>/rename/", one.ListEdit.as_view(), name="edit"),
            re_path(r"^sample/(?P<form>csv|xlsx|headings)/$", runs.ListSample.as_view(), name="sample"),
            path("<int:pk>/put/", runs.ListPut.as_view(), name="put"),
            path("<int:pk>/take/", runs.ListTake.as_view(), name="take"),
            path("<int:pk>/combine/", runs.ListCombine.as_view(), name="combine"),
            path("<int:pk>/empty/", one.ListEmpty.as_view(), name="empty"),
            path("<int:pk>/delete/", one.ListDelete.as_view(), name="delete"),
            path("<int:pk>/csv/", one.ListExport.as_view(), name="csv"),
            path("<int:pk>/xlsx/", one.ListExport.as_view(file_format="xlsx"), name="xlsx"),
            path("runs/<int:pk>/", runs.ListRunPage.as_view(), name="run"),
            path("runs/<int:pk>/progress/", runs.ListRunProgress.as_view(), name="progress"),
            path("runs/<int:pk>/start/", runs.ListRunStart.as_view(), name="start"),
            path("runs/<int:pk>/stop/", runs.ListRunStop.as_view(), name="stop"),
            path("runs/<int:pk>/bad-rows/", runs.ListRunBadRows.as_view(), name="bad_rows"),
        ]
