"""The merge fields: which facts about a customer, about what they did last and about the mailing a text may contain."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import Enum
from typing import Any, Protocol

from django.conf import settings
from django.db.models import Max
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from backoffice.customers.models import Action, Customer
from backoffice.message_templates.facts import FactsMissingError, MailingFacts
from backoffice.message_templates.formats import FORMATS, Format, Kind

__all__ = ["FIELDS", "Field", "Group", "LastAction", "Recipient", "Sql"]

# Where nobody counts days from the start of a mailing, any day does.
_NO_DAY = date(1970, 1, 1)


@dataclass(frozen=True)
class Sql:
    """A piece of SQL, and the values for its %s in their order."""

    text: str
    values: tuple[str, ...] = ()


@dataclass(frozen=True)
class LastAction:
    """What a customer did last of a kind. Of several at the same moment the largest amount counts."""

    at: datetime
    amount: Decimal | None = None


@dataclass(frozen=True)
class Recipient:
    """Somebody a text is written for. ``actions`` by kind; None: they are looked up for a saved customer."""

    customer: Customer
    facts: MailingFacts | None = None
    actions: Mapping[str, LastAction] | None = None

    def last(self, kind: str) -> LastAction | None:
        """What they did last of a kind."""
        if self.actions is not None or self.customer.pk is None:
            return (self.actions or {}).get(kind)
        done = Action.objects.filter(customer=self.customer, kind=kind)
        newest = done.values("at").annotate(largest=Max("amount")).order_by("-at").first()
        return LastAction(newest["at"], newest["largest"]) if newest else None

    @property
    def day(self) -> date:
        """The first day of the mailing."""
        return self.facts.starts_on if self.facts else _NO_DAY


class Source(Protocol):
    """Where the value of a field comes from: as SQL for the row ``alias`` of customers_customer, and for one customer."""

    def sql(self, alias: str, facts: MailingFacts | None) -> Sql: ...

    def value(self, recipient: Recipient) -> Any: ...


@dataclass(frozen=True)
class OfCustomer:
    """A column of customers_customer."""

    column: str

    def sql(self, alias: str, facts: MailingFacts | None) -> Sql:
        return Sql(f'{alias}."{self.column}"')

    def value(self, recipient: Recipient) -> Any:
        return getattr(recipient.customer, self.column)


@dataclass(frozen=True)
class DateOfLast:
    """The day, in the company's time zone, on which a customer last did something. Read from an index alone."""

    kind: str

    def sql(self, alias: str, facts: MailingFacts | None) -> Sql:
        return Sql(f"({_last_moment(alias, self.kind)} AT TIME ZONE %s)::date", (settings.TIME_ZONE,))

    def value(self, recipient: Recipient) -> Any:
        last = recipient.last(self.kind)
        return last and timezone.localtime(last.at, timezone.get_default_timezone()).date()


@dataclass(frozen=True)
class AmountOfLast:
    """How much money was in it."""

    kind: str

    def sql(self, alias: str, facts: MailingFacts | None) -> Sql:
        return Sql(
            f"(SELECT MAX(last_one.amount) FROM customers_action last_one WHERE last_one.customer_id = {alias}.id"
            f" AND last_one.kind = '{self.kind}' AND last_one.at = {_last_moment(alias, self.kind)})"
        )

    def value(self, recipient: Recipient) -> Any:
        last = recipient.last(self.kind)
        return last and last.amount


@dataclass(frozen=True)
class OfMailing:
    """A fact about the mailing: the same for everybody, so it stands in the statement itself."""

    fact: str

    def sql(self, alias: str, facts: MailingFacts | None) -> Sql:
        value = getattr(_known(facts), self.fact)
        return Sql(_day_sql(value)) if isinstance(value, date) else Sql("%s::text", (value,))

    def value(self, recipient: Recipient) -> Any:
        return getattr(_known(recipient.facts), self.fact)


def _last_moment(alias: str, kind: str) -> str:
    return (
        f"(SELECT MAX(last_time.at) FROM customers_action last_time WHERE last_time.customer_id = {alias}.id"
        f" AND last_time.kind = '{kind}')"
    )


def _day_sql(day: date) -> str:
    return f"DATE '{day.isoformat()}'"


def _known(facts: MailingFacts | None) -> MailingFacts:
    if facts is None:
        raise FactsMissingError("This text speaks of its mailing; give its facts.")
    return facts


class Group(Enum):
    """Under which heading a field is offered."""

    PERSON = "person"
    MONEY = "money"
    DATES = "dates"
    ACTIONS = "actions"
    MAILING = "mailing"

    @property
    def label(self) -> Promise:
        return _GROUP_LABELS[self]


_GROUP_LABELS = {
    Group.PERSON: _("The customer"),
    Group.MONEY: _("Money and points"),
    Group.DATES: _("Dates"),
    Group.ACTIONS: _("What they did last"),
    Group.MAILING: _("The mailing"),
}


