"""Random trees of conditions, and random customers on whom they are likely to differ."""

import random
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from hypothesis import strategies as st

from backoffice.customers.models import Action, AttributeDefinition, Consent, Contact, Customer
from tests.audiences.oracle import COUNTRY_CODES, ZONE, Person

DEEP = 3
NOW = datetime(2026, 3, 1, 0, 30, tzinfo=ZONE)  # half past midnight behind a 28 February
WORDS = {
    "city": ["Kazan", "Москва", ""],
    "region": ["Tatarstan", "Moscow", ""],
    "language": ["ru", "en", ""],
    "time_zone": ["Europe/Moscow", "Asia/Omsk", ""],
    "tariff": ["Gold", "Base", ""],
    "segment": ["VIP", "mass", "Business", ""],
    "loyalty_tier": ["gold", "silver", ""],
    "channel": ["app", "shop", ""],
    "device": ["iPhone", "Android", ""],
    "manager": ["Olga", "Ivan", ""],
}
TAGS = ["new", "app", "vip", "b2b"]
PHONES = [
    "", "+79161234567", "+77011234567", "+375291234567", "+447911123456", "+4915112345678",
    "+79800001234", "+79809101234", "+79809991234", "+79041234567", "+79041671234",  # one network within another
]  # fmt: skip
NETWORKS = {
    "RU": ["MTS", "T2", "Beeline", "MegaFon", "Motiv"],
    "KZ": ["Kcell/Activ", "Beeline"],
    "BY": ["Velcom", "MTS"],
    "DE": ["T-Mobile"],
}
SOURCES = ["form", "SMS", "CRM"]
KINDS = ["purchase", "visit", "payment"]
COLOURS = ["red", "Dark blue", "50% off", "", "Зелёный"]
NUMBERS: list[Any] = ["38", 38, "38,5", "-7", "a lot", "", None, True, "1 200", [1]]
FLAGS: list[Any] = ["yes", "Нет", True, False, "maybe", "", None, "0"]
DAYS: list[Any] = [
    "2026-03-01",
    "28.02.2026",
    "1.3.2026",
    "2026-02-29",
    "2024-02-29",
    "soon",
    "",
    None,
    "2026-03-08T10:00",
]
KEYS = {"text": "colour", "number": "shoes", "flag": "pets", "day": "wedding"}


def make_definitions() -> None:
    for kind, key in KEYS.items():
        AttributeDefinition.objects.create(key=key, label=key, kind=kind)


# Customers


def make_people(seed: int, count: int) -> list[Person]:
    """Customers with gaps everywhere, stored, and as the oracle looks at them."""
    dice = random.Random(seed)
    customers = Customer.objects.bulk_create(_customer(dice, number) for number in range(count))
    people = [Person(customer, NOW) for customer in customers]
    for person in people:
        # auto_now_add says now; what matters are the midnights.
        person.customer.created_at = _moment(dice, 10)
        person.actions = [_action(dice, person.customer) for _ in range(dice.choice([0, 0, 1, 2, 5]))]
        person.consents = [
            one for purpose in ("marketing", "service") for one in _consents(dice, person.customer, purpose)
        ]
        if dice.random() < 0.6:
            person.contact = Contact(
                customer=person.customer,
                last_delivered_at=_maybe(dice, _moment(dice, 12)),
                last_failed_at=_maybe(dice, _moment(dice, 12)),
            )
    Customer.objects.bulk_update(customers, ["created_at"])
    Action.objects.bulk_create(action for person in people for action in person.actions)
    Consent.objects.bulk_create(one for person in people for one in person.consents)
    Contact.objects.bulk_create(person.contact for person in people if person.contact)
    return people


def _maybe(dice: random.Random, value: Any) -> Any:
    return value if dice.random() < 0.7 else None


def _day(dice: random.Random, around: int) -> date:
    return NOW.date() + timedelta(days=dice.randint(-around, around))


def _moment(dice: random.Random, back_days: int) -> datetime:
    """Often exactly at midnight, or a second before it."""
    midnight = datetime.combine(
        NOW.date() - timedelta(days=dice.randint(0, back_days)), datetime.min.time(), ZONE
    )
    return midnight + timedelta(seconds=dice.choice([0, 0, -1, 1_799]))


def _birth_date(dice: random.Random) -> date:
    near = NOW.date() + timedelta(days=dice.randint(-8, 8))
    return dice.choice([near.replace(year=dice.randint(1986, 1996)), date(1992, 2, 29), date(1990, 3, 1)])


