import signal
import threading
from typing import Any

from django.core.management.base import BaseCommand

from backoffice.mailings.pulse import beat_until
from backoffice.operators.processes import Watch
from kannel.beats import beating
from kannel.models import Process


class Command(BaseCommand):
    help = (
        "Watches gateways and wakes planners, senders and receipts. Run one on each host; one of them leads."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        stopping = threading.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: stopping.set())
        # Its own thread looks at the others, so that one slow look at a gateway does not delay the word.
        with beating(Process.Kind.PULSE, look=Watch().look):
            beat_until(stopping)
