"""Imports in the browser's order: upload, look, start, watch, result."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg2
import pytest
from django.core.cache import cache
from django.core.files import File
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from huey.contrib.djhuey import HUEY

from backoffice.alerts.models import Alert
from backoffice.customers import tasks
from backoffice.customers.models import Customer, ImportRun
from backoffice.lib.runs import Progress, what_happened
from tests.customers.conftest import SAMPLES, Person
from tests.showing import show

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("clean_redis")]


@pytest.fixture
def pages(person: Person) -> Client:
    return person("import_customer", "view_customer", name="importer")


def upload(pages: Client, name: str) -> Any:
    with (SAMPLES / name).open("rb") as file:
        return pages.post("/customers/imports/upload/", {"file": file, "source": "CRM"}, follow=True)


def waiting(name: str) -> ImportRun:
    """An import that somebody has started."""
    with (SAMPLES / name).open("rb") as file:
        return ImportRun.objects.create(name=name, file=File(file, name), state="waiting")


def test_the_preview_shows_the_rows_as_read_without_names_and_numbers(pages: Client) -> None:
    page = upload(pages, "good-cp1251-semicolon.csv").content.decode()
    assert "Date of birth" in page
    assert "8 (916) 123-45-••" not in page
    assert "123-45-67" not in page
    assert "Петрова" not in page
    assert not Customer.objects.exists()


def test_the_preview_shows_all_to_whom_the_right_allows(person: Person) -> None:
    client = person("import_customer", "reveal_customer")
    assert "Петрова" not in upload(client, "good.xlsx").content.decode()
    run = ImportRun.objects.get()
    page = show(client, f"customers.importrun:{run.pk}", f"/customers/imports/{run.pk}/")
    assert "Петрова" in page.content.decode()


def test_a_column_with_an_unknown_heading_is_shown_left_out_and_can_be_chosen(pages: Client) -> None:
    page = upload(pages, "bad-rows.csv").content.decode()
    assert "shoe size" in page
    assert '<option value="attributes.shoe size">Further attribute “shoe size”</option>' in page
    run = ImportRun.objects.get()
    place = run.reading["columns"].index(None)
    pages.post(
        f"/customers/imports/{run.pk}/start/", {f"column_{place}": "attributes.shoe size", "look": "yes"}
    )
    run.refresh_from_db()
    assert run.reading["columns"][place] == "attributes.shoe size"


def test_further_attributes_stand_under_their_own_name(pages: Client, tmp_path: Path) -> None:
    path = tmp_path / "more.csv"
    path.write_text("external_id,attributes.shoe_size\nA\n")
    with path.open("rb") as file:
        page = pages.post("/customers/imports/upload/", {"file": file, "source": "CRM"}, follow=True)
    assert "attributes.shoe_size" in page.content.decode()


def test_a_file_that_is_no_table_is_refused_at_its_field(pages: Client) -> None:
    assert "no Excel workbook" in upload(pages, "bad-not-a-workbook.xlsx").content.decode()
    assert not ImportRun.objects.exists()


def test_a_file_whose_needed_column_is_not_chosen_cannot_be_started(pages: Client) -> None:
    page = upload(pages, "bad-no-identity.csv").content.decode()
    assert "Choose the column that holds: number in the CRM (external_id)." in page
    run = ImportRun.objects.get()
    pages.post(f"/customers/imports/{run.pk}/start/")
    run.refresh_from_db()
    assert run.state == "uploaded"


def test_without_a_file_the_form_says_so(pages: Client) -> None:
    page = pages.post("/customers/imports/upload/", {"source": "CRM"}).content.decode()
    assert "This field is required." in page


def test_starting_queues_the_work_once_and_its_end_shows_the_result(pages: Client) -> None:
    upload(pages, "bad-rows.csv")
    HUEY.flush()
    run = ImportRun.objects.get()
    pages.post(f"/customers/imports/{run.pk}/start/")
    pages.post(f"/customers/imports/{run.pk}/start/")
    assert HUEY.pending_count() == 1
    assert "Waiting for its turn." in pages.get(f"/customers/imports/{run.pk}/").content.decode()
    assert "data-live-reload" not in pages.get(f"/customers/imports/{run.pk}/progress/").content.decode()
    assert HUEY.dequeue().args == (run.pk,)
    tasks.runner.run(run.pk)
    assert "data-live-reload" in pages.get(f"/customers/imports/{run.pk}/progress/").content.decode()
    page = pages.get(f"/customers/imports/{run.pk}/").content.decode()
    assert "13 rows were read." in page
    assert "balance: This is no amount." in page
    table = b"".join(pages.get(f"/customers/imports/{run.pk}/bad-rows/").streaming_content)  # type: ignore[attr-defined]
    assert len(table.decode().splitlines()) == 11


def test_the_look_says_what_the_file_would_change_once_it_is_counted(pages: Client) -> None:
    Customer.objects.create(external_id="B1", first_name="Anna", email="old@example.org")
    page = upload(pages, "bad-rows.csv").content.decode()
    run = ImportRun.objects.get()
    assert "The whole file is being read" in page
    outlook = f"/customers/imports/{run.pk}/outlook/"
    assert "The whole file is being read" in pages.get(outlook).content.decode()
    assert HUEY.dequeue().args == (run.pk,)
    tasks.look_at_import.call_local(run.pk)
    assert "<dt>Changed</dt>" in pages.get(outlook).content.decode()
    page = pages.get(f"/customers/imports/{run.pk}/").content.decode()
    assert "<dt>Changed</dt><dd>1</dd>" in " ".join(page.split())
    assert "Doubled: the customer stands again further down</dt><dd>1</dd>" in page
    assert "Empty cells would empty no filled field." in page


def test_fields_that_would_be_emptied_are_counted_by_name(pages: Client, tmp_path: Path) -> None:
    Customer.objects.create(external_id="A", first_name="Anna", city="Kazan")
    path = tmp_path / "empty.csv"
    path.write_text("external_id,first_name,city\nA,,\n")
    with path.open("rb") as file:
        pages.post("/customers/imports/upload/", {"file": file, "source": "CRM"})
    run = ImportRun.objects.get()
    page = pages.post(f"/customers/imports/{run.pk}/start/", {"empties": "empty"}, follow=True)
    assert "Wait until it is counted" in page.content.decode()
    tasks.look_at_import.call_local(run.pk)
    page = " ".join(pages.get(f"/customers/imports/{run.pk}/").content.decode().split())
    assert "so many customers change: 1. Filled fields that would be emptied: city 1, first name 1." in page
    pages.post(f"/customers/imports/{run.pk}/start/", {"empties": "empty"})
    tasks.runner.run(run.pk)
    run.refresh_from_db()
    assert (run.emptied, Customer.objects.get().first_name) == (2, "")
    assert "Filled fields that were emptied" in pages.get(f"/customers/imports/{run.pk}/").content.decode()


def test_what_nobody_wanted_emptied_is_kept(pages: Client, tmp_path: Path) -> None:
    Customer.objects.create(external_id="A", first_name="Anna")
    path = tmp_path / "empty.csv"
    path.write_text("external_id,first_name\nA,\n")
    with path.open("rb") as file:
        pages.post("/customers/imports/upload/", {"file": file, "source": "CRM"})
    run = ImportRun.objects.get()
    pages.post(f"/customers/imports/{run.pk}/start/", {"empties": "perhaps"})
    tasks.runner.run(run.pk)
    assert Customer.objects.get().first_name == "Anna"


def test_doubled_rows_stand_apart_and_can_be_downloaded(pages: Client, person: Person) -> None:
    upload(pages, "bad-rows.csv")
    run = ImportRun.objects.get()
    assert pages.get(f"/customers/imports/{run.pk}/remarks/").status_code == 404
    tasks.runner.start(run)
    tasks.runner.run(run.pk)
    page = pages.get(f"/customers/imports/{run.pk}/").content.decode()
    assert "The same customer stands again in row 13." in page
    table = b"".join(pages.get(f"/customers/imports/{run.pk}/remarks/").streaming_content)  # type: ignore[attr-defined]
    assert "+79161234560" in table.decode()
    assert len(table.decode().splitlines()) == 2


def test_a_look_that_cannot_read_the_file_says_so(pages: Client) -> None:
    upload(pages, "good.xlsx")
    run = ImportRun.objects.get()
    Path(run.file.path).unlink()
    tasks.look_at_import.call_local(run.pk)
    assert "not there any more" in pages.get(f"/customers/imports/{run.pk}/").content.decode()
    unreadable = waiting("bad-heading-twice.csv")
    ImportRun.objects.filter(pk=unreadable.pk).update(state="uploaded")
    tasks.look_at_import.call_local(unreadable.pk)
    unreadable.refresh_from_db()
    assert "Two columns are marked as" in unreadable.outlook["problem"]


def test_a_look_that_nobody_foresaw_to_fail_ends_in_a_sentence(
    pages: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*args: Any, **kwargs: Any) -> None:
        raise RuntimeError

    monkeypatch.setattr(tasks, "look_at_file", fail)
    upload(pages, "good.xlsx")
    run = ImportRun.objects.get()
    tasks.look_at_import.call_local(run.pk)
    assert f"its number: {run.pk}" in pages.get(f"/customers/imports/{run.pk}/").content.decode()


def test_the_sweep_counts_a_file_that_a_dead_worker_left(pages: Client) -> None:
    upload(pages, "good.xlsx")
    HUEY.flush()
    tasks.sweep_imports.call_local()
    assert HUEY.dequeue().args == (ImportRun.objects.get().pk,)


def test_bad_rows_are_for_whoever_uploaded_them_or_may_see_numbers(person: Person, pages: Client) -> None:
    upload(pages, "bad-rows.csv")
    run = ImportRun.objects.get()
    assert pages.get(f"/customers/imports/{run.pk}/bad-rows/").status_code == 404
    tasks.runner.start(run)
    tasks.runner.run(run.pk)
    other = person("import_customer", name="other")
    assert other.get(f"/customers/imports/{run.pk}/bad-rows/").status_code == 302
    assert "Download all bad rows" not in other.get(f"/customers/imports/{run.pk}/").content.decode()


def test_bad_rows_wait_in_the_feed() -> None:
    run = waiting("bad-rows.csv")
    tasks.runner.run(run.pk)
    alert = Alert.objects.get()
    assert alert.cause == f"import:{run.pk}"
    assert "10 rows were left out" in alert.sentence
    assert alert.link == f"/customers/imports/{run.pk}/"


def test_a_good_import_raises_no_alert() -> None:
    run = waiting("good.xlsx")
    tasks.runner.run(run.pk)
    run.refresh_from_db()
    assert (run.state, run.added, Alert.objects.count()) == ("done", 2, 0)
    assert run.first_bad_rows(5) == []


def test_a_file_that_turns_out_unreadable_fails_in_a_sentence(pages: Client) -> None:
    run = waiting("bad-heading-twice.csv")
    tasks.runner.run(run.pk)
    assert (
        "Two columns are marked as “phone number (phone)”"
        in pages.get(f"/customers/imports/{run.pk}/").content.decode()
    )
    assert Alert.objects.get().level == "warning"


def test_a_file_that_is_gone_says_so(pages: Client) -> None:
    upload(pages, "good.xlsx")
    run = ImportRun.objects.get()
    Path(run.file.path).unlink()
    assert "not there any more" in pages.get(f"/customers/imports/{run.pk}/").content.decode()
    tasks.runner.start(run)
    tasks.runner.run(run.pk)
    run.refresh_from_db()
    assert (run.state, run.problem) == ("failed", "The file is not there any more. Upload it again.")


def test_an_unforeseen_failure_leaves_a_run_that_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*args: Any, **kwargs: Any) -> None:
        raise RuntimeError

    monkeypatch.setattr(tasks, "import_file", fail)
    run = waiting("good.xlsx")
    tasks.runner.run(run.pk)
    run.refresh_from_db()
    assert run.state == "failed"
    assert f"its number: {run.pk}" in run.problem
    assert "(RuntimeError)" in run.problem


def test_an_error_of_the_database_names_its_column_and_no_value() -> None:
    error = psycopg2.DataError('bad "secret"\nCONTEXT:  COPY staging, line 3, column balance: "secret"')
    assert what_happened(error) == "DataError, balance"


def test_stopping_before_it_began_changes_nothing(pages: Client) -> None:
    run = waiting("good.xlsx")
    page = pages.post(f"/customers/imports/{run.pk}/stop/", follow=True).content.decode()
    assert "Stopped. Nothing was changed." in page
    tasks.runner.run(run.pk)
    assert not Customer.objects.exists()


def test_stopping_at_work_changes_nothing() -> None:
    run = waiting("good.xlsx")
    ImportRun.objects.update(state="running")
    tasks.runner.ask_to_stop(run)
    tasks.runner.run(run.pk)
    run.refresh_from_db()
    assert (run.state, Customer.objects.count()) == ("stopped", 0)


def test_the_sweep_does_again_what_a_dead_worker_left() -> None:
    run = waiting("good.xlsx")
    ImportRun.objects.update(state="running")
    tasks.sweep_imports.call_local()
    run.refresh_from_db()
    assert (run.state, Customer.objects.count()) == ("done", 2)


@pytest.fixture
def another_worker() -> Iterator[Any]:
    """A database session of somebody else."""
    values = connection.settings_dict
    with psycopg2.connect(
        dbname=values["NAME"],
        user=values["USER"],
        host=values["HOST"],
        port=values["PORT"],
        password=values["PASSWORD"],
    ) as other:
        yield other.cursor()
    other.close()


def test_a_run_that_another_worker_is_at_is_left_alone(another_worker: Any) -> None:
    run = waiting("good.xlsx")
    another_worker.execute("SELECT pg_advisory_lock(hashtext(%s), %s)", ["customers_importrun", run.pk])
    tasks.runner.run(run.pk)
    run.refresh_from_db()
    assert run.state == "waiting"


def test_progress_says_how_fast_it_is() -> None:
    assert Progress(5000, 2.0).rows_per_second == 2500
    assert Progress(0, 0.0).rows_per_second == 0


def test_a_running_import_shows_its_rows(pages: Client) -> None:
    run = waiting("good.xlsx")
    ImportRun.objects.update(state="running", started_at="2026-11-24T00:00Z")
    cache.set(f"parley:import:{run.pk}:rows", 5000)
    assert "5,000 rows read in" in pages.get(f"/customers/imports/{run.pk}/progress/").content.decode()


def test_the_list_takes_as_many_queries_for_many_imports_as_for_one(
    pages: Client, django_assert_num_queries: Any
) -> None:
    assert "Nothing has been imported yet." in pages.get("/customers/imports/").content.decode()
    ImportRun.objects.create(name="first.csv", file="x")
    pages.get("/customers/imports/")
    with CaptureQueriesContext(connection) as few:
        pages.get("/customers/imports/")
    for number in range(30):
        ImportRun.objects.create(name=f"file {number}.csv", file="x")
    with django_assert_num_queries(len(few)):
        assert "file 29.csv" in pages.get("/customers/imports/").content.decode()


@pytest.mark.parametrize(
    "address", ["", "upload/", "1/", "1/start/", "1/stop/", "1/bad-rows/", "1/remarks/", "1/outlook/"]
)
def test_without_the_right_there_are_no_imports(person: Person, address: str) -> None:
    assert person("view_customer").post(f"/customers/imports/{address}").status_code in (302, 404)
    assert person("view_customer", name="two").get(f"/customers/imports/{address}").status_code in (302, 404)
