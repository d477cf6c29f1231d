"""How long a file of customers takes from disk to the database, through the same code as the back office.

``python -m deploy.bench_import [--rows N]``, into the database of the settings, which should be empty.
Last line: ``bench import seconds=N rows_per_second=N peak_mib=N``.
"""

import argparse
import os
import sys
import tempfile
import time
from pathlib import Path

import django
import psutil


def main(argv: list[str]) -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=1_900_000)
    rows = parser.parse_args(argv).rows
    django.setup()
    with tempfile.TemporaryDirectory(dir=os.environ.get("PARLEY_VAR")) as folder:
        path = Path(folder) / "customers.csv"
        write(path, rows)
        seconds, peak = measure(path)
    print(f"bench import seconds={seconds:.1f} rows_per_second={rows / seconds:.0f} peak_mib={peak:.0f}")
    return 0


def write(path: Path, rows: int) -> None:
    from backoffice.customers.sample import write_sample

    started = time.monotonic()
    write_sample(path, rows)
    size = path.stat().st_size / 2**20
    print(f"file: {rows:,} rows, {size:.0f} MiB, written in {time.monotonic() - started:.0f} s")


def measure(path: Path) -> tuple[float, float]:
    """Seconds of the import, and the peak private memory of this process and its database backend in MiB."""
    from django.db import connection

    from backoffice.customers.importing import Order, import_file
    from deploy.bench_plan import Peak

    connection.ensure_connection()
    backend = psutil.Process(connection.connection.info.backend_pid)
    with Peak([psutil.Process(), backend]) as peak:
        started = time.monotonic()
        result = import_file(path, Order("bench"))
        seconds = time.monotonic() - started
    print(f"added {result.added:,}, changed {result.changed:,}, bad {result.bad:,}")
    return seconds, peak.mib


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
