"""Run a simulated operator (SMPP or HTTP), or steer one that runs."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from kannel.simulator.running import StartError, add_arguments, run


class Command(BaseCommand):
    help = (
        "Run one simulated operator that fails in known ways (smpp, http), or steer it by its control port."
    )
    requires_system_checks = []

    def add_arguments(self, parser: CommandParser) -> None:
        add_arguments(parser)

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            run(options)
        except StartError as problem:
            raise CommandError(str(problem)) from problem
