"""Sending a test of a mailing to employees, and following each message on its way."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

from django.conf.locale import LANG_INFO
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import include, path, reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from wagtail import hooks

from backoffice.accounts.forms import OwnPhoneForm
from backoffice.accounts.models import User
from backoffice.accounts.names import name_of
from backoffice.customers.disguise import disguised
from backoffice.customers.models import Customer
from backoffice.lib.masking import masked_name, masked_phone
from backoffice.mailings import trial_texts, trying
from backoffice.mailings.control_screens import MailingScreen
from backoffice.mailings.lifecycle import Refused
from backoffice.mailings.models import Mailing, Trial
from backoffice.mailings.routes.choosing import NoWay
from backoffice.mailings.trial_texts import Sample
from backoffice.mailings.trial_ways import Ways
from backoffice.mailings.trying import Planned
from backoffice.message_templates.merge import MergeError
from backoffice.operators.connections.test_way import Step, is_over, steps_of
from kannel.test_messages import reports_of_all

CHEAPEST, EACH = "cheapest", "each"
BATCHES_SHOWN = 10
MOST_DIGITS = len(str(2**31)) - 1


@dataclass(frozen=True)
class Asked:
    """What was chosen on the form so far."""

    who: frozenset[int] = frozenset()
    keys: tuple[str, ...] = ()
    over: str = CHEAPEST
    find: str = ""
    page: int = 0
    what: str = ""

    @classmethod
    def of(cls, posted: QueryDict) -> "Asked":
        page = _number(posted.get("page", "")) or 0
        what = posted.get("what", "")
        return cls(
            who=frozenset(pk for pk in map(_number, posted.getlist("who")) if pk is not None),
            keys=tuple(dict.fromkeys(posted.getlist("sample"))),
            over=EACH if posted.get("over") == EACH else CHEAPEST,
            find=posted.get("find", "").strip()[:60],
            page=(page + 1) % trial_texts.PAGES if what == "others" else page,
            what=what,
        )


@dataclass
class Choice:
    """What can be chosen, with what is; ``problem`` is why nothing can be sent now."""

    people: list[tuple[User, str, bool]] = field(default_factory=list)
    samples: list[tuple[Sample, str, str, bool]] = field(default_factory=list)
    planned: list[Planned] = field(default_factory=list)
    prices: list[str] = field(default_factory=list)
    problem: str = ""


class TryingScreen(MailingScreen):
    """For those who write or submit mailings."""

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if not trying.may_try(self.user):
            raise PermissionDenied
        return super().dispatch(request, *args, **kwargs)


class Try(TryingScreen):
    """Whose telephone, whose values, over which operator; with the cost of what is chosen."""

    template_name = "mailings/trying/try.html"
    page_title = _("Send a test")
    number: OwnPhoneForm | None = None

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if self.mailing.state not in trying.TRIABLE:
            messages.error(request, gettext("This mailing cannot be tried out now."))
            return self.to_mailing()
        return self._shown(Asked(who=frozenset([self.user.pk])))

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        asked = Asked.of(request.POST)
        if asked.what == "number":
            return self._shown(self._with_number(asked))
        if asked.what != "send":
            return self._shown(asked)
        choice = choice_of(self.mailing, self.user, asked)
        try:
            if choice.problem:
                raise Refused(choice.problem)
            batch = trying.send(self.mailing, self.user, choice.planned)
        except Refused as refusal:
            return self._shown(asked, choice, str(refusal))
        return redirect("trying:sent", self.mailing.pk, batch)

    def _with_number(self, asked: Asked) -> Asked:
        """Keeps the reader's own number, so that the first test needs no other page, and chooses them."""
        self.number = OwnPhoneForm(self.request.POST, instance=User.objects.get(pk=self.user.pk))
        if not self.number.is_valid() or not self.number.cleaned_data["phone"]:
            return asked
        self.user.phone = self.number.save().phone
        messages.success(self.request, gettext("Your number is kept. Tests can go to it now."))
        return replace(asked, who=asked.who | {self.user.pk})

    def _shown(self, asked: Asked, choice: Choice | None = None, refusal: str = "") -> HttpResponse:
        choice = choice or choice_of(self.mailing, self.user, asked)
        context = {
            "asked": asked,
            "choice": choice,
            "refusal": refusal,
            "cost": trying.cost_words(choice.planned),
            "left": trying.left_words(self.user),
            "so_far": trying.so_far_words(self.mailing),
            "has_number": bool(self.user.phone),
            "number": self.number,
            "batches": batches_of(self.mailing),
        }
        return render(self.request, self.template_name, self.get_context_data(**context))


class Sent(TryingScreen):
    """The way of each message that one click sent; the live part alone with ``?part=1``."""

    page_title = _("Test messages")

    @cached_property
    def trials(self) -> list[Trial]:
        rows = self.mailing.trials.filter(batch=self.kwargs["batch"]).order_by("pk")
        found = list(rows.select_related("test_message__connection__operator", "to", "sent_by"))
        if not found:
            raise Http404
        return found

    def get_template_names(self) -> list[str]:
        is_part = self.request.GET.get("part")
        return ["mailings/trying/sent_part.html" if is_part else "mailings/trying/sent.html"]

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        ways = ways_of(self.trials)
        context = {
            "batch": self.kwargs["batch"],
            "ways": ways,
            "is_over": all(way.is_over for way in ways),
            "so_far": trying.so_far_words(self.mailing),
        }
        return super().get_context_data(**kwargs) | context


