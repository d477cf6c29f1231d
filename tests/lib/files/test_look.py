"""What a file is taken for, and where each of its lines goes."""

from pathlib import Path

import pytest

from backoffice.lib.files.look import look_at
from backoffice.lib.files.problems import FileProblem
from backoffice.lib.files.shape import Shape
from tests.lib.files.conftest import CASES, KNOWN

HEADINGS = "external_id;phone;first_name\n"


def written(tmp_path: Path, text: str | bytes) -> Path:
    path = tmp_path / "file.csv"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


@pytest.mark.parametrize(
    ("name", "shape", "rows"),
    [
        ("sep_line.csv", Shape("utf-8-sig", ";", heading_row=2), 1),
        ("blank_rows_above.csv", Shape("utf-8-sig", ";", heading_row=3), 1),
        ("comma_in_heading.csv", Shape("utf-8-sig", ",", heading_row=1), 1),
        ("cp1251_after_64k.csv", Shape("cp1251", ";", heading_row=1), 2201),
        ("msdos_cp866.csv", Shape("cp866", ";", heading_row=1), 1),
        ("hidden_first_sheet.xlsx", Shape(sheet="Клиенты", heading_row=1), 1),
        ("far_cell_XFD1048576.xlsx", Shape(sheet="A", heading_row=1), 1),
        ("open_quote.csv", Shape("utf-8-sig", ";", heading_row=1), 4),
    ],
)
def test_each_case_is_taken_for_what_it_is(name: str, shape: Shape, rows: int) -> None:
    look = look_at(CASES / name, KNOWN)
    assert (look.shape, look.account.rows) == (shape, rows)


@pytest.mark.parametrize(
    ("name", "problems", "good"),
    [
        ("open_quote.csv", [(3, "open_quote", "")], ["BUG03-1", "BUG03-3", "BUG03-4", "BUG03-5"]),
        ("exclusion_list_open_quote.csv", [(2, "open_quote", "")], ["79161119020", "79161119021"]),
        (
            "open_quote_short.csv",
            [(2, "open_quote", ""), (3, "inside_quote", 2), (4, "inside_quote", 2), (5, "inside_quote", 2)],
            ["BUG03-25"],
        ),
    ],
)
def test_an_open_quote_is_named_with_its_row_and_swallows_none(
    name: str, problems: list[tuple[int, str, str | int]], good: list[str]
) -> None:
    look = look_at(CASES / name, KNOWN)
    assert look.problems == problems
    assert [cells[0] for _number, cells in look.rows] == good
    assert look.account.is_whole


@pytest.mark.parametrize("path", sorted(CASES.iterdir()), ids=lambda path: path.name)
def test_the_lines_of_every_case_add_up(path: Path) -> None:
    account = look_at(path, KNOWN).account
    assert account.is_whole
    if path.suffix == ".csv":
        assert account.lines == len(path.read_bytes().splitlines())


@pytest.mark.parametrize("name", ["Анна", "МОСКВА", "Щёлково", "Ольга Петрова, Санкт-Петербург"])
@pytest.mark.parametrize(
    "encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "cp1251", "cp866", "koi8-r"]
)
def test_russian_is_read_in_every_encoding_that_office_programs_write(
    encoding: str, name: str, tmp_path: Path
) -> None:
    path = written(tmp_path, f"{HEADINGS}1;79161234567;{name}\n2;79161234568;Виктор\n".encode(encoding))
    assert look_at(path, KNOWN).rows[0][1] == ["1", "79161234567", name]


def test_accents_of_western_europe_are_no_cyrillic(tmp_path: Path) -> None:
    path = written(tmp_path, f"{HEADINGS}1;79161234567;José Müller\n".encode("cp1252"))
    assert look_at(path, KNOWN).rows[0][1][2] == "José Müller"


def test_one_broken_byte_makes_one_row_bad_and_not_the_file_another_encoding(tmp_path: Path) -> None:
    good = "".join(f"{number};79161234567;Анна\n" for number in range(20))
    look = look_at(written(tmp_path, (HEADINGS + good).encode() + b"x;79161234567;\xe0\n"), KNOWN)
    assert (look.shape.encoding, look.problems) == ("utf-8-sig", [(22, "not_in_encoding", "")])


@pytest.mark.parametrize("mark", [";", ",", "\t", "|"])
def test_every_delimiter_is_found_beneath_a_title_and_beside_others_in_quotes(
    mark: str, tmp_path: Path
) -> None:
    others = ";,\t|".replace(mark, "")
    rows = [
        ["Report of 30 November"],
        [],
        ["external_id", "phone", "first_name"],
        ["1", "79161234567", f'"a{others}b"'],
    ]
    look = look_at(written(tmp_path, "\n".join(mark.join(row) for row in rows)), KNOWN)
    assert (look.shape.delimiter, look.shape.heading_row) == (mark, 3)
    assert look.rows == [(4, ["1", "79161234567", f"a{others}b"])]


