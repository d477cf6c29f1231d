"""Dates, amounts, plural forms, phrases for some customers, facts of the mailing and of what a customer did last."""

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from backoffice.customers.models import Action, Customer
from backoffice.message_templates.facts import FactsMissingError, MailingFacts
from backoffice.message_templates.fields import LastAction
from backoffice.message_templates.merge import compile_sql, fields_of, problems, render

OLEG = Customer(
    external_id="1",
    first_name="Oleg",
    city="Kazan",
    debt=Decimal("1234567.50"),
    balance=Decimal("-1499.00"),
    loyalty_points=21,
    purchases_count=112,
    contract_ends_on=date(2026, 12, 31),
    last_visit_on=date(2026, 3, 5),
)
FACTS = MailingFacts("Autumn", "Parley", starts_on=date(2026, 12, 1), ends_on=date(2026, 12, 24))
BOUGHT = {"purchase": LastAction(datetime(2026, 11, 4, 22, tzinfo=UTC), Decimal("1290.00"))}


def written(text: str) -> str:
    return render(text, OLEG, FACTS, BOUGHT)


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("{debt|en}", "1,234,567.50"),
        ("{debt|ru}", "1 234 567,50"),
        ("{debt|whole-ru}", "1 234 567"),
        ("{debt|whole-en}", "1,234,567"),
        ("{balance|ru}", "-1 499"),
        ("{loyalty_points|ru}", "21"),
        ("{contract_ends_on|ru}", "31 декабря 2026"),
        ("{contract_ends_on|day-ru}", "31 декабря"),
        ("{contract_ends_on|weekday-ru}", "четверг"),
        ("{last_visit_on|en}", "5 March 2026"),
        ("{last_visit_on|day-en}", "5 March"),
        ("{last_visit_on|weekday-en}", "Thursday"),
        ("{contract_ends_on|days}", "30"),
        ('{registered_on|day-ru|default:"давно"}', "давно"),
    ],
)
def test_amounts_and_dates_are_written_as_in_the_language(text: str, read: str) -> None:
    assert written(text) == read


@pytest.mark.parametrize(
    ("number", "english", "russian"),
    [
        (0, "points", "баллов"),
        (1, "point", "балл"),
        (-1, "point", "балл"),
        (2, "points", "балла"),
        (5, "points", "баллов"),
        (11, "points", "баллов"),
        (12, "points", "баллов"),
        (14, "points", "баллов"),
        (21, "points", "балл"),
        (104, "points", "балла"),
        (111, "points", "баллов"),
        (112, "points", "баллов"),
        (122, "points", "балла"),
    ],
)
def test_the_word_fits_the_number(number: int, english: str, russian: str) -> None:
    customer = Customer(loyalty_points=number)
    assert render('{loyalty_points|plural:"point,points"}', customer) == english
    assert render('{loyalty_points|plural:"балл, балла, баллов"}', customer) == russian


def test_words_fit_whole_amounts_and_days_too() -> None:
    assert written('{debt|whole|plural:"рубль,рубля,рублей"}') == "рублей"
    assert written('{contract_ends_on|days} {contract_ends_on|days|plural:"day,days"}') == "30 days"
    assert written('{registered_on|days|plural:"day,days"|default:"soon"}') == "soon"


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("Hello{if first_name}, {first_name}{end}.", "Hello, Oleg."),
        ("Hello{if last_name}, {last_name}{end}.", "Hello."),
        ("{if last_name}{last_name}{else}customer{end}", "customer"),
        ("{if debt}You owe us.{end}", "You owe us."),
        ("{if debt > 1000}much{else}little{end}", "much"),
        ("{if debt >= 1 234 567,50}yes{end}", "yes"),
        ("{IF Debt < 0}yes{ELSE}no{END}", "no"),
        ("{if balance ≤ -1499}yes{end}", "yes"),
        ('{if city = "Kazan"}here{else}there{end}', "here"),
        ("{if city != «Kazan»}there{else}here{end}", "here"),
        ('{if last_name <> "Petrov"}other{else}unknown{end}', "unknown"),
        ("{if contract_ends_on = 31.12.2026}New Year{end}", "New Year"),
        ("{if contract_ends_on < 2026-12-01}over{else}runs{end}", "runs"),
        ("{if contract_ends_on|days <= 30}soon{end}", "soon"),
        ("{if debt|whole = 1234567}exactly{end}", "exactly"),
        ("{if middle_name}{else}no{end} {{if}}", "no {if}"),
        ("{if average_receipt}yes{else}zero is none{end}", "zero is none"),
        ("{if last_complaint.date}sorry{else}fine{end}", "fine"),
        ("{if mailing.ends_on > 01.12.2026}long{end}", "long"),
    ],
)
def test_a_phrase_is_for_those_it_fits(text: str, read: str) -> None:
    assert written(text) == read


def test_a_text_speaks_of_its_mailing_and_of_the_last_purchase() -> None:
    assert written("Until {mailing.ends_on|day-en}, {mailing.sender}") == "Until 24 December, Parley"
    assert written("{mailing.name} {mailing.starts_on}") == "Autumn 01.12.2026"
    # 22:00 in London is the next day in Moscow, where the company is.
    assert written("{last_purchase.amount|whole} on {last_purchase.date}") == "1290 on 05.11.2026"
    assert written('{last_payment.amount|default:"nothing"}') == "nothing"


