"""What every condition has in common, and the few shapes most of them take."""

from collections.abc import Iterable
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any, ClassVar

from django.core.exceptions import ValidationError
from django.db.models import CharField, F, Q
from django.db.models.functions import Upper
from django.db.models.lookups import In
from django.utils import formats, timezone
from django.utils.functional import Promise
from django.utils.text import get_text_list
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from wagtail import blocks
from wagtail.blocks.struct_block import StructBlockValidationError

registry: dict[str, type["Criterion"]] = {}

PERSON = gettext_lazy("Who they are")
HISTORY = gettext_lazy("What they did")
MONEY = gettext_lazy("Money and loyalty")
AGREEMENT = gettext_lazy("Contract and service")
LABELS = gettext_lazy("Segments, tags and further attributes")
MESSAGES = gettext_lazy("Our messages")
MEMBERSHIP = gettext_lazy("Lists and audiences")
NUMBER = gettext_lazy("Number and e-mail")
CONSENT = gettext_lazy("Consent")
GROUPS = [PERSON, HISTORY, MONEY, AGREEMENT, LABELS, MESSAGES, MEMBERSHIP, NUMBER, CONSENT]

MAX_DAYS = 36_500


class Criterion(blocks.StructBlock):
    """A condition on customers. Its inputs are child blocks; ``name`` is what stored audiences remember: never change it.

    What makes a condition complete is decided by :meth:`errors`, not by Wagtail's "required" alone, which drafts skip.
    """

    criterion: ClassVar[str] = ""

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        if cls.criterion:
            registry[cls.criterion] = cls

    class Meta:
        form_classname = "criterion"

    def clean(self, value: Any) -> Any:
        cleaned = super().clean(value)
        if found := self.errors(cleaned):
            raise StructBlockValidationError(
                block_errors={name: ValidationError(sentence) for name, sentence in found.items()}
            )
        return cleaned

    def errors(self, value: Any) -> dict[str, str]:
        """What makes no sense, by the name of the input; empty if the condition can be used."""
        return {}

    def to_q(self, value: Any) -> Q:
        """The condition on customers_customer. ``~`` of it must give exactly the other customers, NULLs included."""
        raise NotImplementedError

    def sentence(self, value: Any) -> str:
        """The condition in words, without a full stop, to be joined with "and" or "or"."""
        raise NotImplementedError

    def answer(self, value: Any, customer: Any) -> str:
        """What is known of one customer, in words ("38 years", "3 purchases"), for "why is this customer in it?"."""
        raise NotImplementedError


class Between(Criterion):
    """A number between two bounds, both included; one of them may be missing."""

    column: ClassVar[str] = ""
    words: ClassVar[str | Promise] = ""
    unit: ClassVar[str | Promise] = ""
    may_be_negative: ClassVar[bool] = False

    at_least = blocks.DecimalBlock(label=gettext_lazy("at least"), required=False)
    at_most = blocks.DecimalBlock(label=gettext_lazy("at most"), required=False)

    class Meta:
        label_format = "{label}: {at_least} – {at_most}"

    def errors(self, value: Any) -> dict[str, str]:
        low, high = value["at_least"], value["at_most"]
        if low is None and high is None:
            return {"at_least": _("Give at least one of the two numbers.")}
        if not self.may_be_negative:
            for name in ("at_least", "at_most"):
                if value[name] is not None and value[name] < 0:
                    return {name: _("Give a number from 0 up.")}
        if low is not None and high is not None and low > high:
            return {"at_most": _("Nobody fits: this is less than the lower bound. Swap the two numbers.")}
        return {}

    def to_q(self, value: Any) -> Q:
        q = Q()
        if value["at_least"] is not None:
            q &= Q(**{f"{self.column}__gte": value["at_least"]})
        if value["at_most"] is not None:
            q &= Q(**{f"{self.column}__lte": value["at_most"]})
        return q

    def sentence(self, value: Any) -> str:
        return between_words(str(self.words), value["at_least"], value["at_most"], str(self.unit))

    def answer(self, value: Any, customer: Any) -> str:
        return f"{number_words(getattr(customer, self.column))} {self.unit}".strip()


class OneOf(Criterion):
    """A text column that has, or has not, one of some values. Upper and lower case do not matter.

    Who has no value fits "is none of": people who say "not from Moscow" mean these customers, too.
    """

    column: ClassVar[str] = ""
    words: ClassVar[str | Promise] = ""
    words_not: ClassVar[str | Promise] = ""
    missing: ClassVar[str | Promise] = gettext_lazy("not known")

    is_or_not = blocks.ChoiceBlock(
        choices=[("in", gettext_lazy("is one of")), ("not", gettext_lazy("is none of, or not known"))],
        default="in",
        label=gettext_lazy("how"),
    )
    names = blocks.CharBlock(label=gettext_lazy("which, separated by commas"), required=False)

    class Meta:
        label_format = "{label}: {names}"

    def errors(self, value: Any) -> dict[str, str]:
        return {} if split_names(value["names"]) else {"names": _("Say which, separated by commas.")}

    def to_q(self, value: Any) -> Q:
        wanted = [name.upper() for name in split_names(value["names"])]
        q = Q(In(Upper(F(self.column), output_field=CharField()), wanted))
        return ~q if value["is_or_not"] == "not" else q

    def sentence(self, value: Any) -> str:
        names = get_text_list(split_names(value["names"]), _("or"))
        return str(self.words_not if value["is_or_not"] == "not" else self.words) % {"names": names}

    def answer(self, value: Any, customer: Any) -> str:
        return getattr(customer, self.column) or str(self.missing)


