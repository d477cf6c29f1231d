"""Files of customers into the database."""

import io
from decimal import Decimal
from pathlib import Path

import pytest

from backoffice.customers.columns import customer_columns
from backoffice.customers.importing import import_file
from backoffice.customers.models import Consent, Customer
from backoffice.customers.reading import bad_rows_heading
from backoffice.customers.sample import write_sample
from backoffice.lib.files.confirmed import guess
from backoffice.lib.runs import RunStopped
from backoffice.lib.spreadsheets import UnreadableTable
from tests.customers.conftest import SAMPLES

pytestmark = pytest.mark.django_db

GOOD = sorted(path.name for path in SAMPLES.glob("good*"))


@pytest.mark.parametrize("name", GOOD)
def test_every_form_of_file_gives_the_same_customers(name: str) -> None:
    result = import_file(SAMPLES / name)
    assert (result.read, result.added, result.bad) == (2, 2, 0)
    anna = Customer.objects.get(external_id="R1")
    assert (anna.phone, anna.first_name, str(anna.birth_date)) == ("+79161234567", "Анна", "1985-11-24")
    assert (anna.balance, anna.tags) == (Decimal("1234.50"), ["кофе"])
    assert list(Consent.objects.order_by("customer__external_id").values_list("state", flat=True)) == [
        "given",
        "withdrawn",
    ]


def test_bad_rows_are_listed_with_their_number_and_reason_and_the_good_ones_are_kept() -> None:
    listed = io.StringIO()
    result = import_file(SAMPLES / "bad-rows.csv", bad_rows=listed)
    assert (result.read, result.added, result.bad, result.doubled) == (13, 2, 10, 1)
    reasons = {line.split(",")[0]: line for line in listed.getvalue().splitlines()}
    for row, words in {
        "3": "number in the CRM is missing",
        "4": "phone: No such phone number exists",
        "5": "birth_date: There is no such day",
        "6": "balance: This is no amount",
        "7": "loyalty_points: This is no whole number",
        "8": "time_zone: No such time zone",
        "9": "gender: Write f or m",
        "10": "is_blocked: Write yes or no",
        "11": "consent_marketing: Write yes",
        "14": "phone:",
    }.items():
        assert words in reasons[row]
    assert Customer.objects.get(external_id="B11").phone == "+79161234561"


def test_the_same_file_again_changes_nothing() -> None:
    import_file(SAMPLES / GOOD[0])
    result = import_file(SAMPLES / GOOD[0])
    assert (result.added, result.changed, result.unchanged) == (0, 0, 2)
    assert Consent.objects.count() == 2


def test_a_new_answer_supersedes_the_old_one(tmp_path: Path) -> None:
    import_file(SAMPLES / GOOD[0])
    later = tmp_path / "later.csv"
    later.write_text("external_id,consent_marketing,consent_on,consent_source\nR1,no,2026-11-01,letter\n")
    import_file(later)
    history = Consent.objects.filter(customer__external_id="R1").order_by("id")
    assert [(row.state, row.superseded_at is None) for row in history] == [
        ("given", False),
        ("withdrawn", True),
    ]
    assert history.last().source == "letter"  # type: ignore[union-attr]


def test_columns_the_file_lacks_stay_as_they_are(tmp_path: Path) -> None:
    import_file(SAMPLES / GOOD[0])
    few = tmp_path / "few.csv"
    few.write_text("external_id,city,attributes.shoe,is_blocked\nR1,Kazan,38,yes\n")
    assert import_file(few).changed == 1
    anna = Customer.objects.get(external_id="R1")
    assert (anna.first_name, anna.city, anna.attributes, anna.is_blocked) == (
        "Анна",
        "Kazan",
        {"shoe": "38"},
        True,
    )


def test_a_file_of_identities_alone_adds_them(tmp_path: Path) -> None:
    only = tmp_path / "only.csv"
    only.write_text("external_id\nA\nB\n\n")
    assert import_file(only).added == 2
    assert import_file(only).unchanged == 2


def test_stopping_changes_nothing(tmp_path: Path) -> None:
    large = tmp_path / "large.csv"
    write_sample(large, 6000)

    def stop(rows: int) -> None:
        raise RunStopped

    with pytest.raises(RunStopped):
        import_file(large, progress=stop)
    assert not Customer.objects.exists()


def test_an_invented_sample_is_the_same_for_the_same_seed_and_imports_without_bad_rows(
    tmp_path: Path,
) -> None:
    one, two = tmp_path / "one.csv", tmp_path / "two.csv"
    write_sample(one, 1500)
    write_sample(two, 1500)
    assert one.read_bytes() == two.read_bytes()
    result = import_file(one)
    assert (result.added, result.bad) == (1500, 0)


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("bad-empty.csv", "The file is empty."),
        ("bad-no-identity.csv", "Choose the column that holds: number in the CRM"),
        ("bad-heading-twice.csv", "Two columns are marked as “phone number"),
        ("bad-not-a-workbook.xlsx", "no Excel workbook"),
    ],
)
def test_a_file_that_cannot_be_customers_is_refused_in_a_sentence(name: str, words: str) -> None:
    with pytest.raises(UnreadableTable, match=words):
        import_file(SAMPLES / name)


def test_labels_names_and_russian_words_head_the_same_column() -> None:
    columns = customer_columns()
    for heading in ("External_ID", "number in the CRM", "номер в crm", " Номер в CRM: "):
        assert columns.sure(heading) == "external_id"


def test_the_list_of_bad_rows_has_a_heading(tmp_path: Path) -> None:
    listed = tmp_path / "bad.csv"
    with listed.open("w", newline="") as file:
        file.write(
            bad_rows_heading(
                guess(SAMPLES / "bad-rows.csv", customer_columns())[0].heading(SAMPLES / "bad-rows.csv")
            )
        )
        import_file(SAMPLES / "bad-rows.csv", bad_rows=file)
    assert listed.read_text().startswith("row,what is wrong,external_id,")
    assert [line.split(",")[0] for line in listed.read_text().splitlines()[1:3]] == ["3", "4"]


def test_mended_bad_rows_are_imported_from_their_own_list(tmp_path: Path) -> None:
    listed = tmp_path / "bad.csv"
    with listed.open("w", newline="") as file:
        file.write(
            bad_rows_heading(
                guess(SAMPLES / "bad-rows.csv", customer_columns())[0].heading(SAMPLES / "bad-rows.csv")
            )
        )
        import_file(SAMPLES / "bad-rows.csv", bad_rows=file)
    listed.write_text(listed.read_text().replace("ten", "10"))
    import_file(listed)
    mended = Customer.objects.get(external_id="B5")
    assert (mended.phone, mended.balance) == ("+79161234569", Decimal(10))


def test_cells_that_are_not_in_the_encoding_make_their_row_bad_alone(tmp_path: Path) -> None:
    broken = tmp_path / "broken.csv"
    broken.write_bytes(b"external_id;city\n" + "A;Москва\n".encode() * 9 + b"B;\xff\xfe\nC;\n")
    listed = io.StringIO()
    result = import_file(broken, bad_rows=listed)
    assert "Row 11 has characters that are not in the encoding" in listed.getvalue()
    assert (result.read, Customer.objects.count()) == (11, 2)
