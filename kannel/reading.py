"""Our own kannel.conf read back, for comparing what runs with what is wanted."""

from dataclasses import dataclass
from pathlib import Path

# Where no file was ever applied, nobody has said yet where it will be.
USUAL_DIRECTORY = Path("/var/lib/kannel")


@dataclass(frozen=True)
class Read:
    """One group: its kind, its name among those of its kind, and its keys."""

    kind: str
    name: str
    values: dict[str, str]

    @property
    def connection(self) -> str:
        """The name of the connection whose bind a group is; empty for other groups."""
        return self.values.get("allowed-smsc-id", "")


def read(text: str) -> list[Read]:
    """The groups of a file that `configuration.render` wrote. Nothing for nothing."""
    found = []
    for block in text.split("\n\n"):
        values = dict(_pair(line) for line in block.splitlines() if " = " in line)
        if values:
            kind = values.pop("group", "")
            found.append(Read(kind, values.get("smsc-admin-id", ""), values))
    return found


def _pair(line: str) -> tuple[str, str]:
    key, _, value = line.partition(" = ")
    if value.startswith('"') and value.endswith('"') and len(value) > 1:
        value = value[1:-1].replace('\\"', '"').replace("\\\\", "\\")
    return key, value


def directory_of(text: str) -> Path:
    """Where Kannel keeps its store by this file."""
    for group in read(text):
        if group.kind == "core" and "store-location" in group.values:
            return Path(group.values["store-location"]).parent
    return USUAL_DIRECTORY
