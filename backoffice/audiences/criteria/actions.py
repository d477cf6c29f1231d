"""What customers did, as the CRM told us."""

from datetime import timedelta
from typing import Any

from django.db.models import Count, Exists, OuterRef, Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from wagtail import blocks

from backoffice.audiences.criteria.base import HISTORY, Criterion, DaysAgo, days_errors, days_words
from backoffice.customers.models import Action


class LastPurchase(DaysAgo):
    criterion = "last_purchase"
    column = "last_purchase_on"
    words_within = gettext_lazy("the last purchase was within the last %(days)s")
    words_before = gettext_lazy("the last purchase was longer than %(days)s ago, or never")

    class Meta:
        label = gettext_lazy("Last purchase")
        icon = "history"
        group = HISTORY


class LastVisit(DaysAgo):
    criterion = "last_visit"
    column = "last_visit_on"
    words_within = gettext_lazy("the last visit was within the last %(days)s")
    words_before = gettext_lazy("the last visit was longer than %(days)s ago, or never")

    class Meta:
        label = gettext_lazy("Last visit")
        icon = "view"
        group = HISTORY


class Did(Criterion):
    criterion = "did"
    did = blocks.ChoiceBlock(
        choices=[("did", gettext_lazy("did")), ("not", gettext_lazy("did not"))],
        default="did",
        label=gettext_lazy("whether"),
    )
    kind = blocks.ChoiceBlock(
        choices=Action.Kind.choices, default=Action.Kind.PURCHASE, label=gettext_lazy("what")
    )
    times = blocks.IntegerBlock(label=gettext_lazy("at least … times"), default=1, required=False)
    days = blocks.IntegerBlock(label=gettext_lazy("within the last … days"), default=30, required=False)

    class Meta:
        label = gettext_lazy("Did or did not do something")
        label_format = "{label}: {did} {kind}"
        icon = "tasks"
        group = HISTORY

    def errors(self, value: Any) -> dict[str, str]:
        found = days_errors("days", value["days"])
        if value["times"] is None or not 1 <= value["times"] <= 1_000:
            found["times"] = _("Give a number of times from 1 to 1,000.")
        return found

    def to_q(self, value: Any) -> Q:
        # EXISTS and not IN: what does not fit into memory becomes index look-ups, never a loop within a loop.
        actions: QuerySet[Any, Any] = Action.objects.filter(
            customer=OuterRef("pk"),
            kind=value["kind"],
            at__gte=timezone.now() - timedelta(days=value["days"]),
        )
        if value["times"] > 1:
            actions = actions.values("customer").annotate(times=Count("pk")).filter(times__gte=value["times"])
        q = Q(Exists(actions))
        return ~q if value["did"] == "not" else q

    def sentence(self, value: Any) -> str:
        words = {
            "kind": Action.Kind(value["kind"]).label,
            "times": ngettext("once", "%(times)s times", value["times"]) % {"times": value["times"]},
            "days": days_words(value["days"]),
        }
        if value["did"] == "not":
            return _("there was no %(kind)s at least %(times)s within the last %(days)s") % words
        return _("there was a %(kind)s at least %(times)s within the last %(days)s") % words