def _customer(dice: random.Random, number: int) -> Customer:
    words = {column: dice.choice(values) for column, values in WORDS.items()}
    attributes = {
        key: value
        for key, values in (("colour", COLOURS), ("shoes", NUMBERS), ("pets", FLAGS), ("wedding", DAYS))
        if (value := dice.choice([*values, "missing"])) != "missing"
    }
    return Customer(
        external_id=str(number), phone=dice.choice(PHONES), first_name=dice.choice(["Anna", ""]),
        middle_name=dice.choice(["I.", ""]), last_name=dice.choice(["Petrova", ""]), email=dice.choice(["a@b.ru", ""]),
        birth_date=_maybe(dice, _birth_date(dice)), gender=dice.choice(["f", "m", ""]),
        loyalty_points=dice.randint(-2, 5), balance=Decimal(dice.randint(-300, 300)) / 100,
        debt=Decimal(dice.randint(0, 300)) / 100, registered_on=_maybe(dice, _day(dice, 400)),
        contract_ends_on=_maybe(dice, _day(dice, 10)), last_purchase_on=_maybe(dice, _day(dice, 10)),
        purchases_count=dice.choice([0, 0, 1, 3]), spent_total=Decimal(dice.randint(0, 300)) / 100,
        average_receipt=Decimal(dice.randint(0, 300)) / 100, last_visit_on=_maybe(dice, _day(dice, 10)),
        tags=dice.sample(TAGS, dice.choice([0, 0, 1, 2])), attributes=attributes,
        is_blocked=dice.random() < 0.2, **words,
    )  # fmt: skip


def _action(dice: random.Random, customer: Customer) -> Action:
    amount = _maybe(dice, Decimal(dice.choice([0, 100, 250, 500, -100])) / 100)
    return Action(customer=customer, kind=dice.choice(KINDS), at=_moment(dice, 10), amount=amount)


def _consents(dice: random.Random, customer: Customer, purpose: str) -> list[Consent]:
    """None, one that holds, one that held, or both."""
    found = []
    for superseded_at in dice.choice([[], [None], [NOW], [NOW, None]]):
        found.append(
            Consent(
                customer=customer,
                purpose=purpose,
                state=dice.choice(["given", "withdrawn"]),
                since=_moment(dice, 10),
                source=dice.choice(SOURCES),
                superseded_at=superseded_at,
            )
        )
    return found


# Trees

days = st.integers(0, 10)
within = st.sampled_from(["within", "before"])
kinds = st.sampled_from(KINDS)
purposes = st.sampled_from(["marketing", "service"])
states = st.sampled_from(["given", "withdrawn"])
written_days = st.dates(date(2026, 2, 20), date(2026, 3, 8)).map(date.isoformat)
cents = st.integers(-300, 600).map(lambda number: str(Decimal(number) / 100))


def chosen(*values: str) -> Any:
    return st.sampled_from(values)


def listed(values: list[str]) -> Any:
    """Some names, now and then in other letters or of nobody."""
    names = [name for name in values if name]
    offered = st.sampled_from([*names, *(name.upper() for name in names), "Nowhere"])
    return st.lists(offered, min_size=1, max_size=2, unique=True).map(", ".join)


def bounds(number: Any, low: str = "at_least", high: str = "at_most") -> Any:
    """One or two numbers, or days, in their order."""

    def ordered(pair: tuple[Any, Any], which: str) -> dict[str, Any]:
        key = Decimal if isinstance(pair[0], str) and "-" not in pair[0][1:] else None
        first, second = sorted(pair, key=key)  # type: ignore[arg-type]
        return {low: None if which == "high" else first, high: None if which == "low" else second}

    return st.builds(ordered, st.tuples(number, number), chosen("low", "high", "both"))


def inputs(*parts: Any, **named: Any) -> Any:
    """Inputs put together from some that belong together and some that stand alone."""
    alone = st.fixed_dictionaries(named)
    return st.tuples(alone, *parts).map(
        lambda found: {name: one for part in found for name, one in part.items()}
    )


def flag(name: str, yes: str) -> Any:
    return inputs(**{name: chosen(yes, "not")})


small, positive = st.integers(-3, 6), st.integers(0, 4)
any_amount = bounds(cents, "amount_from", "amount_to") | st.just({"amount_from": None, "amount_to": None})
positive_cents = st.integers(0, 600).map(lambda number: str(Decimal(number) / 100))
codes = st.lists(
    st.sampled_from([*(code for code, _ in COUNTRY_CODES), "other"]), min_size=1, max_size=3, unique=True
)
prefixes = st.lists(chosen("+7", "+7916", "+375", "+44", "+1"), min_size=1, max_size=2, unique=True).map(
    ", ".join
)
did_what = {"did": chosen("did", "not"), "kind": kinds, "times": st.integers(1, 3)}

