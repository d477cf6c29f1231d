"""What holds for every upload: the file is read as it was shown, no line is lost, too much is refused."""

from io import BytesIO

import pytest
import xlsxwriter

from backoffice.lib.files import gate
from tests.lib.files.conftest import CASES
from tests.uploads.conftest import PHONES, Upload

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("clean_redis")]

ALL = [f"+{phone}" for phone in PHONES]


@pytest.mark.parametrize(
    ("encoding", "delimiter", "above"),
    [
        ("cp866", "|", "Отчёт за ноябрь\n\n"),
        ("koi8-r", "\t", ""),
        ("cp1251", ";", "sep=;\n"),
        ("utf-16", ",", "\n\n"),
        ("utf-8-sig", ";", "Report;;\n"),
    ],
)
def test_a_file_is_taken_for_what_it_is(upload: Upload, encoding: str, delimiter: str, above: str) -> None:
    run, page = upload.put((above + upload.text(upload.rows, delimiter)).encode(encoding))
    assert "4 rows can be read." in page
    upload.post(run)
    upload.work(run)
    assert (run.state, run.rows_read, run.bad, upload.taken()) == ("done", 4, 0, ALL)


def test_a_row_with_an_open_quote_is_named_and_the_others_are_not_swallowed(upload: Upload) -> None:
    rows = [list(row) for row in upload.rows]
    rows[1][-1] = f'"{rows[1][-1]}'
    run, page = upload.put(upload.text(rows))
    assert "Row 3 opens a quote that is not closed." in page
    upload.post(run)
    upload.work(run)
    if upload.name == "prices":
        # Prices are taken over as a whole or not at all.
        assert (run.state, upload.taken()) == ("uploaded", [])
    else:
        assert (run.state, run.rows_read, run.bad) == ("done", 4, 1)
        assert upload.taken() == [ALL[0], *ALL[2:]]
        bad = run.bad_rows.read().decode()
        assert "Row 3 opens a quote that is not closed. Close it, or take it away." in bad


def test_the_lines_of_a_file_are_shown_and_add_up(upload: Upload) -> None:
    rows = [list(row) for row in upload.rows]
    rows[1][-1] = f'"{rows[1][-1]}'
    _run, page = upload.put("Title\n" + upload.text(rows) + "\n\n")
    assert "Lines: 8 = headings 1 + above them 1 + rows read 3 + rows named below 1 + blank 2" in page


def test_another_encoding_delimiter_and_row_of_headings_can_be_chosen(upload: Upload) -> None:
    run, _page = upload.put(upload.text(upload.rows))
    page = upload.post(run, encoding="utf-8-sig", delimiter=",", heading_row="1", look="yes")
    assert "with commas between the cells" in page
    page = upload.post(run, encoding="utf-8-sig", delimiter=";", heading_row="3")
    assert "The headings stand in row 3." in page
    run.refresh_from_db()
    assert (run.state, run.reading["shape"]["delimiter"], run.reading["account"]["rows"]) == (
        "uploaded",
        ";",
        2,
    )


def test_a_row_of_headings_that_makes_no_sense_is_refused_in_words(upload: Upload) -> None:
    run, _page = upload.put(upload.text(upload.rows))
    page = upload.post(run, encoding="utf-8-sig", delimiter=";", heading_row="-1")
    assert "Row of the headings: Ensure this value is greater than or equal to 0." in page
    run.refresh_from_db()
    assert run.state == "uploaded"


def test_headings_of_another_system_are_guessed_and_the_choice_is_remembered(upload: Upload) -> None:
    run, page = upload.put(upload.text(upload.rows, heading=upload.other_heading))
    choices = {}
    if upload.name not in ("list", "never written to"):
        assert "guessed, please check" in page
        choices = {f"column_{index}": name for index, name in enumerate(upload.heading)}
    upload.post(run, **choices)
    upload.work(run)
    assert (run.state, upload.taken()) == ("done", ALL)
    again, _page = upload.put(upload.text(upload.rows, heading=upload.other_heading))
    assert again.pk != run.pk
    assert again.reading["columns"] == run.reading["columns"]


