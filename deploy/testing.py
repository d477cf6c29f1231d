"""Runs a command, pytest by default, beside private PostgreSQL and Redis in a folder that is thrown away."""

import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from deploy import prepared, programs
from deploy.demo import PROBLEMS, say, stop_on_signals
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
            return subprocess.run(
                command(arguments), cwd=programs.ROOT, env=stack.env | {MIGRATED: "1"}, check=False
            ).returncode
    finally:
        shutil.rmtree(var, ignore_errors=True)


def main() -> None:
    stop_on_signals()
    try:
        status = run(sys.argv[1:])
    except KeyboardInterrupt:
        status = 130
    except PROBLEMS as problem:
        say(str(problem))
        status = 1
    sys.exit(status)


if __name__ == "__main__":
    main()
