"""Prices by file: what is refused, what is confirmed, what is saved, and the way out again."""

from datetime import date
from decimal import Decimal
from io import BytesIO

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from pytest_django import DjangoAssertNumQueries
from python_calamine import CalamineWorkbook

from backoffice.alerts.models import Alert
from backoffice.operators import file_tasks, tariff_import
from backoffice.operators.models import Operator, Tariff, TariffRun
from kannel.models import Connection
from tests.mailings_screens.conftest import As

pytestmark = pytest.mark.django_db
HEADING = "operator;prefix;price_per_part;valid_from;valid_to\n"


def upload(client: Client, text: str, **values: object) -> tuple[TariffRun | None, str]:
    """The upload, if the file could be read at all, and the page that is shown."""
    file = SimpleUploadedFile("prices.csv", text.encode())
    answer = client.post(reverse("tariff_files:upload"), {"file": file, **values}, follow=True)
    return TariffRun.objects.first(), answer.content.decode()


def start(client: Client, run: TariffRun, **values: object) -> str:
    """Presses the button and lets the worker do it. Gives the page of before the worker."""
    page = client.post(reverse("tariff_files:start", args=[run.pk]), values, follow=True).content.decode()
    file_tasks.take_prices.call_local(run.pk)
    run.refresh_from_db()
    return page


def test_new_and_changed_prices_are_taken_over(as_role: As, north: Connection) -> None:
    client = as_role("Operator staff")
    text = (
        HEADING
        + "North;+7;2,60;01.01.2020;\nnorth;'+7916;1.10;2020-01-01;\nNorth;7917;2.40;2026-01-01;2026-12-31\n"
    )
    run, page = upload(client, text)
    assert "The file holds 3 prices, and all of them can be taken over." in page
    assert "strange" not in page
    assert run is not None
    start(client, run)
    assert (run.state, run.added, run.changed, run.unchanged) == ("done", 1, 1, 1)
    assert Tariff.objects.get(prefix="+7").price_per_part == Decimal("2.6000")
    assert str(Tariff.objects.get(prefix="+7917").valid_to) == "2026-12-31"
    page = client.get(reverse("tariff_files:run", args=[run.pk])).content.decode()
    assert "3 rows were read." in page


def test_a_file_without_operators_is_of_the_one_that_is_chosen(as_role: As, north: Connection) -> None:
    client = as_role("Operator staff")
    text = "Номера начинаются с,Цена части,Действует с\n+7918,2.30,2026-01-01\n"
    run, page = upload(client, text)
    assert run is None
    assert "Choose whose prices they are." in page
    run, _page = upload(client, text, operator=north.operator_id)
    assert run is not None
    start(client, run)
    assert Tariff.objects.get(prefix="+7918").operator == north.operator


@pytest.mark.parametrize(
    ("row", "sentence"),
    [
        ("Nobody;+7;1;2026-01-01;", "There is no operator of this name."),
        ("North;8x;1;2026-01-01;", "Write + and the digits numbers begin with"),
        ("North;+7;;2026-01-01;", "The price is missing."),
        ("North;+7;-1;2026-01-01;", "A price is a number from 0"),
        ("North;+7;cheap;2026-01-01;", "This is no amount."),
        ("North;+7;1;;", "The day from which it is valid is missing."),
        ("North;+7;1;soon;", "This is no date."),
        ("North;+7;1;2026-01-01;2025-01-01", "The last day comes before the first one."),
        ("North;+7;1;2026-01-01;2026-12-31\nNorth;+7;1;2026-06-01;", "Another price for +7 is valid"),
    ],
)
def test_a_row_that_cannot_be_is_named_and_nothing_is_taken_over(
    row: str, sentence: str, as_role: As, north: Connection
) -> None:
    client = as_role("Operator staff")
    run, page = upload(client, f"{HEADING}{row}\n")
    assert sentence in page
    assert "nothing is changed until then" in page
    assert run is not None
    assert "The file has mistakes." in start(client, run, is_checked="on")
    assert run.state == "uploaded"
    assert Tariff.objects.count() == 2


def test_empty_rows_are_passed_over_and_only_so_many_are_taken(
    as_role: As, north: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tariff_import, "ROWS_AT_MOST", 2)
    client = as_role("Operator staff")
    row = "North;+7;2.6;2026-01-01;\n"
    run, page = upload(client, f"{HEADING}{row}\n{row.replace('+7', '+71')}")
    assert run is not None
    assert "The file holds 2 prices" in page
    run.delete()
    run, page = upload(client, HEADING + row * 3)
    assert run is None
    assert "Cut it in pieces." in page


