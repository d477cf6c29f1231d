"""Under Operators: what a past mailing or month would have cost, and which monthly minimums are at risk."""

from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any, cast

from django import forms
from django.conf import settings
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import include, path, reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from wagtail import hooks
from wagtail.admin.widgets.button import HeaderButton

from backoffice.accounts.models import User
from backoffice.lib.numbers import grouped
from backoffice.lib.run_screens import RunProgress, RunScreen, RunStop
from backoffice.lib.screens import RightMenuItem, Screen
from backoffice.lib.spreadsheets import UnreadableTable
from backoffice.mailings.models import Carried, Mailing, WhatIf
from backoffice.mailings.routes import tasks
from backoffice.mailings.routes.commitments import commitments
from backoffice.operators.models import Operator
from backoffice.operators.tariff_import import offered_prices

RIGHT = "operators.view_whatif"
PER_PAGE = 50
OFFERED_MAILINGS = 200
OFFERED_MONTHS = 24
TRAIL = [("whatif:index", _("What if"))]


class WhatIfForm(forms.Form):
    """One past, one change of prices."""

    mailing = forms.ModelChoiceField(
        label=_("A mailing"),
        queryset=Mailing.objects.none(),
        required=False,
        empty_label=_("no single mailing"),
    )
    month = forms.ChoiceField(label=_("Or a whole month"), required=False)
    operator = forms.ModelChoiceField(
        label=_("An operator whose prices would have been others"),
        queryset=Operator.objects.all(),
        required=False,
        empty_label=_("none of ours"),
    )
    added = forms.CharField(label=_("Or one more operator, called"), max_length=80, required=False)
    percent = forms.DecimalField(
        label=_("Its prices, in % of what they were"),
        min_value=Decimal(1),
        max_value=Decimal(1000),
        max_digits=7,
        decimal_places=2,
        required=False,
        help_text=_("90: ten percent cheaper. Only for an operator of ours."),
    )
    file = forms.FileField(
        label=_("Or a file of its prices"),
        required=False,
        help_text=_("CSV or Excel (.xlsx) with the headings prefix and price_per_part."),
        widget=forms.FileInput(attrs={"accept": ".csv,.txt,.xlsx"}),
    )
    delivery_percent = forms.FloatField(
        label=_("Messages it delivers, %"),
        min_value=1,
        max_value=100,
        required=False,
        help_text=_("Of one more operator. Empty: as many as ours deliver on average."),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        sent = Mailing.objects.exclude(started_at=None).order_by("-started_at")
        recent = list(sent.values_list("pk", flat=True)[:OFFERED_MAILINGS])
        mailings: Any = self.fields["mailing"]
        mailings.queryset = Mailing.objects.filter(pk__in=recent).order_by("-started_at")
        months = (
            Carried.objects.order_by("-month").values_list("month", flat=True).distinct()[:OFFERED_MONTHS]
        )
        choices = [(month.isoformat(), month_name(month)) for month in months]
        cast("forms.ChoiceField", self.fields["month"]).choices = [("", gettext("no whole month")), *choices]

    def clean_month(self) -> date | None:
        month = self.cleaned_data["month"]
        return date.fromisoformat(month) if month else None

    def clean(self) -> dict[str, Any]:
        values: dict[str, Any] = super().clean() or {}
        if bool(values.get("mailing")) == bool(values.get("month")) and not self.errors:
            self.add_error("mailing", _("Choose a mailing or a month, one of the two."))
        if bool(values.get("operator")) == bool(values.get("added")):
            self.add_error("operator", _("Choose an operator or name one more, one of the two."))
        elif bool(values.get("percent")) == bool(values.get("file")) and "percent" not in self.errors:
            self.add_error("percent", _("Write a percentage or give a file, one of the two."))
        elif values.get("added") and values.get("percent"):
            self.add_error("file", _("One more operator has no prices yet. Give a file of them."))
        return values


def month_name(month: date) -> str:
    """A month as people say it."""
    return date_format(month, "F Y")


def question_words(values: dict[str, Any]) -> str:
    """A question as one line."""
    mailing, month = values["mailing"], values["month"]
    past = f"“{mailing}”" if mailing else month_name(month)
    who = values["operator"] or values["added"]
    if values["file"]:
        words = {"past": past, "who": who, "file": values["file"].name}
        return (gettext("%(past)s, with %(who)s at the prices of %(file)s") % words)[:200]
    words = {"past": past, "who": who, "percent": f"{values['percent'].normalize():f}"}
    return (gettext("%(past)s, with %(who)s at %(percent)s %% of its prices") % words)[:200]


class Questions(Screen):
    """What was asked before, newest first."""

    right = RIGHT
    template_name = "mailings/routes/questions.html"
    page_title = _("What if")
    header_icon = "help"

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
    header_icon = "help"
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
    header_icon = "help"
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
        return super().get_context_data(**kwargs) | {"mailing": mailing, "page": page}


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
        _("What if"), reverse("whatif:index"), right=RIGHT, name="what-if", icon_name="help", order=800
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
