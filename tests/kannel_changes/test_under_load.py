"""Acceptance: connections are added, changed, taken out, broken and restored while 200 messages leave each second."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connections

from backoffice.operators.watch import watch_gateways
from kannel import administration
from kannel.models import ApplyRun, Connection
from kannel.simulator import control
from kannel.simulator.record import Tally, counts
from tests.kannel.house import until
from tests.kannel_changes.conftest import Lines
from tests.kannel_changes.load import Load, loading

PER_SECOND = 200
WINDOW = 10
State = ApplyRun.State


@contextmanager
def watched() -> Iterator[None]:
    """The watch of the pulse: senders learn from it which connections are online."""
    stopping = threading.Event()

    def watch() -> None:
        while not stopping.wait(0.2):
            watch_gateways()
        connections.close_all()

    thread = threading.Thread(target=watch)
    thread.start()
    try:
        yield
    finally:
        stopping.set()
        thread.join(15)


def records(lines: Lines) -> Tally:
    return counts(lines.folder / "north.record", lines.folder / "south.record")


def is_online(name: str) -> bool:
    return Connection.objects.filter(name=name, status=Connection.Status.ONLINE).exists()


def test_nothing_is_lost_or_doubled_beyond_a_window_while_connections_come_and_go(lines: Lines) -> None:
    before = records(lines)
    load = Load(lines.gateway, PER_SECOND)
    with watched(), loading(load):
        # Slower than what is handed to it, so that it has a queue when it is taken out.
        lines.add("north-2", throughput_per_second=50)
        assert lines.apply().state == State.DONE
        until(lambda: is_online("north-2"))
        lines.wish(lines.north, window=WINDOW - 1)
        assert lines.apply().state == State.DONE
        lines.wish(lines.south, window=WINDOW - 1)
        run = lines.apply()
        print(run.state, run.problem, run.steps)
        assert run.state == State.DONE
        lines.add("north-3", password="wrong")
        run = lines.apply()
        print(run.state, run.problem, run.steps, administration.poll(lines.gateway))
        assert run.state == State.RESTORED
        Connection.objects.filter(name="north-3").delete()
        control.cut(lines.kannel.controls["north"])
        until(lambda: not is_online("north-1"))
        control.restore(lines.kannel.controls["north"])
        until(lambda: is_online("north-1") and is_online("north-2"), 30)
        until(lambda: Connection.objects.get(name="north-2").queued > WINDOW)
        lines.wish(Connection.objects.get(name="north-2"), is_enabled=False)
        assert lines.apply().state == State.DONE
        print(ApplyRun.objects.first().steps)
    assert load.refused == []
    until(lambda: not administration.store(lines.gateway).leaving, 60)
    until(lambda: len(records(lines).since(before).messages) >= len(load.taken))
    arrived = records(lines).since(before)
    print(len(load.taken), arrived.doubled, arrived.outcomes)
    assert len(load.taken) > 2_000
    assert arrived.lost(load.taken) == {}
    # north-1 connects again when it is changed; both of north's links do when they are cut; north-2 when it is taken out.
    assert arrived.doubled <= 4 * WINDOW
