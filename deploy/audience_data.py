"""What the benchmark of audiences counts: customers, and for each about 10 actions and 21 messages of the last 24 months.

Made once, by statements inside PostgreSQL; a later run with the same size finds it and makes nothing.
"""

import json
import os
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

from kannel.monthly import first_id, next_month

# Raise it when the statements below change: data of an older version is made anew.
VERSION = 1
MONTHS = 24
MAILINGS_A_MONTH = 20
ACTIONS_A_CUSTOMER = 10.53  # 20 million of 1.9 million customers
MESSAGES_A_CUSTOMER = 21.06  # 40 million

CUSTOMERS = """
INSERT INTO customers_customer (external_id, phone, first_name, middle_name, last_name, email, language, birth_date, gender,
    region, city, time_zone, tariff, segment, loyalty_tier, loyalty_points, balance, debt, registered_on, contract_ends_on,
    last_purchase_on, purchases_count, spent_total, average_receipt, last_visit_on, channel, device, manager, tags,
    attributes, is_blocked, created_at, updated_at)
SELECT 'B' || lpad(n::text, 8, '0'),
    CASE WHEN random() < 0.01 THEN '' ELSE '+79' || lpad((n::bigint * 7919 %% 1000000000)::text, 9, '0') END,
    (ARRAY['Анна', 'Олег', 'Мария', 'Павел', 'Ирина', ''])[1 + n %% 6], '', 'Bench',
    CASE WHEN random() < 0.4 THEN 'customer' || n || '@example.org' ELSE '' END,
    CASE WHEN random() < 0.12 THEN 'en' ELSE 'ru' END,
    CASE WHEN random() < 0.05 THEN NULL ELSE current_date - 6570 - floor(random() * 20000)::int END,
    CASE WHEN random() < 0.02 THEN '' WHEN random() < 0.5 THEN 'f' ELSE 'm' END,
    CASE WHEN place = 12 THEN '' ELSE 'Region ' || place END,
    (ARRAY['Москва', 'Санкт-Петербург', 'Казань', 'Калининград', 'Самара', 'Екатеринбург', 'Омск', 'Новосибирск',
        'Красноярск', 'Иркутск', 'Владивосток', ''])[place],
    (ARRAY['Europe/Moscow', 'Europe/Moscow', 'Europe/Moscow', 'Europe/Kaliningrad', 'Europe/Samara',
        'Asia/Yekaterinburg', 'Asia/Omsk', 'Asia/Novosibirsk', 'Asia/Krasnoyarsk', 'Asia/Irkutsk', 'Asia/Vladivostok',
        ''])[place],
    (ARRAY['Basic', 'Comfort', 'Family', 'Business'])[1 + floor(random() * 4)::int],
    (ARRAY['new', 'regular', 'sleeping', 'VIP'])[1 + floor(random() * 4)::int],
    (ARRAY['', 'bronze', 'silver', 'gold'])[1 + floor(random() * 4)::int],
    floor(random() * 5000)::int, round((random() * 3000)::numeric, 2),
    CASE WHEN random() < 0.1 THEN round((random() * 2000)::numeric, 2) ELSE 0 END,
    current_date - since, current_date - since + 3650,
    CASE WHEN bought > 0 THEN current_date - floor(random() * 700)::int END, bought, bought * receipt, receipt,
    current_date - floor(random() * 365)::int, (ARRAY['shop', 'web', 'app'])[1 + floor(random() * 3)::int],
    (ARRAY['iPhone', 'Android', ''])[1 + floor(random() * 3)::int], '',
    CASE WHEN random() < 0.3 THEN ARRAY[(ARRAY['coffee', 'sport', 'kids', 'garden', 'travel'])[1 + n %% 5]] ELSE '{}' END,
    jsonb_build_object('shoe_size', 35 + floor(random() * 12)::int), random() < 0.001, now(), now()
FROM (
    SELECT n, 1 + floor(random() ^ 2 * 12)::int AS place, floor(-ln(1 - random()) * 8)::int AS bought,
        round((300 + random() * 3700)::numeric, 2) AS receipt, floor(random() * 3000)::int AS since
    FROM generate_series(%(first)s, %(last)s) AS n
) AS drawn
"""
CONSENTS = """
INSERT INTO customers_consent (customer_id, purpose, state, since, source)
SELECT id, purpose, CASE WHEN random() < 0.03 THEN 'withdrawn' ELSE 'given' END, now() - random() * interval '3 years', 'bench'
FROM customers_customer, unnest(ARRAY['marketing', 'service']) AS purpose WHERE random() < 0.98
"""
CONTACTS = """
INSERT INTO customers_contact (customer_id, last_sent_at, last_delivered_at, last_failed_at, last_failure, last_reply_at)
SELECT id, sent, CASE WHEN random() < 0.95 THEN sent END,
    CASE WHEN random() < 0.1 THEN sent - random() * interval '90 days' END, '',
    CASE WHEN random() < 0.05 THEN sent + random() * interval '1 day' END
FROM (SELECT id, now() - interval '365 days' * random() ^ 3 AS sent FROM customers_customer) AS drawn
WHERE random() < 0.97
"""
# In the order in which they happened, as the CRM pushes them.
ACTIONS = """
INSERT INTO customers_action (customer_id, kind, at, amount, external_id)
SELECT 1 + floor(random() ^ 1.5 * %(customers)s)::bigint, kind,
    %(start)s::timestamptz + (n * %(step_seconds)s) * interval '1 second',
    CASE WHEN kind IN ('purchase', 'payment') THEN round((50 + random() ^ 3 * 20000)::numeric, 2) END, ''
FROM (
    SELECT n, (ARRAY['purchase', 'purchase', 'purchase', 'purchase', 'visit', 'visit', 'visit', 'payment', 'payment',
        CASE WHEN random() < 0.2 THEN 'complaint' ELSE 'visit' END])[1 + floor(random() * 10)::int] AS kind
    FROM generate_series(%(first)s, %(last)s) AS n
) AS drawn
"""
# As planning writes them: mailing by mailing, customers in the order of their ids, each mailing to a part of them.
MESSAGES = """
INSERT INTO {table} (id, mailing_id, customer_id, connection_id, state, reason, text, coding, parts, cost, earliest_at,
    latest_at, attempt, state_at, submitted_at, sent_at, final_at, error)
SELECT %(first_id)s + row_number() OVER (), %(mailing)s, least(n + floor(random() * %(step)s)::bigint, %(customers)s), 1,
    CASE WHEN fate < 0.03 THEN 'excluded' WHEN fate < 0.93 THEN 'delivered' WHEN fate < 0.98 THEN 'undelivered'
        WHEN fate < 0.99 THEN 'rejected' ELSE 'expired' END,
    CASE WHEN fate < 0.03 THEN 'no_consent' ELSE '' END,
    CASE WHEN fate < 0.03 THEN '' ELSE 'Come by, dear friend.' END, 0, CASE WHEN fate < 0.03 THEN 0 ELSE 1 END, 2,
    NULL, NULL, 1, at, at, CASE WHEN fate >= 0.03 THEN at END, CASE WHEN fate >= 0.03 THEN at END, ''
FROM (
    SELECT n, random() AS fate, %(at)s::timestamptz + random() * interval '4 hours' AS at
    FROM generate_series(%(offset)s::bigint, %(customers)s, %(step)s) AS n
) AS drawn
"""
MEMBERS = """
INSERT INTO audiences_listmember (customer_list_id, customer_id)
SELECT %(list)s, id FROM customers_customer WHERE random() < 0.15
"""


