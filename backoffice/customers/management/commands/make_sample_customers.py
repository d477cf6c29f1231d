from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from backoffice.customers.sample import write_sample


class Command(BaseCommand):
    help = "Writes a CSV file of invented customers: for demonstrations, tests and measurements."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("count", type=int)
        parser.add_argument("file", type=Path)
        parser.add_argument("--seed", type=int, default=1)

    def handle(self, *args: Any, count: int, file: Path, seed: int, **options: Any) -> None:
        write_sample(file, count, seed)
