"""A PostgreSQL cluster in which every migration has run, kept by the hash of the migrations.

Migrating takes 25 s on a quiet machine and over a minute on a busy one; copying the folder takes less than a second. So
tests and drills begin with a copy; after a new migration with a copy of the state before it. It holds no customer and no usable password: each copy gets one of its own.
"""

import fcntl
import hashlib
import json
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

from deploy import postgresql
from deploy.programs import ROOT

ROOMS = ("backoffice", "kannel", "reports")
# This many are kept, the newest: two branches of work do not take each other's away.
KEPT = 8


def folder() -> Path:
    """Where prepared clusters are kept: `var/prepared`, or PARLEY_PREPARED, which several checkouts may share."""
    return Path(os.environ.get("PARLEY_PREPARED") or ROOT / "var" / "prepared").resolve()


def digest(paths: Iterable[Path]) -> str:
    """One hash of these files, with their places in the checkout."""
    total = hashlib.sha256()
    for path in sorted(paths):
        total.update(str(path.relative_to(ROOT)).encode() + path.read_bytes())
    return total.hexdigest()


def _migrations() -> list[Path]:
    """Everything that decides what a migrated database looks like: our migrations, and the libraries' by the lock file."""
    ours = [path for room in ROOMS for path in ROOT.glob(f"{room}/**/migrations/**/*") if path.is_file()]
    return [*(path for path in ours if path.suffix in {".py", ".sql"}), ROOT / "requirements.lock"]


def migrations_digest() -> str:
    return digest(_migrations())


def _contents() -> dict[str, str]:
    """The hash of each migration, by its place in the checkout."""
    return {str(path.relative_to(ROOT)): digest([path]) for path in _migrations()}


def path() -> Path:
    """The cluster that fits this checkout, whether it is there or not."""
    version = Path(postgresql.program("postgres")).parts[-3]
    how_made = hashlib.sha256(Path(postgresql.__file__).read_bytes()).hexdigest()
    return folder() / f"{version}-{how_made[:8]}-{migrations_digest()[:24]}"


def is_there() -> bool:
    return (path() / "PG_VERSION").exists()


def keep(cluster: Path) -> None:
    """Keeps a stopped cluster, which is copied; nothing if another process was quicker."""
    kept = path()
    folder().mkdir(parents=True, exist_ok=True)
    with (folder() / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if is_there():
            return
        with tempfile.TemporaryDirectory(dir=folder()) as beside:
            _copy(cluster, Path(beside) / "cluster")
            _list_of(kept).write_text(json.dumps(_contents()))
            (Path(beside) / "cluster").replace(kept)
        _forget_oldest()


def nearest() -> Path | None:
    """The kept cluster that fits, or else the one with most of our migrations and no other; None without any."""
    if is_there():
        return path()
    wanted = _contents()
    found_in: dict[Path, int] = {}
    for kept in _kept():
        try:
            found = json.loads(_list_of(kept).read_text())
        except (OSError, ValueError):
            continue
        if found.items() <= wanted.items() and kept.name.rpartition("-")[0] == path().name.rpartition("-")[0]:
            found_in[kept] = len(found)
    return max(found_in, key=found_in.__getitem__, default=None)


def copy_to(data: Path, password: str) -> bool:
    """Makes `data` a copy with this password, of the nearest cluster there is. Whether every migration has run in it.

    :raises subprocess.CalledProcessError: when PostgreSQL refuses the copy.
    """
    kept = nearest()
    if kept is None:
        return False
    with suppress(OSError):
        os.utime(kept)  # the newest are kept
    shutil.rmtree(data, ignore_errors=True)
    data.parent.mkdir(parents=True, exist_ok=True)
    _copy(kept, data)
    # The password is ours: hexadecimal.
    postgresql.as_superuser(data, f"ALTER ROLE {postgresql.ROLE} PASSWORD '{password}'")
    return kept == path()


def _copy(cluster: Path, target: Path) -> None:
    # With its owner and its rights; where the file system can, without writing the blocks again.
    subprocess.run(["cp", "-a", "--reflink=auto", str(cluster), str(target)], check=True)


def _kept() -> list[Path]:
    return [found for found in folder().glob("*") if (found / "PG_VERSION").exists()]


def _list_of(kept: Path) -> Path:
    """The file beside a cluster that says which migrations have run in it."""
    return kept.with_suffix(".json")


def _forget_oldest() -> None:
    for old in sorted(_kept(), key=lambda found: found.stat().st_mtime)[:-KEPT]:
        shutil.rmtree(old, ignore_errors=True)
        _list_of(old).unlink(missing_ok=True)