def test_what_is_strange_has_to_be_confirmed(as_role: As, north: Connection) -> None:
    client = as_role("Operator staff")
    run, page = upload(client, HEADING + "North;+7;25.00;2026-12-01;\n")
    assert "1 thing in it is strange" in page
    assert "goes from 2.50 to 25.00" in page
    assert run is not None
    assert "tick the box if it is right" in start(client, run)
    assert (run.state, Tariff.objects.count()) == ("uploaded", 2)
    start(client, run, is_checked="on")
    assert (run.state, Tariff.objects.count()) == ("done", 3)


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", "The submitted file is empty."),
        ("name;price\nx;1\n", "The file has no column that is headed operator."),
    ],
)
def test_what_is_no_file_of_prices_is_refused_at_once(
    text: str, sentence: str, as_role: As, north: Connection
) -> None:
    run, page = upload(as_role("Operator staff"), text)
    assert run is None
    assert sentence in page


def test_prices_that_changed_meanwhile_stop_the_file_and_tell(as_role: As, north: Connection) -> None:
    client = as_role("Operator staff")
    run, _page = upload(client, HEADING + "North;+7918;1;2026-01-01;2026-12-31\n")
    assert run is not None
    TariffRun.objects.update(state="waiting")
    north.operator.tariffs.create(prefix="+7918", price_per_part=1, valid_from="2026-06-01")
    file_tasks.sweep_operator_files.call_local()
    run.refresh_from_db()
    assert (run.state, Tariff.objects.filter(prefix="+7918").count()) == ("failed", 1)
    assert "Upload the file again." in run.problem
    assert "was not taken over" in Alert.objects.get().sentence
    assert str(run.problem) in client.get(reverse("tariff_files:run", args=[run.pk])).content.decode()


def test_what_was_downloaded_can_be_uploaded_again(as_role: As, north: Connection, south: Connection) -> None:
    client = as_role("Operator staff")
    answer = client.get(reverse("tariff_files:download", args=["csv"]))
    text = b"".join(answer.streaming_content).decode()  # type: ignore[attr-defined]
    assert text.splitlines()[1] == "North,+7,2.50,2020-01-01,"
    run, _page = upload(client, text)
    assert run is not None
    start(client, run)
    assert (run.state, run.unchanged, run.added, run.changed) == ("done", 4, 0, 0)


def test_a_workbook_holds_the_prices_of_the_operator_that_is_filtered(
    as_role: As, north: Connection, south: Connection
) -> None:
    url = reverse("tariff_files:download", args=["xlsx"])
    answer = as_role("Operator staff").get(url, {"operator": south.operator_id})
    sheet = CalamineWorkbook.from_filelike(BytesIO(b"".join(answer))).get_sheet_by_index(0)
    assert sheet.to_python()[1] == ["South", "+7", 2.0, date(2020, 1, 1), ""]
    assert len(sheet.to_python()) == 3


def test_the_list_of_files_takes_the_same_queries_for_more(
    as_role: As, north: Connection, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    client, url = as_role("Operator staff"), reverse("tariff_files:index")
    assert b"No file of prices has been uploaded yet." in client.get(url).content
    upload(client, HEADING + "North;+7;2.6;2026-01-01;\n")
    with CaptureQueriesContext(connection) as few:
        client.get(url)
    queries = len(few)
    for _ in range(3):
        upload(client, HEADING + "North;+7;2.6;2026-01-01;\n")
    with django_assert_num_queries(queries):
        assert client.get(url).content.decode().count("prices.csv") == 4


def test_a_file_that_is_gone_is_said(as_role: As, north: Connection) -> None:
    client = as_role("Operator staff")
    run, _page = upload(client, HEADING + "North;+7;2.6;2026-01-01;\n")
    assert run is not None
    run.file.delete(save=False)
    TariffRun.objects.update(file="imports/gone.csv")
    page = client.get(reverse("tariff_files:run", args=[run.pk])).content.decode()
    assert "The file is not there any more." in page


@pytest.mark.parametrize("role", ["Analyst", "Editor"])
def test_others_bring_no_prices_in(role: str, as_role: As, north: Connection) -> None:
    client = as_role(role)
    for name, arguments in (("index", []), ("upload", []), ("download", ["csv"])):
        assert client.get(reverse(f"tariff_files:{name}", args=arguments)).status_code in (302, 403)
    assert Operator.objects.exists()


def test_the_list_of_prices_leads_to_files(as_role: As, north: Connection) -> None:
    page = as_role("Operator staff").get(reverse("tariff:index"), {"operator": north.operator_id})
    text = page.content.decode()
    assert reverse("tariff_files:upload") in text
    assert (
        f"{reverse('tariff_files:download', args=['csv'])}?operator={north.operator_id}&amp;separator=semicolon"
        in text
    )
