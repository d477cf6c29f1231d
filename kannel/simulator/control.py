"""The control port of a simulated operator: one JSON object a line in, one a line out. Loopback only.

`{"do": "cut"}`, `{"do": "restore"}`, `{"do": "status"}`, `{"do": "set", "values": {"throttled": 0.2}}`,
`{"do": "inbound", "sender": "+79120000001", "recipient": "1234", "text": "STOP"}`.
"""

import asyncio
import json
import socket
from typing import Any

from kannel.simulator.behaviour import BehaviourError
from kannel.simulator.operator import Operator

TIMEOUT_SECONDS = 5.0
MAX_LINE_BYTES = 1 << 16


class ControlError(Exception):
    """The operator does not answer, or refuses what was asked; the message says why."""


async def serve(operator: Operator, port: int) -> asyncio.Server:
    """Listen on the control port of an operator; raises OSError if it is taken."""

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while line := await reader.readline():
                writer.write(json.dumps(await _answer(operator, line)).encode() + b"\n")
                await writer.drain()
        except (OSError, ValueError):  # ValueError: a line without an end
            pass
        finally:
            writer.close()

    return await asyncio.start_server(talk, "127.0.0.1", port, limit=MAX_LINE_BYTES)


async def _answer(operator: Operator, line: bytes) -> dict[str, Any]:
    try:
        asked = json.loads(line)
        await _obey(operator, asked)
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        reason = str(error) if isinstance(error, BehaviourError) else f"Not understood: {error!r}."
        return {"error": reason}
    except OSError as error:
        return {"error": f"The port cannot be opened: {error.strerror}."}
    return operator.status()


async def _obey(operator: Operator, asked: dict[str, Any]) -> None:
    match asked["do"]:
        case "cut":
            await operator.cut()
        case "restore":
            await operator.restore()
        case "status":
            pass
        case "set":
            operator.behaviour = operator.behaviour.changed(asked["values"])
        case "inbound":
            operator.inject(asked["sender"], asked["recipient"], asked["text"], asked.get("esm_class", 0))
        case other:
            raise ValueError(f"nothing is called {other}")


def ask(port: int, question: dict[str, Any], timeout_seconds: float = TIMEOUT_SECONDS) -> dict[str, Any]:
    """The status of the operator after it did what was asked; raises `ControlError`."""
    try:
        with socket.create_connection(("127.0.0.1", port), timeout_seconds) as connection:
            connection.sendall(json.dumps(question).encode() + b"\n")
            with connection.makefile("rb") as lines:
                answer: dict[str, Any] = json.loads(lines.readline())
    except (OSError, ValueError) as error:
        raise ControlError(f"No operator answers on control port {port}: {error}.") from error
    if "error" in answer:
        raise ControlError(answer["error"])
    return answer


def cut(port: int, timeout_seconds: float = TIMEOUT_SECONDS) -> dict[str, Any]:
    """Drop all connections of the operator and refuse new ones until `restore`."""
    return ask(port, {"do": "cut"}, timeout_seconds)


def restore(port: int, timeout_seconds: float = TIMEOUT_SECONDS) -> dict[str, Any]:
    """Let the operator take connections again."""
    return ask(port, {"do": "restore"}, timeout_seconds)


def status(port: int, timeout_seconds: float = TIMEOUT_SECONDS) -> dict[str, Any]:
    """name, kind, cut, binds, counts, receipts_delayed, receipts_waiting, behaviour."""
    return ask(port, {"do": "status"}, timeout_seconds)


def set_behaviour(port: int, timeout_seconds: float = TIMEOUT_SECONDS, **values: Any) -> dict[str, Any]:
    """Change some values of the `Behaviour` of the operator, from the next message on."""
    return ask(port, {"do": "set", "values": values}, timeout_seconds)


def inbound(
    port: int,
    sender: str,
    recipient: str,
    text: str,
    timeout_seconds: float = TIMEOUT_SECONDS,
    esm_class: int = 0,
) -> dict[str, Any]:
    """Let a phone (E.164) write a text to one of our numbers; with esm_class 4 the operator sends it as a receipt."""
    question = {
        "do": "inbound",
        "sender": sender,
        "recipient": recipient,
        "text": text,
        "esm_class": esm_class,
    }
    return ask(port, question, timeout_seconds)
