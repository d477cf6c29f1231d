"""What each condition means, in plain Python over one customer and what belongs to them: no SQL, nothing of the criteria.

The property test compares it with the statements. Each function takes the inputs as they are stored and a :class:`Person`.
"""

import calendar
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from phonenumbers.carrierdata import CARRIER_DATA

ZONE = ZoneInfo("Europe/Moscow")
Inputs = dict[str, Any]


@dataclass
class Person:
    """One customer with everything that conditions look at, and the moment of asking."""

    customer: Any
    now: datetime
    actions: list[Any] = field(default_factory=list)
    consents: list[Any] = field(default_factory=list)
    contact: Any = None

    @property
    def today(self) -> date:
        return self.now.astimezone(ZONE).date()

    def acted(self, kind: str, first: date | None, last: date | None = None) -> list[Any]:
        """Actions of a kind on days between two days, both included."""
        return [
            action
            for action in self.actions
            if action.kind == kind and in_between(day_of(action.at), first, last)
        ]

    def consent(self, purpose: str) -> Any:
        return next(
            (one for one in self.consents if one.purpose == purpose and one.superseded_at is None), None
        )


def fits(rule: dict[str, Any], person: Person) -> bool:
    """Whether a customer fits one rule of a tree."""
    if rule["type"] == "group":
        return fits_all(rule["value"]["match"], rule["value"]["rules"], person)
    return MEANINGS[rule["type"]](rule["value"], person)


def fits_all(match: str, rules: Sequence[dict[str, Any]], person: Person) -> bool:
    """Whether a customer fits all, any or none of some rules. No rule at all means everybody."""
    found = [fits(rule, person) for rule in rules]
    if not found:
        return True
    return {"all": all(found), "any": any(found), "none": not any(found)}[match]


def day_of(moment: datetime) -> date:
    return moment.astimezone(ZONE).date()


def in_between(one: Any, low: Any, high: Any) -> bool:
    if one is None:
        return False
    return (low is None or one >= low) and (high is None or one <= high)


def decimal(number: Any) -> Decimal | None:
    return None if number is None else Decimal(str(number))


def between(inputs: Inputs, one: Any) -> bool:
    return in_between(decimal(one), decimal(inputs["at_least"]), decimal(inputs["at_most"]))


def names(text: str) -> list[str]:
    return [piece.strip() for piece in text.split(",") if piece.strip()]


def one_of(text: str, inputs: Inputs) -> bool:
    has = text.upper() in [name.upper() for name in names(inputs["names"])]
    return has if inputs["is_or_not"] == "in" else not has


def of_column(column: str) -> Callable[[Inputs, Person], bool]:
    return lambda inputs, person: one_of(getattr(person.customer, column), inputs)


def of_number(column: str) -> Callable[[Inputs, Person], bool]:
    return lambda inputs, person: between(inputs, getattr(person.customer, column))


def years(person: Person) -> int | None:
    born = person.customer.birth_date
    if born is None:
        return None
    had_birthday = (person.today.month, person.today.day) >= (born.month, born.day)
    return int(person.today.year - born.year - (not had_birthday))


def comes_again(day: date | None, person: Person, days: int) -> bool:
    """Whether the day is kept on one of the next days. 29 February is kept on the 28th in other years."""
    if day is None:
        return False
    for ahead in range(days + 1):
        then = person.today + timedelta(days=ahead)
        kept = (day.month, day.day)
        if kept == (2, 29) and not calendar.isleap(then.year):
            kept = (2, 28)
        if kept == (then.month, then.day):
            return True
    return False


def anniversary(inputs: Inputs, person: Person) -> bool:
    day = person.customer.registered_on
    return day is not None and day < person.today and comes_again(day, person, inputs["days"])


def gender(inputs: Inputs, person: Person) -> bool:
    wanted = "" if inputs["who"] == "unknown" else inputs["who"]
    return bool(person.customer.gender == wanted)


def known(inputs: Inputs, person: Person) -> bool:
    is_known = getattr(person.customer, inputs["what"]) not in (None, "")
    return is_known == (inputs["known"] == "known")


