"""The screens of an audience's past: who changed what, two versions side by side, and going back to one."""

from typing import Any

from django.http import HttpRequest
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from wagtail.admin.views.generic.history import ActionColumn
from wagtail.models import Revision
from wagtail.snippets.views import snippets

from backoffice.audiences.changes import changes
from backoffice.audiences.models import Audience


class WithoutAutosave:
    """Mix-in for the create and edit views: what is typed becomes the audience only when somebody saves it."""

    def setup(self, request: HttpRequest, *args: Any, **kwargs: Any) -> None:
        super().setup(request, *args, **kwargs)  # type: ignore[misc]
        self.autosave_enabled = False


class ChangesColumn(ActionColumn):
    """What was done and, below, what changed by it."""

    cell_template_name = "audiences/changes_cell.html"


class AudienceHistoryView(snippets.HistoryView):
    """Who changed what, in sentences."""

    any_permission_required = ["view", "change"]

    @cached_property
    def columns(self) -> list[Any]:
        action, *others = super().columns
        urls = dict(action.url_names)
        if not self.user_has_permission("change"):
            urls |= {"edit": None, "revisions_revert": None}
        changed = ChangesColumn(
            "message", label=action.label, object=self.object, url_names=urls, user_can_unschedule=False
        )
        return [changed, *others]

    def get_table(self, object_list: Any) -> Any:
        """Reads the versions before those of this page at once."""
        entries = list(object_list)
        before = Revision.objects.in_bulk([entry.previous_revision_id for entry in entries])
        for entry in entries:
            previous = before.get(entry.previous_revision_id)
            if entry.revision and previous:
                entry.changes = changes(version(previous), version(entry.revision))
        return super().get_table(entries)


class AudienceCompareView(snippets.RevisionsCompareView):
    """Two versions side by side, each with its date, its author and its sentence."""

    permission_required = "view"
    template_name = "audiences/versions.html"

    def _get_revision_and_heading(self, revision_id: str) -> tuple[Audience, str]:
        audience, heading = super()._get_revision_and_heading(revision_id)
        revision = self._revision(revision_id)
        if revision is not None:
            heading = when_and_who(revision)
        return audience, heading

    def _revision(self, revision_id: str) -> Revision | None:
        revisions = self.object.revisions.select_related("user").order_by("created_at", "id")
        if revision_id in ("latest", "live"):
            return revisions.last()
        return revisions.first() if revision_id == "earliest" else revisions.filter(pk=revision_id).first()


def when_and_who(revision: Revision) -> str:
    """The moment a version was made, and by whom."""
    when = date_format(timezone.localtime(revision.created_at), "j E Y, H:i")
    return _("%(when)s, %(who)s") % {"when": when, "who": _name(revision.user)}


def version(revision: Revision) -> Audience:
    """The audience as it was; nothing is read from the database for it."""
    found: Audience = Audience.from_serializable_data(revision.content, check_fks=False)
    return found


def _name(user: Any) -> str:
    return (user.get_full_name() or user.get_username()) if user else _("nobody in particular")
