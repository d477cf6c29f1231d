from typing import Any

from django import forms
from django.conf import settings
from django.utils.text import capfirst
from wagtail.users.forms import UserCreationForm, UserEditForm

from backoffice.accounts.models import User
from backoffice.lib.phones import normalise_mobile

_PHONE = User._meta.get_field("phone")


class PhoneMixin(forms.Form):
    """Keeps an employee's own number as E.164, however it was typed."""

    # Longer than the column: people type brackets and spaces, which are not kept.
    phone = forms.CharField(
        label=capfirst(_PHONE.verbose_name), help_text=_PHONE.help_text, max_length=40, required=False
    )
    cleaned_data: dict[str, Any]

    def clean_phone(self) -> str:
        raw: str = self.cleaned_data["phone"].strip()
        if not raw:
            return ""
        try:
            return normalise_mobile(raw, settings.DEFAULT_REGION)
        except ValueError as error:
            raise forms.ValidationError(str(error), code="phone") from error


class EmployeeCreationForm(PhoneMixin, UserCreationForm):
    class Meta(UserCreationForm.Meta):
        fields = UserCreationForm.Meta.fields | {"phone"}


class EmployeeForm(PhoneMixin, UserEditForm):
    class Meta(UserEditForm.Meta):
        fields = UserEditForm.Meta.fields | {"phone"}


class OwnPhoneForm(PhoneMixin, forms.ModelForm[User]):
    """On everybody's own account page."""

    class Meta:
        model = User
        fields = ["phone"]
