from typing import Any

from django import forms
from wagtail.admin.forms import WagtailAdminModelForm

from backoffice.audiences.models import Audience
from backoffice.message_templates.models import MessageTemplate


class MailingForm(WagtailAdminModelForm):
    """Only texts that may be used, and native inputs for the two clock times."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in ("template", "audience"):
            self.fields[name].widget = forms.Select()
        self.fields["audience"].queryset = Audience.objects.order_by("name")
        self.fields["template"].queryset = MessageTemplate.objects.usable()
        for name in ("local_from", "local_to"):
            self.fields[name].widget = forms.TimeInput(attrs={"type": "time"}, format="%H:%M")
