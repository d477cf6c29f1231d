"""How large a file may be: looked at before anything of it is read."""

import resource
import zipfile
from pathlib import Path

from backoffice.lib.files.problems import FileProblem

MIB = 1 << 20
# 1.9 million customers with thirty columns are 600 MB of CSV.
CSV_BYTES_AT_MOST = 1024 * MIB
WORKBOOK_BYTES_AT_MOST = 100 * MIB
# A full sheet of numbers unpacks to some 700 MB, ten times its size; words that repeat to thirty times.
UNPACKED_BYTES_AT_MOST = 1024 * MIB
UNPACKED_TIMES_AT_MOST = 100
# Below this size a ratio says nothing.
UNPACKED_BYTES_HARMLESS = 20 * MIB
PARTS_AT_MOST = 2000
# Each can be matched by hand: Django takes a thousand fields of a form.
COLUMNS_AT_MOST = 500
LINE_CHARACTERS_AT_MOST = MIB
CELL_CHARACTERS_AT_MOST = 100_000
# A sheet is held in memory whole up to this many cells (about 300 MB), and read slowly, row by row, beyond.
CELLS_AT_ONCE = 5_000_000
MEMORY_BYTES = 1536 * MIB


def check_size(name: str, size: int) -> None:
    """Refuses what is too large to be read.

    :raises FileProblem: with the limit in MB.
    """
    limit = WORKBOOK_BYTES_AT_MOST if name.lower().endswith(".xlsx") else CSV_BYTES_AT_MOST
    if size > limit:
        raise FileProblem("too_large", limit // MIB)


def check_packed(path: Path) -> None:
    """Refuses a workbook that would unpack to too much.

    :raises FileProblem: also if it is no workbook.
    """
    if path.stat().st_size > WORKBOOK_BYTES_AT_MOST:
        raise FileProblem("too_large", WORKBOOK_BYTES_AT_MOST // MIB)
    try:
        with zipfile.ZipFile(path) as archive:
            parts = archive.infolist()
    except (zipfile.BadZipFile, NotImplementedError, ValueError, OSError) as error:
        raise FileProblem("no_workbook") from error
    unpacked, packed = sum(part.file_size for part in parts), sum(part.compress_size for part in parts)
    is_dense = unpacked > UNPACKED_BYTES_HARMLESS and unpacked > UNPACKED_TIMES_AT_MOST * max(packed, 1)
    if len(parts) > PARTS_AT_MOST or unpacked > UNPACKED_BYTES_AT_MOST or is_dense:
        raise FileProblem("unpacks_to_too_much", UNPACKED_BYTES_AT_MOST // MIB)


def limit_process(cpu_seconds: int) -> None:
    """Holds this process to its memory and time, whatever the file does to it."""
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
    resource.setrlimit(resource.RLIMIT_CPU, (cpu_seconds, cpu_seconds + 1))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
