"""Lists and forms of connections and gateways."""

from typing import Any

from django.contrib import messages as plain_messages
from django.db.models import Count, Q
from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext as _
from wagtail.admin import messages
from wagtail.admin.views import generic

from backoffice.lib.deleting import RefuseWhileUsed
from backoffice.lib.versions import VersionChecked
from kannel.models import Connection, Gateway

LOOKS = {
    Connection.Status.ONLINE: "good",
    Connection.Status.CONNECTING: "moving",
    Connection.Status.RECONNECTING: "warning",
    Connection.Status.DISCONNECTED: "bad",
    Connection.Status.DEAD: "bad",
    Connection.Status.UNKNOWN: "hollow",
    Gateway.Status.RUNNING: "good",
    Gateway.Status.SUSPENDED: "warning",
    Gateway.Status.HANGING: "bad",
    Gateway.Status.DOWN: "bad",
}


class DraftSaved:
    """After saving: the change waits to be applied, on the page that the person is led to."""

    request: Any
    form: Any

    def get_success_message(self, instance: Any = None) -> str:
        if self.form.row.draft:
            return _(
                "Saved as a draft. Nothing in Kannel has changed yet: look at the change below and apply it."
            )
        return _("Saved. This is what runs, so there is nothing to apply.")

    def get_success_buttons(self) -> list[Any]:
        return []

    def get_success_url(self) -> str:
        if self.form.row.draft:
            return reverse("operators:changes")
        return str(super().get_success_url())  # type: ignore[misc]


class DraftCreateView(DraftSaved, generic.CreateView):
    pass


class DraftEditView(DraftSaved, VersionChecked, generic.EditView):
    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        if self.object.draft and self.request.method == "GET":
            messages.warning(
                self.request,
                _("These values are a draft and do not run yet."),
                buttons=[messages.button(reverse("operators:changes"), _("See what changes"))],
            )
        return super().get_context_data(**kwargs)


class UnusedDeleteView(RefuseWhileUsed, generic.DeleteView):
    """Only what is out of use may go: Kannel would keep it, and nobody would see it any more."""

    def form_valid(self, form: Any) -> HttpResponse:
        if self.object.is_enabled:
            plain_messages.error(
                self.request,
                _(
                    "“%(name)s” is in use. Take it out of use in its form and apply that first; then it can be deleted."
                )
                % {"name": self.object},
            )
            return redirect(self.get_success_url())
        return super().form_valid(form)


class ConnectionIndexView(generic.IndexView):
    def get_base_queryset(self) -> Any:
        return super().get_base_queryset().select_related("operator", "gateway")


class GatewayIndexView(generic.IndexView):
    def get_base_queryset(self) -> Any:
        used = Count("connections", filter=Q(connections__is_enabled=True))
        return super().get_base_queryset().annotate(used=used)


def state_of(row: Any) -> str:
    """State of a connection or a gateway, with what waits to be applied."""
    look = LOOKS.get(row.status, "hollow") if row.is_enabled else "hollow"
    word = row.get_status_display() if row.is_enabled else _("out of use")
    shown = format_html('<span class="parley-state parley-state--{}">{}</span>', look, word)
    if not row.draft:
        return shown
    is_new = not row.is_enabled and row.drafted.get("is_enabled")
    draft = _("new, not applied") if is_new else _("draft waits")
    return format_html(
        '{} <a class="parley-quiet" href="{}">({})</a>', shown, reverse("operators:changes"), draft
    )


def account_of(connection: Connection) -> str:
    """Where it goes, and as whom."""
    who = f"{connection.username}@" if connection.username else ""
    binds = f" × {connection.binds}" if connection.binds > 1 else ""
    return f"{who}{connection.host}:{connection.port}{binds}"


def kind_of(connection: Connection) -> str:
    """Its protocol, and that it is for tests only."""
    return (
        f"{connection.get_kind_display()}, {_('tests only')}"
        if connection.is_test
        else connection.get_kind_display()
    )
