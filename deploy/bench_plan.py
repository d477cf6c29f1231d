"""How long it takes to plan a mailing: audience, text, parts, route, price, hours, consent, for every customer.

``python -m deploy.bench_plan [--messages N]``, against the database of the settings, which is filled first if need be.
Last line: ``bench plan seconds=N messages_per_second=N peak_mib=N``.
"""

import argparse
import sys
import threading
import time
from datetime import date, timedelta
from datetime import time as clock
from decimal import Decimal
from typing import Any

import django
import psutil

# Names, numbers and zones as they are spread in a real file: two languages, eleven zones, 2 % without consent.
FILL = """
INSERT INTO customers_customer (external_id, phone, first_name, middle_name, last_name, email, language, gender, region,
    city, time_zone, tariff, segment, loyalty_tier, loyalty_points, balance, debt, purchases_count, spent_total,
    average_receipt, channel, device, manager, tags, attributes, is_blocked, created_at, updated_at)
SELECT 'B' || n, '+79' || lpad((n::bigint * 7919 %% 1000000000)::text, 9, '0'),
    (ARRAY['Анна', 'Олег', 'Мария', 'Pavel', 'Irina', ''])[1 + n %% 6], '', 'Bench', '',
    CASE WHEN n %% 5 = 0 THEN 'en' ELSE 'ru' END, '', 'Region ' || n %% 80, 'City ' || n %% 300,
    (ARRAY['Europe/Moscow', 'Europe/Kaliningrad', 'Asia/Yekaterinburg', 'Asia/Omsk', 'Asia/Vladivostok', ''])[1 + n %% 6],
    '', '', '', n %% 5000, 0, 0, n %% 40, 0, 0, '', '', '', '{}', '{}', n %% 1000 = 0, now(), now()
FROM generate_series(%s + 1, %s) AS n
"""
AGREE = """
INSERT INTO customers_consent (customer_id, purpose, state, since, source)
SELECT id, 'marketing', CASE WHEN id % 50 = 0 THEN 'withdrawn' ELSE 'given' END, now(), 'bench'
FROM customers_customer c WHERE NOT EXISTS (SELECT FROM customers_consent k WHERE k.customer_id = c.id)
"""


def main(argv: list[str]) -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--messages", type=int, default=1_900_000)
    wanted = parser.parse_args(argv).messages
    django.setup()
    have = fill(wanted)
    mailing, rows, seconds, peak = measure()
    print(
        f"customers {have}, rows planned {rows}, of them to be sent {mailing['waiting']}, cost {mailing['cost']}"
    )
    print(f"bench plan seconds={seconds:.1f} messages_per_second={rows / seconds:.0f} peak_mib={peak:.0f}")
    return 0


def fill(wanted: int) -> int:
    """Brings the customers table to at least ``wanted`` rows, all with an answer about consent."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM customers_customer")
        have: int = cursor.fetchone()[0]
        if have < wanted:
            cursor.execute(FILL, [have, wanted])
        cursor.execute(AGREE)
        cursor.execute("VACUUM ANALYZE customers_customer, customers_consent")
    return max(have, wanted)


def measure() -> tuple[dict[str, object], int, float, float]:
    """Plans one mailing. Returns what is in it, its rows, the seconds, and the peak of this process and its backend."""
    from django.db import connection

    from backoffice.accounts.models import User
    from backoffice.audiences.models import Audience
    from backoffice.mailings import ledger, lifecycle, planning
    from backoffice.mailings.models import Mailing, Message
    from backoffice.message_templates.models import MessageTemplate
    from deploy.run_mailing import allow_any_hour

    allow_any_hour()
    operators()
    user, _ = User.objects.get_or_create(username="bench", defaults={"is_superuser": True})
    text = 'Dear {first_name|default:"customer"}, you have {loyalty_points} points. Come and spend them in {city}.'
    template, _ = MessageTemplate.objects.get_or_create(name="Bench", defaults={"text": text})
    audience, _ = Audience.objects.get_or_create(name="Everybody in the bench")
    mailing = Mailing.objects.create(
        name="Bench",
        template=template,
        audience=audience,
        created_by=user,
        local_from=clock(0),
        local_to=clock(0),
    )
    lifecycle.request_plan(mailing, user)
    connection.ensure_connection()
    with Peak([psutil.Process(), psutil.Process(connection.connection.info.backend_pid)]) as peak:
        started = time.monotonic()
        rows = planning.plan(mailing)
        seconds = time.monotonic() - started
    mailing.refresh_from_db()
    assert rows is not None, mailing.problem
    books = ledger.ledger(mailing.pk)
    assert books.balanced
    look_at(mailing, user)
    summary = {"waiting": books.counts[Message.State.WAITING], "cost": mailing.planned_cost}
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM mailings_message WHERE mailing_id = %s", [mailing.pk])
    mailing.delete()
    return summary, rows, seconds, peak.mib


def look_at(mailing: Any, user: Any) -> None:
    """Says how long the check of the plan takes: made ready where it was planned, and then for whoever opens the page."""
    from backoffice.mailings.check.checking import check_of, prepare

    times = []
    for look in (lambda: prepare(mailing), lambda: check_of(mailing, user), lambda: check_of(mailing, user)):
        started = time.monotonic()
        found = look()
        times.append(time.monotonic() - started)
    assert found is not None
    assert "waterfall" in found, found
    print(
        f"check: made ready in {times[0]:.1f} s, shown in {times[1]:.2f} s at first and {times[2]:.2f} s again"
    )


def operators() -> None:
    """Two operators whose prices cross by prefix, marked as connected for the time of the measurement."""
    from django.utils import timezone

    from backoffice.operators.models import Operator, Tariff
    from kannel.models import Connection, Gateway

    now = timezone.now()
    gateway, _ = Gateway.objects.update_or_create(
        name="bench", defaults={"status": "running", "seen_at": now}
    )
    for name, step in (("bench-north", 0), ("bench-south", 1)):
        operator, _ = Operator.objects.get_or_create(
            name=name, defaults={"receipt_margin": timedelta(hours=1)}
        )
        for tens in range(90, 100):
            Tariff.objects.get_or_create(
                operator=operator,
                prefix=f"+7{tens}",
                valid_from=date(2020, 1, 1),
                defaults={"price_per_part": Decimal(2 + (tens + step) % 2)},
            )
        Connection.objects.update_or_create(
            name=name,
            defaults={
                "gateway": gateway,
                "operator": operator,
                "kind": "smpp",
                "host": "127.0.0.1",
                "port": 2775,
                "status": "online",
                "seen_at": now,
            },
        )


class Peak:
    """Largest sum of the private memory of some processes while the block runs, in MiB."""

    def __init__(self, processes: list[psutil.Process]) -> None:
        self.processes = processes
        self.mib = 0.0
        self.done = threading.Event()
        self.thread = threading.Thread(target=self._watch, daemon=True)

    def _watch(self) -> None:
        while not self.done.wait(0.2):
            used = sum(process.memory_full_info().uss for process in self.processes if process.is_running())
            self.mib = max(self.mib, used / 2**20)

    def __enter__(self) -> "Peak":
        self.thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.done.set()
        self.thread.join()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
