"""Forms of gateways and connections. Saving one changes nothing that runs: it leaves a draft, to be applied later.

Every value is checked as it will be written, and then by a bearerbox that is started with it and thrown away.
"""

import copy
from collections.abc import Iterable
from pathlib import Path
from typing import Any, Generic, TypeVar

from django import forms
from django.db import models, transaction
from django.db.models import Q
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from wagtail.admin.forms import WagtailAdminModelForm

from backoffice.accounts.names import name_of
from backoffice.accounts.roles import OPERATOR_STAFF
from backoffice.alerts.feed import raise_alert
from backoffice.alerts.models import Alert
from backoffice.operators.connections.waiting import stuck_under
from kannel import configuration, dry_start
from kannel.configuration import ConfigurationError
from kannel.keys import fields_of
from kannel.models import Connection, Drafted, Gateway
from kannel.models.connections import ADDRESS
from kannel.reading import directory_of
from kannel.secret_field import can_keep

# Longer ones do not fit the SMPP frame that carries them.
SMPP_USERNAME_AT_MOST = 15
Row = TypeVar("Row", bound=Drafted)


class DraftForm(WagtailAdminModelForm, Generic[Row]):
    """Shows a row as it is wanted; what is typed becomes its draft. A new row is out of use until it is applied."""

    # Cannot be changed once the row is there: Kannel's receipts and our routes go by them.
    fixed: tuple[str, ...] = ("name",)
    for_user: Any
    row: Row

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        self.row = kwargs.get("instance") or self._meta.model()
        kwargs["instance"] = self.row.wanted() if self.row.pk else self.row
        super().__init__(*args, **kwargs)
        for name in self.fixed:
            if self.row.pk and name in self.fields:
                self.fields[name].disabled = True
        for field in self._usual():
            self.fields[field.name].required = False

    def _usual(self) -> Iterable[Any]:
        """Fields that have a usual value, which an empty one stands for."""
        fields = (self._meta.model._meta.get_field(name) for name in self.fields)
        return [
            field
            for field in fields
            if isinstance(field, models.Field)
            and field.has_default()
            and not isinstance(field, models.BooleanField)
        ]

    def clean(self) -> dict[str, Any]:
        if not can_keep():
            raise forms.ValidationError(
                _("Parley cannot keep passwords yet. Ask the administrator to set KANNEL_SECRET_KEYS.")
            )
        values: dict[str, Any] = super().clean()
        for field in self._usual():
            if field.name not in self.errors and values.get(field.name) in (None, "") and not field.blank:
                values[field.name] = field.get_default()
        self._check_what_waits(values)
        for name, value in values.items():
            # An address that was left empty comes as a text, and would differ from nothing.
            if value == "" and self._meta.model._meta.get_field(name).null:
                values[name] = None
        return values

    def _check_what_waits(self, values: dict[str, Any]) -> None:
        """It is not taken out of use under messages that nobody else could carry."""
        row: Any = self.row
        if row.pk is None or not row.is_enabled or values.get("is_enabled", True):
            return
        if stuck := stuck_under(row):
            self.add_error("is_enabled", " ".join(stuck))

    def _post_clean(self) -> None:
        super()._post_clean()
        if not self.errors:
            try:
                self.check_with_kannel()
            except ConfigurationError as error:
                self._show(error)

    def check_with_kannel(self) -> None:
        """Raises ConfigurationError for what Kannel must not get."""
        raise NotImplementedError

    def _show(self, error: ConfigurationError) -> None:
        """At the field that caused it, or above all fields with its name."""
        if error.field in self.fields:
            self.add_error(error.field, str(error))
        else:
            label = " ".join(word for word in (error.connection, error.field) if word)
            self.add_error(None, f"{label}: {error}" if label else str(error))

    def save(self, commit: bool = True) -> Row:
        """The row, with what was typed as its draft."""
        wanted = self.instance
        with transaction.atomic():
            if self.row.pk is None:
                self.row = copy.copy(wanted)
                self.row.is_enabled = False  # type: ignore[attr-defined]
                self.row.save()
                wanted.pk = self.row.pk
            self.row.put_draft(wanted, self.for_user.pk if self.for_user else None)
        return self.row


