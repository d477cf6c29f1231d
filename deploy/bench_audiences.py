"""How long counting audiences takes at full size, while a mailing is being sent, beside SQL written by hand.

``python -m deploy.bench_audiences [--customers N]``, against the database of the settings, which is filled once.
Last line: ``bench audiences count_p95_ms=N ratio=N.NN``.
"""

import argparse
import statistics
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import django

from deploy import audience_data
from deploy.audience_cases import Case, cases

# Beside the editor a count is stopped long before; here we want to know how long it would have taken.
LONG = timedelta(minutes=5)
FIRST_ANSWERS = 5
EXACT_COUNTS = 3
# As many as the reference chain carries; a receipt comes for each.
SENT_A_SECOND = 1_600


@dataclass
class Measured:
    """Milliseconds of one audience: each first answer, and the fastest exact count, count by hand and list of ids."""

    case: Case
    first: list[float] = field(default_factory=list)
    exact: list[float] = field(default_factory=list)
    by_hand: list[float] = field(default_factory=list)
    ids: list[float] = field(default_factory=list)
    customers: int = 0
    estimate: int = 0
    customers_by_hand: int = 0

    @property
    def ratio(self) -> float:
        return min(self.exact) / min(self.by_hand)

    def line(self) -> str:
        case = self.case
        return (
            f"{case.number:>2} {case.conditions:>3} {case.depth:>2} {'history' if case.has_history else '':<7}"
            f" {statistics.median(self.first):>7.0f} {min(self.exact):>8.0f} {min(self.by_hand):>8.0f} {self.ratio:>6.2f}"
            f" {min(self.ids):>8.0f} {self.customers:>10,} {self.estimate:>10,} {self.customers_by_hand:>10,}"
        )


def main(argv: list[str]) -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--customers", type=int, default=1_900_000)
    parser.add_argument("--quiet", action="store_true", help="without a mailing being sent meanwhile")
    options = parser.parse_args(argv)
    django.setup()
    audience_data.prepare(options.customers, lambda text: print(text, flush=True))
    if options.quiet:
        report(measure())
    else:
        with Traffic():
            report(measure())
    return 0


def measure() -> list[Measured]:
    from backoffice.audiences.criteria import registry

    print(" n conds depth       first ms exact ms by hand  ratio   ids ms  customers   estimate    by hand")
    found = []
    for case in cases(registry):
        measured = one(case)
        found.append(measured)
        print(measured.line(), flush=True)
    return found


def one(case: Case) -> Measured:
    """Measures one audience; ours and the one by hand take turns, so that both find the same things in memory."""
    from backoffice.audiences.blocks import rules_block
    from backoffice.audiences.compile import rules_to_q
    from backoffice.audiences.counting import complete_rules, reach
    from backoffice.customers.models import Customer

    rules = complete_rules(rules_block().to_python(case.rules))
    measured = Measured(case)
    fitting = Customer.objects.filter(rules_to_q(case.match, rules)).order_by()
    for _ in range(FIRST_ANSWERS):
        reached, took = timed(lambda: reach(case.match, rules, "marketing", timeout=LONG))
        measured.first.append(took)
        measured.estimate = reached.fitting.customers
    for _ in range(EXACT_COUNTS):
        measured.customers, took = timed(lambda: bounded(fitting.count))
        measured.exact.append(took)
        measured.customers_by_hand, took = timed(lambda: bounded(lambda: by_hand(case)))
        measured.by_hand.append(took)
    sql, params = fitting.values("pk").query.sql_with_params()
    _nothing, took = timed(lambda: bounded(lambda: materialise(sql, params)))
    measured.ids.append(took)
    return measured


def bounded(statement: Callable[[], Any]) -> Any:
    """With the same settings of the session as a count beside the editor, and more time."""
    from backoffice.audiences.limits import within

    return within(LONG, statement)


def by_hand(case: Case) -> int:
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute(f"SELECT count(*) FROM customers_customer c WHERE {case.by_hand}")
        return int(cursor.fetchone()[0])


def materialise(sql: str, params: Any) -> None:
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("CREATE TEMP TABLE chosen (id bigint) ON COMMIT DROP")
        cursor.execute(f"INSERT INTO chosen {sql}", params)


def timed(statement: Callable[[], Any]) -> tuple[Any, float]:
    started = time.perf_counter()
    answer = statement()
    return answer, (time.perf_counter() - started) * 1000


def report(found: list[Measured]) -> None:
    first = [took for measured in found for took in measured.first]
    for title, values in (
        ("first answer with breakdown", first),
        ("exact count", [took for measured in found for took in measured.exact]),
        ("ids into a table", [took for measured in found for took in measured.ids]),
    ):
        print(
            f"{title}: median {statistics.median(values):.0f} ms, 95th percentile {percentile(values):.0f} ms"
        )
    worst = max(found, key=lambda measured: measured.ratio)
    print(f"worst ratio to SQL by hand: {worst.ratio:.2f}, audience {worst.case.number}")
    ours, hand = (
        sum(min(times) for times in side) for side in zip(*((m.exact, m.by_hand) for m in found), strict=True)
    )
    print(f"bench audiences count_p95_ms={percentile(first):.0f} ratio={ours / hand:.2f}")


def percentile(values: list[float]) -> float:
    """The 95th."""
    return statistics.quantiles(values, n=20, method="inclusive")[-1]


class Traffic:
    """What a mailing does to the database while it is sent: batches of messages leave, their receipts come in."""

    def __init__(self) -> None:
        self.done = threading.Event()
        self.thread = threading.Thread(target=self._send, daemon=True)

    def _send(self) -> None:
        from django.db import connection

        try:
            with connection.cursor() as cursor:
                cursor.execute(
                    "SELECT max(mailing_id), min(id), max(id) FROM mailings_message WHERE mailing_id ="
                    " (SELECT mailing_id FROM mailings_message ORDER BY id DESC LIMIT 1)"
                )
                _mailing, first, last = cursor.fetchone()
                start = first
                while not self.done.wait(0.5):
                    cursor.execute(
                        "UPDATE mailings_message SET state = 'sent', state_at = now(), sent_at = now()"
                        " WHERE id BETWEEN %(start)s AND %(start)s + %(batch)s;"
                        "UPDATE mailings_message SET state = 'delivered', state_at = now(), final_at = now()"
                        " WHERE id BETWEEN %(start)s AND %(start)s + %(batch)s",
                        {"start": start, "batch": SENT_A_SECOND // 2},
                    )
                    start = start + SENT_A_SECOND // 2 if start < last else first
        finally:
            connection.close()

    def __enter__(self) -> "Traffic":
        self.thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.done.set()
        self.thread.join()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
