"""What was used stays: every reference to a row keeps it, whether the database knows of it or not."""

import pytest
from django.db import connection
from django.db.models import DO_NOTHING, Field, Model
from django.db.models.deletion import PROTECT

from backoffice.audiences.models import Audience, CustomerList
from backoffice.lib.deleting import keepers, name_of, referring_fields
from backoffice.message_templates.models import MessageTemplate
from backoffice.operators.models import Network, Operator
from kannel.models import Adapter, Connection, Gateway

KEPT: list[type[Model]] = [
    Connection,
    Gateway,
    Adapter,
    Operator,
    Network,
    MessageTemplate,
    Audience,
    CustomerList,
]


def references() -> list[tuple[type[Model], Field]]:  # type: ignore[type-arg]
    return [(model, field) for model in KEPT for field in referring_fields(model)]


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("model", "field"),
    references(),
    ids=lambda one: one.__name__ if isinstance(one, type) else name_of(one),
)
def test_a_reference_keeps_the_row_in_the_database_or_is_a_part_of_it(
    model: type[Model], field: Field
) -> None:  # type: ignore[type-arg]
    """A new field that points there has to be protected, guarded by a trigger, or named in ``deleted_with``."""
    if name_of(field) in getattr(model, "deleted_with", ()):
        assert field.remote_field.on_delete is not DO_NOTHING
        return
    if field.db_constraint:  # type: ignore[attr-defined]
        assert field.remote_field.on_delete is PROTECT, (
            f"{name_of(field)} would go, or forget, with its {model.__name__}"
        )
        return
    assert f"kept_by_{field.model._meta.db_table}_{field.column}" in triggers_of(model._meta.db_table)


@pytest.mark.parametrize("model", KEPT, ids=lambda one: one.__name__)
def test_what_is_named_as_a_part_is_there(model: type[Model]) -> None:
    assert set(getattr(model, "deleted_with", ())) <= {name_of(field) for field in referring_fields(model)}


def test_messages_keep_a_connection() -> None:
    assert "mailings.message.connection" in {name_of(field) for field in keepers(Connection)}


def triggers_of(table: str) -> set[str]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT tgname FROM pg_trigger WHERE tgrelid = %s::regclass AND NOT tgisinternal", [table]
        )
        return {row[0] for row in cursor}