class DaysAgo(Criterion):
    """A day in the past that lies less, or at least, so many days back."""

    column: ClassVar[str] = ""
    words_within: ClassVar[str | Promise] = ""
    words_before: ClassVar[str | Promise] = ""
    missing: ClassVar[str | Promise] = gettext_lazy("never")

    when = blocks.ChoiceBlock(
        choices=[
            ("within", gettext_lazy("within the last … days")),
            ("before", gettext_lazy("longer ago than … days, or never")),
        ],
        default="within",
        label=gettext_lazy("when"),
    )
    days = blocks.IntegerBlock(label=gettext_lazy("days"), default=30, required=False)

    class Meta:
        label_format = "{label}: {when} {days}"

    def errors(self, value: Any) -> dict[str, str]:
        return days_errors("days", value["days"])

    def to_q(self, value: Any) -> Q:
        q = Q(**{f"{self.column}__gte": today() - timedelta(days=value["days"])})
        return ~q if value["when"] == "before" else q

    def sentence(self, value: Any) -> str:
        if value["when"] == "before":
            return str(self.words_before) % {"when": ago_words(value["days"])}
        return str(self.words_within) % {"when": last_words(value["days"])}

    def answer(self, value: Any, customer: Any) -> str:
        return day_words(getattr(customer, self.column)) or str(self.missing)


def today() -> date:
    """The day it is in the company's own time zone, whatever zone the reader has chosen for the screens."""
    return timezone.localdate(timezone=timezone.get_default_timezone())


def start_of(day: date) -> datetime:
    """The moment at which a day begins in the company's time zone."""
    return datetime.combine(day, time.min, tzinfo=timezone.get_default_timezone())


def since(days: int) -> datetime:
    """Where "within the last … days" begins: at midnight so many days ago, so that 0 days means today."""
    return start_of(today() - timedelta(days=days))


def day_of(moment: datetime) -> date:
    """The day on which something happened, in the company's time zone."""
    return timezone.localdate(moment, timezone=timezone.get_default_timezone())


def split_names(names: str | None) -> list[str]:
    """Names separated by commas, semicolons or line ends; each once, in order, without blanks around."""
    pieces: Iterable[str] = (names or "").replace(";", ",").replace("\n", ",").split(",")
    return list(dict.fromkeys(filter(None, (piece.strip() for piece in pieces))))


def days_errors(name: str, days: int | None) -> dict[str, str]:
    """The complaint about a number of days, by the name of its input."""
    if days is None:
        return {name: _("Give a number of days.")}
    if not 0 <= days <= MAX_DAYS:
        return {name: _("Give a number of days from 0 to 36,500.")}
    return {}


def days_words(days: int) -> str:
    return ngettext("%(number)s day", "%(number)s days", days) % {"number": number_words(days)}


def last_words(days: int) -> str:
    """A period that ends now and has begun at midnight so many days ago: 0 days are today."""
    return _("within the last %(days)s") % {"days": days_words(days)} if days else _("today")


def next_words(days: int) -> str:
    """A period of today and so many days after it."""
    return _("within the next %(days)s") % {"days": days_words(days)} if days else _("today")


def ago_words(days: int) -> str:
    """The time before the period of :func:`last_words`."""
    return _("longer than %(days)s ago") % {"days": days_words(days)} if days else _("before today")


def day_words(day: date | None) -> str:
    """A day and how far it is from today, for example "Nov. 20, 2026 (4 days ago)"; empty if there is none."""
    if day is None:
        return ""
    written = formats.date_format(day)
    ago = (today() - day).days
    if ago == 0:
        return _("%(day)s (today)") % {"day": written}
    words = {"day": written, "days": days_words(abs(ago))}
    return (_("%(day)s (%(days)s ago)") if ago > 0 else _("%(day)s (in %(days)s)")) % words


def number_words(number: Decimal | int) -> str:
    """A number as the reader's language writes it, without needless zeros."""
    if isinstance(number, Decimal) and number == number.to_integral_value():
        number = int(number)
    return str(formats.number_format(number, use_l10n=True, force_grouping=True))


def between_words(what: str, low: Decimal | int | None, high: Decimal | int | None, unit: str = "") -> str:
    """For example "the balance is from 100 to 500 RUB"."""
    tail = f" {unit}" if unit else ""
    if low is None:
        return _("%(what)s is at most %(high)s") % {"what": what, "high": number_words(high or 0)} + tail
    if high is None:
        return _("%(what)s is at least %(low)s") % {"what": what, "low": number_words(low)} + tail
    if low == high:
        return _("%(what)s is %(low)s") % {"what": what, "low": number_words(low)} + tail
    words = {"what": what, "low": number_words(low), "high": number_words(high)}
    return _("%(what)s is from %(low)s to %(high)s") % words + tail