class ConnectionForm(DraftForm[Connection]):
    """The password can be written and never read: an empty field keeps the old one."""

    fixed = ("name", "gateway", "account")
    password = forms.CharField(
        label=gettext_lazy("Password"),
        required=False,
        max_length=500,
        strip=False,
        widget=forms.PasswordInput(render_value=False, attrs={"autocomplete": "new-password"}),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["password"].help_text = (
            _("A password is set. It is never shown. Leave this empty to keep it.")
            if self.instance.password
            else _("No password is set. Once set, it is never shown again.")
        )

    def clean_password(self) -> str:
        """The new password, or the present one."""
        typed = str(self.cleaned_data["password"])
        return typed or (self.instance.password if self.row.pk else "")

    def clean(self) -> dict[str, Any]:
        values = super().clean()
        self._check_account(values)
        self._check_where_the_password_goes(values)
        kind = values.get("kind")
        if (
            kind in (Connection.Kind.HTTP, Connection.Kind.ADAPTER)
            and not values.get("receipt_port")
            and "receipt_port" not in self.errors
        ):
            self.add_error("receipt_port", _("An HTTP connection needs a port for its receipts."))
        elif kind == Connection.Kind.SMPP and len(values.get("username") or "") > SMPP_USERNAME_AT_MOST:
            self.add_error("username", _("SMPP takes a user name of at most 15 characters."))
        if kind == Connection.Kind.ADAPTER and not values.get("adapter") and "adapter" not in self.errors:
            self.add_error("adapter", _("Choose the adapter that speaks this operator's language."))
        if kind:
            self._forget_the_other_half(kind, values)
        return values

    def _check_where_the_password_goes(self, values: dict[str, Any]) -> None:
        """A password that nobody typed for the new address does not go there."""
        changed = [name for name in ADDRESS if name in values and values[name] != self.initial.get(name)]
        is_kept = self.row.pk and self.instance.password and not self["password"].data
        if changed and is_kept:
            self.add_error(
                "password",
                _(
                    "Host, port or encryption has changed. Type the password again: it is not sent to another address by itself."
                ),
            )

    def save(self, commit: bool = True) -> Connection:
        """The connection with its draft; a line that is to lead elsewhere is told to the others."""
        connection = super().save(commit)
        if connection.leads_elsewhere:
            wanted = connection.wanted()
            raise_alert(
                f"address:{connection.name}",
                Alert.Level.WARNING,
                lambda: (
                    _(
                        "%(who)s wants %(name)s to lead to %(host)s:%(port)s. Somebody else has to look at it and apply it."
                    )
                    % {
                        "who": name_of(self.for_user) if self.for_user else "",
                        "name": connection.name,
                        "host": wanted.host,
                        "port": wanted.port,
                    }
                ),
                link=reverse("operators:changes"),
                groups=[OPERATOR_STAFF],
            )
        return connection

    def _check_account(self, values: dict[str, Any]) -> None:
        """Receipts of two operators under one word would find each other's messages."""
        operator, smsc_id = values.get("operator"), values.get("account") or values.get("name")
        if operator is None or not smsc_id:
            return
        same = Q(account=smsc_id) | Q(name=smsc_id, account="")
        if Connection.objects.filter(same).exclude(pk=self.row.pk).exclude(operator=operator).exists():
            field = "account" if values.get("account") else "name"
            self.add_error(field, _("A connection to another operator goes by this. Choose another word."))

    def _forget_the_other_half(self, kind: str, values: dict[str, Any]) -> None:
        """What the form does not show for this kind must not come back when the kind is changed."""
        for name in set().union(*(fields_of(one) for one in Connection.Kind.values)):
            if name not in fields_of(kind) and name in self.fields:
                self.errors.pop(name, None)
                values[name] = Connection._meta.get_field(name).get_default()  # type: ignore[union-attr]

    def check_with_kannel(self) -> None:
        wanted: Connection = self.instance
        gateway = wanted.gateway.wanted()
        others = [one.wanted() for one in gateway.connections.exclude(pk=wanted.pk)]
        directory = directory_of(gateway.applied)
        # Out of use, too, it is checked as if it were in use: nobody may put a bad one aside for later.
        used = copy.copy(wanted)
        used.is_enabled = True
        configuration.fit_together(gateway, [*(one for one in others if one.is_enabled), used])
        _try(gateway, [used], directory)


class GatewayForm(DraftForm[Gateway]):
    """Addresses of a gateway. All of them take effect with a restart of its bearerbox."""

    def check_with_kannel(self) -> None:
        wanted: Gateway = self.instance
        ports = [wanted.admin_port, wanted.box_port, wanted.sendsms_port]
        if len(set(ports)) < len(ports):
            raise ConfigurationError("admin_port", _("Give the three ports three different numbers."))
        connections = [one.wanted() for one in wanted.connections.all()] if self.row.pk else []
        _try(wanted, connections, directory_of(self.row.applied))


def _try(gateway: Gateway, connections: list[Connection], directory: Path) -> None:
    text = configuration.render(gateway, connections, directory)
    if said := configuration.problems(text):
        raise ConfigurationError("", said)
    dry_start.try_out(text)
