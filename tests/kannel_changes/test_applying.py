import os
import signal
import threading

import pytest
from pytest_django import Settings

from kannel import administration, apply_phases, applying
from kannel.models import ApplyRun, Connection
from kannel.simulator import control
from kannel.standing import Standing
from tests.kannel.house import until
from tests.kannel_changes.conftest import Lines, supervised

State = ApplyRun.State


def codes(run: ApplyRun) -> list[str]:
    return [step["code"] for step in run.steps]


def test_saving_a_form_and_rotating_logs_changes_nothing_that_runs(lines: Lines) -> None:
    before = lines.file()
    lines.wish(lines.north, throughput_per_second=7)
    process = lines.kannel.processes["bearerbox"]
    process.send_signal(signal.SIGUSR2)
    os.kill(process.pid, signal.SIGHUP)
    lines.north.refresh_from_db()
    assert (lines.file(), lines.north.throughput_per_second) == (before, 1000)
    assert administration.poll(lines.gateway).connections["north-1"].seconds >= 0


def test_a_new_connection_comes_online_and_no_other_is_touched(lines: Lines) -> None:
    until(lambda: administration.poll(lines.gateway).connections["north-1"].seconds >= 2)
    lines.add("north-2")
    run = lines.apply()
    assert (run.state, codes(run)) == (State.DONE, ["checking", "written", "add", "ended_done"])
    assert lines.status() == {"north-1": "online", "south-1": "online", "north-2": "online"}
    assert administration.poll(lines.gateway).connections["north-1"].seconds >= 2
    row = Connection.objects.get(name="north-2")
    assert (row.is_enabled, row.draft, row.password) == (True, "", "secret")


def test_a_changed_connection_connects_again_with_the_new_values(lines: Lines) -> None:
    lines.wish(lines.north, throughput_per_second=90, window=5)
    run = lines.apply()
    assert (run.state, codes(run)[-2]) == (State.DONE, "graceful")
    assert "throughput = 90\n" in lines.file()
    lines.north.refresh_from_db()
    assert (lines.north.throughput_per_second, lines.north.window, lines.north.draft) == (90, 5, "")


def test_a_changed_http_connection_comes_back_although_its_port_is_taken_for_a_moment(lines: Lines) -> None:
    lines.wish(lines.south, throughput_per_second=500)
    run = lines.apply()
    assert (run.state, run.problem) == (State.DONE, {})
    assert lines.status() == {"north-1": "online", "south-1": "online"}
    lines.south.refresh_from_db()
    assert (lines.south.is_enabled, lines.south.throughput_per_second) == (True, 500)


def test_several_binds_of_one_account_share_its_name_and_its_rate(lines: Lines) -> None:
    lines.wish(lines.north, binds=3, throughput_per_second=100)
    assert lines.apply().state == State.DONE
    seen = administration.poll(lines.gateway).connections["north-1"]
    assert [bind.name for bind in seen.binds] == ["north-1_1", "north-1_2", "north-1_3"]
    assert seen.is_whole
    assert control.status(lines.kannel.controls["north"])["binds"] == 3
    assert lines.file().count("throughput = 33.33\n") == 3


def test_a_connection_that_is_taken_out_ends_and_stays_out(lines: Lines) -> None:
    lines.wish(lines.south, is_enabled=False)
    run = lines.apply()
    assert run.state == State.DONE
    assert "draining" in codes(run)
    assert lines.status() == {"north-1": "online"}
    lines.south.refresh_from_db()
    assert not lines.south.is_enabled


def test_a_new_connection_that_the_operator_refuses_is_taken_back_with_the_reason(lines: Lines) -> None:
    before = lines.file()
    lines.add("north-2", password="wrong")
    run = lines.apply()
    assert (run.state, run.problem["code"]) == (State.RESTORED, "not_online")
    assert run.problem["values"] == {"names": ["north-2"], "fault": "account", "dead": ["north-2"]}
    assert lines.file() == before
    assert lines.status() == {"north-1": "online", "south-1": "online"}
    assert Connection.objects.get(name="north-2").drafted["is_enabled"]


def test_a_new_connection_may_stay_down_if_the_person_wishes_so(lines: Lines) -> None:
    lines.add("north-2", port=1)
    run = lines.apply(must_come_online=False)
    assert run.state == State.DONE
    assert run.steps[-2]["values"] == {"what": "still_down", "names": ["north-2"]}


def test_what_was_down_before_is_no_reason_to_take_a_change_back(lines: Lines) -> None:
    control.cut(lines.kannel.controls["north"])
    try:
        until(lambda: lines.status()["north-1"] != "online")
        lines.wish(lines.south, throughput_per_second=500)
        lines.wish(lines.north, window=4)
        run = lines.apply()
        assert (run.state, run.problem) == (State.DONE, {})
    finally:
        control.restore(lines.kannel.controls["north"])
    until(lambda: lines.status()["north-1"] == "online", 30)


