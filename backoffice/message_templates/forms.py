from typing import Any

import django_filters
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from wagtail.admin.filters import WagtailFilterSet
from wagtail.admin.forms import WagtailAdminModelForm

from backoffice.customers.models import Purpose
from backoffice.lib.archiving import ARCHIVE
from backoffice.message_templates.crowd import above
from backoffice.message_templates.models import MessageTemplate

SHOWN_SENDERS = 10


class TextForm(WagtailAdminModelForm):
    """A text whose sender some operator lets through for its purpose."""

    def clean(self) -> dict[str, Any]:
        values: dict[str, Any] = super().clean()
        sender, purpose = values.get("sender"), values.get("purpose")
        if sender and purpose and not (known := above().senders(purpose)).allow(sender):
            names = ", ".join((known.names or [])[:SHOWN_SENDERS])
            said = _("No operator carries “%(sender)s” for this purpose. Choose one of: %(names)s.")
            self.add_error("sender", said % {"sender": sender, "names": names})
        return values


def _folders() -> list[tuple[str, str]]:
    return [(folder, folder) for folder in MessageTemplate.objects.folders()]


class TextFilterSet(WagtailFilterSet):
    """One folder, one purpose, one standing; each as a list to choose from, because they stand above the texts."""

    folder = django_filters.ChoiceFilter(
        label=gettext_lazy("Folder"), choices=_folders, empty_label=gettext_lazy("All folders")
    )
    purpose = django_filters.ChoiceFilter(
        label=gettext_lazy("Purpose"), choices=Purpose.choices, empty_label=gettext_lazy("All purposes")
    )
    standing = django_filters.ChoiceFilter(
        label=gettext_lazy("Standing"),
        method="of_standing",
        choices=[
            ("published", gettext_lazy("published")),
            ("draft", gettext_lazy("draft")),
            (ARCHIVE, gettext_lazy("in the archive")),
        ],
        empty_label=gettext_lazy("All but the archive"),
    )

    class Meta:
        model = MessageTemplate
        fields = ["folder", "purpose", "standing"]

    def of_standing(self, texts: Any, name: str, wanted: str) -> Any:
        """The list itself leaves the archive out where it is not asked for."""
        return (
            texts.filter(is_archived=True) if wanted == ARCHIVE else texts.filter(live=wanted == "published")
        )
