"""Trying an adapter: one request of each sort to a simulated operator, and how answers and receipts are understood.

The operator lives inside this process for a moment, with an account of its own. No secret of a connection is used.
"""

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from kannel.adapters.answers import Outcome, Understood
from kannel.adapters.carrying import Message
from kannel.adapters.lines import Line, NeverLeft, NoAnswer
from kannel.adapters.receipts import Receipt
from kannel.adapters.requests import Request
from kannel.models import Adapter, Connection
from kannel.simulator.api import ApiOperator
from kannel.simulator.behaviour import Behaviour
from kannel.simulator.behaviour import Outcome as Fate
from kannel.simulator.record import Record

USERNAME, PASSWORD, HIDDEN = "our-account", "our-password", "••••••"
SHOWN_AT_MOST = 2000
START_SECONDS = 5.0
# What the operator is told to do, and what the adapter should find.
CASES = (
    (Outcome.TAKEN, Behaviour()),
    (Outcome.REFUSED, Behaviour(rejected=1.0)),
    (Outcome.LATER, Behaviour(throttled=1.0)),
)
SAMPLE = Message("5f0c3c1e-3d0a-4f0e-9a43-1d6a5c9b7e10", "+79120000001", "Parley", "Say “hi” & <50 %>")


@dataclass(frozen=True)
class Try:
    """One request: what left, what came back, what that was taken for and should have been."""

    expected: Outcome
    request: str
    status: int
    answer: str
    understood: Understood
    is_foreign: bool = False
    """The operator did not understand the request: it is of another kind, and says nothing about the adapter."""

    @property
    def is_right(self) -> bool:
        return self.understood.outcome is self.expected


@dataclass(frozen=True)
class TriedReceipt:
    """One receipt of the simulated operator, and what was read of it."""

    expected: str
    call: str
    found: list[Receipt]

    @property
    def is_right(self) -> bool:
        return [one.state for one in self.found] == [self.expected]


def try_requests(adapter: Adapter) -> list[Try]:
    """One request of each sort. Raises ConfigurationError if the adapter makes no sense."""
    with _operator(adapter.played_by) as operator:
        line = line_to(adapter, operator.port)
        return [_try(line, operator, expected, behaviour) for expected, behaviour in CASES]


def try_receipts(adapter: Adapter) -> list[TriedReceipt]:
    """The receipts that the simulated operator would call with. Raises ConfigurationError."""
    line = line_to(adapter, 1)
    operator = _unstarted(adapter.played_by)
    # An operator without a word for "expired" calls it not delivered.
    expired = "EXPIRED" if adapter.expired_when else "UNDELIV"
    states = ((Fate.DELIVERED, "DELIVRD"), (Fate.UNDELIVERED, "UNDELIV"), (Fate.EXPIRED, expired))
    tried = []
    for fate, state in states:
        call = operator.shape.receipt("17", SAMPLE.to, fate)
        tried.append(TriedReceipt(state, call.decode(), line.receipts.read(call)))
    return tried


def line_to(adapter: Adapter, port: int) -> Line:
    """A line to the simulated operator. Raises ConfigurationError."""
    return Line.of(
        Connection(
            name="try",
            adapter=adapter,
            host="127.0.0.1",
            port=port,
            username=USERNAME,
            password=PASSWORD,
            window=1,
        )
    )


def _try(line: Line, operator: ApiOperator, expected: Outcome, behaviour: Behaviour) -> Try:
    operator.behaviour = behaviour
    before = _not_understood(operator)
    request = line.template.request(SAMPLE.values() | line.account)
    try:
        status, body = line.ask(request)
    except (NeverLeft, NoAnswer) as error:
        return Try(expected, shown(request), 0, "", Understood(Outcome.UNKNOWN, reason=str(error)))
    text = body.decode("utf-8", "replace")[:SHOWN_AT_MOST]
    understood = line.answers.understand(status, body)
    return Try(expected, shown(request), status, text, understood, _not_understood(operator) > before)


def _not_understood(operator: ApiOperator) -> int:
    return operator.counts["malformed"] + operator.counts["wrong account"]


def shown(request: Request) -> str:
    """A request as people may see it: without the account."""
    headers = {
        name: HIDDEN if name.lower() == "authorization" else value for name, value in request.headers.items()
    }
    head = "\n".join(f"{name}: {value}" for name, value in headers.items())
    body = request.body.decode("utf-8", "replace")[:SHOWN_AT_MOST]
    text = f"{request.method} {request.path}\n{head}\n\n{body}".strip()
    return text.replace(PASSWORD, HIDDEN)


def _unstarted(shape: str) -> ApiOperator:
    return ApiOperator("try", Behaviour(), Record(None), 0, shape=shape, username=USERNAME, password=PASSWORD)


@contextmanager
def _operator(shape: str) -> Iterator[ApiOperator]:
    """A simulated operator that listens on loopback, in a thread of its own. It calls nobody."""
    operator, started = _unstarted(shape), threading.Event()
    operator.send = lambda receipt: None  # type: ignore[method-assign]
    loop = asyncio.new_event_loop()
    stopping = asyncio.Event()

    async def serve() -> None:
        await operator.listen()
        started.set()
        await stopping.wait()
        await operator.stop()

    thread = threading.Thread(target=lambda: loop.run_until_complete(serve()), daemon=True)
    thread.start()
    try:
        if not started.wait(START_SECONDS):
            raise TimeoutError("the simulated operator did not start")
        yield operator
    finally:
        loop.call_soon_threadsafe(stopping.set)
        thread.join(START_SECONDS)
        loop.close()
