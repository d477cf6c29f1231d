from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from kannel.simulator.behaviour import Behaviour
from kannel.simulator.record import Record
from kannel.simulator.smpp import SmppOperator
from tests.kannel.simulator.operators import running
from tests.kannel.simulator.smpp_client import SmppClient


@pytest.fixture
def stack() -> Iterator[ExitStack]:
    with ExitStack() as stack:
        yield stack


@pytest.fixture
def record_path(tmp_path: Path) -> Path:
    return tmp_path / "records" / "north.record"


@pytest.fixture
def start_smpp(stack: ExitStack, record_path: Path) -> Callable[..., SmppOperator]:
    """Start an SMSC that behaves as told and insists on the password "secret"."""

    def start(**behaviour: Any) -> SmppOperator:
        operator = SmppOperator("north", Behaviour(**behaviour), Record(record_path), 0, password="secret")
        stack.enter_context(running(operator))
        return operator

    return start


@pytest.fixture
def bound(stack: ExitStack, start_smpp: Callable[..., SmppOperator]) -> Callable[..., SmppClient]:
    """Start an SMSC that behaves as told, and bind a transceiver to it."""

    def bind(**behaviour: Any) -> SmppClient:
        client = stack.enter_context(SmppClient(start_smpp(**behaviour).port))
        assert client.bind().status == 0
        return client

    return bind