def test_a_hidden_first_sheet_is_passed_over_and_can_be_chosen(upload: Upload) -> None:
    content = BytesIO()
    book = xlsxwriter.Workbook(content)
    hidden, shown = book.add_worksheet("lists"), book.add_worksheet("Table")
    hidden.write_row(0, 0, ["a", "b"])
    hidden.write_row(1, 0, ["x", "y"])
    hidden.hide()
    shown.activate()
    for number, row in enumerate([upload.heading, *upload.rows]):
        shown.write_row(number, 0, row)
    book.close()
    run, page = upload.put(content.getvalue(), "book.xlsx")
    assert "The sheet “Table” is read." in page
    assert "The sheet “lists” is read." in upload.post(run, sheet="lists", heading_row="1")
    upload.post(run, sheet="Table", heading_row="1", look="yes")
    upload.post(run)
    upload.work(run)
    assert (run.state, upload.taken()) == ("done", ALL)


def test_a_cell_at_the_far_corner_stops_nobody(upload: Upload) -> None:
    content = BytesIO()
    book = xlsxwriter.Workbook(content)
    sheet = book.add_worksheet()
    for number, row in enumerate([upload.heading, *upload.rows]):
        sheet.write_row(number, 0, row)
    sheet.write(1_048_575, 16_383, " ")
    book.close()
    run, page = upload.put(content.getvalue(), "book.xlsx")
    assert "4 rows can be read." in page
    upload.post(run)
    upload.work(run)
    assert (run.state, upload.taken()) == ("done", ALL)


def test_a_file_of_headings_alone_cannot_be_started(upload: Upload) -> None:
    run, page = upload.put(upload.text([]))
    assert "There is nothing below the headings." in page
    upload.post(run)
    run.refresh_from_db()
    assert run.state == "uploaded"


def test_too_large_a_file_is_refused_at_its_field(upload: Upload, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gate, "CSV_BYTES_AT_MOST", 0)
    run, page = upload.put(upload.text(upload.rows))
    assert run is None
    assert "The file is larger than 0 MB. Cut it in pieces" in page


def test_very_many_headings_are_refused_at_once(upload: Upload) -> None:
    run, page = upload.put(";".join(f"h{number}" for number in range(20_000)) + "\n1\n")
    assert run is None
    assert "The table has more than 500 columns." in page


def test_a_file_that_killed_its_worker_twice_fails_in_a_sentence(upload: Upload) -> None:
    run, _page = upload.put(upload.text(upload.rows))
    upload.post(run)
    upload.model.objects.update(state="running", attempts=2)  # type: ignore[attr-defined]
    upload.work(run)
    assert run.state == "failed"
    assert "ended the process that did it 2 times" in run.problem
    assert upload.taken() == []


def test_a_sample_and_the_headings_can_be_downloaded_and_the_sample_is_understood(upload: Upload) -> None:
    assert f'href="{upload.sample_address}csv/"' in upload.client.get(upload.address).content.decode()
    headings = b"".join(upload.client.get(f"{upload.sample_address}headings/").streaming_content).decode()  # type: ignore[attr-defined]
    assert upload.heading[0] in headings
    for form in ("csv", "xlsx"):
        sample = b"".join(upload.client.get(f"{upload.sample_address}{form}/").streaming_content)  # type: ignore[attr-defined]
        _run, page = upload.put(sample, f"sample.{form}")
        assert "1 row can be read." in page
        assert "Choose the column that holds" not in page


def test_a_file_that_is_gone_is_said_when_it_is_started(upload: Upload) -> None:
    run, _page = upload.put(upload.text(upload.rows))
    run.file.storage.delete(run.file.name)
    assert "The file is not there any more. Upload it again." in upload.post(run)


@pytest.mark.parametrize("upload", ["customers"], indirect=True)
def test_cases_of_customers_are_imported_whole(upload: Upload) -> None:
    for name, rows in {
        "msdos_cp866.csv": 1,
        "cp1251_after_64k.csv": 2201,
        "sep_line.csv": 1,
        "blank_rows_above.csv": 1,
    }.items():
        run, _page = upload.put((CASES / name).read_bytes(), name)
        upload.post(run)
        upload.work(run)
        assert (name, run.state, run.rows_read, run.added, run.bad) == (name, "done", rows, rows, 0)