def tags(inputs: Inputs, person: Person) -> bool:
    has = [name in person.customer.tags for name in names(inputs["names"])]
    return {"any": any(has), "all": all(has), "none": not any(has)}[inputs["how"]]


def marked(marks: set[str]) -> Callable[[Inputs, Person], bool]:
    written = {way(mark) for mark in marks for way in (str.lower, str.upper, str.title)}

    def meaning(inputs: Inputs, person: Person) -> bool:
        has = bool({person.customer.segment, *person.customer.tags} & written)
        return has == (inputs["marked"] != "not")

    return meaning


def months_passed(start: date, today: date) -> int:
    """Full months since then. The last day of a shorter month completes a month."""
    months = (today.year - start.year) * 12 + today.month - start.month
    last_day = calendar.monthrange(start.year, start.month)[1]
    return months if start.day <= min(today.day, last_day) else months - 1


def customer_for(inputs: Inputs, person: Person) -> bool:
    start = person.customer.registered_on
    return start is not None and between(inputs, max(0, months_passed(start, person.today)))


def day_or_none(text: str | None) -> date | None:
    return date.fromisoformat(text) if text else None


def customer_since(inputs: Inputs, person: Person) -> bool:
    return in_between(
        person.customer.registered_on, day_or_none(inputs["first"]), day_or_none(inputs["last"])
    )


def contract_state(inputs: Inputs, person: Person) -> bool:
    end = person.customer.contract_ends_on
    state = "endless" if end is None else "ended" if end < person.today else "running"
    return state == str(inputs["state"])


def contract_ends(inputs: Inputs, person: Person) -> bool:
    last = person.today + timedelta(days=inputs["days"])
    return in_between(person.customer.contract_ends_on, person.today, last)


def contract_ended(inputs: Inputs, person: Person) -> bool:
    end = person.customer.contract_ends_on
    if end is None or end >= person.today:
        return False
    is_late = end >= person.today - timedelta(days=inputs["days"])
    return is_late == (inputs["when"] == "within")


def days_ago(column: str) -> Callable[[Inputs, Person], bool]:
    def meaning(inputs: Inputs, person: Person) -> bool:
        day = getattr(person.customer, column)
        if isinstance(day, datetime):
            day = day_of(day)
        is_late = day is not None and day >= person.today - timedelta(days=inputs["days"])
        return is_late == (inputs["when"] == "within")

    return meaning


def did(inputs: Inputs, person: Person) -> bool:
    if "days" in inputs:
        found = person.acted(inputs["kind"], person.today - timedelta(days=inputs["days"]))
    else:
        found = person.acted(inputs["kind"], day_or_none(inputs["first"]), day_or_none(inputs["last"]))
    low, high = decimal(inputs["amount_from"]), decimal(inputs["amount_to"])
    if low is not None or high is not None:
        found = [action for action in found if in_between(action.amount, low, high)]
    return (len(found) >= inputs["times"]) == (inputs["did"] == "did")


def first_purchase(inputs: Inputs, person: Person) -> bool:
    bought = person.acted("purchase", None)
    first = min((day_of(action.at) for action in bought), default=None)
    return first is not None and first >= person.today - timedelta(days=inputs["days"])


def never_bought(inputs: Inputs, person: Person) -> bool:
    signs = (
        person.customer.purchases_count > 0,
        person.customer.last_purchase_on is not None,
        person.acted("purchase", None),
    )
    return any(signs) == (inputs["bought"] == "ever")


def bought_within(inputs: Inputs, person: Person) -> list[Any]:
    return person.acted("purchase", person.today - timedelta(days=inputs["days"]))


def amounts_within(inputs: Inputs, person: Person) -> list[Decimal]:
    return [action.amount for action in bought_within(inputs, person) if action.amount is not None]


def spent_within(inputs: Inputs, person: Person) -> bool:
    return between(inputs, sum(amounts_within(inputs, person)))


