from datetime import timedelta
from typing import Any

from django.db.models import Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from wagtail.admin.forms import WagtailAdminModelForm
from wagtail.admin.viewsets.chooser import ChooserViewSet

from backoffice.audiences.models import Audience
from backoffice.lib.long_select import LongSelect
from backoffice.mailings import when
from backoffice.mailings.choosers import audience_choosing, text_choosing
from backoffice.mailings.models import Mailing
from backoffice.mailings.recurrence import country_names, zones
from backoffice.message_templates.models import MessageTemplate

TEXTS = ("template", "second_text", "third_text")
NOT_USABLE = _("This text is in the archive, or not published any more. Choose another one.")
HELP = {
    "template": _("Only published texts can be chosen."),
    "sender": _("What customers see instead of a number."),
    "validity": _(
        "Hours:minutes:seconds. An operator that cannot deliver a message for so long gives up on it."
    ),
    "budget": _(
        "A plan that costs more cannot be submitted, and sending stops before it would cost more. Empty: no limit."
    ),
    "purpose": _("Only customers who agreed to this purpose get the message."),
}


def others_of(mailing: Mailing) -> QuerySet[Mailing]:
    """Mailings of the last year that customers may have replied to; not runs, each of which belongs to its series."""
    lately = timezone.now() - timedelta(days=366)
    chosen = Q(pk__in=[mailing.trigger_mailing_id or 0])
    offered = Mailing.objects.filter(Q(series=None, planned_at__gte=lately) | chosen)
    return offered.exclude(pk=mailing.pk).order_by("-pk").only("name")


def usable_for(mailing: Mailing) -> QuerySet[MessageTemplate]:
    """The texts that a mailing may have: those in use, and whatever it was saved with."""
    saved = [getattr(mailing, f"{name}_id") or 0 for name in TEXTS] if mailing.pk else []
    return MessageTemplate.objects.usable() | MessageTemplate.objects.filter(pk__in=saved)


def offered_audiences(mailing: Mailing) -> QuerySet[Audience]:
    """All audiences but those in the archive, and the one that was chosen before."""
    return Audience.objects.filter(Q(is_archived=False) | Q(pk=mailing.audience_id))


class MailingForm(WagtailAdminModelForm):
    """Text and audience are chosen from lists of their own, see choosers.py."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in TEXTS:
            self._choose(name, text_choosing, usable_for(self.instance))
            self.fields[name].error_messages["invalid_choice"] = NOT_USABLE
        self._choose("audience", audience_choosing, offered_audiences(self.instance))
        self.fields["trigger_mailing"].widget = LongSelect()
        self.fields["trigger_mailing"].queryset = others_of(self.instance)
        self.fields["zone"].widget = LongSelect(
            choices=[("", _("the company")), *((name, name.replace("_", " ")) for name in zones())]
        )
        self.fields["country"].widget = LongSelect(choices=[("", "–"), *country_names()])
        for name, words in HELP.items():
            self.fields[name].help_text = words

    def _choose(self, name: str, choosing: ChooserViewSet, rows: QuerySet[Any]) -> None:
        field = self.fields[name]
        field.widget = choosing.widget_class(reader=self.for_user)
        field.widget.is_required = field.required
        field.queryset = rows

    def _post_clean(self) -> None:
        super()._post_clean()
        zones = when.zones_of_customers() if self.instance.by_own_clock else ()
        for field, problem in when.problems_with_times(self.instance, zones).items():
            if field not in self.errors:
                self.add_error(field, problem)

    def clean(self) -> dict[str, Any]:
        values: dict[str, Any] = super().clean()
        text, purpose, sender = (values.get(name) for name in ("template", "purpose", "sender"))
        if text and purpose and sender:
            for field, sentence in text.refusals(purpose, sender).items():
                self.add_error(field, sentence)
        return values
