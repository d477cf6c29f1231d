"""Lists made from lists and audiences: union, intersection, difference, freezing, emptying. All or nothing."""

from typing import Any

from django.db import connection, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from backoffice.audiences.list_models import ListRun
from backoffice.audiences.models import Audience, CustomerList, UnusableAudienceError
from backoffice.lib.runs import Tell
from backoffice.lib.said import kept
from backoffice.lib.spreadsheets import UnreadableTable

Verb = ListRun.Verb
BETWEEN = {Verb.UNION: "UNION", Verb.INTERSECT: "INTERSECT", Verb.SUBTRACT: "EXCEPT"}
NOBODY = "SELECT NULL::bigint AS customer_id WHERE false"
INSERT = """
INSERT INTO audiences_listmember (customer_list_id, customer_id)
SELECT %s, customer_id FROM list_chosen chosen WHERE NOT EXISTS (
    SELECT FROM audiences_listmember m WHERE m.customer_list_id = %s AND m.customer_id = chosen.customer_id
) ORDER BY customer_id
"""
DELETE = """
DELETE FROM audiences_listmember m WHERE m.customer_list_id = %s AND NOT EXISTS (
    SELECT FROM list_chosen chosen WHERE chosen.customer_id = m.customer_id
)
"""


class SourceGone(UnreadableTable):
    """A list or an audience that the work needs is not there any more, or cannot be used. The text says so."""


def make(run: ListRun, progress: Tell) -> None:
    """Makes the list of a run what the run says, and leaves the counts in the run.

    :raises SourceGone, RunStopped: then nothing is changed.
    """
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL work_mem = '128MB'")
        cursor.execute("SET LOCAL synchronous_commit = off")
        lock_list(cursor, run.customer_list_id)
        cursor.execute("DROP TABLE IF EXISTS pg_temp.list_chosen")
        sql, params = _chosen(run)
        cursor.execute(f"CREATE TEMP TABLE list_chosen ON COMMIT DROP AS {sql}", params)
        cursor.execute("ANALYZE list_chosen")
        progress(0)
        cursor.execute(DELETE, [run.customer_list_id])
        run.removed = cursor.rowcount
        progress(0)
        cursor.execute(INSERT, [run.customer_list_id, run.customer_list_id])
        run.added = cursor.rowcount
        size = note_size(cursor, run.customer_list_id)
        run.unchanged = size - run.added
        if run.verb == Verb.FREEZE and run.right_audience:
            _remember(run.customer_list_id, run.right_audience)
        # Somebody may have pressed Stop while the last statement ran; nothing has been kept yet.
        progress(0)


def lock_list(cursor: Any, list_id: int) -> None:
    """One change of a list at a time: the next one waits for the end of the transaction."""
    cursor.execute("SELECT FROM audiences_customerlist WHERE id = %s FOR UPDATE", [list_id])


def note_size(cursor: Any, list_id: int) -> int:
    """Counts who is on the list, and keeps the count with it."""
    cursor.execute(
        """
        UPDATE audiences_customerlist SET updated_at = now(), members_count = (
            SELECT count(*) FROM audiences_listmember WHERE customer_list_id = %s
        ) WHERE id = %s RETURNING members_count
        """,
        [list_id, list_id],
    )
    size: int = cursor.fetchone()[0]
    return size


def _chosen(run: ListRun) -> tuple[str, list[Any]]:
    """A SELECT of the customers who are to be on the list, each once, and its parameters."""
    if run.verb == Verb.EMPTY:
        return NOBODY, []
    right, params = _of_right(run)
    if run.verb == Verb.FREEZE:
        return right, params
    left, of_left = _of_list(run.left)
    return f"({left}) {BETWEEN[Verb(run.verb)]} ({right})", [*of_left, *params]


def _of_right(run: ListRun) -> tuple[str, list[Any]]:
    if run.right_audience is None:
        return _of_list(run.right_list)
    try:
        chosen = run.right_audience.customers().order_by().values("pk")
    except UnusableAudienceError as error:
        raise SourceGone(error.sentence) from error
    sql, params = chosen.query.sql_with_params()
    return f"SELECT customer_id FROM ({sql}) AS fitting (customer_id)", list(params)


def _of_list(source: CustomerList | None) -> tuple[str, list[Any]]:
    if source is None:
        raise SourceGone(
            lambda: _("A list or an audience that this is made from was deleted. Begin again without it.")
        )
    return "SELECT customer_id FROM audiences_listmember WHERE customer_list_id = %s", [source.pk]


def _remember(list_id: int, audience: Audience) -> None:
    CustomerList.objects.filter(pk=list_id).update(
        frozen_from=audience.name, frozen_sentence=kept(audience.sentence), frozen_at=timezone.now()
    )
