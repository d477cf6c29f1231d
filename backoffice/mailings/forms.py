from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _
from wagtail.admin.forms import WagtailAdminModelForm

from backoffice.audiences.models import Audience
from backoffice.message_templates.models import MessageTemplate

HELP = {
    "template": _("Only published texts can be chosen."),
    "sender": _("What customers see instead of a number."),
    "validity": _(
        "Hours:minutes:seconds. An operator that cannot deliver a message for so long gives up on it."
    ),
    "budget": _("A plan that costs more cannot be submitted. Empty: no limit."),
    "purpose": _("Only customers who agreed to this purpose get the message."),
}


class MailingForm(WagtailAdminModelForm):
    """Only texts that may be used, chosen from a list; native inputs for the two clock times."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in ("template", "audience"):
            self.fields[name].widget = forms.Select()
        self.fields["audience"].queryset = Audience.objects.order_by("name")
        self.fields["template"].queryset = MessageTemplate.objects.usable()
        for name in ("local_from", "local_to"):
            self.fields[name].widget = forms.TimeInput(attrs={"type": "time"}, format="%H:%M")
        for name, words in HELP.items():
            self.fields[name].help_text = words

    def clean(self) -> dict[str, Any]:
        values: dict[str, Any] = super().clean()
        text, purpose, sender = (values.get(name) for name in ("template", "purpose", "sender"))
        if text and purpose and sender:
            for field, sentence in text.refusals(purpose, sender).items():
                self.add_error(field, sentence)
        return values
