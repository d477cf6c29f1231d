from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from kannel import configuration
from kannel.models import Gateway


class Command(BaseCommand):
    help = "Writes kannel.conf for one gateway into a directory, after checking it."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("gateway", help="name of the gateway")
        parser.add_argument("--directory", type=Path, required=True, help="where Kannel keeps its files")

    def handle(self, *args: Any, gateway: str, directory: Path, **options: Any) -> None:
        try:
            row = Gateway.objects.get(name=gateway)
            text = configuration.render(row, row.connections.all(), directory.resolve())
        except Gateway.DoesNotExist as error:
            raise CommandError(f"There is no gateway named {gateway!r}.") from error
        except configuration.ConfigurationError as error:
            raise CommandError(f"{error.field}: {error}") from error
        if said := configuration.problems(text):
            raise CommandError(f"Kannel refuses this configuration: {said}")
        (directory / "store").mkdir(parents=True, exist_ok=True)
        configuration.write(text, directory / "kannel.conf")
