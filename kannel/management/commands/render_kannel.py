from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from kannel import configuration, dry_start
from kannel.models import Gateway


class Command(BaseCommand):
    help = "Writes kannel.conf for one gateway into a directory, as it was last applied, after checking it. For a first start."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("gateway", help="name of the gateway")
        parser.add_argument("--directory", type=Path, required=True, help="where Kannel keeps its files")

    def handle(self, *args: Any, gateway: str, directory: Path, **options: Any) -> None:
        try:
            row = Gateway.objects.get(name=gateway)
            text = configuration.render(row, row.connections.order_by("name"), directory.resolve())
            if said := configuration.problems(text):
                raise CommandError(f"Kannel refuses this configuration: {said}")
            dry_start.try_out(text)
        except Gateway.DoesNotExist as error:
            raise CommandError(f"There is no gateway named {gateway!r}.") from error
        except configuration.ConfigurationError as error:
            raise CommandError(f"{error.connection} {error.field}: {error}".strip()) from error
        configuration.write(text, directory / configuration.CONF)
        row.applied, row.applied_at = text, timezone.now()
        row.save(update_fields=["applied", "applied_at"])
