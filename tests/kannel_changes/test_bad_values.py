"""Acceptance: no value that can be typed stops bearerbox, and none changes what it should not."""

import copy
from collections import defaultdict
from typing import Any

from django import forms

from backoffice.operators.connections.viewsets import ConnectionViewSet
from deploy.ports import free_ports
from kannel import administration, configuration
from kannel.configuration import ConfigurationError
from kannel.keys import KEYS
from kannel.models import Connection
from kannel.reading import read
from kannel.smsc_groups import smsc_groups
from tests.kannel.house import until
from tests.kannel_changes.conftest import Lines
from tests.kannel_changes.fuzz import COUNT, values

# So many at a time keep the test short; a real gateway has a dozen.
BATCH = 150
# Nobody listens there: what the values do to Kannel is asked, not to an operator.
CLOSED_PORT, USUAL_PORT = 1, 2
OFFERED = {(kind, key.field) for key in KEYS for kind in key.kinds}


def test_the_list_has_five_hundred_values() -> None:
    assert len(values()) == len(set(values())) == COUNT


def test_every_key_that_is_offered_is_a_field_of_the_form_and_no_other() -> None:
    form = ConnectionViewSet().get_edit_handler().bind_to_model(Connection).get_form_class()
    # Of these a person chooses among rows and kinds of ours; no value of theirs reaches Kannel as typed.
    # The shared account is checked as the name is.
    ours = {"name", "account", "kind", "operator", "gateway", "adapter", "is_enabled", "is_test"}
    assert set(form.base_fields) == {field for _kind, field in OFFERED} | ours


def test_no_bad_value_stops_kannel_or_changes_what_it_should_not(lines: Lines) -> None:
    accepted = _accepted(lines)
    assert len({field for _kind, field in accepted}) > 25, "nearly every key takes some of them"
    running = lines.kannel.processes["bearerbox"]
    until(lambda: administration.poll(lines.gateway).connections["north-1"].seconds >= 1)
    candidates = [row for rows in accepted.values() for row in rows]
    began = administration.poll(lines.gateway).uptime_seconds
    for first in range(0, len(candidates), BATCH):
        _check_batch(lines, _numbered(lines, candidates[first : first + BATCH], first))
        assert running.poll() is None
    seen = administration.poll(lines.gateway)
    assert seen.uptime_seconds > began
    # Neither of the two lines that were not changed has connected again meanwhile.
    assert all(
        seen.connections[name].seconds >= seen.uptime_seconds - began for name in ("north-1", "south-1")
    )


def _accepted(lines: Lines) -> dict[tuple[str, str], list[Connection]]:
    """For each key the connections with a bad value that form and renderer let through. All others got a sentence."""
    form = ConnectionViewSet().get_edit_handler().bind_to_model(Connection).get_form_class()
    found: dict[tuple[str, str], list[Connection]] = defaultdict(list)
    for kind, field in sorted(OFFERED):
        texts = set()
        for value in values():
            row = _typed(lines, form, kind, field, value)
            if row is not None and (text := configuration.written(smsc_groups(row))) not in texts:
                texts.add(text)
                found[kind, field].append(row)
    return found


def _typed(lines: Lines, form: Any, kind: str, field: str, value: str) -> Connection | None:
    """The connection with this value, or None where a sentence refuses it. Nothing else may happen."""
    row = copy.copy(lines.north if kind == "smpp" else lines.south)
    row.port = CLOSED_PORT
    row.receipt_port = USUAL_PORT if kind == "http" else None
    cleaned = _cleaned(form.base_fields[field], field, value)
    if isinstance(cleaned, forms.ValidationError):
        assert all(cleaned.messages)
        return None
    setattr(row, field, cleaned)
    return None if _refusal(row) else row


def _refusal(row: Connection) -> str:
    try:
        smsc_groups(row)
    except ConfigurationError as refused:
        return f"{refused.connection}: {refused}"
    return ""


def _cleaned(field: forms.Field, name: str, value: str) -> object:
    """What the field of the form makes of a text."""
    widget = {name: value} if value else {}
    try:
        cleaned = field.clean(field.widget.value_from_datadict(widget, {}, name))
    except forms.ValidationError as refused:
        return refused
    model = Connection._meta.get_field(name)
    if cleaned in (None, "") and model.has_default() and not model.blank:  # type: ignore[union-attr]
        return model.get_default()  # type: ignore[union-attr]
    return None if cleaned == "" and model.null else cleaned


def _numbered(lines: Lines, rows: list[Connection], first: int) -> list[Connection]:
    """Under names of their own; an HTTP connection whose port is not the bad value listens at one that is free."""
    own = {row.receipt_port for row in rows}
    taken = dict(vars(lines.kannel.ports))
    ports = (port for port in free_ports(map(str, range(2 * len(rows))), taken).values() if port not in own)
    seen: set[int | None] = set()
    for number, row in enumerate(rows, start=first):
        row.name = f"bad-{number}"
        if row.kind == "http":
            row.receipt_port = next(ports) if row.receipt_port in {*seen, USUAL_PORT} else row.receipt_port
            seen.add(row.receipt_port)
    return rows


def _check_batch(lines: Lines, rows: list[Connection]) -> None:
    """The whole file with these, taken over by the running bearerbox as a person's change would be."""
    text = configuration.render(lines.gateway, [lines.north, lines.south, *rows], lines.folder)
    assert configuration.problems(text) == ""
    configuration.write(text, lines.folder / "kannel.conf")
    administration.graceful_restart(lines.gateway)
    wanted = {one.name for one in read(text) if one.kind == "smsc"}
    until(lambda: _binds(lines) == wanted, 60)


def _binds(lines: Lines) -> set[str]:
    seen = administration.poll(lines.gateway).connections
    return {bind.name for one in seen.values() for bind in one.binds}
