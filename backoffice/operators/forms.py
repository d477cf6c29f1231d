import re
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from wagtail.admin.forms import WagtailAdminModelForm

from kannel.models import Connection

# Longer ones do not fit the SMPP frame that carries them.
SMPP_USERNAME_AT_MOST = 15


class ConnectionForm(WagtailAdminModelForm):
    """The password can be written and never read: an empty field keeps the old one."""

    password = forms.CharField(
        label=gettext_lazy("Password"),
        required=False,
        max_length=64,
        widget=forms.PasswordInput(render_value=False, attrs={"autocomplete": "new-password"}),
        help_text=gettext_lazy("It is never shown. Leave it empty to keep the present one."),
    )

    def clean_password(self) -> str:
        """The new password, or the present one."""
        return str(self.cleaned_data["password"] or self.initial.get("password") or "")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.initial["password"] = self.instance.password

    def clean(self) -> dict[str, Any]:
        values: dict[str, Any] = super().clean()
        if values.get("kind") == Connection.Kind.HTTP:
            self._check_http(values)
        elif len(values.get("username") or "") > SMPP_USERNAME_AT_MOST:
            self.add_error("username", _("SMPP takes a user name of at most 15 characters."))
        return values

    def _check_http(self, values: dict[str, Any]) -> None:
        port, gateway = values.get("receipt_port"), values.get("gateway")
        if not port:
            self.add_error("receipt_port", _("An HTTP connection needs a port for its receipts."))
        elif gateway:
            others = gateway.connections.filter(receipt_port=port, kind=Connection.Kind.HTTP)
            if other := others.exclude(pk=self.instance.pk).first():
                self.add_error(
                    "receipt_port", _("%(name)s uses this port. Choose another one.") % {"name": other.name}
                )
        if not values.get("success_regex"):
            self.add_error("success_regex", _("Say what an answer looks like that means taken."))
        for field in ("success_regex", "refused_regex", "message_id_regex"):
            try:
                re.compile(values.get(field) or "")
            except re.error:
                self.add_error(field, _("This is no regular expression."))
