"""What line a number belongs to is noted once, whichever way the customer came."""

from pathlib import Path

import pytest
from django.db import connection

from backoffice.customers.adding import add_with_numbers
from backoffice.customers.importing import import_file
from backoffice.customers.models import Customer, NumberKind
from backoffice.customers.number_kinds import note_kinds
from backoffice.lib.phones import is_mobile, kind_of, normalise_mobile


@pytest.mark.parametrize(
    ("number", "kind"),
    [
        ("+79161234567", "mobile"),
        ("+77011110056", "mobile"),
        ("+12125550123", "mobile"),
        ("+74951234567", "landline"),
        ("+78005553535", "free"),
        ("+78095553535", "premium"),
        ("+498001234567", "free"),
        ("+4918012345", "shared"),
        ("+448712345678", "premium"),
        ("+70000000000", "unknown"),
        ("", "unknown"),
    ],
)
def test_a_number_is_of_one_kind(number: str, kind: str) -> None:
    assert kind_of(number) == kind
    assert is_mobile(number) == (kind == "mobile")


def test_a_number_that_has_to_be_mobile_is_refused_in_a_sentence() -> None:
    with pytest.raises(ValueError, match="no SMS arrives there"):
        normalise_mobile("8 495 123-45-67", "RU")


@pytest.mark.django_db
def test_an_import_notes_landlines_and_keeps_their_customers(tmp_path: Path) -> None:
    path = tmp_path / "customers.csv"
    path.write_text("external_id,phone\nA,8 495 123-45-67\nB,9161234567\nC,8 701 111 00 56\n")
    result = import_file(path)
    assert (result.added, result.not_mobile) == (3, 1)
    assert dict(NumberKind.objects.values_list("phone", "kind")) == {
        "+74951234567": "landline",
        "+77011110056": "mobile",
    }
    assert NumberKind.objects.without_sms().get().phone == "+74951234567"


@pytest.mark.django_db
def test_numbers_of_a_list_are_noted_and_noting_again_changes_nothing() -> None:
    with connection.cursor() as cursor:
        add_with_numbers(cursor, "SELECT '+78005553535' AS phone")
        note_kinds(cursor, "SELECT phone FROM customers_customer")
    assert Customer.objects.get().phone == "+78005553535"
    assert NumberKind.objects.get().kind == "free"
