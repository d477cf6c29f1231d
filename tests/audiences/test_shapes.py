"""How PostgreSQL answers the heaviest trees: never row by row through a large table. Plans are looked at, not times."""

import json
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from backoffice.audiences.blocks import rules_block
from backoffice.audiences.breakdown import fitting, writable
from backoffice.audiences.compile import rules_to_q
from backoffice.audiences.counting import exact_count
from backoffice.audiences.draw import Draw, these
from backoffice.audiences.limits import within
from backoffice.audiences.models import CustomerList
from backoffice.customers.models import Customer

pytestmark = pytest.mark.django_db

Tree = dict[str, Any]
LARGE = {
    "customers_action",
    "customers_consent",
    "customers_contact",
    "mailings_message",
    "mailings_senthistory",
    "audiences_listmember",
}
CUSTOMERS = """
INSERT INTO customers_customer (external_id, phone, first_name, middle_name, last_name, email, language, gender, region,
    city, time_zone, tariff, segment, loyalty_tier, loyalty_points, balance, debt, purchases_count, spent_total,
    average_receipt, channel, device, manager, tags, attributes, is_blocked, created_at, updated_at)
SELECT 'S' || n, '+7916' || lpad(n::text, 7, '0'), 'Anna', '', 'Shape', '', 'ru', 'f', '', 'City ' || n % 100, '', '', '', '',
    n % 5000, 0, 0, 0, 0, 0, '', '', '', '{}', '{}', false, now(), now()
FROM generate_series(1, 20000) AS n
"""
NOBODY = CUSTOMERS.replace("'City ' || n % 100", "''").replace(
    "generate_series(1, 20000)", "generate_series(1, 1)"
)
ACTIONS = """
INSERT INTO customers_action (customer_id, kind, at, amount, external_id)
SELECT id, (ARRAY['purchase', 'visit', 'payment', 'complaint'])[1 + n % 4], now() - n * interval '60 days', 100, ''
FROM customers_customer, generate_series(1, 8) AS n
"""
CONSENTS = """
INSERT INTO customers_consent (customer_id, purpose, state, since, source)
SELECT id, 'marketing', CASE WHEN id % 50 = 1 THEN 'withdrawn' ELSE 'given' END, now(), 'test'
FROM customers_customer WHERE id % 50 > 0
"""
CONTACTS = """
INSERT INTO customers_contact (customer_id, last_sent_at, last_delivered_at, last_failure)
SELECT id, now(), now(), '' FROM customers_customer
"""
HISTORIES = """
INSERT INTO mailings_senthistory (customer_id, sent_seconds, parts_so_far, cost_so_far)
SELECT id, ARRAY[1000, 200000000], ARRAY[1, 2], ARRAY[10, 20] FROM customers_customer
"""
MEMBERS = """
INSERT INTO audiences_listmember (customer_list_id, customer_id)
SELECT {never}, id FROM customers_customer WHERE id % 2 = 0
"""
TABLES = """customers_customer, customers_action, customers_consent, customers_contact,
    audiences_listmember, audiences_customerlist, mailings_senthistory"""


@pytest.fixture(scope="module", autouse=True)
def _many(django_db_setup: None, django_db_blocker: Any) -> Iterator[None]:
    """So many rows that the planner has to choose, as it does with millions."""
    with django_db_blocker.unblock(), connection.cursor() as cursor:
        never = CustomerList.objects.create(name="Shape", kind=CustomerList.Kind.EXCLUSION)
        for statement in (
            CUSTOMERS,
            ACTIONS,
            CONSENTS,
            CONTACTS,
            HISTORIES,
            MEMBERS.format(never=never.pk),
        ):
            cursor.execute(statement)
        cursor.execute(f"VACUUM ANALYZE {TABLES}")
    yield
    with django_db_blocker.unblock(), connection.cursor() as cursor:
        # Of an empty table ANALYZE keeps what it knew; one row that says nothing makes it forget these people.
        cursor.execute("TRUNCATE customers_customer, audiences_customerlist CASCADE")
        cursor.execute(NOBODY)
        cursor.execute(f"VACUUM ANALYZE {TABLES}")
        cursor.execute("TRUNCATE customers_customer CASCADE")


def did(how: str, kind: str, days: int, times: int = 1) -> Tree:
    return {"type": "did", "value": {"did": how, "kind": kind, "times": times, "days": days}}


def group(match: str, *rules: Tree) -> Tree:
    return {"type": "group", "value": {"match": match, "rules": list(rules)}}


CITY = {"type": "city", "value": {"is_or_not": "in", "names": "City 1, City 2"}}
POINTS = {"type": "loyalty_points", "value": {"at_least": 100}}
AGREED = {"type": "consent", "value": {"state": "given", "purpose": "marketing"}}
SILENT = {"type": "consent", "value": {"state": "silent", "purpose": "marketing"}}
OFTEN_WRITTEN_TO = {"type": "messages_count", "value": {"at_least": 2, "days": 20_000}}
BOUGHT, CAME_OFTEN = did("did", "purchase", 400), did("did", "visit", 700, times=2)
NEVER_COMPLAINED, RARELY_PAID = did("not", "complaint", 700), did("not", "payment", 700, times=2)

