"""How long a list of customers takes from a file to the database, and out again, through the code of the back office.

``python -m deploy.bench_lists [--rows N] [--customers N]``, into the database of the settings, which is filled with
customers first if need be. One row in a hundred is bad: half of those are no numbers, half nobody has. The list is
exported and compared with what went in. Last line: ``bench lists seconds=N rows_per_second=N peak_mib=N``.
"""

import argparse
import csv
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import django
import psutil

BAD_EACH = 100
# The customers of deploy.bench_plan have numbers of this form; this one nobody has.
NOBODY = "+79000000001"


def main(argv: list[str]) -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=500_000)
    parser.add_argument("--customers", type=int, default=1_900_000)
    options = parser.parse_args(argv)
    django.setup()
    from deploy.bench_plan import fill

    fill(options.customers)
    with TemporaryDirectory() as folder:
        path = Path(folder) / "numbers.csv"
        write(path, options.rows)
        seconds, peak = measure(path)
    rate = options.rows / seconds
    print(f"bench lists seconds={seconds:.1f} rows_per_second={rate:.0f} peak_mib={peak:.0f}")
    return 0


def write(path: Path, rows: int) -> None:
    """A file of that many rows, numbers as people write them."""
    with path.open("w", newline="") as file:
        lines = csv.writer(file)
        lines.writerow(["name", "phone"])
        lines.writerows(
            ["somebody", _written(number, phone)]
            for number, phone in zip(range(rows), _phones(), strict=False)
        )
    print(f"file: {rows:,} rows, {path.stat().st_size / 2**20:.0f} MiB")


def _phones() -> Iterator[str]:
    """Numbers of customers, again from the first one when there are no more."""
    from backoffice.customers.models import Customer

    while True:
        known = (
            Customer.objects.exclude(phone__in=["", NOBODY]).order_by("-id").values_list("phone", flat=True)
        )
        yield from known.iterator(chunk_size=10_000)


def _written(number: int, phone: str) -> str:
    if number % BAD_EACH == 0:
        return NOBODY if number % (2 * BAD_EACH) else "916 12"
    if number % 3 == 0:
        return f"8 ({phone[2:5]}) {phone[5:8]}-{phone[8:10]}-{phone[10:]}"
    return phone


def good_numbers(path: Path) -> set[str]:
    """The numbers of the file that customers have, whatever they are written like."""
    with path.open(newline="") as file:
        rows = csv.reader(file)
        next(rows)
        return {
            f"+7{''.join(filter(str.isdigit, phone))[1:]}"
            for number, (_name, phone) in enumerate(rows)
            if number % BAD_EACH
        }


def measure(path: Path) -> tuple[float, float]:
    """Seconds of the import, and the peak private memory of this process and its database backend in MiB."""
    from django.conf import settings
    from django.core.files import File
    from django.db import connection

    from backoffice.audiences.models import CustomerList, ListRun
    from backoffice.audiences.tasks import runner
    from deploy.bench_plan import Peak

    CustomerList.objects.filter(name="Bench").delete()
    settings.MEDIA_ROOT = path.parent
    run = ListRun(
        customer_list=CustomerList.objects.create(name="Bench"),
        verb=ListRun.Verb.ADD,
        column=1,
        has_heading=True,
        state=ListRun.State.WAITING,
        name=path.name,
    )
    with path.open("rb") as file:
        run.file.save(path.name, File(file))
    connection.ensure_connection()
    backend = psutil.Process(connection.connection.info.backend_pid)
    with Peak([psutil.Process(), backend]) as peak:
        started = time.monotonic()
        runner.run(run.pk)
        seconds = time.monotonic() - started
    run.refresh_from_db()
    assert run.state == ListRun.State.DONE, run.problem
    print(
        f"read {run.rows_read:,}, added {run.added:,}, named again {run.repeated:,}, bad {run.bad:,},"
        f" {seconds:.1f} s"
    )
    assert sum(1 for _row in bad_rows(run)) == run.bad == -(-run.rows_read // BAD_EACH)
    export(run.customer_list, good_numbers(path))
    return seconds, peak.mib


def bad_rows(run: Any) -> Iterator[list[str]]:
    with run.bad_rows.open("r") as file:
        rows = csv.reader(file)
        next(rows)
        yield from rows


def export(customer_list: Any, good: set[str]) -> None:
    """Writes the list out in both forms, and compares what comes out with what went in."""
    from backoffice.audiences import list_export
    from backoffice.lib.spreadsheets import csv_pieces, workbook_of

    started = time.monotonic()
    numbers: set[str] = set()
    for piece in csv_pieces(list_export.heading(), list_export.rows_of(customer_list, reveals=True)):
        numbers.update(f"+{row[1]}" for row in csv.reader(piece.splitlines()) if row[1].isdecimal())
    assert numbers == good, "what came out is not what went in"
    print(f"exported as CSV in {time.monotonic() - started:.1f} s: the same numbers came out that went in")
    started = time.monotonic()
    workbook_of(list_export.heading(), list_export.rows_of(customer_list, reveals=True)).close()
    print(f"exported as XLSX in {time.monotonic() - started:.1f} s")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
