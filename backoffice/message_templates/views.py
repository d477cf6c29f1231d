from typing import Any, cast
from urllib.parse import urlencode

from django.urls import reverse
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from wagtail.admin.ui.tables import BulkActionsCheckboxColumn, LiveStatusTagColumn
from wagtail.admin.views import generic
from wagtail.admin.widgets.button import Button, HeaderButton
from wagtail.snippets.views import snippets

from backoffice.accounts.models import User
from backoffice.lib.archiving import ARCHIVE, ArchiveScreen
from backoffice.lib.deleting import RefuseWhileUsed
from backoffice.lib.versions import ShowsOlder, VersionChecked
from backoffice.message_templates.models import MessageTemplate, TextVariant
from backoffice.message_templates.panels import WithPhone
from backoffice.message_templates.uses import use_counts, uses_of

CHANGE = "message_templates.change_messagetemplate"
PUBLISH = "message_templates.publish_messagetemplate"
# What a copy takes along; its variants come with it, too.
COPIED = ("name", "purpose", "sender", "folder", "text")
ARCHIVED, RESTORED = "texts.archive", "texts.restore"


class TemplateIndexView(snippets.IndexView):
    """All texts but those in the archive, unless that is asked for. Each says how many mailings use it.

    Without Wagtail's boxes for deleting many at once, which would not say who still uses them, and without its own word
    for the state, which knows no archive.
    """

    @cached_property
    def columns(self) -> list[Any]:
        left_out = BulkActionsCheckboxColumn | LiveStatusTagColumn
        return [column for column in super().columns if not isinstance(column, left_out)]

    def get_base_queryset(self) -> Any:
        texts = super().get_base_queryset()
        return texts if self.request.GET.get("standing") == ARCHIVE else texts.filter(is_archived=False)

    def search_queryset(self, queryset: Any) -> Any:
        """Words in several variants of a text find it once."""
        return super().search_queryset(queryset).distinct()

    def get_table(self, object_list: Any) -> Any:
        counts = use_counts([text.pk for text in object_list])
        for text in object_list:
            text.mailings_count = counts[text.pk]
        return super().get_table(object_list)

    @cached_property
    def header_buttons(self) -> list[Any]:
        buttons = list(super().header_buttons)
        if self.request.user.has_perm(CHANGE):
            buttons.append(HeaderButton(_("Upload"), url=reverse("text_files:upload"), icon_name="upload"))
        return buttons

    @cached_property
    def header_more_buttons(self) -> list[Any]:
        folder = self.request.GET.get("folder", "")
        query = {"folder": folder} if folder else {}
        found = [
            Button(
                label,
                url=f"{reverse('text_files:download', args=[form])}?{urlencode({**query, 'separator': separator})}",
                icon_name="download",
            )
            for form, separator, label in (
                ("csv", "comma", _("Download as CSV with commas")),
                ("csv", "semicolon", _("Download as CSV with semicolons")),
                ("xlsx", "", _("Download for Excel")),
            )
        ]
        if self.request.user.has_perm(CHANGE):
            found.append(Button(_("Uploaded files"), url=reverse("text_files:index"), icon_name="history"))
        return [*super().header_more_buttons, *found]

    def get_list_more_buttons(self, instance: MessageTemplate) -> list[Any]:
        buttons: list[Any] = super().get_list_more_buttons(instance)
        return [*buttons, *TextArchive.buttons(instance, self.request.user)]


class TemplateCreateView(WithPhone, snippets.CreateView):
    pass


class TemplateEditView(WithPhone, VersionChecked, snippets.EditView):
    """The editor, with a way to the archive."""

    def save_instance(self) -> Any:
        self.form.instance.keep_first_revision()
        return super().save_instance()

    @cached_property
    def header_more_buttons(self) -> list[Any]:
        return [*super().header_more_buttons, *TextArchive.buttons(self.object, self.request.user)]


class TemplateRevertView(ShowsOlder, generic.RevisionsRevertMixin, TemplateEditView):
    """The editor with an old version in it."""

    view_name = "revisions_revert"


class TemplateCopyView(WithPhone, snippets.CopyView):
    """A new text with the same words. Wagtail would hand out the old row itself, and saving would change that one."""

    def get_initial_form_instance(self) -> MessageTemplate:
        old = self.get_object()
        copy = MessageTemplate(**{name: getattr(old, name) for name in COPIED})
        copy.language_variants = [
            TextVariant(language=variant.language, text=variant.text)
            for variant in old.language_variants.all()
        ]
        return copy


class TemplateDeleteView(RefuseWhileUsed, snippets.DeleteView):
    pass


class TextArchive(ArchiveScreen):
    """Into the archive and out of it."""

    right = PUBLISH
    model = MessageTemplate
    archived, restored = ARCHIVED, RESTORED
    address, list_name = "message_templates:archive", "message_templates:list"
    trail = [("message_templates:list", gettext_lazy("Texts"))]

    def uses(self) -> list[Any]:
        return uses_of(self.row.pk, cast("User", self.request.user))