@dataclass(frozen=True)
class Field:
    """A fact that a text may contain. ``name`` is what editors type."""

    name: str
    label: str | Promise
    kind: Kind
    source: Source
    group: Group

    @property
    def formats(self) -> Mapping[str, Format]:
        """The ways to write it, by name."""
        return FORMATS[self.kind]

    def raw_sql(self, alias: str, facts: MailingFacts | None) -> Sql:
        """The value itself for the row ``alias``; NULL where there is none."""
        return self.source.sql(alias, facts)

    def number_sql(self, alias: str, format_name: str, facts: MailingFacts | None) -> Sql:
        """What a format writes, before it becomes text; a number where the format is whole."""
        raw, template = self.raw_sql(alias, facts), self.formats[format_name].sql
        if "{day}" not in template:
            return Sql(template.format(column=raw.text), raw.values)
        return Sql(template.format(column=raw.text, day=_day_sql(_known(facts).starts_on)), raw.values)

    def sql(self, alias: str, format_name: str, facts: MailingFacts | None = None) -> Sql:
        """Text of this field for the row ``alias``; NULL where the customer has none."""
        found = self.number_sql(alias, format_name, facts)
        return Sql(f"({found.text})::text", found.values) if self.formats[format_name].is_whole else found

    def number(self, recipient: Recipient, format_name: str) -> Any:
        """The same as :meth:`number_sql` for one customer in memory."""
        raw, wanted = self.source.value(recipient), self.formats[format_name]
        if "{day}" in wanted.sql:
            _known(recipient.facts)
        return None if raw is None else wanted.python(raw, recipient.day)

    def value(self, recipient: Recipient, format_name: str) -> str | None:
        """The same as :meth:`sql` for one customer in memory."""
        found = self.number(recipient, format_name)
        return None if found is None else str(found) or None


def _of_customer(name: str, label: str | Promise, kind: Kind, group: Group) -> Field:
    return Field(name, label, kind, OfCustomer(name), group)


PURCHASE, VISIT = Action.Kind.PURCHASE.value, Action.Kind.VISIT.value
PAYMENT, COMPLAINT = Action.Kind.PAYMENT.value, Action.Kind.COMPLAINT.value
FIELDS: dict[str, Field] = {
    field.name: field
    for field in (
        _of_customer("first_name", _("first name"), Kind.TEXT, Group.PERSON),
        _of_customer("middle_name", _("middle name"), Kind.TEXT, Group.PERSON),
        _of_customer("last_name", _("last name"), Kind.TEXT, Group.PERSON),
        _of_customer("city", _("city"), Kind.TEXT, Group.PERSON),
        _of_customer("region", _("region"), Kind.TEXT, Group.PERSON),
        _of_customer("tariff", _("tariff"), Kind.TEXT, Group.PERSON),
        _of_customer("segment", _("segment"), Kind.TEXT, Group.PERSON),
        _of_customer("manager", _("manager"), Kind.TEXT, Group.PERSON),
        _of_customer("loyalty_tier", _("loyalty level"), Kind.TEXT, Group.MONEY),
        _of_customer("loyalty_points", _("loyalty points"), Kind.NUMBER, Group.MONEY),
        _of_customer("balance", _("balance"), Kind.MONEY, Group.MONEY),
        _of_customer("debt", _("debt"), Kind.MONEY, Group.MONEY),
        _of_customer("average_receipt", _("average receipt"), Kind.MONEY, Group.MONEY),
        _of_customer("spent_total", _("spent in all"), Kind.MONEY, Group.MONEY),
        _of_customer("purchases_count", _("number of purchases"), Kind.NUMBER, Group.MONEY),
        _of_customer("contract_ends_on", _("end of contract"), Kind.DATE, Group.DATES),
        _of_customer("last_purchase_on", _("last purchase"), Kind.DATE, Group.DATES),
        _of_customer("last_visit_on", _("last visit"), Kind.DATE, Group.DATES),
        _of_customer("registered_on", _("customer since"), Kind.DATE, Group.DATES),
        Field(
            "last_purchase.amount",
            _("amount of last purchase"),
            Kind.MONEY,
            AmountOfLast(PURCHASE),
            Group.ACTIONS,
        ),
        Field(
            "last_purchase.date", _("day of last purchase"), Kind.DATE, DateOfLast(PURCHASE), Group.ACTIONS
        ),
        Field(
            "last_payment.amount",
            _("amount of last payment"),
            Kind.MONEY,
            AmountOfLast(PAYMENT),
            Group.ACTIONS,
        ),
        Field("last_payment.date", _("day of last payment"), Kind.DATE, DateOfLast(PAYMENT), Group.ACTIONS),
        Field("last_visit.date", _("day of last visit"), Kind.DATE, DateOfLast(VISIT), Group.ACTIONS),
        Field(
            "last_complaint.date", _("day of last complaint"), Kind.DATE, DateOfLast(COMPLAINT), Group.ACTIONS
        ),
        Field("mailing.starts_on", _("first day"), Kind.DATE, OfMailing("starts_on"), Group.MAILING),
        Field("mailing.ends_on", _("last day of sending"), Kind.DATE, OfMailing("ends_on"), Group.MAILING),
        Field("mailing.sender", _("sender"), Kind.TEXT, OfMailing("sender"), Group.MAILING),
        Field("mailing.name", _("name of the mailing"), Kind.TEXT, OfMailing("name"), Group.MAILING),
    )
}
