import sys
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from tqdm import tqdm

from backoffice.customers.columns import customer_columns
from backoffice.customers.importing import Order, import_file
from backoffice.customers.reading import bad_rows_heading
from backoffice.lib.files.confirmed import guess
from backoffice.lib.spreadsheets import UnreadableTable


class Command(BaseCommand):
    help = "Imports a CSV or XLSX file of customers. Bad rows are written to FILE.bad.csv and left out."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path)
        parser.add_argument("--source", default="file", help="where the consent in this file comes from")

    def handle(self, *args: Any, file: Path, source: str, **options: Any) -> None:
        if not file.exists():
            raise CommandError(f"There is no file {file}.")
        bad_path = file.with_suffix(".bad.csv")
        try:
            with (
                bad_path.open("w", newline="") as bad_rows,
                tqdm(unit=" rows", disable=not sys.stderr.isatty()) as bar,
            ):
                reading = guess(file, customer_columns(), is_short=True)[0]
                bad_rows.write(bad_rows_heading(reading.heading(file)))
                result = import_file(
                    file,
                    Order(source),
                    reading=reading,
                    bad_rows=bad_rows,
                    progress=lambda rows: _advance(bar, rows),
                )
        except UnreadableTable as error:
            raise CommandError(str(error)) from error
        self.stdout.write(
            f"{result.read} rows: {result.added} new, {result.changed} changed, {result.unchanged} unchanged, "
            f"{result.doubled} doubled, {result.bad} bad (see {bad_path})"
        )


def _advance(bar: "tqdm[Any]", rows: int) -> None:
    bar.update(rows - bar.n)
