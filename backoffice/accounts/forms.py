from typing import Any

from django import forms
from django.conf import settings
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from wagtail.admin.forms.account import NameEmailForm
from wagtail.users.forms import UserCreationForm, UserEditForm

from backoffice.accounts.models import User
from backoffice.accounts.names import is_taken
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


class OwnName(forms.Form):
    """Mix-in: nobody is called as somebody else is, nor nearly so."""

    cleaned_data: dict[str, Any]
    instance: User
    initial: dict[str, Any]

    def clean(self) -> dict[str, Any]:
        values: dict[str, Any] = super().clean() or self.cleaned_data
        parts = ("first_name", "last_name")
        name = " ".join(values[part] for part in parts if values.get(part)).strip()
        is_new = any(values.get(part) != self.initial.get(part) for part in parts if part in values)
        if name and is_new and is_taken(name, self.instance):
            values.pop("first_name", None)
            self.add_error(
                "last_name",
                _(
                    "Somebody else is called so, or nearly so. Add a middle name or a department, so that nobody is mistaken."
                ),
            )
        return values


class EmployeeCreationForm(OwnName, PhoneMixin, UserCreationForm):
    class Meta(UserCreationForm.Meta):
        fields = UserCreationForm.Meta.fields | {"phone"}


class EmployeeForm(OwnName, PhoneMixin, UserEditForm):
    class Meta(UserEditForm.Meta):
        fields = UserEditForm.Meta.fields | {"phone"}


class OwnPhoneForm(PhoneMixin, forms.ModelForm[User]):
    """On everybody's own account page."""

    class Meta:
        model = User
        fields = ["phone"]


class OwnNameForm(OwnName, NameEmailForm):
    """Name and e-mail on everybody's own account page. Whoever has the e-mail can set a new password."""

    present_password = forms.CharField(
        label=gettext_lazy("Your present password"),
        required=False,
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
        help_text=gettext_lazy(
            "Only needed to change your e-mail address: a new password can be set through it."
        ),
    )

    class Meta(NameEmailForm.Meta):
        pass

    def clean(self) -> dict[str, Any]:
        values = super().clean()
        is_new = "email" in values and values["email"] != self.initial.get("email")
        if is_new and not self.instance.check_password(values.get("present_password") or ""):
            # Taken out, so that the employee keeps the old one also while the page is shown again.
            del values["email"]
            self.add_error(
                "present_password",
                _("Type your present password, so that nobody else changes your e-mail address."),
            )
        return values
