"""A file takes consent away at once; it gives it back only on evidence that is newer than the withdrawal."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from wagtail.models import ModelLogEntry

from backoffice.accounts.models import User
from backoffice.customers import consents
from backoffice.customers.importing import Order, Result, import_file, look_at_file
from backoffice.customers.models import Consent, Customer, Purpose

pytestmark = pytest.mark.django_db

GIVEN, WITHDRAWN = Consent.State.GIVEN, Consent.State.WITHDRAWN


@pytest.fixture
def anna() -> Customer:
    """Withdrew on 10 November by letter; another customer agreed on the site."""
    other = Customer.objects.create(external_id="other")
    consents.record(other, Purpose.MARKETING, GIVEN, "site form")
    found = Customer.objects.create(external_id="A", first_name="Anna")
    moment = datetime(2026, 11, 10, 12, tzinfo=UTC)
    consents.record(found, Purpose.MARKETING, WITHDRAWN, "letter", since=moment)
    return found


def imported(tmp_path: Path, row: str, **order: Any) -> Result:
    path = tmp_path / "consents.csv"
    path.write_text(f"external_id,first_name,consent_marketing,consent_on,consent_source\n{row}\n")
    look = look_at_file(path)
    result = import_file(path, Order(**order))
    assert look.result.conflicts == result.conflicts
    return result


def standing(customer: Customer) -> str:
    return str(Consent.objects.get(customer=customer, superseded_at=None).state)


@pytest.mark.parametrize(
    "row",
    [
        "A,Ann,yes,,site form",
        "A,Ann,yes,2026-11-09,site form",
        "A,Ann,yes,2026-11-10,site form",
        "A,Ann,yes,2026-11-20,because I say so",
        "A,Ann,yes,2026-11-20,",
    ],
)
def test_a_withdrawal_stays_without_newer_evidence_and_the_row_is_told(
    anna: Customer, tmp_path: Path, row: str
) -> None:
    result = imported(tmp_path, row)
    assert (result.conflicts, result.bad, standing(anna)) == (1, 0, "withdrawn")
    anna.refresh_from_db()
    assert anna.first_name == "Ann"
    assert not ModelLogEntry.objects.filter(action="customers.consent").exists()


def test_a_later_day_and_a_known_source_give_it_back_and_the_log_says_who(
    anna: Customer, tmp_path: Path
) -> None:
    user = User.objects.create_user("editor", password="x")
    result = imported(tmp_path, "A,Anna,yes,2026-11-20,site form", by=user.pk, run=7)
    assert (result.conflicts, standing(anna)) == (0, "given")
    entry = ModelLogEntry.objects.get(action="customers.consent", object_id=str(anna.pk))
    assert (entry.user_id, entry.label) == (user.pk, "A")
    assert entry.data == {"purpose": "marketing", "state": "given", "source": "site form", "import": 7}


def test_a_day_that_has_not_come_is_no_evidence(anna: Customer, tmp_path: Path) -> None:
    result = imported(tmp_path, "A,Anna,yes,2199-01-01,site form")
    assert (result.bad, standing(anna)) == (1, "withdrawn")


def test_a_withdrawal_counts_at_once_and_is_logged(tmp_path: Path, anna: Customer) -> None:
    other = Customer.objects.get(external_id="other")
    assert imported(tmp_path, "other,,no,2001-01-01,").conflicts == 0
    assert standing(other) == "withdrawn"
    assert ModelLogEntry.objects.get(action="customers.consent").data["state"] == "withdrawn"


def test_a_first_answer_is_its_own_evidence(tmp_path: Path, anna: Customer) -> None:
    imported(tmp_path, "new,,yes,,")
    assert standing(Customer.objects.get(external_id="new")) == "given"
    assert not ModelLogEntry.objects.filter(action="customers.consent").exists()


def test_a_withdrawal_in_a_doubled_row_is_not_lost(tmp_path: Path, anna: Customer) -> None:
    imported(tmp_path, "other,,no,,letter\nother,Otto,,,")
    assert standing(Customer.objects.get(external_id="other")) == "withdrawn"


def test_a_file_blocks_and_never_unblocks(tmp_path: Path) -> None:
    Customer.objects.create(external_id="A", is_blocked=True)
    Customer.objects.create(external_id="B")
    path = tmp_path / "blocked.csv"
    path.write_text("external_id,is_blocked\nA,no\nB,yes\n")
    result = import_file(path)
    assert (result.conflicts, result.changed, result.unchanged) == (1, 1, 1)
    assert list(Customer.objects.order_by("external_id").values_list("is_blocked", flat=True)) == [True, True]
