"""Numbers and names in full: masked until somebody with the right says why, for a while, and each showing is recorded."""

import time
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

from django.contrib import messages
from django.db.models import Model
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.cache import patch_cache_control
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views import View

from backoffice.accounts.reading_log import record_reveal
from backoffice.lib.said import stored
from backoffice.lib.screens import NeedsRight

if TYPE_CHECKING:
    from backoffice.accounts.models import User

RIGHT = "customers.reveal_customer"
# As long as a piece of work with one list takes; then the reason has to be given again.
SHOWN_SECONDS = 900
REASON_AT_MOST = 200
_KEPT = "shown_in_full"


@dataclass(frozen=True)
class Showing:
    """How one set of customers is shown to whoever asks: in full only with the right and with a reason."""

    user: "User"
    whose: Model | type[Model]
    may_reveal: bool
    reason: str

    @property
    def is_full(self) -> bool:
        return bool(self.reason)

    @property
    def name(self) -> str:
        """What the set goes by in the form that shows it."""
        return _name(self.whose)

    def record(self, customers: Iterable[int] = (), count: int | None = None) -> None:
        """Writes down that these are shown. Call it before they are."""
        record_reveal(self.user, self.whose, self.reason, customers=customers, count=count)


def showing(request: HttpRequest, whose: Model | type[Model]) -> Showing:
    """How ``whose`` is shown in this request: a row that stands for a set, or a model for its whole table."""
    may_reveal = request.user.has_perm(RIGHT)
    until, reason = request.session.get(_KEPT, {}).get(_name(whose), (0, ""))
    holds = may_reveal and until > time.time()
    return Showing(cast("User", request.user), whose, may_reveal, reason if holds else "")


def never_stored(response: HttpResponse, shown: Showing) -> HttpResponse:
    """The same response; a browser keeps no copy of it when it shows somebody in full."""
    if shown.is_full:
        patch_cache_control(response, no_store=True)
    return response


class ShowInFull(NeedsRight, View):
    """Shows a set in full for a while, or hides it again; then back to the page that asked."""

    right = RIGHT
    http_method_names = ["post"]

    def post(self, request: HttpRequest) -> HttpResponse:
        name = request.POST.get("whose", "")[:100]
        reason = request.POST.get("reason", "").strip()[:REASON_AT_MOST]
        kept = _still_kept(request)
        if "hide" in request.POST:
            kept.pop(name, None)
        elif reason:
            kept[name] = (time.time() + SHOWN_SECONDS, reason)
        else:
            messages.error(request, _("Say why you need the full numbers and names."))
        request.session[_KEPT] = kept
        return redirect(_way_back(request))


class RecordsDownload:
    """Mix-in for the bad rows of a file of customers: each download is recorded; other people's need a reason first."""

    request: Any
    run: Any
    list_name: str

    def may_serve_now(self) -> bool:
        """Whether the rows may go out, which is then written down."""
        shown = showing(self.request, self.run)
        is_own = self.run.created_by_id == self.request.user.pk
        if not (is_own or shown.is_full):
            return False
        reason = shown.reason or stored(lambda: _("Rows of an own file"))
        count = self.run.bad if self.list_name == "bad_rows" else None
        record_reveal(self.request.user, self.run, reason, count=count)
        return True


def _name(whose: Model | type[Model]) -> str:
    label = whose._meta.label_lower
    return f"{label}:{whose.pk}" if isinstance(whose, Model) else label


def _still_kept(request: HttpRequest) -> dict[str, Any]:
    kept = request.session.get(_KEPT, {})
    return {name: given for name, given in kept.items() if given[0] > time.time()}


def _way_back(request: HttpRequest) -> str:
    wished = request.POST.get("next", "")
    is_ours = url_has_allowed_host_and_scheme(wished, {request.get_host()}, require_https=request.is_secure())
    return wished if is_ours else reverse("wagtailadmin_home")
