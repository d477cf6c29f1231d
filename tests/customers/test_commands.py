"""Importing and inventing customers from the command line."""

import io
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from backoffice.customers.models import Action, Consent, Customer, ImportRun, Purpose
from tests.customers.conftest import SAMPLES

pytestmark = pytest.mark.django_db


def test_a_sample_is_written_and_imported(tmp_path: Path) -> None:
    path, said = tmp_path / "sample.csv", io.StringIO()
    call_command("make_sample_customers", "20", str(path))
    call_command("import_customers", str(path), stdout=said)
    assert "20 rows: 20 new" in said.getvalue()
    assert Customer.objects.count() == 20


def test_bad_rows_stand_beside_the_file(tmp_path: Path) -> None:
    path = tmp_path / "mine.csv"
    path.write_bytes((SAMPLES / "bad-rows.csv").read_bytes())
    call_command("import_customers", str(path), stdout=io.StringIO())
    assert len((tmp_path / "mine.bad.csv").read_text().splitlines()) == 11


def test_a_missing_or_unreadable_file_is_refused_in_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="There is no file"):
        call_command("import_customers", str(tmp_path / "none.csv"))
    empty = tmp_path / "empty.csv"
    empty.write_text("")
    with pytest.raises(CommandError, match="The file is empty"):
        call_command("import_customers", str(empty))


def test_rows_name_themselves_without_a_name_or_number() -> None:
    consent = Consent(purpose=Purpose.SERVICE, state="given")
    assert str(consent) == "Service messages: given"
    assert str(ImportRun(name="customers.csv")) == "customers.csv"
    assert str(Customer(external_id="C1", phone="+79161234567")) == "C1"
    assert Action().external_id == ""