CONDITIONS: dict[str, Any] = {
    **{
        column: inputs(is_or_not=chosen("in", "not"), names=listed(values)) for column, values in WORDS.items()
    },
    "added": inputs(when=within, days=days),
    "age": bounds(st.integers(28, 42)),
    "anniversary": inputs(days=st.integers(0, 180)),
    "attribute_day": inputs(
        key=st.just("wedding"), when=chosen("last", "before", "next", "unknown"), days=st.integers(0, 800)
    ),
    "attribute_flag": inputs(key=st.just("pets"), said=chosen("yes", "no", "unknown")),
    "attribute_number": inputs(bounds(st.sampled_from(["-7", "38", "38.5", "1200"])), key=st.just("shoes")),
    "attribute_text": inputs(
        key=st.just("colour"), how=chosen("in", "not", "contains", "known", "unknown"),
        names=listed([*COLOURS, "e", "%"]),
    ),
    "average_receipt": bounds(positive_cents),
    "average_within": inputs(bounds(positive_cents), days=days),
    "balance": bounds(cents),
    "birthday": inputs(days=st.integers(0, 12)),
    "birthday_month": inputs(months=st.lists(chosen("2", "3", "7"), min_size=1, max_size=2, unique=True)),
    "blocked": flag("blocked", "blocked"),
    "consent": inputs(state=chosen("given", "withdrawn", "silent"), purpose=purposes),
    "consent_since": inputs(state=states, purpose=purposes, when=within, days=days),
    "consent_source": inputs(purpose=purposes, sources=listed(SOURCES)),
    "contract_ended": inputs(when=within, days=st.integers(1, 10)),
    "contract_ends": inputs(days=days),
    "contract_state": inputs(state=chosen("running", "ended", "endless")),
    "corporate": flag("marked", "corporate"),
    "country": inputs(countries=codes),
    "customer_for": bounds(st.integers(0, 14)),
    "customer_since": bounds(st.dates(date(2025, 2, 1), date(2027, 3, 1)).map(date.isoformat), "first", "last"),
    "debt": bounds(positive_cents),
    "did": inputs(any_amount, days=days, **did_what),
    "did_between": inputs(any_amount, bounds(written_days, "first", "last"), **did_what),
    "email": inputs(has=chosen("yes", "no")),
    "first_purchase": inputs(days=days),
    "gender": inputs(who=chosen("f", "m", "unknown")),
    "has_number": flag("has", "has"),
    "known": inputs(
        what=chosen("first_name", "middle_name", "last_name", "birth_date", "city", "region", "registered_on"),
        known=chosen("known", "not"),
    ),
    "largest_within": inputs(bounds(positive_cents), days=days),
    "last_purchase": inputs(when=within, days=days),
    "last_visit": inputs(when=within, days=days),
    "loyalty_points": bounds(small),
    "network": chosen(*NETWORKS).flatmap(
        lambda code: inputs(
            country=st.just(code), is_or_not=chosen("is", "not"),
            networks=st.lists(chosen(*NETWORKS[code]), min_size=1, max_size=2, unique=True).map(", ".join),
        )
    ),
    "never_bought": inputs(bought=chosen("never", "ever")),
    "number_prefix": inputs(is_or_not=chosen("begins", "not"), prefixes=prefixes),
    "purchases": bounds(positive),
    "purchases_within": inputs(bounds(positive), days=days),
    "spent": bounds(positive_cents),
    "spent_within": inputs(bounds(positive_cents), days=days),
    "tags": inputs(how=chosen("any", "all", "none"), names=listed(TAGS)),
    "unreachable": inputs(state=chosen("unreachable", "not"), days=days),
    "vip": flag("marked", "vip"),
}  # fmt: skip

matches = chosen("all", "any", "none")


def condition() -> Any:
    """One condition with sensible inputs."""
    return st.sampled_from(sorted(CONDITIONS)).flatmap(
        lambda name: CONDITIONS[name].map(lambda found: {"type": name, "value": found})
    )


def rule(deep: int) -> Any:
    """A condition, or a group of rules."""
    if deep == 0:
        return condition()
    group = st.fixed_dictionaries(
        {"match": matches, "rules": st.lists(rule(deep - 1), min_size=1, max_size=3)}
    )
    return condition() | group.map(lambda found: {"type": "group", "value": found})


trees = st.tuples(matches, st.lists(rule(DEEP), max_size=3))
