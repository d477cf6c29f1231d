import json
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import psycopg2
import pytest

from deploy import environment, leftovers, postgresql, programs
from deploy.link import NoStackError, control_port
from deploy.stack import Stack, StackError, Step

OPERATOR = "operator-smpp"


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    with Stack(tmp_path_factory.mktemp("stack"), durable=False) as started:
        started.start(only=[*programs.STORES, OPERATOR])
        yield started


def wait_until(condition: Callable[[], object], seconds: float = 15) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.05)


def test_the_stores_answer(stack: Stack) -> None:
    assert postgresql.is_ready(stack.ports["postgresql"], stack.settings["POSTGRES_PASSWORD"])
    assert programs.redis_is_ready(stack.ports["redis"], stack.settings["REDIS_PASSWORD"])


def test_a_wrong_password_does_not_get_in(stack: Stack) -> None:
    assert not postgresql.is_ready(stack.ports["postgresql"], "wrong")
    assert not programs.redis_is_ready(stack.ports["redis"], "wrong")


def test_our_role_owns_its_database_and_is_no_superuser(stack: Stack) -> None:
    with (
        closing(psycopg2.connect(stack.settings["DATABASE_URL"])) as connection,
        connection.cursor() as cursor,
    ):
        cursor.execute(
            "SELECT rolsuper, rolcreaterole, rolreplication FROM pg_roles WHERE rolname = current_user"
        )
        assert cursor.fetchone() == (False, False, False)
        cursor.execute("SELECT pg_get_userbyid(datdba) FROM pg_database WHERE datname = current_database()")
        assert cursor.fetchone() == ("parley",)


def test_the_superuser_has_no_way_in(stack: Stack) -> None:
    port = stack.ports["postgresql"]
    with pytest.raises(psycopg2.OperationalError, match="pg_hba"):
        psycopg2.connect(host="127.0.0.1", port=port, user="postgres", dbname="postgres", password="any")


def test_what_a_stack_writes_is_for_one_user_alone(stack: Stack) -> None:
    stack.python("-c", f"open({str(stack.var / 'written')!r}, 'w')")
    mine = [stack.var / "written", stack.var / "redis.conf", *(stack.var / "operators").iterdir()]
    assert {path.stat().st_mode & 0o077 for path in mine} == {0}
    assert {(stack.var / name).stat().st_mode & 0o077 for name in ("run", "log", "operators")} == {0}


def test_only_what_was_asked_for_runs(stack: Stack) -> None:
    running = [name for name in stack.names() if stack.is_running(name)]
    assert running == ["postgresql", "redis", OPERATOR]


@pytest.mark.parametrize("name", ["redis", OPERATOR])
def test_what_is_killed_comes_back(stack: Stack, name: str) -> None:
    before = stack.pids(name)
    stack.kill(name)
    wait_until(lambda: stack.pids(name) not in ([], before))


def test_a_second_stack_in_the_same_folder_is_refused(stack: Stack) -> None:
    with pytest.raises(StackError, match="already runs"):
        Stack(stack.var).prepare()


def test_a_step_is_taken_once_for_each_digest(stack: Stack) -> None:
    taken: list[str] = []
    for digest in ("a", "a", "b"):
        stack.once("step", digest, taken.append, digest)
    assert taken == ["a", "b"]


def test_steps_are_taken_once_in_one_process_and_keep_what_was_written(stack: Stack) -> None:
    kept: list[list[str]] = []
    commands = [["diffsettings", "--default=backoffice.settings"], ["diffsettings", "--all"]]
    steps = [Step("alike", "a", commands[:1], kept.append), Step("whole", "a", commands[1:], kept.append)]

    stack.take(steps)
    stack.take(steps)

    assert [len(said) for said in kept] == [1, 1]
    assert "SECRET_KEY" in kept[1][0]


def test_a_failing_command_says_why(stack: Stack) -> None:
    with pytest.raises(StackError, match="no such thing"):
        stack.python("-c", "raise SystemExit('no such thing')")


def test_an_operator_is_steered_at_its_port(stack: Stack) -> None:
    assert control_port(stack.var, "smpp") == stack.ports["smpp_operator_control"]


def test_without_a_stack_there_is_nothing_to_steer(tmp_path: Path) -> None:
    with pytest.raises(NoStackError, match="Start deploy/demo first"):
        control_port(tmp_path, "smpp")


def test_stopping_leaves_no_process_and_a_new_start_keeps_the_ports(tmp_path: Path) -> None:
    with Stack(tmp_path) as first:
        first.start(only=["redis"])
    assert leftovers.processes_of(tmp_path) == []
    with Stack(tmp_path) as second:
        second.prepare()
        assert second.ports == first.ports
        assert second.settings == first.settings


def test_abandoning_leaves_no_process_and_what_was_committed_is_there(tmp_path: Path) -> None:
    with Stack(tmp_path) as first:
        first.start(only=["postgresql", "redis", OPERATOR])
        with closing(psycopg2.connect(first.settings["DATABASE_URL"])) as connection, connection:
            connection.cursor().execute("CREATE TABLE kept ()")
        first.abandon()
        assert leftovers.processes_of(tmp_path) == []
    with Stack(tmp_path) as second:
        second.start(only=["postgresql"])
        with closing(psycopg2.connect(second.settings["DATABASE_URL"])) as connection:
            connection.cursor().execute("SELECT FROM kept")


def test_what_a_killed_supervisor_left_behind_is_ended(tmp_path: Path) -> None:
    mark = {environment.MARK: str(tmp_path)}
    with subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"], env=mark) as orphan:
        wait_until(lambda: [process.pid for process in leftovers.processes_of(tmp_path)] == [orphan.pid])
        assert leftovers.end(tmp_path) == 1
        assert leftovers.processes_of(tmp_path) == []


def test_when_the_one_who_started_it_is_killed_everything_stops(tmp_path: Path) -> None:
    program = (
        "import sys, time; from pathlib import Path; from deploy.stack import Stack\n"
        "Stack(Path(sys.argv[1])).start(only=['redis']); print('up', flush=True); time.sleep(60)"
    )
    with subprocess.Popen(
        [sys.executable, "-c", program, str(tmp_path)], stdout=subprocess.PIPE, cwd=programs.ROOT
    ) as starter:
        assert starter.stdout is not None
        assert starter.stdout.readline() == b"up\n"
        starter.kill()
    wait_until(lambda: leftovers.processes_of(tmp_path) == [])


def test_secrets_are_not_in_the_list_of_ports(stack: Stack) -> None:
    assert stack.settings["SECRET_KEY"] not in json.dumps(json.loads((stack.var / "stack.json").read_text()))
