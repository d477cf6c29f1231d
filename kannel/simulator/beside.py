"""Simulated operators that live in a thread of this process, for as long as somebody needs them."""

import asyncio
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import uvloop

from kannel.simulator.operator import Operator

START_SECONDS = 10.0
STOP_SECONDS = 10.0


@contextmanager
def beside(operators: Sequence[Operator]) -> Iterator[None]:
    """All of them listen; one that was given port 0 knows its port then.

    :raises OSError: when one of them cannot listen.
    """
    loop, stopping, started = uvloop.new_event_loop(), asyncio.Event(), threading.Event()
    failures: list[OSError] = []

    async def serve() -> None:
        try:
            for operator in operators:
                await operator.listen()
        except OSError as error:
            failures.append(error)
        started.set()
        if not failures:
            await stopping.wait()
        for operator in operators:
            await operator.stop()

    thread = threading.Thread(target=lambda: loop.run_until_complete(serve()), daemon=True)
    thread.start()
    try:
        if not started.wait(START_SECONDS):
            raise OSError("the simulated operators did not start")
        if failures:
            raise failures[0]
        yield
    finally:
        loop.call_soon_threadsafe(stopping.set)
        thread.join(STOP_SECONDS)
        loop.close()