SHAPES: dict[str, tuple[str, list[Tree]]] = {
    "did it": ("all", [BOUGHT]),
    "did it often": ("all", [CAME_OFTEN]),
    "did not do it": ("all", [NEVER_COMPLAINED]),
    "did not do it often": ("all", [RARELY_PAID]),
    "one of two things done": ("any", [BOUGHT, CAME_OFTEN]),
    "none of two things done": ("none", [BOUGHT, CAME_OFTEN]),
    "done or a column": ("any", [BOUGHT, CITY]),
    "many done at once": ("all", [BOUGHT, CAME_OFTEN, NEVER_COMPLAINED, RARELY_PAID, AGREED]),
    "silent about consent, or done": ("any", [SILENT, BOUGHT, POINTS]),
    "written to often": ("all", [OFTEN_WRITTEN_TO]),
    "written to rarely, or done": ("none", [OFTEN_WRITTEN_TO, BOUGHT]),
    "a group of either within all": (
        "all",
        [POINTS, AGREED, group("any", BOUGHT, group("none", CAME_OFTEN, CITY))],
    ),
    "three deep": (
        "any",
        [group("all", BOUGHT, group("any", NEVER_COMPLAINED, group("none", SILENT, CAME_OFTEN)))],
    ),
    "none of groups": ("none", [group("all", BOUGHT, RARELY_PAID), group("any", CAME_OFTEN, SILENT), CITY]),
}
shapes = pytest.mark.parametrize("shape", SHAPES)


def tree_of(shape: str) -> tuple[str, Any]:
    match, rules = SHAPES[shape]
    return match, rules_block().to_python(rules)


def explained(sql: str) -> Any:
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN (VERBOSE, FORMAT JSON) {sql}")
        found = cursor.fetchone()[0]
    return (json.loads(found) if isinstance(found, str) else found)[0]["Plan"]


def statements(asked: CaptureQueriesContext, part: str) -> list[str]:
    """What was asked of the database that has this part."""
    return [query["sql"] for query in asked if part in query["sql"]]


def nodes(plan: Any, is_repeated: bool = False) -> Iterator[tuple[Any, bool]]:
    """Every node of a plan, and whether it is run again for each row of another one."""
    yield plan, is_repeated
    hashed = json.dumps({key: value for key, value in plan.items() if key != "Plans"})
    for child in plan.get("Plans", []):
        relation = child.get("Parent Relationship")
        # Once for the only list there is, say, is not again and again.
        outer_rows = plan["Plans"][0]["Plan Rows"]
        is_inner = plan["Node Type"] == "Nested Loop" and relation == "Inner" and outer_rows > 1
        is_correlated = relation == "SubPlan" and f"hashed {child['Subplan Name']}" not in hashed
        # What is materialised is read once and then kept.
        is_kept = plan["Node Type"] == "Materialize"
        yield from nodes(child, (is_repeated or is_inner or is_correlated) and not is_kept)


def repeated_scans(plan: Any) -> list[str]:
    """Large tables that would be read whole again and again."""
    return [
        node["Relation Name"]
        for node, is_repeated in nodes(plan)
        if is_repeated and node["Node Type"] == "Seq Scan" and node["Relation Name"] in LARGE
    ]


@shapes
def test_counting_everybody_never_reads_a_large_table_for_each_customer(shape: str) -> None:
    match, rules = tree_of(shape)
    with CaptureQueriesContext(connection) as asked:
        exact_count(match, rules)
    counts = statements(asked, 'COUNT(*) AS "__count"')
    assert len([sql for sql in counts if "WHERE" in sql]) == 1
    assert repeated_scans(explained(counts[0])) == []


@shapes
def test_the_first_answer_is_one_statement_over_the_customers_of_the_index(shape: str) -> None:
    match, rules = tree_of(shape)
    with CaptureQueriesContext(connection) as asked:
        within(timedelta(seconds=20), lambda: fitting(match, rules, Draw(64)))
    (sql,) = statements(asked, "customers_customer")
    plan = explained(sql)
    assert repeated_scans(plan) == []
    scanned = [node for node, _ in nodes(plan) if node.get("Index Name") == "customer_draw"]
    assert len(scanned) == 1


@shapes
def test_rules_for_everybody_look_up_what_they_need_to_know_of_each_customer(shape: str) -> None:
    match, rules = tree_of(shape)
    some = list(Customer.objects.values_list("pk", flat=True)[:500])
    with CaptureQueriesContext(connection) as asked:
        writable(these(some), "marketing", rules_to_q(match, rules))
    sql = statements(asked, "array_agg")[0]
    assert repeated_scans(explained(sql)) == []


def test_a_scan_for_each_customer_would_be_noticed() -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SET LOCAL enable_indexscan = off; SET LOCAL enable_bitmapscan = off;"
            "SET LOCAL enable_indexonlyscan = off"
        )
    plan = explained(
        "SELECT (SELECT max(a.at) FROM customers_action a WHERE a.customer_id = c.id) FROM customers_customer c"
    )
    assert repeated_scans(plan) == ["customers_action"]
