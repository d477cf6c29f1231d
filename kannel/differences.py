"""What changes between the file that runs and the one that is wanted: by connection and key, without any secret."""

import difflib
import re
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from kannel.models import Connection, Drafted
from kannel.reading import Read, read

ADDED, REMOVED, CHANGED, REST, OURS = "added", "removed", "changed", "rest", "ours"
# No key of Kannel: how many groups a connection has.
BINDS = "binds"
SECRET_KEYS = frozenset({"smsc-password", "password", "admin-password", "status-password", "get-url"})
OURS_ONLY = {
    "connection": frozenset({"operator_id", "is_test"}),
    "gateway": frozenset({"transport", "is_enabled", "box_id"}),
}
# Our own application reads these, where Kannel does for other kinds.
OURS_WITH_ADAPTER = frozenset({"adapter_id", "host", "port", "use_tls", "username", "password"})
HIDDEN, HIDDEN_NEW = "••••••", "•••••• (new)"
_ACCOUNT = re.compile(r"(?<=[?&]password=)[^&]*")


@dataclass(frozen=True)
class KeyChange:
    """One key: empty text stands for "not there"."""

    key: str
    old: str
    new: str


@dataclass(frozen=True)
class Difference:
    """One connection that comes, goes or changes; or (``rest``) a group of the gateway, named by its kind."""

    what: str
    name: str
    kind: str = ""
    binds: tuple[str, ...] = ()
    keys: tuple[KeyChange, ...] = ()

    def as_dict(self) -> dict[str, Any]:
        """Plain values, for a row of a run."""
        return asdict(self)


@dataclass(frozen=True)
class Differences:
    """Everything that differs between two files."""

    all: tuple[Difference, ...] = field(default=())

    def names(self, what: str) -> list[str]:
        """The connections of one sort."""
        return [one.name for one in self.all if one.what == what]

    @property
    def must_drain(self) -> list[str]:
        """Connections whose queue has to be empty first: Kannel throws it away with them.

        A changed HTTP connection goes for a moment, too: the new one finds the port of the old one still taken.
        """
        return [
            one.name
            for one in self.all
            if one.what == REMOVED or (one.what == CHANGED and one.kind == Connection.Kind.HTTP)
        ]

    @property
    def needs_restart(self) -> bool:
        """Whether bearerbox reads any of it only when it starts (PROTOCOL.md, 1.2)."""
        return any(one.what == REST for one in self.all)

    @property
    def only_adds(self) -> bool:
        """Whether add-smsc is enough, and nothing that runs is touched."""
        return bool(self.all) and all(one.what == ADDED for one in self.all)

    def added_binds(self) -> list[str]:
        """The smsc-admin-ids of connections that come."""
        return [bind for one in self.all if one.what == ADDED for bind in one.binds]


def compare(running: str, wanted: str) -> Differences:
    """The differences between two files of ours, connections by name and then the rest."""
    before, after = read(running), read(wanted)
    links = _of_connections(before), _of_connections(after)
    found = [
        difference
        for name in sorted({*links[0], *links[1]})
        if (difference := _connection(name, links[0].get(name, []), links[1].get(name, []))) is not None
    ]
    if running:
        found += _rest(before, after)
    return Differences(tuple(found))


def of_ours(rows: Iterable[tuple[Drafted, Mapping[str, Any]]]) -> list[Difference]:
    """What changes in rows and does not stand in the file: whose a connection is, whether it is for tests."""
    found = []
    for row, values in rows:
        wanted, kind = row.wanted(values), row._meta.model_name or ""
        ours = OURS_ONLY[kind]
        if getattr(wanted, "kind", "") == Connection.Kind.ADAPTER:
            ours |= OURS_WITH_ADAPTER
        names = ours & set(values)
        keys = tuple(KeyChange(_plain(name), _word(row, name), _word(wanted, name)) for name in sorted(names))
        if keys:
            found.append(Difference(OURS, str(row), kind, keys=keys))
    return found


def _plain(attribute: str) -> str:
    return attribute.removesuffix("_id")


