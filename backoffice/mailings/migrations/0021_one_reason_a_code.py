"""Reasons that were stored before receipts were read as their operators mean them: one for each code now, in sets."""

from collections.abc import Sequence
from typing import Any

from django.db import migrations, models

from kannel.receipt_text import Beside, Outcome, code, read

BATCH = 5000
# What stands for no code of one operator: the first words of a receipt, a code that was cut, or "no error" of a failure.
WRONG = "state IN ('undelivered', 'expired') AND reason = '' AND (error !~ '^(err:[0-9]{1,7}|NACK.*|)$' OR error ~ '^err:0+$')"

CANDIDATES = f"""
SELECT id, error FROM mailings_message WHERE {WRONG} AND id > %s ORDER BY id LIMIT %s
"""
RECEIPTS = """
SELECT message_id, id, text, dlr_type, network_error FROM kannel_event
WHERE message_id = ANY(%s) AND kind = 'report' AND dlr_type & 3 > 0 ORDER BY occurred_at, id
"""
MEND = """
WITH told AS (
    SELECT * FROM unnest(%s::bigint[], %s::text[]) AS told (id, error)
), mended AS (
    UPDATE mailings_message m SET error = told.error FROM told, mailings_message old
    WHERE m.id = told.id AND old.id = m.id AND m.id = ANY(%s)
    RETURNING m.customer_id, m.error, old.error AS error_before
)
UPDATE customers_contact k SET last_failure = mended.error FROM mended
WHERE k.customer_id = mended.customer_id AND k.last_failure = mended.error_before
"""
# Applied once more by the next look: a better word of the operator corrects the message, its customer and the counts.
APPLY_AGAIN = "UPDATE kannel_event SET applied_at = NULL, tries = 0 WHERE id = ANY(%s)"
SAME_CODES = {
    "mailings_message": "error",
    "customers_contact": "last_failure",
}


def mend(cursor: Any) -> None:
    """Mends every stored reason whose receipt is still there, then gives equal codes one form."""
    last = 0
    while rows := _rows(cursor, CANDIDATES, [last, BATCH]):
        last = rows[-1][0]
        _mend(cursor, dict(rows))
    for table, column in SAME_CODES.items():
        _one_form(cursor, table, column)


def _mend(cursor: Any, errors: dict[int, str]) -> None:
    told: dict[int, str] = {}
    delivered: list[int] = []
    for message_id, event_id, text, dlr_type, network_error in _rows(cursor, RECEIPTS, [list(errors)]):
        found = read(text, dlr_type, Beside(network_error))
        if found.outcome is Outcome.DELIVERED:
            delivered.append(event_id)
        else:
            told.setdefault(message_id, found.reason or found.word)
    changed = {key: reason for key, reason in told.items() if reason != errors[key]}
    if changed:
        cursor.execute(MEND, [list(changed), list(changed.values()), list(changed)])
    if delivered:
        cursor.execute(APPLY_AGAIN, [delivered])


def _one_form(cursor: Any, table: str, column: str) -> None:
    for (error,) in _rows(cursor, f"SELECT DISTINCT {column} FROM {table} WHERE {column} LIKE 'err:%%'", []):  # noqa: S608  our own names
        if (known := f"err:{code(error[4:])}") not in (error, "err:"):
            cursor.execute(f"UPDATE {table} SET {column} = %s WHERE {column} = %s", [known, error])  # noqa: S608


def _rows(cursor: Any, statement: str, values: Sequence[Any]) -> list[Any]:
    cursor.execute(statement, values)
    return list(cursor.fetchall())


def _forwards(apps: Any, editor: Any) -> None:
    with editor.connection.cursor() as cursor:
        mend(cursor)


class Migration(migrations.Migration):
    dependencies = [("mailings", "0020_rehearsal"), ("kannel", "0010_network_error"), ("customers", "0003_contact")]

    operations = [
        migrations.AlterField(
            model_name="cohort",
            name="error",
            field=models.CharField(blank=True, help_text="The operator's code alone, err:027 or 0x45.", max_length=48),
        ),
        migrations.RunPython(_forwards, migrations.RunPython.noop),
    ]
