"""The archive of audiences and of lists: what was used stays whole and is out of the way."""

from typing import Any, cast

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from wagtail.admin.widgets.button import Button

from backoffice.accounts.models import User
from backoffice.audiences import list_rights
from backoffice.audiences.criteria.membership import users_of_audience, users_of_list
from backoffice.audiences.membership_views import USERS_NAMED
from backoffice.audiences.models import Audience, CustomerList
from backoffice.audiences.uses import uses_of
from backoffice.lib.archiving import ARCHIVE, ArchiveScreen, asks_for_archive

AUDIENCE_ARCHIVED, AUDIENCE_RESTORED = "audiences.archive", "audiences.restore"
LIST_ARCHIVED, LIST_RESTORED = "lists.archive", "lists.restore"


class AudienceArchive(ArchiveScreen):
    """Into the archive and out of it."""

    right = "audiences.change_audience"
    model = Audience
    archived, restored = AUDIENCE_ARCHIVED, AUDIENCE_RESTORED
    address, list_name = "audiences:archive", "audiences:index"
    trail = [("audiences:index", gettext_lazy("Audiences"))]

    def reason_not_to(self) -> str:
        return _named_by(self.row.name, users_of_audience(self.row.pk, with_archive=False))

    def uses(self) -> list[Any]:
        return uses_of(self.row.pk, cast("User", self.request.user))


class ListArchive(ArchiveScreen):
    """The same for a list. Who is never written to cannot be put away: every mailing goes by it."""

    model = CustomerList
    archived, restored = LIST_ARCHIVED, LIST_RESTORED
    address, list_name = "lists:archive", "lists:index"
    trail = [("lists:index", gettext_lazy("Lists"))]

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        self.right = list_rights.right_to("delete", self.row.kind)
        return super().dispatch(request, *args, **kwargs)

    def reason_not_to(self) -> str:
        if self.row.kind == CustomerList.Kind.EXCLUSION:
            return _(
                "Every mailing leaves out who is on this list, so it cannot be put into the archive. Take customers off it, or "
                "delete it."
            )
        return _named_by(self.row.name, users_of_list(self.row.pk, with_archive=False))


def _named_by(name: str, users: list[str]) -> str:
    if not users:
        return ""
    return _("These audiences name “%(name)s” in a condition: %(users)s. Change or archive them first.") % {
        "name": name,
        "users": ", ".join(users[:USERS_NAMED]),
    }


def archive_link(request: HttpRequest, list_name: str) -> Button:
    """From a list to what of it is in the archive, or back."""
    if asks_for_archive(request):
        return Button(_("All but the archive"), url=reverse(list_name), icon_name="folder-inverse")
    return Button(
        _("In the archive"), url=f"{reverse(list_name)}?standing={ARCHIVE}", icon_name="folder-inverse"
    )
