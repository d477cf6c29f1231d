import signal
import threading
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from kannel.beats import beating
from kannel.listener import listen
from kannel.models import Gateway, Process
from kannel.monthly import ensure_partitions


class Command(BaseCommand):
    help = "Takes delivery reports and inbound messages from one gateway and keeps them as events."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("gateway", help="name of the gateway")

    def handle(self, *args: Any, gateway: str, **options: Any) -> None:
        try:
            found = Gateway.objects.get(name=gateway)
        except Gateway.DoesNotExist as error:
            raise CommandError(f"There is no gateway named {gateway!r}.") from error
        # The hourly task makes them months ahead; after longer than that without it a receipt would find no place.
        ensure_partitions("kannel_event")
        stopping = threading.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: stopping.set())
        with beating(Process.Kind.LISTENER, about=found.name):
            listen(found, stopping)
