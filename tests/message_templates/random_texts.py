"""Texts of every shape the grammar allows, customers with every kind of value, and mailings: for property tests."""

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

from hypothesis import strategies as st

from backoffice.customers.models import Action
from backoffice.message_templates.facts import MailingFacts
from backoffice.message_templates.fields import FIELDS, Field
from backoffice.message_templates.formats import Kind

FEW_WORDS = st.sampled_from(["Anna", " Anna ", "Казань", ""])
words = FEW_WORDS | st.text(
    st.characters(codec="utf-8", exclude_categories=["Cs"], exclude_characters="\0"), max_size=8
)
money = st.sampled_from([Decimal("0.00"), Decimal("100.00"), Decimal("-0.50")]) | st.decimals(
    Decimal("-999999.99"), Decimal("999999.99"), places=2
).map(lambda value: value + 0)
days = st.none() | st.just(date(2026, 12, 31)) | st.dates(date(1, 1, 1), date(9999, 12, 31))
numbers = st.sampled_from([0, 1, 2, 5, 11, 21, 112, 100]) | st.integers(-(2**31), 2**31 - 1)
customers = st.fixed_dictionaries(
    dict.fromkeys(
        (
            "first_name",
            "middle_name",
            "last_name",
            "city",
            "region",
            "tariff",
            "segment",
            "manager",
            "loyalty_tier",
        ),
        words,
    )
    | dict.fromkeys(("balance", "debt", "average_receipt", "spent_total"), money)
    | dict.fromkeys(("contract_ends_on", "last_purchase_on", "registered_on", "last_visit_on"), days)
    | dict.fromkeys(("loyalty_points", "purchases_count"), numbers)
    | {"language": st.sampled_from(["", "ru", "RU", "ru-RU", "en_GB", "en", "xx"])}
)
# Few moments, so that several actions fall on the same one; both sides of a day's end in Moscow among them.
moments = st.sampled_from(
    [datetime(2026, 1, 1, 20, 59, tzinfo=UTC), datetime(2026, 1, 1, 21, 1, tzinfo=UTC)]
) | st.datetimes(datetime(2000, 1, 1), datetime(2037, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001
actions = st.lists(
    st.fixed_dictionaries(
        {"kind": st.sampled_from(Action.Kind.values), "at": moments, "amount": st.none() | money}
    ),
    max_size=5,
)
facts = st.builds(
    MailingFacts,
    name=words,
    sender=words,
    starts_on=st.dates(date(2000, 1, 1), date(2099, 1, 1)),
    ends_on=st.dates(date(2000, 1, 1), date(2099, 1, 1)),
)
quoted = words.filter(lambda word: not set(word) & set('"{}|'))
forms = quoted.filter(lambda word: word.strip() and "," not in word)


@st.composite
def merged(draw: st.DrawFn) -> str:
    """A field with a format, a default and forms, as far as it can have them."""
    field = draw(st.sampled_from(list(FIELDS.values())))
    format_name = draw(st.sampled_from(list(field.formats)))
    options = [format_name] if format_name else []
    if field.formats[format_name].is_whole and draw(st.booleans()):
        count = draw(st.sampled_from([2, 3]))
        options.append(f'plural:"{",".join(draw(forms) for _ in range(count))}"')
    if draw(st.booleans()):
        options.append(f'default:"{draw(quoted)}"')
    return "{" + "|".join([field.name, *options]) + "}"


@st.composite
def conditions(draw: st.DrawFn) -> str:
    """Whether a field has a value, or how it compares."""
    field: Field = draw(st.sampled_from(list(FIELDS.values())))
    format_name = draw(
        st.sampled_from([name for name, one in field.formats.items() if not name or one.is_whole])
    )
    begins = f"{field.name}|{format_name}" if format_name else field.name
    if draw(st.booleans()):
        return begins
    kind = Kind.NUMBER if format_name else field.kind
    signs = ["=", "<>"] if kind is Kind.TEXT else ["=", "<>", "<", "<=", ">", ">="]
    return f"{begins} {draw(st.sampled_from(signs))} {draw(_wanted(kind))}"


def _wanted(kind: Kind) -> st.SearchStrategy[Any]:
    if kind is Kind.TEXT:
        return quoted.map(lambda word: f'"{word}"')
    if kind is Kind.DATE:
        return days.filter(lambda day: day is not None).map(lambda day: day.isoformat())
    return money.map(str) | numbers.map(str)


literals = words.map(lambda word: word.replace("{", "{{").replace("}", "}}"))
flat = st.lists(literals | merged(), max_size=4).map("".join)


@st.composite
def phrases(draw: st.DrawFn) -> str:
    """Words for some customers, and perhaps others for everybody else."""
    otherwise = "{else}" + draw(flat) if draw(st.booleans()) else ""
    return "{if " + draw(conditions()) + "}" + draw(flat) + otherwise + "{end}"


texts = st.lists(literals | merged() | phrases(), max_size=6).map("".join)
