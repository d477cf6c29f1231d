"""Running an operator inside the test process, so that what it does can be looked at and is measured."""

import asyncio
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import uvloop

from kannel.simulator import control
from kannel.simulator.operator import Operator

DEADLINE_SECONDS = 10.0


def wait_for(what: Callable[[], object], timeout_seconds: float = DEADLINE_SECONDS) -> None:
    """Return as soon as `what` is true; fail after the deadline."""
    deadline = time.monotonic() + timeout_seconds
    while not what():
        assert time.monotonic() < deadline, f"{what} did not come true in {timeout_seconds} s"
        time.sleep(0.005)


@contextmanager
def running(operator: Operator) -> Iterator[int]:
    """The operator listens in a thread of its own; gives its control port."""
    ports: list[int] = []
    started = threading.Event()
    loop = uvloop.new_event_loop()
    stopping = asyncio.Event()

    async def serve() -> None:
        await operator.listen()
        server = await control.serve(operator, 0)
        ports.append(server.sockets[0].getsockname()[1])
        started.set()
        await stopping.wait()
        server.close()
        await operator.stop()

    thread = threading.Thread(target=lambda: loop.run_until_complete(serve()), daemon=True)
    thread.start()
    assert started.wait(DEADLINE_SECONDS)
    try:
        yield ports[0]
    finally:
        loop.call_soon_threadsafe(stopping.set)
        thread.join(DEADLINE_SECONDS)
        loop.close()