def _word(row: Drafted, name: str) -> str:
    value = getattr(row, _plain(name) if name in ("operator_id", "adapter_id") else name)
    if name == "password":
        return HIDDEN if value else ""
    return ("yes" if value else "no") if isinstance(value, bool) else str(value)


def _of_connections(groups: Iterable[Read]) -> dict[str, list[Read]]:
    by_name: dict[str, list[Read]] = {}
    for group in groups:
        if group.kind == "smsc":
            by_name.setdefault(group.connection, []).append(group)
    return by_name


def _connection(name: str, before: list[Read], after: list[Read]) -> Difference | None:
    old, new = before[0].values if before else {}, after[0].values if after else {}
    kind = (new or old)["smsc"]
    if not after:
        return Difference(REMOVED, name, kind, tuple(one.name for one in before))
    if [one.values for one in before] == [one.values for one in after]:
        return None
    keys = _keys(old, new)
    if len(after) > 1 or len(before) > 1:
        counts = str(len(before) or ""), str(len(after))
        keys = (KeyChange(BINDS, *counts), *keys) if counts[0] != counts[1] else keys
    what = CHANGED if before else ADDED
    return Difference(what, name, kind, tuple(one.name for one in after), keys)


def _rest(before: list[Read], after: list[Read]) -> list[Difference]:
    """Groups other than connections. Each kind stands there once."""
    old = {one.kind: one.values for one in before if one.kind != "smsc"}
    new = {one.kind: one.values for one in after if one.kind != "smsc"}
    return [
        Difference(REST, kind, keys=_keys(old.get(kind, {}), new.get(kind, {})))
        for kind in sorted({*old, *new})
        if old.get(kind) != new.get(kind)
    ]


# Says nothing that the name of the connection does not say.
_SELF = frozenset({"smsc-id", "smsc-admin-id", "allowed-smsc-id"})


def _keys(old: dict[str, str], new: dict[str, str]) -> tuple[KeyChange, ...]:
    return tuple(
        KeyChange(key, *_shown(key, old.get(key, ""), new.get(key, "")))
        for key in dict.fromkeys([*old, *new])
        if old.get(key) != new.get(key) and key not in _SELF
    )


def _shown(key: str, old: str, new: str) -> tuple[str, str]:
    """Both values without their secrets; that a secret changed is still seen."""
    if key in SECRET_KEYS:
        return HIDDEN if old else "", (HIDDEN_NEW if old else HIDDEN) if new else ""
    hidden = _ACCOUNT.sub(HIDDEN, old), _ACCOUNT.sub(HIDDEN, new)
    if hidden[0] == hidden[1] and old != new:
        return hidden[0], _ACCOUNT.sub(HIDDEN_NEW, new)
    return hidden


def masked(text: str) -> str:
    """A file as people may see it."""
    return "\n\n".join(
        "\n".join(
            [
                f"group = {group.kind}",
                *(f"{key} = {_masked(key, value)}" for key, value in group.values.items()),
            ]
        )
        for group in read(text)
    )


def _masked(key: str, value: str) -> str:
    return _shown(key, value, value)[0]


def text_difference(running: str, wanted: str) -> list[str]:
    """A unified diff of both files as people may see them. A secret that changes shows as "(new)"."""
    old, new = masked(running).splitlines(), _with_new_secrets(running, wanted).splitlines()
    return [
        line for line in difflib.unified_diff(old, new, lineterm="", n=2) if line[:3] not in ("---", "+++")
    ]


def _with_new_secrets(running: str, wanted: str) -> str:
    known = {(one.kind, one.name): one.values for one in read(running)}
    blocks = []
    for group in read(wanted):
        before = known.get((group.kind, group.name), {})
        lines = [f"{key} = {_new(key, before.get(key), value)}" for key, value in group.values.items()]
        blocks.append("\n".join([f"group = {group.kind}", *lines]))
    return "\n\n".join(blocks)


def _new(key: str, old: str | None, value: str) -> str:
    return _masked(key, value) if old in (None, value) else _shown(key, str(old), value)[1]
