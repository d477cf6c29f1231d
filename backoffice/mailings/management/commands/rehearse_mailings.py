import signal
import threading
from typing import Any

from django.core.management.base import BaseCommand

from backoffice.mailings.rehearsal.process import rehearse_waiting


class Command(BaseCommand):
    help = "Rehearses the mailings that wait for it with simulated operators. Parley starts it; it ends by itself."

    def handle(self, *args: Any, **options: Any) -> None:
        stopping = threading.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: stopping.set())
        rehearse_waiting(stopping)
