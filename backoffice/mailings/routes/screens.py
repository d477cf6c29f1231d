"""Under Operators: what a past mailing or month would have cost, and which monthly minimums are at risk."""

from decimal import Decimal
from pathlib import Path
from typing import Any, cast

from django.conf import settings
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import include, path, reverse
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from wagtail import hooks
from wagtail.admin.widgets.button import HeaderButton

from backoffice.accounts.models import User
from backoffice.lib.numbers import grouped
from backoffice.lib.run_screens import RunProgress, RunScreen, RunStop
from backoffice.lib.screens import RightMenuItem, Screen
from backoffice.lib.spreadsheets import UnreadableTable
from backoffice.mailings.models import Mailing, WhatIf
from backoffice.mailings.routes import tasks
from backoffice.mailings.routes.commitments import commitments
from backoffice.mailings.routes.forms import WhatIfForm, question_words
from backoffice.operators.models import Operator
from backoffice.operators.tariff_import import offered_prices
from backoffice.operators.unused import why_unused

RIGHT = "operators.view_whatif"
PER_PAGE = 50
TRAIL = [("whatif:index", _("What if"))]


class Questions(Screen):
    """What was asked before, newest first."""

    right = RIGHT
    template_name = "mailings/routes/questions.html"
    page_title = _("What if")
    header_icon = "history"

    def get_header_buttons(self) -> list[HeaderButton]:
        return [HeaderButton(_("Ask"), url=reverse("whatif:ask"), icon_name="plus")]

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        asked = WhatIf.objects.select_related("created_by").order_by("-id")
        page = Paginator(asked, PER_PAGE).get_page(self.request.GET.get("p"))
        return super().get_context_data(**kwargs) | {"page": page, "currency": settings.CURRENCY}


class Ask(Screen):
    """Takes a question and leads to its answer."""

    right = RIGHT
    template_name = "mailings/routes/ask.html"
    page_title = _("Ask what it would have cost")
    header_icon = "history"
    trail = TRAIL

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return {"form": WhatIfForm()} | super().get_context_data(**kwargs)

    def post(self, request: HttpRequest) -> HttpResponse:
        form = WhatIfForm(request.POST, request.FILES)
        if not form.is_valid():
            return render(request, self.template_name, self.get_context_data(form=form))
        values = dict(form.cleaned_data)
        question = WhatIf.objects.create(
            name=question_words(values),
            created_by=cast("User", request.user),
            **values | {"file": values["file"] or ""},
        )
        if question.file:
            try:
                offered_prices(Path(question.file.path))
            except UnreadableTable as error:
                question.file.delete(save=False)
                question.delete()
                form.add_error("file", str(error))
                return render(request, self.template_name, self.get_context_data(form=form))
        tasks.runner.start(question)
        return redirect("whatif:run", question.pk)


class OfQuestion:
    runner = tasks.runner
    page_name = "whatif:run"
    right = RIGHT


class Answer(OfQuestion, RunScreen):
    """One question, and its answer once it is there."""

    template_name = "mailings/routes/answer.html"
    header_icon = "history"
    trail = TRAIL

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context = {"currency": settings.CURRENCY, "sentence": answer_words(self.run.answer)}
        return super().get_context_data(**kwargs) | context | {"answer": self.run.answer}

    def look(self) -> dict[str, Any]:
        return {}


def answer_words(answer: dict[str, Any]) -> str:
    """The outcome in one sentence; empty while there is none."""
    if not answer:
        return ""
    cost, then = answer["cost"], answer["cost_then"]
    words = {
        "then": money(then),
        "cost": money(cost),
        "difference": money(abs(then - cost)),
        "percent": f"{100 * abs(then - cost) / cost:.1f}" if cost else "0",
        "currency": settings.CURRENCY,
    }
    if words["difference"] == money(0):
        return gettext("It would have cost the same: %(cost)s %(currency)s.") % words
    if then < cost:
        sentence = gettext(
            "It would have cost %(then)s %(currency)s instead of %(cost)s: %(difference)s less, which is %(percent)s %%."
        )
    else:
        sentence = gettext(
            "It would have cost %(then)s %(currency)s instead of %(cost)s: %(difference)s more, which is %(percent)s %%."
        )
    return sentence % words


def money(amount: float) -> str:
    """An amount with its thousands apart, to the cent."""
    return grouped(Decimal(str(amount)), 2)


class AnswerProgress(OfQuestion, RunProgress):
    """The live part of the page."""


class AnswerStop(OfQuestion, RunStop):
    """Stops computing."""


class Commitments(Screen):
    """Every monthly minimum: used so far, what it comes to by the end of the month, what is paid for nothing."""

    right = RIGHT
    template_name = "mailings/routes/commitments.html"
    page_title = _("Minimums this month")
    header_icon = "warning"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        rows = commitments()
        context = {"rows": rows, "at_risk": sum(row.is_at_risk for row in rows), "now": timezone.now()}
        return super().get_context_data(**kwargs) | context


def unused_ways(mailing: Mailing) -> list[tuple[Operator, list[str]]]:
    """The operators that no message of a mailing goes over, each with what stands against it now."""
    others = Operator.objects.exclude(pk__in=mailing.routes.values("operator")).order_by("name")
    return [(one, why_unused(one, purpose=mailing.purpose, sender=mailing.sender)) for one in others]


class Routes(Screen):
    """Which way the messages of one mailing go, and why."""

    right = "mailings.view_mailing"
    template_name = "mailings/routes/routes.html"
    page_title = _("Ways")
    header_icon = "link"
    trail = [("mailings:index", _("Mailings"))]

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        mailing = get_object_or_404(Mailing, pk=self.kwargs["pk"])
        ways = mailing.routes.select_related("operator").order_by("prefix", "-share")
        page = Paginator(ways, PER_PAGE).get_page(self.request.GET.get("p"))
        return super().get_context_data(**kwargs) | {
            "mailing": mailing,
            "page": page,
            "unused": unused_ways(mailing),
        }


urls = (
    [
        path("", Questions.as_view(), name="index"),
        path("ask/", Ask.as_view(), name="ask"),
        path("minimums/", Commitments.as_view(), name="commitments"),
        path("<int:pk>/", Answer.as_view(), name="run"),
        path("<int:pk>/progress/", AnswerProgress.as_view(), name="progress"),
        path("<int:pk>/stop/", AnswerStop.as_view(), name="stop"),
        path("routes/<int:pk>/", Routes.as_view(), name="routes"),
    ],
    "whatif",
)


@hooks.register("register_admin_urls")
def register_route_screens() -> list[Any]:
    return [path("operators/what-if/", include(urls))]


@hooks.register("register_operators_menu_item")
def register_what_if() -> RightMenuItem:
    return RightMenuItem(
        _("What if"), reverse("whatif:index"), right=RIGHT, name="what-if", icon_name="history", order=800
    )


@hooks.register("register_operators_menu_item")
def register_commitments() -> RightMenuItem:
    return RightMenuItem(
        _("Minimums this month"),
        reverse("whatif:commitments"),
        right=RIGHT,
        name="minimums",
        icon_name="warning",
        order=810,
    )


@hooks.register("parley_mailing_links")
def link_to_routes(mailing: Mailing, user: User) -> list[tuple[str, str]]:
    """On the page of a mailing that has a plan."""
    if mailing.planned_count is None:
        return []
    return [(reverse("whatif:routes", args=[mailing.pk]), gettext("Ways and prices"))]
