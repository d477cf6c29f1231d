"""Files as people really upload them, row by row: each is understood as it was meant, or refused with a sentence."""

import csv
import io
from pathlib import Path

import pytest

from backoffice.customers.importing import import_file
from backoffice.customers.models import Customer
from backoffice.customers.resources import cleaners

CASES = Path(__file__).parents[2] / "fixtures" / "cases"

TWO = "two numbers in this cell"
EXTENSION = "has an extension"
WORDS = "without words"
SHORTENED = "digits are lost"
PHONES = {
    "00": SHORTENED,
    "01": SHORTENED,
    "02": "+79161110041",
    "03": "+79161110042",
    "04": "+79161110043",
    "05": "+79161110044",
    "06": "+79161110045",
    "07": TWO,
    "08": TWO,
    "09": TWO,
    "10": EXTENSION,
    "11": "+79161110053",
    "12": "+79161110054",
    "13": WORDS,
    "14": "+77011110056",
    "15": "+74951234567",
    "16": "+78005553535",
    "17": "+79161110057",
    "18": "+380671234567",
    "19": EXTENSION,
    "20": "+79161110059",
    "21": "+79161110060",
    "22": "+79161110061",
    "23": "No such phone number",
    "24": TWO,
    "25": "not a phone number",
    "26": None,
    "27": "not a phone number",
    "28": "+375291110064",
    "29": "+996555110065",
    "30": TWO,
    "31": "not a phone number",
    "32": WORDS,
    "33": "+79161110068",
    "34": "+79161110069",
    "35": WORDS,
    "36": WORDS,
    "37": EXTENSION,
    "38": EXTENSION,
}
NO_AMOUNT = "This is no amount"
AMOUNTS = {
    "00": "1234.50",
    "01": "1234.50",
    "02": "1234.50",
    "03": "1234.50",
    "04": "1234.50",
    "05": "1234.50",
    "06": "may be a thousand or a fraction",
    "07": "1234.50",
    "08": "1234.50",
    "09": "-120.50",
    "10": "-120.50",
    "11": NO_AMOUNT,
    "12": NO_AMOUNT,
    "14": NO_AMOUNT,
    "16": NO_AMOUNT,
    "17": NO_AMOUNT,
}
NO_DAY, IN_DOUBT = "no such day", "Day and month cannot be told apart"
DATES = {
    "00": "Format the column as a date",
    "01": IN_DOUBT,
    "02": "1990-05-13",
    "03": "with four digits",
    "04": NO_DAY,
    "05": NO_DAY,
    "06": "1990-05-12",
    "07": "1990-05-12",
    "08": "This is no date",
    "09": IN_DOUBT,
    "10": "1990-05-12",
    "11": "This is no date",
    "12": "1990-05-12",
    "13": None,
    "14": "The year has to lie between",
    "15": "The year has to lie between",
    "16": "This is no date",
    "17": "The year has to lie between",
    "18": "1990-05-12",
}


def rows(name: str) -> dict[str, str]:
    """The second column of a file, by the last two digits of the first."""
    with (CASES / name).open(encoding="utf-8-sig", newline="") as file:
        return {row[0][-2:]: row[1] for row in list(csv.reader(file, delimiter=";"))[1:]}


def check(column: str, text: str, expected: str | None) -> None:
    try:
        value = cleaners()[column](text)
    except ValueError as refusal:
        outcome: str | None = str(refusal)
    else:
        outcome = None if value is None else str(value)
        assert outcome == expected
    assert outcome == expected or (expected and expected in str(outcome))


@pytest.mark.parametrize(
    ("name", "column", "table"),
    [
        ("phones.csv", "phone", PHONES),
        ("amounts.csv", "balance", AMOUNTS),
        ("dates.csv", "birth_date", DATES),
    ],
)
def test_every_line_of_the_file_has_an_outcome(name: str, column: str, table: dict[str, str]) -> None:
    assert rows(name).keys() == table.keys()


@pytest.mark.parametrize("line", PHONES)
def test_a_phone_number_is_read_as_it_was_meant_or_refused(line: str) -> None:
    check("phone", rows("phones.csv")[line], PHONES[line])


@pytest.mark.parametrize("line", AMOUNTS)
def test_an_amount_is_read_as_it_was_meant_or_refused(line: str) -> None:
    check("balance", rows("amounts.csv")[line], AMOUNTS[line])


@pytest.mark.parametrize("line", DATES)
def test_a_day_is_read_as_it_was_meant_or_refused(line: str) -> None:
    check("birth_date", rows("dates.csv")[line], DATES[line])


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("1,234,567", "1234567.00"),
        ("1.234.567,50", "1234567.50"),
        ("0,500", "0.50"),
        ("1 234,500", "1234.50"),
        ("1 23,5", NO_AMOUNT),
        ("12.345", "may be a thousand or a fraction"),
        ("1234,567", "more than 2 decimals"),
        ("0.30000000000000004", "0.30"),
        ("120,50-", "-120.50"),
        ("$5", NO_AMOUNT),
        ("9999999999.999", "more than 2 decimals"),
        ("9999999999.99", "9999999999.99"),
        ("10000000000", "too large"),
        ("9" * 400, "too long"),
    ],
)
def test_other_ways_to_write_an_amount(text: str, expected: str) -> None:
    check("balance", text, expected)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("777001.0", "777001"),
        ("777001", "777001"),
        ("7.77001E+05", "777001"),
        ("7.7700123E+11", SHORTENED),
        ("A-77.0", "A-77.0"),
        ("NULL", "is missing"),
    ],
)
def test_the_number_in_the_crm_is_one_however_a_program_writes_it(text: str, expected: str) -> None:
    check("external_id", text, expected)


@pytest.mark.django_db
def test_what_programs_write_for_nothing_leaves_the_cell_empty() -> None:
    assert import_file(CASES / "null_markers.csv").added == 2
    names = {"first_name", "last_name", "city", "time_zone"}
    for customer in Customer.objects.all():
        assert {getattr(customer, name) for name in names} == {""}
        assert (customer.balance, customer.loyalty_points, customer.birth_date, customer.tags) == (
            0,
            0,
            None,
            [],
        )


@pytest.mark.django_db
def test_numbers_that_pandas_made_fractions_are_read_as_they_were() -> None:
    assert import_file(CASES / "pandas_floats.csv").added == 2
    anna = Customer.objects.get(external_id="BUG14-1")
    assert (anna.phone, anna.loyalty_points, str(anna.birth_date)) == ("+79161110171", 12, "1990-05-12")


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("name", "bad", "word"),
    [("nan_amount.csv", "BUG01-2", "balance: "), ("nul_attribute.csv", "BUG12-1", "shoe: ")],
)
def test_one_bad_row_is_named_and_the_others_are_imported(name: str, bad: str, word: str) -> None:
    listed = io.StringIO()
    result = import_file(CASES / name, bad_rows=listed)
    assert (result.bad, result.added) == (1, result.read - 1)
    assert word in listed.getvalue()
    assert bad in listed.getvalue()
    assert not Customer.objects.filter(external_id=bad).exists()
