"""Processes of a stack that nobody supervises any more: found by their mark, ended before a new start."""

import os
import signal
from pathlib import Path

import psutil

from deploy import proxy
from deploy.environment import MARK

GRACE_SECONDS = 20


def processes_of(var: Path) -> list[psutil.Process]:
    """All processes that were started for the stack in this folder, without this one and its parents."""
    mine = {os.getpid(), *(parent.pid for parent in psutil.Process().parents())}
    return [
        process for process in psutil.process_iter() if process.pid not in mine and _belongs(process, var)
    ]


def _belongs(process: psutil.Process, var: Path) -> bool:
    try:
        if process.status() == psutil.STATUS_ZOMBIE:
            return False
        if process.environ().get(MARK) == str(var):
            return True
        # PostgreSQL overwrites its environment with what it shows in ps.
        words = process.cmdline()
        if words[1:3] == ["-D", str(var / "postgresql")]:
            return True
        # So does nginx: what is left is the file that its master names, and the folder in which its workers stand.
        is_master = str(proxy.configuration(var)) in " ".join(words)
        return process.name() == "nginx" and (is_master or process.cwd() == str(proxy.folder(var)))
    except psutil.Error:
        return False


def end(var: Path) -> int:
    """Ends what is left of the stack: asks first, insists after 20 s. Returns how many processes there were."""
    found = processes_of(var)
    for process in found:
        _signal(process, signal.SIGINT if _is_postgres(process) else signal.SIGTERM)
    _, alive = psutil.wait_procs(found, timeout=GRACE_SECONDS)
    for process in {*alive, *processes_of(var)}:
        _signal(process, signal.SIGKILL)
    psutil.wait_procs(alive, timeout=5)
    return len(found)


def kill(var: Path) -> None:
    """Ends all processes of the stack at once. PostgreSQL may give back what it shares in memory first."""
    while found := processes_of(var):
        for process in found:
            _signal(process, signal.SIGQUIT if _is_postgres(process) else signal.SIGKILL)
        psutil.wait_procs(found, timeout=GRACE_SECONDS)


def _is_postgres(process: psutil.Process) -> bool:
    try:
        return process.name() == "postgres"
    except psutil.Error:
        return False


def _signal(process: psutil.Process, number: signal.Signals) -> None:
    try:
        process.send_signal(number)
    except psutil.Error:
        return