@pytest.mark.parametrize("text", ['1;79161234567;"Anna\nMaria"\n', '"1";"79161234567";"Anna;\n1;2;3"\n'])
def test_a_cell_of_several_lines_stays_one_cell(text: str, tmp_path: Path) -> None:
    look = look_at(written(tmp_path, HEADINGS + text), KNOWN)
    assert (look.account.rows, look.account.named, look.account.inside_cells) == (1, 0, 1)


@pytest.mark.parametrize(
    ("line", "code"),
    [
        ('1;79161234567;"Shop" Anna', "after_quote"),
        ('1;79161234567;"Anna;"Maria";x', "after_quote"),
        ("1;79161234567;Anna;Moscow", "too_many_cells"),
        ('1;79161234567;"Anna', "open_quote"),
        ('1;79161234567;"' + "a" * 100_001 + '"', "cell_too_long"),
    ],
)
def test_a_row_that_cannot_be_read_is_bad_alone(line: str, code: str, tmp_path: Path) -> None:
    look = look_at(written(tmp_path, f"{HEADINGS}{line}\n2;79161234568;Boris\n"), KNOWN)
    assert [(row, what) for row, what, _detail in look.problems] == [(2, code)]
    assert [number for number, _cells in look.rows] == [3]


def test_two_quotes_that_close_each_other_are_named_with_all_between_them(tmp_path: Path) -> None:
    text = f'{HEADINGS}1;79161234567;"Anna\n2;79161234568;Boris"\n3;79161234569;Vera\n'
    look = look_at(written(tmp_path, text), KNOWN)
    assert [row for row, _code, _detail in look.problems] == [2, 3]
    assert [number for number, _cells in look.rows] == [4]


def test_a_line_below_an_open_quote_that_is_no_row_is_named_too(tmp_path: Path) -> None:
    look = look_at(written(tmp_path, f'{HEADINGS}1;79161234567;"Anna\nMaria\n2;79161234568;Boris\n'), KNOWN)
    assert [code for _row, code, _detail in look.problems] == ["open_quote", "too_few_cells"]


def test_numbers_without_headings_are_not_taken_for_headings(tmp_path: Path) -> None:
    look = look_at(written(tmp_path, "+7 916 123-45-67\n+7 916 123-45-68\n"))
    assert (look.shape.heading_row, look.account.rows) == (0, 2)


def test_what_a_person_has_chosen_is_not_guessed(tmp_path: Path) -> None:
    path = written(tmp_path, "a;b\nc;d\n".encode("utf-16"))
    look = look_at(path, KNOWN, {"delimiter": ",", "heading_row": 2})
    assert (look.shape, look.heading) == (Shape("utf-16", ",", heading_row=2), ["c;d"])


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "empty"),
        (b"\n \n", "empty"),
        (b"PK\x03\x04 but no workbook", "no_workbook"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1 an old workbook", "old_workbook"),
        (bytes(range(32)) * 100, "no_table"),
        (b"a" * ((1 << 20) + 1), "line_too_long"),
        (b";".join(b"h%d" % number for number in range(200_000)), "line_too_long"),
        (b";".join(b"h%d" % number for number in range(600)), "too_many_columns"),
        # "h10000" looks like a number, and a table of numbers has no headings.
        (b";".join(b"h%d" % number for number in range(20_000)) + b"\n1\n", "too_many_columns"),
        (b";".join(b"7916%d" % number for number in range(600)) + b"\n1\n", "too_many_columns"),
    ],
)
def test_what_can_be_no_table_is_refused_at_once(content: bytes, code: str, tmp_path: Path) -> None:
    with pytest.raises(FileProblem) as problem:
        look_at(written(tmp_path, content))
    assert problem.value.code == code


def test_headings_that_open_a_quote_are_counted_too(tmp_path: Path) -> None:
    wide = ";".join(f"h{number}" for number in range(600))
    with pytest.raises(FileProblem) as problem:
        look_at(written(tmp_path, f'"{wide}\n1\n'), asked={"heading_row": 1, "delimiter": ";"})
    assert problem.value.code == "too_many_columns"


def test_blank_cells_far_to_the_right_are_no_columns(tmp_path: Path) -> None:
    far = ";" * 16_380
    look = look_at(written(tmp_path, f"id;phone;name{far}\n1;79161234567;Anna{far}\n2;79161234568\n"), KNOWN)
    assert look.heading == ["id", "phone", "name"]
    assert [cells for _row, cells in look.rows] == [["1", "79161234567", "Anna"], ["2", "79161234568"]]
    assert (look.problems, look.account.rows) == ([], 2)


@pytest.mark.parametrize("first", ["id;phone;name\n", "+7 916 123-45-60;x;y\n"])
def test_a_row_of_very_many_cells_is_named_and_the_table_is_read(first: str, tmp_path: Path) -> None:
    wide = ";".join(["x"] * 600)
    look = look_at(written(tmp_path, f"{first}{wide}\n1;79161234567;Anna\n2;79161234568;Boris\n"), KNOWN)
    assert look.problems == [(2, "too_many_cells", 600)]
    assert [row for row, _cells in look.rows][-2:] == [3, 4]
