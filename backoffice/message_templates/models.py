from typing import Any

from django.core.exceptions import ValidationError
from django.db import models
from django.utils.text import Truncator
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from modelcluster.fields import ParentalKey
from modelcluster.models import ClusterableModel
from wagtail.models import DraftStateMixin, LockableMixin, PreviewableMixin, RevisionMixin, WorkflowMixin
from wagtail.search import index

from backoffice.customers.models import Purpose
from backoffice.lib.runs import Run
from backoffice.lib.senders import is_sender
from backoffice.message_templates import merge
from backoffice.message_templates.facts import example_facts
from backoffice.message_templates.languages import LANGUAGES, variant_for
from backoffice.message_templates.preview import preview
from backoffice.message_templates.querysets import MessageTemplateQuerySet
from backoffice.message_templates.samples import CYRILLIC
from kannel.text_field import SmsTextField

# Ten parts of UCS-2 (67 characters each): nobody reads a longer SMS, and few operators carry one.
MAX_TEXT_LENGTH = 670


def validate_merge_fields(text: str) -> None:
    """:raises ValidationError: with one sentence for each thing wrong in the text, and where it is."""
    errors = [
        ValidationError(
            _("%(sentence)s (At character %(position)s.)"),
            code="merge",
            params={"sentence": error.sentence, "position": error.place},
        )
        for error in merge.problems(text)
    ]
    if errors:
        raise ValidationError(errors)


class MessageTemplate(
    WorkflowMixin,
    DraftStateMixin,
    LockableMixin,
    RevisionMixin,
    PreviewableMixin,
    index.Indexed,
    ClusterableModel,
):
    """A text with merge fields, with variants by language. Its row holds what was published; drafts are revisions."""

    name = models.CharField(
        _("name"),
        max_length=120,
        unique=True,
        help_text=_("Only employees see it. Say what the text is for."),
    )
    purpose = models.CharField(
        _("purpose"),
        max_length=20,
        choices=Purpose,
        default=Purpose.MARKETING,
        help_text=_("Only customers who agreed to this purpose will get it."),
    )
    sender = models.CharField(
        _("sender"),
        max_length=15,
        blank=True,
        validators=[is_sender],
        help_text=_("Mailings with this text come from this name only. Empty: from any that is allowed."),
    )
    folder = models.CharField(
        _("folder"),
        max_length=60,
        blank=True,
        db_index=True,
        help_text=_("To find it again in the list. Choose one that is there, or write a new one."),
    )
    text = SmsTextField(
        _("text"),
        max_length=MAX_TEXT_LENGTH,
        validators=[validate_merge_fields],
        help_text=_("For everybody who has no variant in their own language below."),
    )
    created_at = models.DateTimeField(_("written"), auto_now_add=True)
    is_archived = models.BooleanField(
        _("in the archive"),
        default=False,
        editable=False,
        help_text="Kept for the mailings that used it; new ones cannot choose it.",
    )

    objects = MessageTemplateQuerySet.as_manager()

    search_fields = [
        index.SearchField("name"),
        index.AutocompleteField("name"),
        index.SearchField("text"),
        index.AutocompleteField("text"),
        index.FilterField("live"),
        index.FilterField("purpose"),
        index.FilterField("folder"),
        index.FilterField("is_archived"),
    ]

    # For lib.deleting: its own languages; mailings and messages keep it.
    deleted_with = ("message_templates.textvariant.template",)

    class Meta:
        verbose_name = _("text")
        verbose_name_plural = _("texts")
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name

    def variants(self) -> dict[str, str]:
        """Texts with merge fields by language code; the key "" holds the one for everybody else."""
        return {"": self.text, **{variant.language: variant.text for variant in self.language_variants.all()}}

    @property
    def beginning(self) -> str:
        """The first words, for lists."""
        return Truncator(self.text).chars(90)

    @property
    def standing(self) -> str:
        """Whether mailings may use it, in words; asks the database nothing."""
        if self.is_archived:
            return gettext("in the archive")
        if not self.live:
            return gettext("draft")
        return (
            gettext("published, with a newer draft") if self.has_unpublished_changes else gettext("published")
        )

    def text_for(self, language: str) -> str:
        """The text for customers of one language; "ru-RU" takes the variant "ru"."""
        variants = self.variants()
        return variants[variant_for(variants, language)]

    def refusals(self, purpose: str, sender: str) -> dict[str, str]:
        """Why a mailing with this purpose and sender may not use it: sentences by the name of the field, or nothing.

        A text for offers that went out as a service message would reach people who never agreed to offers.
        """
        found = {}
        if purpose != self.purpose:
            found["purpose"] = gettext(
                "The text “%(text)s” is for “%(purpose)s”. Choose that, or another text."
            ) % {
                "text": self.name,
                "purpose": self.get_purpose_display(),
            }
        if self.sender and sender != self.sender:
            found["sender"] = gettext(
                "The text “%(text)s” may only come from “%(sender)s”. Choose that sender, or another text."
            ) % {"text": self.name, "sender": self.sender}
        return found

    def keep_first_revision(self) -> None:
        """Makes a revision of what is stored, if there is none: so that the first change can be compared and undone."""
        if self.latest_revision_id is None:
            stored = MessageTemplate.objects.get(pk=self.pk)
            self.latest_revision = stored.save_revision(clean=False)

    def with_content_json(self, content: Any) -> "MessageTemplate":
        """An old version brings back its words. Whether the text is in the archive is no part of them."""
        version: MessageTemplate = super().with_content_json(content)
        version.is_archived = self.is_archived
        return version

    def get_preview_template(self, request: Any, mode_name: str) -> str:
        return "message_templates/preview.html"

    def get_preview_context(self, request: Any, mode_name: str) -> dict[str, Any]:
        names = dict(LANGUAGES)
        facts = example_facts(self.sender)
        return {
            "template": self,
            "texts": [
                {
                    "language": names.get(code, _("Everybody else")),
                    "bubble": preview(text, CYRILLIC, facts).bubble,
                }
                for code, text in self.variants().items()
            ],
        }


class TextVariant(models.Model):
    """The same text in one language."""

    template = ParentalKey(MessageTemplate, on_delete=models.CASCADE, related_name="language_variants")
    language = models.CharField(_("language"), max_length=8, choices=LANGUAGES)
    text = SmsTextField(_("text"), max_length=MAX_TEXT_LENGTH, validators=[validate_merge_fields])

    class Meta:
        verbose_name = _("variant")
        verbose_name_plural = _("variants by language")
        ordering = ["language"]
        constraints = [
            models.UniqueConstraint(fields=["template", "language"], name="one_variant_for_a_language")
        ]

    def __str__(self) -> str:
        return self.get_language_display()


class TextRun(Run):
    """A file of texts and what came of it."""

    publishes = models.BooleanField(
        _("publish the texts at once"),
        default=False,
        help_text=_("Otherwise they are drafts that somebody publishes after a look at them."),
    )
    added = models.PositiveIntegerField(_("new"), default=0)
    changed = models.PositiveIntegerField(_("changed"), default=0)
    unchanged = models.PositiveIntegerField(_("unchanged"), default=0)

    class Meta(Run.Meta):
        verbose_name = _("upload of texts")
        verbose_name_plural = _("uploads of texts")
        default_permissions = ()
