"""Moving the clock of this process, with what has to move along."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime

import time_machine
from django.utils import timezone

from kannel.models import Connection
from kannel.monthly import ensure_partitions


@contextmanager
def clock_at(moment: datetime) -> Iterator[time_machine.Traveller]:
    """It is that moment, and stays so until the clock is moved on: messages have their month, connections were just seen."""
    with time_machine.travel(moment, tick=False) as traveller:
        keep_up()
        yield traveller


def keep_up() -> None:
    """What the hourly tasks and the watch do as time goes by."""
    ensure_partitions("mailings_message")
    Connection.objects.update(seen_at=timezone.now())
