from typing import Any

from django.urls import reverse
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from wagtail.admin.ui.tables import BulkActionsCheckboxColumn
from wagtail.admin.views import generic
from wagtail.admin.widgets.button import Button, HeaderButton
from wagtail.snippets.views import snippets

from backoffice.audiences.archive_views import AudienceArchive, archive_link
from backoffice.audiences.history import WithoutAutosave, when_and_who
from backoffice.audiences.membership_views import NoCircle, OffersFreezing, RefuseWhileCondition
from backoffice.audiences.models import Audience
from backoffice.audiences.panels import WithReach
from backoffice.lib.archiving import asks_for_archive
from backoffice.lib.deleting import RefuseWhileUsed
from backoffice.lib.versions import ShowsOlder, VersionChecked


class AudienceIndexView(snippets.IndexView):
    """The list, with a way to compare two. Without Wagtail's boxes for deleting many at once, which would not say who
    still uses them."""

    def get_base_queryset(self) -> Any:
        return super().get_base_queryset().filter(is_archived=asks_for_archive(self.request))

    @cached_property
    def header_more_buttons(self) -> list[Any]:
        return [*super().header_more_buttons, archive_link(self.request, "audiences:index")]

    @cached_property
    def columns(self) -> list[Any]:
        return [column for column in super().columns if not isinstance(column, BulkActionsCheckboxColumn)]

    @cached_property
    def header_buttons(self) -> list[Any]:
        return [*super().header_buttons, _compare_button()]

    def get_list_more_buttons(self, instance: Audience) -> list[Any]:
        buttons: list[Any] = super().get_list_more_buttons(instance)
        if self.request.user.has_perm("customers.view_customer"):
            buttons.append(
                Button(_("Why is a customer in it?"), _why_url(instance), icon_name="help", priority=25)
            )
        return [*buttons, *AudienceArchive.buttons(instance, self.request.user)]


class AudienceCreateView(WithoutAutosave, WithReach, snippets.CreateView):
    pass


class AudienceEditView(
    NoCircle, OffersFreezing, WithoutAutosave, WithReach, VersionChecked, snippets.EditView
):
    """The editor, with ways to what can be asked about a saved audience."""

    @cached_property
    def header_more_buttons(self) -> list[Button]:
        return [*super().header_more_buttons, *AudienceArchive.buttons(self.object, self.request.user)]

    def save_instance(self) -> Any:
        self.form.instance.keep_first_revision()
        return super().save_instance()

    @property
    def header_buttons(self) -> list[Any]:
        buttons = [_compare_button(self.object.pk)]
        if self.request.user.has_perm("customers.view_customer"):
            buttons.append(
                HeaderButton(
                    _("Why is a customer in it?"),
                    url=_why_url(self.object),
                    icon_name="help",
                )
            )
        return buttons


class AudienceRevertView(ShowsOlder, generic.RevisionsRevertMixin, AudienceEditView):
    """The editor with an old version in it."""

    view_name = "revisions_revert"

    def get_warning_message(self) -> str:
        return _("This is an old version: %(version)s. Nothing is changed before you save it.") % {
            "version": when_and_who(self.revision)
        }


class AudienceCopyView(WithoutAutosave, WithReach, snippets.CopyView):
    """A new audience with the same answers; the history stays with the old one."""

    def get_initial_form_instance(self) -> Audience:
        old = self.get_object()
        return Audience(name=old.name, description=old.description, match=old.match, rules=old.rules)


class AudienceDeleteView(RefuseWhileCondition, RefuseWhileUsed, snippets.DeleteView):
    """Says first what goes and what stays."""

    @property
    def confirmation_message(self) -> str:
        return _(
            "The audience “%(name)s” is deleted for good, with its history. Customers, lists and what was sent stay."
        ) % {"name": self.object.name}


def _why_url(audience: Audience) -> str:
    return reverse("audiences:why", args=[audience.pk])


def _compare_button(first: int | None = None) -> HeaderButton:
    query = f"?first={first}" if first else ""
    return HeaderButton(_("Compare"), url=reverse("audiences:compare") + query, icon_name="resubmit")
