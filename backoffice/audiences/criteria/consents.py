"""What customers agreed to, for which purpose, when and how."""

from typing import Any

from django.db.models import CharField, Exists, F, OuterRef, Q, QuerySet
from django.db.models.functions import Upper
from django.db.models.lookups import In
from django.utils.text import get_text_list
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from wagtail import blocks

from backoffice.audiences.criteria.base import (
    CONSENT,
    Criterion,
    ago_words,
    day_of,
    day_words,
    days_errors,
    last_words,
    since,
    split_names,
)
from backoffice.audiences.criteria.inputs import whether
from backoffice.customers.models import Consent, Purpose


def standing(purpose: str) -> QuerySet[Consent, Consent]:
    """The answer about a purpose that holds now, of one customer."""
    # EXISTS and not IN: what does not fit into memory becomes index look-ups, never a loop within a loop.
    return Consent.objects.filter(customer=OuterRef("pk"), purpose=purpose, superseded_at=None)


def purpose_input() -> blocks.ChoiceBlock:
    return blocks.ChoiceBlock(
        choices=Purpose.choices, default=Purpose.MARKETING, label=gettext_lazy("purpose")
    )


class AboutConsent(Criterion):
    """A condition on the standing answer about one purpose."""

    def answer(self, value: Any, customer: Any) -> str:
        said = Consent.objects.filter(customer=customer, purpose=value["purpose"], superseded_at=None).first()
        if said is None:
            return _("said nothing")
        words = {"day": day_words(day_of(said.since)), "source": said.source}
        if said.state == Consent.State.GIVEN:
            return _("agreed on %(day)s, source: %(source)s") % words
        return _("refused on %(day)s, source: %(source)s") % words


class HasConsent(AboutConsent):
    criterion = "consent"
    state = blocks.ChoiceBlock(
        choices=[
            ("given", gettext_lazy("has agreed to")),
            ("withdrawn", gettext_lazy("has refused")),
            ("silent", gettext_lazy("never said anything about")),
        ],
        default="given",
        label=gettext_lazy("what they said"),
    )
    purpose = purpose_input()

    class Meta:
        label = gettext_lazy("Consent")
        label_format = "{label}: {state} {purpose}"
        help_text = gettext_lazy(
            "The answer that holds now. A mailing never goes to people without consent for its purpose, whatever you choose."
        )
        icon = "check"
        group = CONSENT

    def to_q(self, value: Any) -> Q:
        current = standing(value["purpose"])
        if value["state"] == "silent":
            return ~Q(Exists(current))
        return Q(Exists(current.filter(state=value["state"])))

    def sentence(self, value: Any) -> str:
        words = {
            "given": _("they agreed to “%(purpose)s”"),
            "withdrawn": _("they refused “%(purpose)s”"),
            "silent": _("they never said anything about “%(purpose)s”"),
        }[value["state"]]
        return words % {"purpose": Purpose(value["purpose"]).label}


class ConsentSince(AboutConsent):
    criterion = "consent_since"
    state = blocks.ChoiceBlock(
        choices=[
            ("given", gettext_lazy("has agreed to")),
            ("withdrawn", gettext_lazy("has refused")),
        ],
        default="given",
        label=gettext_lazy("what they said"),
    )
    purpose = purpose_input()
    when = blocks.ChoiceBlock(
        choices=[
            ("within", gettext_lazy("within the last … days")),
            ("before", gettext_lazy("longer ago than … days")),
        ],
        default="within",
        label=gettext_lazy("when"),
    )
    days = blocks.IntegerBlock(label=gettext_lazy("days"), default=30, required=False)

    class Meta:
        label = gettext_lazy("Consent since when")
        label_format = "{label}: {state} {purpose} {when} {days}"
        help_text = gettext_lazy("For example those who refused long ago. Who said nothing does not fit.")
        icon = "history"
        group = CONSENT

    def errors(self, value: Any) -> dict[str, str]:
        return days_errors("days", value["days"])

    def to_q(self, value: Any) -> Q:
        said = standing(value["purpose"]).filter(state=value["state"])
        begin = since(value["days"])
        return Q(
            Exists(
                said.filter(since__lt=begin) if value["when"] == "before" else said.filter(since__gte=begin)
            )
        )

    def sentence(self, value: Any) -> str:
        said = (
            _("they agreed to “%(purpose)s” %(when)s")
            if value["state"] == "given"
            else _("they refused “%(purpose)s” %(when)s")
        )
        when = ago_words(value["days"]) if value["when"] == "before" else last_words(value["days"])
        return said % {"purpose": Purpose(value["purpose"]).label, "when": when}


class ConsentSource(AboutConsent):
    criterion = "consent_source"
    purpose = purpose_input()
    sources = blocks.CharBlock(label=gettext_lazy("from where, separated by commas"), required=False)

    class Meta:
        label = gettext_lazy("Consent by its source")
        label_format = "{label}: {sources}"
        help_text = gettext_lazy(
            "Where the answer that holds now came from, agreed or refused, for example SMS. Who said nothing does not fit."
        )
        icon = "help"
        group = CONSENT

    def errors(self, value: Any) -> dict[str, str]:
        return {} if split_names(value["sources"]) else {"sources": _("Say which, separated by commas.")}

    def to_q(self, value: Any) -> Q:
        wanted = [name.upper() for name in split_names(value["sources"])]
        from_there = In(Upper(F("source"), output_field=CharField()), wanted)
        return Q(Exists(standing(value["purpose"]).filter(from_there)))

    def sentence(self, value: Any) -> str:
        return _("the answer about “%(purpose)s” came from %(sources)s") % {
            "purpose": Purpose(value["purpose"]).label,
            "sources": get_text_list(split_names(value["sources"]), _("or")),
        }


class Blocked(Criterion):
    criterion = "blocked"
    blocked = whether("blocked", gettext_lazy("are blocked"), gettext_lazy("are not blocked"))

    class Meta:
        label = gettext_lazy("Blocked: never write")
        label_format = "{label}: {blocked}"
        help_text = gettext_lazy("A mailing never goes to those who are blocked, whatever you choose.")
        icon = "no-view"
        group = CONSENT

    def to_q(self, value: Any) -> Q:
        return Q(is_blocked=value["blocked"] != "not")

    def sentence(self, value: Any) -> str:
        return _("they are not blocked") if value["blocked"] == "not" else _("they are blocked")

    def answer(self, value: Any, customer: Any) -> str:
        return _("blocked") if customer.is_blocked else _("not blocked")
