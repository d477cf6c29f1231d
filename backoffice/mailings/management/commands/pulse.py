import signal
import threading
from typing import Any

from django.core.management.base import BaseCommand

from backoffice.mailings.pulse import beat_until


class Command(BaseCommand):
    help = (
        "Watches gateways and wakes planners, senders and receipts. Run one on each host; one of them leads."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        stopping = threading.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: stopping.set())
        beat_until(stopping)