@pytest.mark.django_db
def test_of_several_purchases_the_last_counts_and_of_one_moment_the_largest() -> None:
    customer = Customer.objects.create(external_id="2")
    for at, amount in ((datetime(2026, 1, 1, tzinfo=UTC), "10"), (datetime(2025, 1, 1, tzinfo=UTC), "900")):
        for extra in (0, 5):
            Action.objects.create(customer=customer, kind="purchase", at=at, amount=Decimal(amount) + extra)
    Action.objects.create(customer=customer, kind="visit", at=datetime(2026, 5, 1, tzinfo=UTC))
    assert (
        render("{last_purchase.amount} {last_purchase.date} {last_visit.date}", customer)
        == "15 01.01.2026 01.05.2026"
    )


@pytest.mark.parametrize(
    "text", ["{mailing.name}", "{contract_ends_on|days}", "{if mailing.ends_on|days > 3}x{end}"]
)
def test_without_its_mailing_such_a_text_is_refused_and_not_left_empty(text: str) -> None:
    with pytest.raises(FactsMissingError):
        compile_sql(text)
    with pytest.raises(FactsMissingError):
        render(text, OLEG)


def test_fields_of_conditions_and_phrases_belong_to_the_text() -> None:
    assert fields_of("{if debt > 0}{first_name}{else}{city}{end}{debt}") == ["debt", "first_name", "city"]


@pytest.mark.parametrize(
    ("text", "positions", "words"),
    [
        ("a {if debt > 0}x", [2], "has no end"),
        ("a {end}", [2], "{end} ends a phrase"),
        ("a {else} b", [2], "belongs to a phrase"),
        ("{if debt}a{else}b{else}c{end}", [17], "has an {else} already"),
        ("{if debt}a{if city}b{end}", [10], "cannot stand within another"),
        ("{if}x{end}", [0], "which field decides"),
        ("{if > 5}x{end}", [0], "which field decides"),
        ("{if dept > 0}x{else}y{end}", [0], "Did you mean {debt}?"),
        ("{if debt > much}x{end}", [0], "Write it like {if debt > 0}"),
        ("{if debt >}x{end}", [0], "An amount is compared"),
        ("{if debt >< 5}x{end}", [0], "An amount is compared"),
        ('{if loyalty_points = "5"}x{end}', [0], "Write it like {if loyalty_points >= 100}"),
        ("{if city = Kazan}x{end}", [0], "words in quotes"),
        ('{if city > "A"}x{end}', [0], "A text is compared"),
        ("{if contract_ends_on > 31.02.2026}x{end}", [0], "A date is compared"),
        ("{if contract_ends_on|days > soon}x{end}", [0], "{if contract_ends_on|days >= 100}"),
        ("{if debt|comma > 5}x{end}", [0], "cannot be compared"),
        ('{first_name|plural:"a,b"}', [0], "is no number"),
        ('{debt|plural:"a,b"}', [0], "Write {debt|whole|plural"),
        ('{contract_ends_on|plural:"a,b"}', [0], "Write {contract_ends_on|days|plural"),
        ('{loyalty_points|ru|plural:"a,b"}', [0], "Leave the format out"),
        ('{loyalty_points|plural:"a"}', [0], "two forms"),
        ('{loyalty_points|plural:"a,,c"}', [0], "two forms"),
        ("{loyalty_points|plural:a,b}", [0], "in quotes"),
    ],
)
def test_a_mistake_is_named_at_its_place(text: str, positions: list[int], words: str) -> None:
    found = problems(text)
    assert [error.position for error in found] == positions
    assert words in found[0].sentence


@pytest.mark.parametrize(
    ("typed", "mended"),
    [
        ("Hi {frist_name}.", "Hi {first_name}."),
        ('Hi {frist_name|default:"you"}.', 'Hi {first_name|default:"you"}.'),
        ("Hi {first name}", "Hi {first_name}"),
        ("{end of contract}", "{contract_ends_on}"),
        ("{if dept > 0}x{end}", "{if debt > 0}x{end}"),
        ("{if debt}x{esle}y{end}", "{if debt}x{else}y{end}"),
        ("Hi {first_name|default:you}", 'Hi {first_name|default:"you"}'),
        ("{loyalty_points|plural: point,points}", '{loyalty_points|plural:"point,points"}'),
        ("{debt|comm}", "{debt|comma}"),
        ('{debt|plural:"a,b"}', '{debt|whole|plural:"a,b"}'),
        ("smile :}", "smile :}}"),
    ],
)
def test_what_was_meant_is_one_click_away(typed: str, mended: str) -> None:
    found = problems(typed)
    assert found[0].mended(typed) == mended
    assert not problems(mended)


def test_where_nobody_knows_what_was_meant_nothing_is_offered() -> None:
    assert [error.mended("{xyzzy} {") for error in problems("{xyzzy} {")] == ["", ""]


def test_amounts_are_read_without_their_blanks() -> None:
    assert problems("{if spent_total > 1 000 000}x{end}") == []
