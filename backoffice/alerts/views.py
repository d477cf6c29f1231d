from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views import View
from wagtail.log_actions import log

from backoffice.alerts.models import Alert
from backoffice.alerts.querysets import AlertQuerySet
from backoffice.lib.screens import NeedsRight, Screen

OPEN_SHOWN = 200
HISTORY_PAGE = 50
RIGHT = "alerts.view_alert"


class FeedView(Screen):
    """Open alerts, worst first, then those whose cause is gone, page by page by id: no page costs more than the first."""

    right = RIGHT
    template_name = "alerts/feed.html"
    page_title = gettext_lazy("Alerts")
    header_icon = "bell"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        before = self.request.GET.get("before", "")
        history = self.alerts().closed().order_by("-pk")
        if before.isdecimal() and len(before) < 19:
            history = history.filter(pk__lt=int(before))
        shown = list(history[: HISTORY_PAGE + 1])
        level = self.request.GET.get("level", "")
        return super().get_context_data(
            open_alerts=[] if before else list(self.alerts().open().worst_first()[:OPEN_SHOWN]),
            history=shown[:HISTORY_PAGE],
            older=shown[HISTORY_PAGE - 1].pk if len(shown) > HISTORY_PAGE else None,
            before=before,
            level=level if level in Alert.Level.values else "",
            levels=Alert.Level.choices,
            only_mine="mine" in self.request.GET,
            may_read_all=self.alerts().open().unread_by(self.reader()).exists(),
            **kwargs,
        )

    def reader(self) -> Any:
        return self.request.user

    def alerts(self) -> AlertQuerySet:
        user = self.reader()
        alerts = Alert.objects.visible_to(user).select_related("acknowledged_by").with_reading_of(user)
        if "mine" in self.request.GET:
            alerts = alerts.mine(user)
        level = self.request.GET.get("level", "")
        return alerts.filter(level=level) if level in Alert.Level.values else alerts


class AcknowledgeView(NeedsRight, View):
    """Notes who takes care of an alert, with a comment. POST only."""

    right = RIGHT

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        user: Any = request.user
        alert = get_object_or_404(Alert.objects.visible_to(user), pk=pk)
        comment = request.POST.get("comment", "").strip()
        if alert.acknowledge(user, comment):
            log(instance=alert, action="alerts.acknowledge", user=user, data={"comment": comment[:400]})
            messages.success(request, _("Acknowledged. The others can see that you take care of it."))
        else:
            messages.info(request, _("Somebody was faster, or its cause is gone."))
        return redirect(reverse("alerts:feed"))


class ReadView(NeedsRight, View):
    """Notes that the reader has read an information, or all of them. POST only."""

    right = RIGHT

    def post(self, request: HttpRequest, pk: int | None = None) -> HttpResponse:
        user: Any = request.user
        alerts = Alert.objects.open_for(user)
        if pk is not None:
            alerts = alerts.filter(pk=get_object_or_404(alerts, pk=pk).pk)
        alerts.read(user)
        return redirect(reverse("alerts:feed"))


class BellView(NeedsRight, View):
    """The numbers on the bell and what a screen reader says, as JSON. Asked every few seconds by every page."""

    right = RIGHT

    def get(self, request: HttpRequest) -> HttpResponse:
        user: Any = request.user
        alerts = Alert.objects.open_for(user)
        count, unread = alerts.waiting().count(), alerts.unread_by(user).count()
        sentence = ngettext(
            "%(count)d alert waits for somebody.", "%(count)d alerts wait for somebody.", count
        ) % {"count": count}
        told = ngettext("%(count)d piece of news to read.", "%(count)d pieces of news to read.", unread)
        if unread:
            sentence = " ".join([*([sentence] if count else []), told % {"count": unread}])
        return JsonResponse({"count": count, "unread": unread, "sentence": sentence})
