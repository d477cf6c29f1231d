"""A mailing through each SMSC that nobody here wrote: installs them below var/, sends, and counts by their own records."""

import argparse
import os
import shutil
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from deploy import programs, sample, tuning
from deploy.console import end_with, say
from deploy.stack import Stack

HERE = Path(__file__).resolve().parent
PASSWORD = "parley"  # noqa: S105  of the demo's own connection
PER_SECOND = 500
# Not everybody among the sample customers has given consent.
CUSTOMERS_FOR_A_RECIPIENT = 1.1
START_SECONDS = 20
INSTALL_SECONDS = 300


class PeerError(Exception):
    """A peer cannot be installed or started; the text says what to do."""


@dataclass(frozen=True)
class Peer:
    """One SMSC: how it is installed into a folder, and run from there."""

    name: str
    install: Callable[[Path], None]
    command: Callable[[Path], list[str]]


def install_npm(folder: Path) -> None:
    """The npm package, exactly as its lock says."""
    if not (shutil.which("node") and shutil.which("npm")):
        raise PeerError(
            "The SMSC of npm needs Node.js. Install it as root, then start again: apt-get install nodejs npm"
        )
    for name in ("package.json", "package-lock.json"):
        shutil.copy(HERE / name, folder)
    _run(["npm", "ci", "--no-audit", "--no-fund", "--ignore-scripts"], folder, "npm")


def install_pypi(folder: Path) -> None:
    """The PyPI package, exactly as its lock says, in an environment of its own."""
    if not (folder / "bin" / "python").exists():
        _run([sys.executable, "-m", "venv", str(folder)], folder, "venv")
    words = [
        "-m",
        "pip",
        "install",
        "--quiet",
        "--disable-pip-version-check",
        "--no-deps",
        "--require-hashes",
    ]
    _run([str(folder / "bin" / "python"), *words, "-r", str(HERE / "requirements.txt")], folder, "pip")


PEERS = (
    Peer("npm-smpp", install_npm, lambda folder: ["node", str(HERE / "smsc.js")]),
    Peer("pypi-smpp34", install_pypi, lambda folder: [str(folder / "bin" / "python"), str(HERE / "smsc.py")]),
)


def _run(command: list[str], folder: Path, what: str) -> None:
    done = subprocess.run(
        command, cwd=folder, capture_output=True, text=True, timeout=INSTALL_SECONDS, check=False
    )
    if done.returncode:
        said = "\n".join((done.stdout + done.stderr).splitlines()[-5:])
        raise PeerError(f"{what} could not install the peer. It needs a registry it can reach.\n{said}")


@contextmanager
def running(peer: Peer, folder: Path, port: int, record: Path) -> Iterator[None]:
    """The peer, listening; stopped at the end."""
    record.unlink(missing_ok=True)
    environment = {**os.environ, "NODE_PATH": str(folder / "node_modules")}
    with (folder / "smsc.log").open("ab") as log:
        process = subprocess.Popen(
            [*peer.command(folder), str(port), str(record), PASSWORD], env=environment, stdout=log, stderr=log
        )
    try:
        deadline = time.monotonic() + START_SECONDS
        while not programs.answers(port):
            if process.poll() is not None or time.monotonic() > deadline:
                raise PeerError(f"{peer.name} did not start. See {folder}/smsc.log.")
            time.sleep(0.1)
        yield
    finally:
        process.terminate()
        process.wait(10)


def taken(record: Path) -> Counter[str]:
    """How often each number was written to, by the peer's own record."""
    return Counter(line.split()[0].lstrip("+") for line in record.read_text().splitlines())


@dataclass(frozen=True)
class Result:
    """How a mailing through a peer went."""

    name: str
    planned: int
    reached: int
    delivered: int
    doubled: int

    @property
    def is_good(self) -> bool:
        return self.planned == self.reached == self.delivered > 0 and self.doubled == 0

    def line(self) -> str:
        return (
            f"peer {self.name} planned={self.planned} reached={self.reached} "
            f"delivered={self.delivered} doubled={self.doubled}"
        )


def mailing(stack: Stack, peer: Peer, record: Path) -> Result:
    """One mailing to everybody through the peer that runs."""
    sent = sample.run_mailing(stack, "--plain", name=f"Through {peer.name}")
    found = taken(record)
    return Result(peer.name, sent.to_send, len(found), sent.counts["delivered"], found.total() - len(found))


def tune(stack: Stack) -> None:
    """SMPP alone, where the peer listens in the place of our own simulator."""
    tuning.use_only(stack, "smpp")
    tuning.set_throughput(stack, PER_SECOND)


def run(names: list[str], messages: int) -> int:
    """Exit status: 0 when every mailing reached everybody once and every receipt came back."""
    var = programs.ROOT / "var" / "peers"
    chosen = [peer for peer in PEERS if peer.name in names]
    folders = {peer.name: var / peer.name for peer in chosen}
    for peer in chosen:
        folders[peer.name].mkdir(parents=True, exist_ok=True)
        say(f"  installing {peer.name}")
        peer.install(folders[peer.name])
    results, customers = [], int(messages * CUSTOMERS_FOR_A_RECIPIENT)
    with Stack(var, say=lambda text: say(f"  {text}")) as stack:
        stack.prepare()
        port = stack.ports["smpp_operator"]
        ours = [one for one in stack.names() if not one.startswith("operator-") and one != "smsbox"]
        for peer in chosen:
            record = var / "operators" / f"{peer.name}.record"
            with running(peer, folders[peer.name], port, record):
                sample.bring_up(stack, customers=customers, before_kannel=tune, only=ours)
                results.append(mailing(stack, peer, record))
    for result in results:
        say(result.line())
    return 0 if results and all(result.is_good for result in results) else 1


def main() -> None:
    names = [peer.name for peer in PEERS]
    parser = argparse.ArgumentParser(prog="deploy/drill third-party-smpp", description=__doc__)
    parser.add_argument("--peer", choices=names, action="append", help="only this one")
    parser.add_argument(
        "--messages", type=int, default=2_000, help="each mailing has at least so many recipients (2000)"
    )
    options = parser.parse_args()
    end_with(lambda: run(options.peer or names, options.messages), PeerError)


if __name__ == "__main__":
    main()
