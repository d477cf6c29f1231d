import signal
import threading
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import structlog
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import DatabaseError, InterfaceError, close_old_connections, connection

from kannel import applying
from kannel.beats import beating
from kannel.models import ApplyRun, Gateway, Process

logger = structlog.get_logger(__name__)
LOOK_SECONDS = 1.0


class Command(BaseCommand):
    help = "On the host of a gateway: applies what people apply in the back office to the Kannel there. Runs until it is stopped."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("gateway", help="name of the gateway")
        parser.add_argument("--directory", type=Path, required=True, help="where Kannel keeps its files")
        parser.add_argument("--once", action="store_true", help="do what waits now, and end")

    def handle(self, *args: Any, gateway: str, directory: Path, once: bool, **options: Any) -> None:
        try:
            found = Gateway.objects.get(name=gateway)
        except Gateway.DoesNotExist as error:
            raise CommandError(f"There is no gateway named {gateway!r}.") from error
        stopping = threading.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: stopping.set())
        with nullcontext() if once else beating(Process.Kind.KEEPER, about=found.name):
            keep(found, directory.resolve(), stopping, once=once)


def keep(gateway: Gateway, directory: Path, stopping: threading.Event, *, once: bool) -> None:
    """Does the runs of a gateway as they come, and what a predecessor left behind, until ``stopping``."""
    while not stopping.is_set():
        close_old_connections()
        try:
            for run_id in ApplyRun.objects.unfinished(gateway).values_list("pk", flat=True):
                applying.do(run_id, directory)
        except (DatabaseError, InterfaceError) as error:
            logger.warning("database_away", error=type(error).__name__)
            connection.close()
        if once:
            return
        stopping.wait(LOOK_SECONDS)