def prepare(customers: int, say: Callable[[str], None]) -> None:
    """Fills the database of the settings, unless it holds data of this size and version already."""
    marker = Path(os.environ["PARLEY_VAR"]) / "audience_data.json"
    wanted = {"customers": customers, "version": VERSION}
    if marker.exists() and json.loads(marker.read_text()) == wanted:
        return
    marker.unlink(missing_ok=True)
    started = time.monotonic()
    say(f"making {customers:,} customers with their actions and messages, once …")
    _empty()
    steps = [_customers, _people_tables, _actions, _messages, _sent_histories]
    for step in steps:
        began = time.monotonic()
        step(customers)
        say(f"  {step.__name__.strip('_')}: {time.monotonic() - began:.0f} s")
    _run("VACUUM ANALYZE")
    marker.write_text(json.dumps(wanted))
    say(f"  all of it: {time.monotonic() - started:.0f} s, {_size()} on disk")


def _empty() -> None:
    _run("TRUNCATE customers_customer, mailings_message, audiences_customerlist RESTART IDENTITY CASCADE")
    day = _first_month()
    for _ in range(MONTHS):
        _run(
            f"CREATE TABLE IF NOT EXISTS mailings_message_{day:%Y_%m} PARTITION OF mailings_message"
            f" FOR VALUES FROM ({first_id(day)}) TO ({first_id(next_month(day))}) WITH (fillfactor = 80)"
        )
        day = next_month(day)


def _customers(customers: int) -> None:
    with without_indexes("customers_customer"):
        _both(CUSTOMERS, [_share(customers, part) for part in range(2)])
    # The two halves are interleaved on disk; ids are, too, as they come from one sequence.
    _run("ANALYZE customers_customer")


def _people_tables(customers: int) -> None:
    from backoffice.audiences.models import CustomerList

    with without_indexes("customers_consent"):
        _run(CONSENTS)
    _run(CONTACTS)
    _run(MEMBERS, {"list": CustomerList.objects.create(name="Bench").pk})


