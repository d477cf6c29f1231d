import threading
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from pytest_django import Settings

from backoffice.operators import tasks
from kannel import administration, apply_phases, applying
from kannel.link import Link
from kannel.management.commands.keep_kannel import keep
from kannel.models import ApplyRun, Gateway
from kannel.simulator import control
from tests.kannel.house import until
from tests.kannel_changes.conftest import Lines
from tests.kannel_changes.load import message

State = ApplyRun.State


def test_the_keeper_of_another_host_applies_what_waits(lines: Lines) -> None:
    lines.wish(lines.north, window=9)
    run = applying.start(lines.gateway, None)
    call_command("keep_kannel", "main", directory=lines.folder, once=True)
    run.refresh_from_db()
    assert (run.state, lines.status()["north-1"]) == (State.DONE, "online")


def test_the_keeper_ends_when_it_is_told_to(lines: Lines) -> None:
    stopping = threading.Event()
    stopping.set()
    keep(lines.gateway, lines.folder, stopping, once=False)


def test_a_task_and_the_sweep_apply_on_the_host_that_keeps_the_file(lines: Lines, settings: Settings) -> None:
    settings.KANNEL_DIRECTORIES = {"main": str(lines.folder)}
    lines.wish(lines.north, window=9)
    tasks.apply_changes.call_local(applying.start(lines.gateway, None).pk)
    lines.wish(lines.north, window=8)
    lines.gateway.refresh_from_db()
    applying.start(lines.gateway, None)
    tasks.sweep_changes.call_local()
    assert list(ApplyRun.objects.values_list("state", flat=True)) == [State.DONE, State.DONE]
    lines.north.refresh_from_db()
    assert lines.north.window == 8


def test_a_gateway_that_never_ran_gets_its_file_and_is_told_to_start(lines: Lines, tmp_path: Path) -> None:
    gateway = Gateway.objects.create(
        name="second", admin_port=1, box_port=2, sendsms_port=3, is_enabled=False
    )
    wanted = gateway.wanted()
    wanted.is_enabled = True
    gateway.put_draft(wanted, None)
    run = applying.do(applying.start(gateway, None).pk, tmp_path / "second")
    assert run is not None
    gateway.refresh_from_db()
    assert (run.state, gateway.is_enabled) == (State.DONE, True)
    assert 'smsbox-id = "second-http"' in (tmp_path / "second" / "kannel.conf").read_text()
    assert run.steps[-2]["values"] == {"what": "not_running"}


def test_a_value_that_got_past_the_form_is_refused_and_nothing_changes(lines: Lines) -> None:
    before = lines.file()
    lines.wish(lines.north, host="include")
    run = lines.apply()
    assert (run.state, run.problem["values"]["field"], lines.file()) == (State.REFUSED, "host", before)


def test_what_nobody_foresaw_leaves_no_run_that_looks_alive(
    lines: Lines, monkeypatch: pytest.MonkeyPatch
) -> None:
    lines.wish(lines.north, window=9)
    with monkeypatch.context() as patch:
        patch.setattr("kannel.dry_start.PROGRAMS", (str(lines.folder),))
        run = lines.apply()
    assert (run.state, run.problem["code"]) == (State.REFUSED, "unforeseen")
    nowhere = applying.do(applying.start(lines.gateway, None).pk, Path("/proc/nowhere"))
    assert nowhere is not None
    assert nowhere.state == State.FAILED
    assert lines.status() == {"north-1": "online", "south-1": "online"}


def test_an_operator_that_takes_nothing_keeps_its_line(lines: Lines, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(apply_phases, "DRAIN_WITHIN", apply_phases.ONLINE_WITHIN / 20)
    control.cut(lines.kannel.controls["south"])
    try:
        hand_over(lines, "south-1", "+79168880001", "+79168880002")
        lines.wish(lines.south, is_enabled=False)
        run = lines.apply()
    finally:
        control.restore(lines.kannel.controls["south"])
    assert (run.state, run.problem) == (
        State.REFUSED,
        {"code": "not_drained", "values": {"names": ["south-1"], "count": 2}},
    )
    lines.south.refresh_from_db()
    assert lines.south.is_enabled
    until(lambda: not administration.store(lines.gateway).leaving, 40)


def hand_over(lines: Lines, connection: str, *phones: str) -> None:
    link = Link(lines.gateway.host, lines.gateway.box_port, "load")
    link.connect()
    link.submit_many([message(lines.gateway, connection, phone) for phone in phones])
    answers: list[object] = []
    until(lambda: answers.extend(link.answers(0.1)) or len(answers) == len(phones))
    link.close()


def test_a_gateway_that_is_down_gets_its_file_and_starts_with_it(lines: Lines) -> None:
    lines.kannel.kill("bearerbox")
    lines.wish(lines.north, window=9)
    run = lines.apply()
    assert (run.state, [step["code"] for step in run.steps][-3:]) == (
        State.DONE,
        ["not_running", "remark", "ended_done"],
    )
    lines.kannel.start_bearerbox()
    assert lines.status() == {"north-1": "online", "south-1": "online"}


def test_a_line_that_an_earlier_worker_added_is_no_obstacle(lines: Lines) -> None:
    lines.add("north-2")
    run = applying.start(lines.gateway, None)
    assert applying.do(run.pk, lines.folder) is not None
    ApplyRun.objects.filter(pk=run.pk).update(state=State.RUNNING, phase=ApplyRun.Phase.WRITE)
    again = applying.do(run.pk, lines.folder)
    assert again is not None
    assert (again.state, lines.status()["north-2"]) == (State.DONE, "online")


def test_a_first_file_that_cannot_be_written_leaves_nothing_behind(lines: Lines) -> None:
    gateway = Gateway.objects.create(
        name="second", admin_port=1, box_port=2, sendsms_port=3, is_enabled=False
    )
    wanted = gateway.wanted()
    wanted.is_enabled = True
    gateway.put_draft(wanted, None)
    run = applying.do(applying.start(gateway, None).pk, Path("/proc/nowhere"))
    assert run is not None
    gateway.refresh_from_db()
    assert (run.state, gateway.is_enabled) == (State.RESTORED, False)


@pytest.mark.django_db
def test_the_keeper_says_which_gateway_is_missing(tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="no gateway named 'other'"):
        call_command("keep_kannel", "other", directory=tmp_path, once=True)