def purchases_within(inputs: Inputs, person: Person) -> bool:
    return between(inputs, len(bought_within(inputs, person)))


def largest_within(inputs: Inputs, person: Person) -> bool:
    return between(inputs, max(amounts_within(inputs, person), default=None))


def average_within(inputs: Inputs, person: Person) -> bool:
    amounts = amounts_within(inputs, person)
    return between(inputs, sum(amounts) / len(amounts) if amounts else None)


def consent(inputs: Inputs, person: Person) -> bool:
    said = person.consent(inputs["purpose"])
    return bool((said.state if said else "silent") == inputs["state"])


def consent_since(inputs: Inputs, person: Person) -> bool:
    said = person.consent(inputs["purpose"])
    if said is None or said.state != inputs["state"]:
        return False
    is_late = day_of(said.since) >= person.today - timedelta(days=inputs["days"])
    return is_late == (inputs["when"] == "within")


def consent_source(inputs: Inputs, person: Person) -> bool:
    said = person.consent(inputs["purpose"])
    return said is not None and said.source.upper() in [name.upper() for name in names(inputs["sources"])]


def blocked(inputs: Inputs, person: Person) -> bool:
    return bool(person.customer.is_blocked == (inputs["blocked"] == "blocked"))


def has_number(inputs: Inputs, person: Person) -> bool:
    return (person.customer.phone != "") == (inputs["has"] == "has")


COUNTRY_CODES = [
    ("RU", "+73 +74 +75 +78 +79"), ("KZ", "+76 +77"), ("BY", "+375"), ("UZ", "+998"), ("KG", "+996"), ("TJ", "+992"),
    ("TM", "+993"), ("AM", "+374"), ("AZ", "+994"), ("GE", "+995"), ("MD", "+373"), ("UA", "+380"), ("TR", "+90"),
    ("CN", "+86"), ("AE", "+971"), ("IL", "+972"), ("DE", "+49"),
]  # fmt: skip


def country_of(phone: str) -> str:
    if not phone:
        return ""
    return next((code for code, begin in COUNTRY_CODES if phone.startswith(tuple(begin.split()))), "other")


def country(inputs: Inputs, person: Person) -> bool:
    return country_of(person.customer.phone) in inputs["countries"]


def network(inputs: Inputs, person: Person) -> bool:
    """The longest prefix known in English decides."""
    phone = person.customer.phone
    known = {"791": "MTS", "798": "MTS"} | {
        digits: said["en"]
        for n in range(1, len(phone))
        if "en" in (said := CARRIER_DATA.get(digits := phone[1 : n + 1], {}))
    }
    longest = max((digits for digits in known if phone[1:].startswith(digits)), key=len, default="")
    wanted = [name.upper() for name in names(inputs["networks"])]
    is_one = country_of(phone) == inputs["country"] and known.get(longest, "").upper() in wanted
    return is_one == (inputs["is_or_not"] == "is")


def number_prefix(inputs: Inputs, person: Person) -> bool:
    begins = person.customer.phone.startswith(tuple(names(inputs["prefixes"])))
    return bool(begins == (inputs["is_or_not"] == "begins"))


def unreachable(inputs: Inputs, person: Person) -> bool:
    failed = person.contact and person.contact.last_failed_at
    delivered = person.contact and person.contact.last_delivered_at
    is_unreachable = bool(failed) and (
        not delivered
        or (
            failed > delivered
            and (inputs["days"] == 0 or day_of(delivered) < person.today - timedelta(days=inputs["days"]))
        )
    )
    return is_unreachable == (inputs["state"] == "unreachable")


def email(inputs: Inputs, person: Person) -> bool:
    return (person.customer.email != "") == (inputs["has"] == "yes")


def attribute(inputs: Inputs, person: Person) -> str:
    """The attribute as text, as JSON writes what is no text."""
    said = person.customer.attributes.get(inputs["key"])
    if said is None:
        return ""
    return (str(said).lower() if isinstance(said, bool) else str(said)).strip(" ")


