"""Steering a mailing that is on its way: slower, or without one of its operators. Each page says the effect first."""

from typing import Any, cast

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db.models import Count, Max, Q
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import include, path, reverse
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from wagtail import hooks

from backoffice.accounts.models import User
from backoffice.accounts.names import name_of
from backoffice.lib.screens import Screen
from backoffice.mailings import live, parts, speed
from backoffice.mailings.lifecycle import Refused
from backoffice.mailings.models import Mailing, Message
from backoffice.mailings.progress import progress_of
from backoffice.mailings.speed_models import MOST_PER_SECOND
from backoffice.operators.models import Operator

EXAMPLES_PER_SECOND = (1, 10, 50, 100, 500)
UNDER_WAY = frozenset({Mailing.State.RUNNING, Mailing.State.PAUSED})


class MailingScreen(Screen):
    """A page about one mailing, below its own page. ``mailing`` is the one that the address names.

    Whatever ``right`` it needs, it is for those only who may see mailings.
    """

    right = "mailings.view_mailing"
    header_icon = "mail"
    trail = [("mailings:index", _("Mailings"))]
    mailing: Mailing

    def setup(self, request: HttpRequest, *args: Any, **kwargs: Any) -> None:
        super().setup(request, *args, **kwargs)
        self.mailing = get_object_or_404(Mailing, pk=kwargs["pk"])

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if not request.user.has_perm("mailings.view_mailing"):
            raise PermissionDenied
        return super().dispatch(request, *args, **kwargs)

    @property
    def user(self) -> User:
        return cast("User", self.request.user)

    def get_page_subtitle(self) -> str:
        return self.mailing.name

    def get_breadcrumbs_items(self) -> list[dict[str, Any]]:
        items: list[dict[str, Any]] = super().get_breadcrumbs_items()
        page = {"url": reverse("mailings:inspect", args=[self.mailing.pk]), "label": self.mailing.name}
        return [*items[:-1], page, items[-1] | {"sublabel": self.mailing.name}]

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(**kwargs) | {"mailing": self.mailing}

    def to_mailing(self) -> HttpResponse:
        return redirect("mailings:inspect", self.mailing.pk)


class Speed(MailingScreen):
    """How many messages a second leave at most; with examples of what that would mean."""

    right = speed.RIGHT
    template_name = "mailings/live/speed.html"
    page_title = _("Slow down")

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        limit = speed.limit_of(self.mailing)
        waiting, now = live.waiting_of(self.mailing), timezone.now()
        seen = [(rate, live.outlook(waiting, rate, now)) for rate in EXAMPLES_PER_SECOND]
        context = {
            "problem": "",
            "typed": str(limit.per_second) if limit else "",
            "limit": limit,
            "rate": progress_of(self.mailing)["rate"],
            "waiting": sum(one.messages for one in waiting),
            "examples": seen if waiting else [],
            "most": MOST_PER_SECOND,
        }
        return context | super().get_context_data(**kwargs)

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if self.mailing.state not in speed.LIMITABLE:
            messages.error(request, gettext("Only a mailing that is on its way can be slowed down."))
            return self.to_mailing()
        return super().get(request, *args, **kwargs)

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        typed = request.POST.get("per_second", "").strip()
        try:
            if request.POST.get("what") == "full":
                speed.full_speed(self.mailing, self.user)
                messages.success(request, gettext("It goes as fast as its operators take it again."))
            else:
                # What is no number is told like a number that makes no sense.
                speed.slow_down(self.mailing, int(typed) if typed.isdecimal() else 0, self.user)
                messages.success(request, gettext("It is slowed down from now on."))
        except Refused as refusal:
            context = self.get_context_data(problem=str(refusal), typed=typed)
            return render(request, self.template_name, context)
        return self.to_mailing()


class StopOperator(MailingScreen):
    """One operator carries no more of this mailing until a person lets it."""

    right = "mailings.control_mailing"
    template_name = "mailings/live/stop_operator.html"

    def setup(self, request: HttpRequest, *args: Any, **kwargs: Any) -> None:
        super().setup(request, *args, **kwargs)
        self.operator = get_object_or_404(Operator, pk=kwargs["operator"])

    def get_page_title(self) -> str:
        return gettext("Stop %(operator)s") % {"operator": self.operator.name}

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        waits = Q(state=Message.State.WAITING)
        over_it = (
            Message.objects.of(self.mailing)
            .filter(connection__operator=self.operator)
            .exclude(state__in=(Message.State.EXCLUDED, Message.State.HELD_OUT))
        )
        counts = over_it.aggregate(
            waiting=Count("id", filter=waits),
            gone=Count("id", filter=~waits),
            latest_at=Max("latest_at", filter=waits),
        )
        return super().get_context_data(**kwargs) | counts | {"operator": self.operator}

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if self.mailing.state not in UNDER_WAY:
            messages.error(request, gettext("An operator can be stopped while the mailing is on its way."))
            return self.to_mailing()
        return super().get(request, *args, **kwargs)

    def post(self, request: HttpRequest, **kwargs: Any) -> HttpResponse:
        words = {"operator": self.operator.name, "person": name_of(self.user)}
        why = request.POST.get("reason", "").strip()[:200]
        reason = gettext("%(person)s stopped it.") % words
        if self.mailing.state not in UNDER_WAY:
            messages.error(request, gettext("An operator can be stopped while the mailing is on its way."))
        elif parts.pause_part(self.mailing, self.operator, f"{reason} {why}".strip(), self.user):
            messages.success(request, gettext("Nothing more of it leaves over %(operator)s.") % words)
        else:
            messages.error(request, gettext("It was paused over %(operator)s already.") % words)
        return self.to_mailing()


urls = (
    [
        path("speed/<int:pk>/", Speed.as_view(), name="speed"),
        path("stop-operator/<int:pk>/<int:operator>/", StopOperator.as_view(), name="stop_operator"),
    ],
    "control",
)


@hooks.register("register_admin_urls")
def register_control_screens() -> list[Any]:
    return [path("mailings/control/", include(urls))]


@hooks.register("parley_mailing_links")
def link_to_speed(mailing: Mailing, user: User) -> list[tuple[str, str]]:
    """On the page of a mailing that is on its way, for whoever may steer it."""
    if mailing.state not in speed.LIMITABLE or not user.has_perm(speed.RIGHT):
        return []
    return [(reverse("control:speed", args=[mailing.pk]), gettext("Slow down …"))]
