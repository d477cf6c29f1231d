"""The way of a mailing as six steps: text, audience, when, rules, check, approval. Each says what it is, or what is missing.

The first four are parts of its form, the others of its page; so there is a link to each of them at any time.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from django.urls import reverse
from django.utils.functional import Promise
from django.utils.text import capfirst, get_text_list
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from backoffice.lib.moments import told
from backoffice.lib.numbers import grouped, price_words
from backoffice.mailings import when
from backoffice.mailings.approvers import waiting_words
from backoffice.mailings.compare_models import texts_of
from backoffice.mailings.contact_rules import cap_words
from backoffice.mailings.models import EXTRA_PERCENT, Mailing
from backoffice.mailings.repeat_models import recurrence_of
from backoffice.mailings.trigger_models import trigger_words

State = Mailing.State
NAMES = {
    "text": gettext_lazy("Text"),
    "audience": gettext_lazy("Audience"),
    "when": gettext_lazy("When"),
    "rules": gettext_lazy("Rules"),
    "check": gettext_lazy("Check"),
    "approval": gettext_lazy("Approval"),
}
ON_FORM = ("text", "audience", "when", "rules")
CHECKED = frozenset(
    {State.PLANNED, State.SUBMITTED, State.APPROVED, State.RUNNING, State.PAUSED, State.FINISHED}
)


class Standing(StrEnum):
    """How a step stands."""

    DONE = "done"
    MISSING = "missing"
    NOW = "now"
    LATER = "later"


WORDS: Mapping[Standing, str | Promise] = {
    Standing.DONE: gettext_lazy("done"),
    Standing.MISSING: gettext_lazy("something is missing"),
    Standing.NOW: gettext_lazy("next"),
    Standing.LATER: gettext_lazy("later"),
}


@dataclass(frozen=True)
class Step:
    """One of the six. ``url`` is its place, empty while there is none; one step of the way is the current one."""

    name: str
    standing: Standing
    says: str
    url: str = ""
    is_current: bool = False

    @property
    def label(self) -> str:
        return str(NAMES[self.name])

    @property
    def standing_words(self) -> str:
        return str(WORDS[self.standing])


@dataclass(frozen=True)
class Known:
    """What a mailing itself does not say: counted and asked by whoever shows the steps.

    ``problems`` are sentences by the name of a step; ``size`` is that of the audience, in words; ``recipients`` are those of
    the plan; ``leaves`` says when its first and its last message leave, if a plan tells; ``approvers`` could approve it,
    ``approved_by`` has.
    """

    problems: Mapping[str, str] | None = None
    size: str = ""
    recipients: int = 0
    leaves: str = ""
    approvers: Sequence[str] = ()
    approved_by: str = ""


def steps_of(mailing: Mailing, known: Known, place: Callable[[str], str]) -> list[Step]:
    """All six steps of a mailing, saved or still being typed, with the address of each from ``place``."""
    problems = known.problems or {}
    found = [
        _text(mailing, problems),
        _audience(mailing, problems, known.size),
        _step("when", problems.get("when"), lambda: when_words(mailing, known.leaves)),
        _step("rules", problems.get("rules"), lambda: rules_words(mailing)),
        _check(mailing, known.recipients),
        _approval(mailing, known),
    ]
    if any(step.standing is not Standing.DONE for step in found[: len(ON_FORM)]):
        found[-2] = Step("check", Standing.LATER, _("Comes when nothing is missing before it."))
    current = next((step.name for step in found if step.standing is not Standing.DONE), "")
    return [replace(step, url=place(step.name), is_current=step.name == current) for step in found]


def place_on_form(name: str) -> str:
    """Where a step stands in the form; wagtail_hooks names the parts of the form so."""
    return f"#panel-step_{name}-section"


def places_from_form(mailing: Mailing) -> Callable[[str], str]:
    """Addresses for the page with the form. What was never saved has no page of its own yet."""
    page = reverse("mailings:inspect", args=[mailing.pk]) if mailing.pk else ""
    return lambda name: place_on_form(name) if name in ON_FORM else page and f"{page}#{name}"


def places_from_page(mailing: Mailing, *, may_edit: bool) -> Callable[[str], str]:
    """Addresses for the page of a mailing. Where nothing can be changed, its form is nowhere and the page says it all."""
    form = reverse("mailings:edit", args=[mailing.pk]) if may_edit else ""

    def place(name: str) -> str:
        if name not in ON_FORM:
            return f"#{name}"
        return form + place_on_form(name) if form else "#what"

    return place


def _step(name: str, problem: str | None, says: Callable[[], str]) -> Step:
    return Step(name, Standing.MISSING, problem) if problem else Step(name, Standing.DONE, says())


def _text(mailing: Mailing, problems: Mapping[str, str]) -> Step:
    if not mailing.template_id:
        return Step("text", Standing.NOW, _("Choose the text that customers get."))
    if not mailing.name:
        return Step("text", Standing.NOW, _("Give the mailing a name, so that colleagues find it."))
    return _step("text", problems.get("text"), lambda: text_words(mailing))


def _audience(mailing: Mailing, problems: Mapping[str, str], size: str) -> Step:
    if not mailing.audience_id:
        return Step("audience", Standing.NOW, _("Choose who gets it."))
    said = f"{mailing.audience}, {size}" if size else str(mailing.audience)
    return _step("audience", problems.get("audience"), lambda: said)


def text_words(mailing: Mailing) -> str:
    """Which text, or which of several with their shares; and its languages."""
    if mailing.compares:
        shares = ", ".join(f"{one.template} {one.percent} %" for one in texts_of(mailing))
        return _("Compared: %(texts)s") % {"texts": shares}
    languages = [str(one) for one in mailing.template.language_variants.all()]
    if not languages:
        return str(mailing.template)
    return _("%(text)s, also in %(languages)s") % {
        "text": mailing.template,
        "languages": get_text_list(languages, _("and")),
    }


def when_words(mailing: Mailing, leaves: str = "") -> str:
    """When it really leaves, as its plan says, or else from when; at what hours, and by whose clock. If it repeats, how often."""
    if mailing.is_series:
        return " ".join(filter(None, [recurrence_of(mailing).sentence(), trigger_words(mailing)]))
    start = leaves or _("once approved")
    if mailing.starts_at and not leaves:
        start = told(mailing.starts_at, zone=not mailing.by_own_clock)
    return f"{capfirst(start)}, {', '.join(_rules_of_time(mailing))}"


def _rules_of_time(mailing: Mailing) -> list[str]:
    said = [when.hours_words(mailing)]
    if mailing.by_own_clock:
        said.append(_("by each customer's own clock"))
    if mailing.spread_hours:
        hours = mailing.spread_hours
        said.append(
            ngettext("spread over %(hours)s hour", "spread over %(hours)s hours", hours) % {"hours": hours}
        )
    return said


def rules_words(mailing: Mailing) -> str:
    """What differs from the usual."""
    said = []
    if mailing.holdout_percent:
        said.append(_("hold-out %(percent)s %%") % {"percent": mailing.holdout_percent})
    if mailing.budget is not None:
        said.append(_("budget %(sum)s") % {"sum": f"{grouped(mailing.budget, 2)} {mailing.currency}"})
    if mailing.max_price is not None:
        price = f"{price_words(mailing.max_price)} {mailing.currency}"
        said.append(_("a message costs at most %(price)s") % {"price": price})
    if mailing.cap_messages:
        cap = cap_words(mailing.cap_messages, mailing.cap_days).rstrip(".")
        said.append(cap[0].lower() + cap[1:])
    if mailing.extra_percent != EXTRA_PERCENT:
        said.append(_("%(percent)s %% more than planned at most") % {"percent": mailing.extra_percent})
    if mailing.priority != Mailing.Priority.NORMAL:
        said.append(_("priority: %(priority)s") % {"priority": mailing.get_priority_display()})
    return capfirst(", ".join(said)) if said else _("The usual ones: no budget, nobody held out.")


def _check(mailing: Mailing, recipients: int) -> Step:
    if mailing.state == State.PLANNING:
        return Step("check", Standing.NOW, _("Recipients are being chosen and the bill added up."))
    if mailing.state in CHECKED or (mailing.state == State.CANCELLED and mailing.planned_count is not None):
        return _plan(mailing, recipients)
    if mailing.problem and not _came_back(mailing):
        return Step("check", Standing.MISSING, mailing.problem)
    return Step("check", Standing.NOW, _("Plan it to see who gets it and what it costs."))


def _plan(mailing: Mailing, recipients: int) -> Step:
    if mailing.state == State.PLANNED and not recipients and not mailing.is_series:
        return Step("check", Standing.MISSING, _("Nobody would get it. See below who is left out and why."))
    if (
        mailing.state == State.PLANNED
        and mailing.budget is not None
        and mailing.planned_cost > mailing.budget
    ):
        return Step("check", Standing.MISSING, _("It costs more than its budget. Raise it, or choose fewer."))
    people = ngettext("%(count)s recipient", "%(count)s recipients", recipients) % {
        "count": grouped(recipients)
    }
    return Step("check", Standing.DONE, f"{people}, {grouped(mailing.planned_cost, 2)} {mailing.currency}")


def _came_back(mailing: Mailing) -> bool:
    """Whether its problem was said after it had been submitted: it was returned, or did not start."""
    return bool(mailing.submitted_at and mailing.planned_at and mailing.submitted_at > mailing.planned_at)


def _approval(mailing: Mailing, known: Known) -> Step:
    if known.approved_by:
        said = _("Approved by %(person)s.") % {"person": known.approved_by}
        return Step("approval", Standing.DONE, said)
    if mailing.state == State.PLANNED:
        return Step("approval", Standing.NOW, _("Submit it, so that somebody else looks at it."))
    if mailing.state == State.SUBMITTED:
        standing = Standing.NOW if known.approvers else Standing.MISSING
        return Step("approval", standing, waiting_words(known.approvers))
    if mailing.state == State.DRAFT and mailing.problem and _came_back(mailing):
        return Step("approval", Standing.MISSING, mailing.problem)
    if mailing.state == State.CANCELLED:
        return Step("approval", Standing.LATER, _("It was cancelled before anybody approved it."))
    return Step("approval", Standing.LATER, _("Somebody other than the author approves it."))
