"""The form of a text as the browser posts it while somebody writes."""

from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _

from backoffice.customers.models import Purpose
from backoffice.message_templates import crowd as crowds
from backoffice.message_templates import merge
from backoffice.message_templates.crowd import Crowd
from backoffice.message_templates.facts import MailingFacts, example_facts
from backoffice.message_templates.languages import LANGUAGES
from backoffice.message_templates.models import MAX_TEXT_LENGTH
from backoffice.message_templates.samples import CYRILLIC, EMPTY, LONGEST, SAMPLES
from kannel.text_form import one_form

MAX_VARIANTS = len(LANGUAGES) + 1
SEES_PEOPLE = "customers.view_customer"
# Real customers, and which made-up one stands in where there is none. The first one is shown at first.
REAL = {
    "real-typical": (_("a typical customer"), CYRILLIC),
    "real-longest": (_("the customer with the longest text"), LONGEST),
    "real-worst": (_("the customer of whom least is known"), EMPTY),
}


@dataclass(frozen=True)
class Text:
    """One variant in the form: the name of its field, its language ("" for everybody else), and its words."""

    field: str
    language: str
    words: str

    @property
    def is_main(self) -> bool:
        return self.field == "text"

    @property
    def is_blank(self) -> bool:
        return not self.words.strip()


@dataclass(frozen=True)
class Typed:
    """The form as the browser posts it.

    POST: ``sample``, ``audience``, ``purpose``, ``sender``, and for each text ``field`` (its name in the form),
    ``language`` and ``text``, in step.
    """

    request: HttpRequest

    @cached_property
    def texts(self) -> list[Text]:
        lists = (self.request.POST.getlist(key)[:MAX_VARIANTS] for key in ("field", "language", "text"))
        return [
            Text(field, language, one_form(words)[:MAX_TEXT_LENGTH])
            for field, language, words in zip(*lists, strict=False)
        ]

    @cached_property
    def variants(self) -> dict[str, str]:
        """The texts by language, as a mailing would use them; one that cannot be merged or has no language yet is empty."""
        return {
            text.language: "" if merge.problems(text.words) else text.words
            for text in self.texts
            if text.is_main or text.language
        }

    @property
    def purpose(self) -> str:
        wanted = self.request.POST.get("purpose", "")
        return wanted if wanted in Purpose.values else Purpose.MARKETING.value

    @property
    def audience(self) -> int | None:
        wanted = self.request.POST.get("audience", "")
        return int(wanted) if wanted.isdecimal() and len(wanted) < 10 else None

    @property
    def facts(self) -> MailingFacts:
        return example_facts(self.request.POST.get("sender", "").strip()[:15])

    @property
    def sample(self) -> str:
        wanted = self.request.POST.get("sample", "")
        known = SAMPLES.keys() | (REAL.keys() if self.request.user.has_perm(SEES_PEOPLE) else set())
        return wanted if wanted in known else CYRILLIC.key

    @cached_property
    def crowd(self) -> Crowd:
        """Who would get it. Nobody for whoever may not see the audience."""
        user: Any = self.request.user
        known = {audience for audience, _name in crowds.above().audiences(user)}
        if not user.has_perm("audiences.view_audience") or (self.audience and self.audience not in known):
            return Crowd()
        return crowds.lately(self.audience, self.purpose)