def attribute_text(inputs: Inputs, person: Person) -> bool:
    text, wanted = attribute(inputs, person).upper(), [name.upper() for name in names(inputs["names"])]
    return {
        "in": text in wanted,
        "not": text not in wanted,
        "contains": any(name in text for name in wanted),
        "known": text != "",
        "unknown": text == "",
    }[inputs["how"]]


def attribute_number(inputs: Inputs, person: Person) -> bool:
    text = attribute(inputs, person).replace(" ", "").replace("\u00a0", "").replace(",", ".")
    is_number = re.fullmatch(r"[+-]?[0-9]+(\.[0-9]+)?", text)
    return between(inputs, text if is_number else None)


def attribute_flag(inputs: Inputs, person: Person) -> bool:
    word = attribute(inputs, person).lower()
    said = {"yes": "yes", "true": "yes", "1": "yes", "да": "yes", "y": "yes"} | {
        "no": "no", "false": "no", "0": "no", "нет": "no", "n": "no",
    }  # fmt: skip
    return said.get(word, "unknown") == inputs["said"]


def attribute_day(inputs: Inputs, person: Person) -> bool:
    text = re.split("[T ]", attribute(inputs, person))[0]
    if found := re.fullmatch(r"(\d+)[./](\d+)[./](\d{4})", text):
        text = f"{found[3]}-{found[2]}-{found[1]}"
    try:
        day = date(*map(int, text.split("-")))
    except (ValueError, TypeError):
        return str(inputs["when"]) == "unknown"
    span = timedelta(days=inputs["days"])
    return {
        "last": person.today - span <= day <= person.today,
        "before": day < person.today - span,
        "next": person.today <= day <= person.today + span,
        "unknown": False,
    }[inputs["when"]]


MEANINGS: dict[str, Callable[[Inputs, Person], bool]] = {
    "added": days_ago("created_at"),
    "age": lambda inputs, person: between(inputs, years(person)),
    "anniversary": anniversary,
    "attribute_day": attribute_day,
    "attribute_flag": attribute_flag,
    "attribute_number": attribute_number,
    "attribute_text": attribute_text,
    "average_receipt": of_number("average_receipt"),
    "average_within": average_within,
    "balance": of_number("balance"),
    "birthday": lambda inputs, person: comes_again(person.customer.birth_date, person, inputs["days"]),
    "birthday_month": lambda inputs, person: (
        person.customer.birth_date is not None and str(person.customer.birth_date.month) in inputs["months"]
    ),
    "blocked": blocked,
    "channel": of_column("channel"),
    "city": of_column("city"),
    "consent": consent,
    "consent_since": consent_since,
    "consent_source": consent_source,
    "contract_ended": contract_ended,
    "contract_ends": contract_ends,
    "contract_state": contract_state,
    "corporate": marked(
        {"corporate", "company", "business", "b2b", "корпоративный", "компания", "бизнес", "юрлицо"}
    ),
    "country": country,
    "customer_for": customer_for,
    "customer_since": customer_since,
    "debt": of_number("debt"),
    "device": of_column("device"),
    "did": did,
    "did_between": did,
    "email": email,
    "first_purchase": first_purchase,
    "gender": gender,
    "has_number": has_number,
    "known": known,
    "language": of_column("language"),
    "largest_within": largest_within,
    "last_purchase": days_ago("last_purchase_on"),
    "last_visit": days_ago("last_visit_on"),
    "loyalty_points": of_number("loyalty_points"),
    "loyalty_tier": of_column("loyalty_tier"),
    "manager": of_column("manager"),
    "network": network,
    "never_bought": never_bought,
    "number_prefix": number_prefix,
    "purchases": of_number("purchases_count"),
    "purchases_within": purchases_within,
    "region": of_column("region"),
    "segment": of_column("segment"),
    "spent": of_number("spent_total"),
    "spent_within": spent_within,
    "tags": tags,
    "tariff": of_column("tariff"),
    "time_zone": of_column("time_zone"),
    "unreachable": unreachable,
    "vip": marked({"vip", "вип"}),
}