def _actions(customers: int) -> None:
    total = round(customers * ACTIONS_A_CUSTOMER)
    start = datetime.combine(_first_month(), datetime.min.time(), UTC)
    common = {
        "customers": customers,
        "start": start,
        "step_seconds": (datetime.now(UTC) - start) / timedelta(seconds=1) / total,
    }
    chunks = max(2, total // 1_000_000)
    with without_indexes("customers_action"):
        _both(ACTIONS, [{**common, **_share(total, part, chunks)} for part in range(chunks)])


def _messages(customers: int) -> None:
    step = round(MONTHS * MAILINGS_A_MONTH / MESSAGES_A_CUSTOMER)
    with without_indexes("mailings_message"):
        day = _first_month()
        months = []
        for _ in range(MONTHS):
            months.append(day)
            day = next_month(day)
        with ThreadPoolExecutor(2) as pool:
            list(pool.map(lambda month: _month_of_messages(month, step, customers), months))


def _month_of_messages(month: date, step: int, customers: int) -> None:
    now = datetime.now(UTC)
    start = datetime.combine(month, datetime.min.time(), UTC)
    length = min(now - timedelta(hours=5), start + timedelta(days=28)) - start
    statement = MESSAGES.format(table=f"mailings_message_{month:%Y_%m}")
    for number in range(MAILINGS_A_MONTH):
        _run(
            statement,
            {
                "first_id": first_id(month) + number * (customers // step + 2),
                "mailing": month.year * 10_000 + month.month * 100 + number,
                "customers": customers,
                "step": step,
                "offset": 1 + number * 7 % step,
                "at": start + length * number / MAILINGS_A_MONTH,
            },
        )


def _sent_histories(customers: int) -> None:
    from backoffice.mailings import sent_history

    with _cursor() as cursor:
        cursor.execute("SET work_mem = '256MB'")
        sent_history.rebuild(cursor)


@contextmanager
def without_indexes(table: str) -> Iterator[None]:
    """Takes the indexes of a table away and builds them again at the end: much faster than keeping them row by row."""
    constraints = _rows(
        "SELECT conname, pg_get_constraintdef(oid) FROM pg_constraint"
        " WHERE conrelid = %s::regclass AND contype IN ('p', 'u') AND NOT EXISTS"
        " (SELECT FROM pg_constraint other WHERE other.conindid = pg_constraint.conindid AND other.contype = 'f')",
        [table],
    )
    indexes = _rows(
        "SELECT indexrelid::regclass::text, pg_get_indexdef(indexrelid) FROM pg_index WHERE indrelid = %s::regclass"
        " AND NOT EXISTS (SELECT FROM pg_constraint WHERE conindid = indexrelid)",
        [table],
    )
    for name, _ in indexes:
        _run(f"DROP INDEX {name}")
    for name, _ in constraints:
        _run(f'ALTER TABLE {table} DROP CONSTRAINT "{name}"')
    yield
    wanted = [definition.replace(" ON ONLY ", " ON ") for _, definition in indexes]
    wanted += [
        f'ALTER TABLE {table} ADD CONSTRAINT "{name}" {definition}' for name, definition in constraints
    ]
    for statement in wanted:
        _run(statement)


def _share(total: int, part: int, parts: int = 2) -> dict[str, int]:
    """First and last number of one part of 1…total."""
    return {"first": total * part // parts + 1, "last": total * (part + 1) // parts}


def _both(statement: str, parameters: list[dict[str, Any]]) -> None:
    """Runs a statement with each of the parameters, two at a time."""
    with ThreadPoolExecutor(2) as pool:
        list(pool.map(lambda values: _run(statement, values), parameters))


def _first_month() -> date:
    months = datetime.now(UTC).year * 12 + datetime.now(UTC).month - 1 - (MONTHS - 1)
    return date(months // 12, months % 12 + 1, 1)


@contextmanager
def _cursor() -> Iterator[Any]:
    from django.db import connection

    own = connection.copy()
    try:
        with own.cursor() as cursor:
            cursor.execute("SET maintenance_work_mem = '512MB'; SET jit = off")
            yield cursor
    finally:
        own.close()


def _run(statement: str, parameters: Any = None) -> None:
    with _cursor() as cursor:
        cursor.execute(statement, parameters)


def _rows(statement: str, parameters: Any) -> list[tuple[str, str]]:
    with _cursor() as cursor:
        cursor.execute(statement, parameters)
        return list(cursor.fetchall())


def _size() -> str:
    with _cursor() as cursor:
        cursor.execute("SELECT pg_size_pretty(pg_database_size(current_database()))")
        return str(cursor.fetchone()[0])