@dataclass(frozen=True)
class WayOfTrial:
    """One test message, with the steps of its way."""

    trial: Trial
    phone: str
    text: str
    steps: list[Step]
    is_over: bool


def ways_of(trials: Sequence[Trial]) -> list[WayOfTrial]:
    """Each with its text, names disguised, and what has come back about it."""
    customers = Customer.objects.in_bulk({one.customer_id for one in trials})

    def text(trial: Trial) -> str:
        customer = customers.get(trial.customer_id)
        return disguised(trial.test_message.text, customer) if customer else trial.test_message.text

    reports = reports_of_all(one.test_message for one in trials)
    return [
        WayOfTrial(
            one,
            masked_phone(one.test_message.phone),
            text(one),
            steps_of(one.test_message, reports[one.test_message_id]),
            is_over(one.test_message, reports[one.test_message_id]),
        )
        for one in trials
    ]


def choice_of(mailing: Mailing, user: User, asked: Asked) -> Choice:
    """Everything the form shows for what was chosen."""
    choice = Choice()
    chosen = trying.people(asked.who)
    found = trying.find_people(asked.find) if asked.find else []
    everybody = [*chosen, *(one for one in [*trying.people([user.pk]), *found] if one not in chosen)]
    choice.people = [(one, masked_phone(one.phone), one in chosen) for one in dict.fromkeys(everybody)]
    try:
        chosen_samples = _samples(mailing, user, asked, choice)
        ways = Ways(mailing)
    except (MergeError, NoWay) as problem:
        choice.problem = str(problem)
        return choice
    ways.know([one.phone for one, _phone, _chosen in choice.people])
    _plan(choice, chosen, chosen_samples, ways, asked.over)
    choice.prices = price_words(ways, chosen)
    return choice


def _samples(mailing: Mailing, user: User, asked: Asked, choice: Choice) -> list[Sample]:
    """Fills in the texts to choose from; those chosen come first, and on a fresh form the first of all is chosen."""
    chosen = trial_texts.samples_by_key(mailing, asked.keys)
    ids, choice.problem = trial_texts.some_customers(mailing, asked.page)
    keys = {one.key for one in chosen}
    others = [one for one in trial_texts.samples_of(mailing, ids) if one.key not in keys]
    if not asked.what and not chosen:
        chosen, others = others[:1], others[1:]
    choice.samples = [
        (_as_seen(one), who_words(one.customer), version_words(one), is_chosen)
        for is_chosen, group in ((True, chosen), (False, others))
        for one in group
    ]
    if choice.samples:
        choice.problem = ""
    return chosen


def _as_seen(sample: Sample) -> Sample:
    return replace(sample, text=disguised(sample.text, sample.customer))


def _plan(choice: Choice, people: Iterable[User], samples: Sequence[Sample], ways: Ways, over: str) -> None:
    for person in people:
        offered = ways.to(person.phone)
        if not offered:
            words = {"person": name_of(person)}
            choice.problem = gettext("No operator reaches the number of %(person)s.") % words
        for way in offered if over == EACH else offered[:1]:
            choice.planned += [Planned(person, sample, way) for sample in samples]


def price_words(ways: Ways, people: Sequence[User]) -> list[str]:
    """What a part costs to the first of the people, by operator."""
    if not people:
        return []
    return [
        gettext("%(operator)s: %(price)s %(currency)s a part")
        % {
            "operator": way.connection.operator.name,
            "price": f"{way.price.normalize():f}",
            "currency": way.currency,
        }
        for way in ways.to(people[0].phone)
    ]


def who_words(customer: Customer) -> str:
    """Whose values they are: in full only for whoever may see names."""
    names = [masked_name(name) for name in (customer.first_name, customer.last_name)]
    return " ".join(filter(None, names)) or gettext("a customer without a name")


def version_words(sample: Sample) -> str:
    """Which text it is, and in which language, where there are several."""
    code = sample.version.code
    language = gettext(LANG_INFO[code]["name"]) if code else gettext("for everybody else")
    words = sample.version.template.name
    if len(sample.version.variants) > 1:
        words = f"{words}, {language}"
    if not sample.is_own:
        words += ". " + gettext("No customer who reads this was found, so the values are of another one.")
    return words


def batches_of(mailing: Mailing) -> list[Trial]:
    """The latest tests of a mailing, one of the messages of each click."""
    last = mailing.trials.order_by("batch", "-pk").distinct("batch").values("pk")
    rows = Trial.objects.filter(pk__in=last).select_related("sent_by").order_by("-pk")
    return list(rows[:BATCHES_SHOWN])


def _number(typed: str) -> int | None:
    return int(typed) if typed.isdecimal() and len(typed) <= MOST_DIGITS else None


urls = (
    [
        path("<int:pk>/", Try.as_view(), name="try"),
        path("<int:pk>/<uuid:batch>/", Sent.as_view(), name="sent"),
    ],
    "trying",
)


@hooks.register("register_admin_urls")
def register_trying_screens() -> list[Any]:
    return [path("mailings/trying/", include(urls))]


@hooks.register("parley_mailing_links")
def link_to_trying(mailing: Mailing, user: User) -> list[tuple[str, str]]:
    """On the page of a mailing that is not over, for whoever writes or submits mailings."""
    if mailing.state not in trying.TRIABLE or not trying.may_try(user):
        return []
    return [(reverse("trying:try", args=[mailing.pk]), gettext("Send a test …"))]