def test_a_change_of_the_gateway_itself_starts_it_again(lines: Lines) -> None:
    pid = lines.kannel.processes["bearerbox"].pid
    lines.wish(lines.gateway, our_addresses="127.0.0.1;192.0.2.1")
    with supervised(lines.kannel):
        run = lines.apply()
    assert (run.state, "restart" in codes(run)) == (State.DONE, True)
    assert lines.kannel.processes["bearerbox"].pid != pid
    assert lines.status() == {"north-1": "online", "south-1": "online"}


def test_a_gateway_that_nobody_starts_again_is_told(lines: Lines, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(apply_phases, "RESTARTED_WITHIN", apply_phases.ONLINE_WITHIN / 10)
    before = lines.file()
    lines.wish(lines.gateway, our_addresses="127.0.0.1;192.0.2.1")
    run = lines.apply()
    assert (run.state, run.problem["code"]) == (State.FAILED, "no_answer_GatewayDown")
    assert lines.file() == before


@pytest.mark.parametrize("phase", ["check", "drain", "write", "wait", "restore"])
def test_a_run_whose_worker_died_is_brought_to_its_end(phase: str, lines: Lines) -> None:
    before = lines.file()
    lines.wish(lines.north, window=9)
    lines.wish(lines.south, is_enabled=False)
    run = applying.start(lines.gateway, None)
    _die_in(phase, run, lines)
    done = applying.do(run.pk, lines.folder)
    assert done is not None
    if phase == "restore":
        assert (done.state, lines.file()) == (State.RESTORED, before)
        assert lines.status() == {"north-1": "online", "south-1": "online"}
    else:
        assert (done.state, lines.status()) == (State.DONE, {"north-1": "online"})


def test_a_kannel_that_died_of_the_change_comes_back_with_it(lines: Lines) -> None:
    lines.wish(lines.north, window=9)
    run = applying.start(lines.gateway, None)
    _die_in("wait", run, lines)
    lines.kannel.processes["bearerbox"].kill()
    with supervised(lines.kannel):
        done = applying.do(run.pk, lines.folder)
    assert done is not None
    assert (done.state, lines.status()) == (State.DONE, {"north-1": "online", "south-1": "online"})


class Killed(BaseException):
    """Ends a worker as a SIGKILL would: nothing of ours runs after it."""


def _die_in(phase: str, run: ApplyRun, lines: Lines) -> None:
    """The worker is gone at the beginning of a phase."""

    def killed(self: object) -> None:
        raise Killed

    patch = pytest.MonkeyPatch()
    if phase == "restore":
        patch.setattr(apply_phases, "stand", lambda *_, **__: Standing(False, is_hopeless=True, code="x"))
    patch.setattr(apply_phases.Applying, phase, killed)
    with pytest.raises(Killed):
        applying.do(run.pk, lines.folder)
    patch.undo()


def test_only_one_worker_does_a_run(lines: Lines) -> None:
    lines.wish(lines.north, window=9)
    run = applying.start(lines.gateway, None)
    with pytest.raises(applying.AlreadyApplying):
        applying.start(lines.gateway, None)
    with applying._locked(run.pk):
        other = threading.Thread(target=_do_elsewhere, args=(run.pk, lines))
        other.start()
        other.join(20)
    assert ApplyRun.objects.get().state == State.WAITING
    assert applying.do(run.pk, lines.folder) is not None
    assert applying.do(run.pk, lines.folder) is None
    with pytest.raises(applying.NothingToApply):
        applying.start(lines.gateway, None)


def _do_elsewhere(run_id: int, lines: Lines) -> None:
    from django.db import connection

    assert applying.do(run_id, lines.folder) is None
    connection.close()


def test_a_gateway_that_hangs_or_refuses_us_is_left_alone(lines: Lines, settings: Settings) -> None:
    before = lines.file()
    lines.wish(lines.north, window=9)
    settings.KANNEL_STATUS_PASSWORD = "another password"
    run = lines.apply()
    assert (run.state, run.problem["code"]) == (State.REFUSED, "no_answer_AccessDenied")
    assert lines.file() == before


def test_edits_by_hand_are_overwritten_and_said(lines: Lines) -> None:
    path = lines.folder / "kannel.conf"
    path.write_text(lines.file() + "\n# a note\n")
    lines.wish(lines.north, window=9)
    run = lines.apply()
    assert (run.state, "edited_by_hand" in codes(run)) == (State.DONE, True)
    assert "a note" not in lines.file()


def test_what_was_changed_while_a_run_was_at_work_stays_a_draft(lines: Lines) -> None:
    lines.wish(lines.north, window=9)
    run = applying.start(lines.gateway, None)
    lines.wish(lines.north, window=8)
    applying.do(run.pk, lines.folder)
    lines.north.refresh_from_db()
    assert (lines.north.window, lines.north.drafted) == (9, {"window": 8})
