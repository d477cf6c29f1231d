"""Runs a command, pytest by default, beside private PostgreSQL and Redis in a folder that is thrown away.

`--at 2028-02-29T23:50:00Z` in front sets the clock of all of it, `--in Europe/Berlin` the company's zone; `--moments` runs it
once at each moment of `clock.MOMENTS`, without drills, and ends with status 0 only if every run did.
"""

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from deploy import clock, prepared, programs
from deploy.console import end_with, say
from deploy.stack import Stack

# Each process takes the next module; the order of modules, which is pytest-django's, is kept. A third one would be quicker,
# and drills of whole systems would miss their moments on two cores.
BESIDE = ["--numprocesses=2", "--dist=loadscope", "--no-loadscope-reorder"]
# Tells tests that the database of the settings is empty and migrated, so that theirs can be copies of it.
MIGRATED = "PARLEY_DATABASE_IS_MIGRATED"
COVERAGE = ["--cov", "--cov-report=term-missing"]


def command(arguments: list[str]) -> list[str]:
    """What to run: after `--run` any command, otherwise pytest, with the coverage gate when nothing is chosen."""
    if arguments[:1] == ["--run"]:
        return arguments[1:]
    return programs.python("-m", "pytest", *(arguments or BESIDE + COVERAGE))


def prepare(parent: Path) -> None:
    """Migrates once for this state of the migrations; tests and drills begin with copies of it."""
    if prepared.is_there():
        return
    var = Path(tempfile.mkdtemp(prefix="prepare-", dir=parent))
    try:
        with Stack(var, durable=False) as stack:
            stack.start(only=programs.STORES)
            stack.migrate()
        prepared.keep(var / "postgresql")
    finally:
        shutil.rmtree(var, ignore_errors=True)


def run(arguments: list[str]) -> int:
    """Exit status of the command."""
    parent = programs.ROOT / "var"
    parent.mkdir(exist_ok=True)
    prepare(parent)
    var = Path(tempfile.mkdtemp(prefix="test-", dir=parent))
    try:
        with Stack(var, durable=False) as stack:
            stack.start(only=programs.STORES)
            # Whoever serves static files looks there; nothing is collected for tests.
            Path(stack.settings["STATIC_ROOT"]).mkdir(parents=True, exist_ok=True)
            return subprocess.run(
                command(arguments), cwd=programs.ROOT, env=stack.env | {MIGRATED: "1"}, check=False
            ).returncode
    finally:
        shutil.rmtree(var, ignore_errors=True)


def at_moments(arguments: list[str]) -> int:
    """Exit status: 0 if the run was good at each of the moments."""
    failed = []
    chosen = arguments or [*BESIDE, "-m", "not drill"]
    for moment, zone in clock.MOMENTS:
        say(f"The clock shows {moment}, the company is in {zone}.")
        # A process of its own, so that its clock is set from its beginning.
        again = programs.python("-m", "deploy.testing", "--at", moment, "--in", zone, *chosen)
        if subprocess.run(again, cwd=programs.ROOT, check=False).returncode:
            failed.append(f"{moment} {zone}")
    say(f"moments={len(clock.MOMENTS)} failed={len(failed)} {'; '.join(failed)}".rstrip())
    return 1 if failed else 0


def with_clock(arguments: list[str]) -> list[str]:
    """Sets the clock and the zone that the first arguments name; the others are left."""
    named = dict.fromkeys(("--at", "--in"), "")
    while arguments[:1] and arguments[0] in named and len(arguments) > 1:
        named[arguments[0]], arguments = arguments[1], arguments[2:]
    if named["--at"]:
        # Begins anew, so that this process and all that it starts have one clock.
        os.environ.update(clock.environment(named["--at"], named["--in"]))
        os.execv(sys.executable, programs.python("-m", "deploy.testing", *arguments))  # noqa: S606  no shell is meant
    elif named["--in"]:
        os.environ["TIME_ZONE"] = named["--in"]
    return arguments


def chosen(arguments: list[str]) -> int:
    """Exit status of what the arguments ask for."""
    return at_moments(arguments[1:]) if arguments[:1] == ["--moments"] else run(with_clock(arguments))


def main() -> None:
    end_with(lambda: chosen(sys.argv[1:]))


if __name__ == "__main__":
    main()
