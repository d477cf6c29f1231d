"""Forms of adapters. One that a connection uses stays as it is: a change goes into a copy, which is tried and applied."""

from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from wagtail.admin.forms import WagtailAdminModelForm

from kannel.adapters import checks
from kannel.models import Adapter, Connection

SMALL = {"rows": 3, "spellcheck": "false", "class": "adapter-code"}


def used_by(adapter: Adapter) -> list[str]:
    """The connections that run with it, or are to."""
    if adapter._state.adding:
        return []
    rows = Connection.objects.only("name", "kind", "adapter_id", "draft", "is_enabled")
    running = (one for one in rows if one.is_enabled and one.adapter_id == adapter.pk)
    wanted = (one for one in rows if one.draft and one.drafted.get("adapter_id") == adapter.pk)
    return sorted({one.name for one in (*running, *wanted)})


class AdapterForm(WagtailAdminModelForm):
    """Every template and rule is read as it will be used; what makes no sense is said at its field."""

    class Meta:
        widgets = {
            "headers": forms.Textarea(attrs=SMALL),
            "body": forms.Textarea(attrs={**SMALL, "rows": 10}),
            "token_body": forms.Textarea(attrs=SMALL),
            "taken_when": forms.Textarea(attrs=SMALL),
            "later_when": forms.Textarea(attrs=SMALL),
            "refused_when": forms.Textarea(attrs=SMALL),
            "account_when": forms.Textarea(attrs=SMALL),
            "money_when": forms.Textarea(attrs=SMALL),
        }

    def clean(self) -> dict[str, Any]:
        values: dict[str, Any] = super().clean()
        if names := used_by(self.instance):
            raise forms.ValidationError(
                _(
                    "%(names)s runs with this adapter. Copy it, change and try the copy, then choose the copy in the "
                    "connection and apply that."
                )
                % {"names": ", ".join(names)}
            )
        return values

    def _post_clean(self) -> None:
        super()._post_clean()
        if not self.errors:
            for field, sentence in checks.problems(self.instance).items():
                self.add_error(field, sentence)


class SampleForm(forms.Form):
    """An answer, a receipt and a customer's message as the operator's description shows them."""

    status = forms.IntegerField(
        label=gettext_lazy("Status of the answer"), min_value=100, max_value=599, initial=200
    )
    answer = forms.CharField(
        label=gettext_lazy("Answer"),
        required=False,
        max_length=20_000,
        widget=forms.Textarea(attrs={**SMALL, "rows": 6}),
    )
    receipt = forms.CharField(
        label=gettext_lazy("Receipt"),
        required=False,
        max_length=20_000,
        help_text=gettext_lazy(
            "The body of the operator's call; of a GET what stands after the question mark."
        ),
        widget=forms.Textarea(attrs={**SMALL, "rows": 6}),
    )
    inbound = forms.CharField(
        label=gettext_lazy("Message of a customer"),
        required=False,
        max_length=20_000,
        help_text=gettext_lazy("The body of the operator's call with it, where it brings such messages."),
        widget=forms.Textarea(attrs={**SMALL, "rows": 6}),
    )
