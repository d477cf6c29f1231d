"""The archive of what people keep: what was used is not deleted, it is put out of the way and stays whole.

A model has ``is_archived``; its list leaves out what is archived unless ``?standing=archive`` asks for that alone.
"""

from typing import Any

from django.contrib import messages
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from wagtail.admin.widgets.button import Button
from wagtail.log_actions import log

from backoffice.lib.screens import Screen

ARCHIVE = "archive"


def asks_for_archive(request: HttpRequest) -> bool:
    """Whether a list is to show what is in the archive, and nothing else."""
    return request.GET.get("standing") == ARCHIVE


class ArchiveScreen(Screen):
    """Asks first, with what it means, and puts a row into the archive or takes it out again.

    ``archived`` and ``restored`` are the actions in the history, ``address`` and ``list_name`` the names of its own address
    and of the list's.
    """

    template_name = "lib/archive.html"
    header_icon = "folder-inverse"
    model: Any
    archived = restored = address = list_name = ""

    @classmethod
    def buttons(cls, row: Any, user: Any) -> list[Button]:
        """The way of a row into the archive or out of it, for whoever may go it."""
        if not user.has_perm(cls.right):
            return []
        label = _("Take out of the archive") if row.is_archived else _("Archive")
        url = reverse(cls.address, args=[row.pk])
        return [Button(label, url=url, icon_name="folder-inverse", priority=25)]

    @cached_property
    def row(self) -> Any:
        return get_object_or_404(self.model, pk=self.kwargs["pk"])

    def reason_not_to(self) -> str:
        """Why it cannot be archived now, and what to do; empty if it can."""
        return ""

    def uses(self) -> list[Any]:
        """What uses it and keeps it."""
        return []

    def get_page_title(self) -> str:
        title = _("Take “%(name)s” out of the archive") if self.row.is_archived else _("Archive “%(name)s”")
        return title % {"name": self.row}

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context = {"row": self.row, "uses": self.uses(), "list_name": self.list_name}
        reason = "" if self.row.is_archived else self.reason_not_to()
        return super().get_context_data(**kwargs) | context | {"reason": reason}

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        wanted = request.POST.get("is_archived") == "yes"
        if wanted and (reason := self.reason_not_to()):
            messages.error(request, reason)
            return redirect(self.list_name)
        with transaction.atomic():
            # Whoever comes second with the same wish changes nothing, and the history says it once.
            if self.model.objects.filter(pk=pk, is_archived=not wanted).update(is_archived=wanted):
                log(self.row, self.archived if wanted else self.restored, user=request.user)
        said = _("“%(name)s” is in the archive.") if wanted else _("“%(name)s” is out of the archive.")
        messages.success(request, said % {"name": self.row})
        return redirect(self.list_name)
