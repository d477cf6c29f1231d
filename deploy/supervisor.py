"""Runs the processes of a stack under circus: `python -m deploy.supervisor PROGRAMS.json` in the stack's run folder.

circus restarts what dies within a second and writes each one's output to a log of bounded size.
"""

import json
import os
import re
import sys
import time
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from circus import get_arbiter
from circus.client import CircusClient
from circus.exc import CallError
from circus.stream import FileStream

from deploy.programs import ROOT, Program

LOG_BYTES = 20 * 1024 * 1024
OLD_LOGS = 2
CHECK_SECONDS = 0.5
BUSY_SECONDS = 30.0
# Relative: the path of a socket is limited to 107 characters.
CONTROL, EVENTS = "ipc://control", "ipc://events"


# How Kannel names the recipient of a receipt that fits nothing: "… id<123> dst<+79161234567>, type<1>".
_RECIPIENT = re.compile(rb"dst<[^>]*>|\+[1-9][0-9]{9,14}")


class MaskedLog(FileStream):
    """A log of bounded size without the numbers of customers, whoever writes them."""

    def __call__(self, data: dict[str, Any]) -> None:
        super().__call__({**data, "data": _RECIPIENT.sub(b"(a number)", data["data"])})


class SupervisorError(Exception):
    """circus does not answer, or refuses what was asked."""


def specification(programs: Iterable[Program], environment: Mapping[str, str]) -> dict[str, Any]:
    """What `run` needs, as plain JSON."""
    return {
        "environment": dict(environment),
        "programs": [
            {
                "name": program.name,
                "command": program.command,
                "stop_signal": int(program.stop_signal),
                "graceful_seconds": program.graceful_seconds,
            }
            for program in programs
        ],
    }


def run(specified: dict[str, Any], logs: Path) -> None:
    """Supervises until it is told to quit or gets SIGTERM. Starts nothing by itself: order is the caller's."""
    arbiter = get_arbiter(
        [_watcher(program, specified["environment"], logs) for program in specified["programs"]],
        controller=CONTROL,
        pubsub_endpoint=EVENTS,
        check_delay=CHECK_SECONDS,
        loglevel="WARNING",
    )
    try:
        arbiter.start()
    finally:
        arbiter.stop()


def _watcher(program: dict[str, Any], environment: dict[str, str], logs: Path) -> dict[str, Any]:
    first, *rest = program["command"]
    log = MaskedLog(str(logs / f"{program['name']}.log"), max_bytes=LOG_BYTES, backup_count=OLD_LOGS)
    return {
        "name": program["name"],
        "cmd": f'"{first}"',
        "args": rest,
        "env": environment,
        "working_dir": str(ROOT),
        "stop_signal": program["stop_signal"],
        "graceful_timeout": program["graceful_seconds"],
        "max_retry": -1,
        "autostart": False,
        "stdout_stream": {"stream": log},
        "stderr_stream": {"stream": log},
    }


def ask(run_folder: Path, command: str, timeout_seconds: float = 10, **properties: Any) -> dict[str, Any]:
    """circus's answer to one of its commands. It does one thing at a time; while it is busy we ask again.

    :raises SupervisorError: when it does not answer in time or says no.
    """
    deadline = time.monotonic() + max(timeout_seconds, BUSY_SECONDS)
    while True:
        answer = _ask_once(run_folder, command, timeout_seconds, properties)
        reason = str(answer.get("reason"))
        if answer.get("status") != "error":
            return answer
        if "already running" not in reason or time.monotonic() > deadline:
            raise SupervisorError(f"The supervisor refuses “{command}”: {reason}.")
        time.sleep(CHECK_SECONDS)


def _ask_once(
    run_folder: Path, command: str, timeout_seconds: float, properties: dict[str, Any]
) -> dict[str, Any]:
    folder = os.open(run_folder, os.O_RDONLY | os.O_DIRECTORY)
    client = CircusClient(endpoint=f"ipc:///proc/self/fd/{folder}/control", timeout=timeout_seconds)
    try:
        answer: dict[str, Any] = client.send_message(command, **properties)
    except CallError as error:
        raise SupervisorError(f"The supervisor does not answer to “{command}”: {error}.") from error
    finally:
        client.stop()
        os.close(folder)
    return answer


if __name__ == "__main__":
    os.umask(0o077)  # and so do all that it starts: what they write is for this user alone
    run(json.loads(Path(sys.argv[1]).read_text()), Path(sys.argv[2]))
