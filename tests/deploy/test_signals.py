"""A program of ours ends like by Ctrl-C, however it was started."""

import signal
import subprocess
import sys

import pytest

from deploy.programs import ROOT

PROGRAM = """
import signal, sys
from deploy.console import stop_on_signals
try:
    stop_on_signals()
    print("ready", flush=True)
    signal.pause()
except KeyboardInterrupt:
    print("stopped", flush=True)
"""


def ignore() -> None:
    """As a shell does to what a script puts into the background."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_program_in_the_background_of_a_script_stops_on_every_signal(number: signal.Signals) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", PROGRAM], cwd=ROOT, stdout=subprocess.PIPE, text=True, preexec_fn=ignore
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        process.send_signal(number)
        assert process.stdout.readline() == "stopped\n"
        assert process.wait(10) == 0
