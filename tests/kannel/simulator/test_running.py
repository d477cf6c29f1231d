import argparse
import json
import multiprocessing
import os
import runpy
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from kannel.simulator import control, running
from kannel.simulator.record import counts
from kannel.simulator.running import StartError
from tests.kannel.simulator.operators import wait_for
from tests.kannel.simulator.smpp_client import SmppClient

NUMBER = "+79120000001"


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as found:
        return int(found.getsockname()[1])


def options(*words: str) -> dict[str, Any]:
    parser = argparse.ArgumentParser()
    running.add_arguments(parser)
    return vars(parser.parse_args(words))


def answers(port: int) -> bool:
    try:
        control.status(port, timeout_seconds=1)
    except control.ControlError:
        return False
    return True


@pytest.fixture
def ports() -> tuple[int, int]:
    return free_port(), free_port()


@pytest.fixture
def north(ports: tuple[int, int], record_path: Path) -> Iterator[multiprocessing.process.BaseProcess]:
    """An SMPP operator in a process of its own."""
    words = ["smpp", "--name", "north", "--port", str(ports[0]), "--control-port", str(ports[1])]
    words += ["--record", str(record_path), "--delivered", "0.9", "--undelivered", "0.1"]
    process = multiprocessing.get_context("fork").Process(target=running.run, args=(options(*words),))
    process.start()
    wait_for(lambda: answers(ports[1]))
    yield process
    process.kill()
    process.join(10)


def test_an_operator_runs_until_sigterm_and_leaves_its_whole_record(
    north: multiprocessing.process.BaseProcess, ports: tuple[int, int], record_path: Path
) -> None:
    with SmppClient(ports[0]) as client:
        client.bind()
        client.submit(NUMBER)
        client.receive()
        assert north.pid is not None
        os.kill(north.pid, signal.SIGTERM)
        north.join(10)

    assert north.exitcode == 0
    assert counts(record_path).messages == {NUMBER: 1}


def test_the_command_steers_a_running_operator(
    north: multiprocessing.process.BaseProcess, ports: tuple[int, int], capsys: pytest.CaptureFixture[str]
) -> None:
    call_command("simulate_operators", "set", "rejected=0.05", "delivered=", control_port=ports[1])

    behaviour = json.loads(capsys.readouterr().out)["behaviour"]
    assert (behaviour["rejected"], behaviour["undelivered"], behaviour["delivered"]) == (0.05, 0.1, None)


def test_the_command_injects_an_inbound_message(
    north: multiprocessing.process.BaseProcess, ports: tuple[int, int], capsys: pytest.CaptureFixture[str]
) -> None:
    with SmppClient(ports[0]) as client:
        client.bind()

        call_command("simulate_operators", "inbound", NUMBER, "1234", "STOP", control_port=ports[1])

        assert client.receive().body.endswith(b"STOP")


def test_the_command_tells_what_an_operator_did(
    north: multiprocessing.process.BaseProcess, ports: tuple[int, int], capsys: pytest.CaptureFixture[str]
) -> None:
    call_command("simulate_operators", "status", control_port=ports[1])

    assert json.loads(capsys.readouterr().out)["name"] == "north"


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["status"], "Give --control-port, the port the operator is steered by."),
        (["inbound", NUMBER, "--control-port", "1"], "Give the phone, our number and the text"),
        (["set", "rejected", "--control-port", "1"], "Write each value as name=value"),
        (["status", "--control-port", "1"], "No operator answers on control port 1"),
        (["smpp"], "Give --port, where Kannel is to connect."),
        (["smpp", "--port", "2775", "--rejected", "2"], "rejected is a share"),
        (["http", "--port", "2775", "--receipt-url", "nowhere"], "The receipt address must be like"),
        (["smpp", "--config", "/nonexistent.json"], "The operator cannot start: "),
    ],
)
def test_what_cannot_be_done_is_said_in_a_sentence(words: list[str], sentence: str) -> None:
    with pytest.raises(CommandError, match=sentence):
        call_command("simulate_operators", *words)


def test_a_taken_port_is_told() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(StartError, match="The operator cannot start: "):
            running.run(options("smpp", "--port", str(port)))


def test_a_taken_control_port_is_told() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(StartError, match="The operator cannot start: "):
            running.run(options("http", "--port", "0", "--control-port", str(port)))


def test_options_may_come_from_a_file_and_the_command_line_wins(tmp_path: Path) -> None:
    config = tmp_path / "north.json"
    config.write_text(
        '{"name": "north", "port": 1, "rejected": 0.1, "drop-every": 5, "hex-answer-ids": true, "record": "%s"}'
        % (tmp_path / "north.record")
    )

    found = running.operator_of(
        running.with_config(options("smpp", "--config", str(config), "--rejected", "0"))
    )

    assert found.name == "north"
    assert (found.behaviour.rejected, found.behaviour.drop_every) == (0, 5)
    assert found.behaviour.hex_answer_ids is True
    assert (tmp_path / "north.record").exists()


def test_an_unknown_option_in_a_file_is_named(tmp_path: Path) -> None:
    config = tmp_path / "north.json"
    config.write_text('{"mood": 1}')

    with pytest.raises(StartError, match="options nobody knows: mood"):
        running.run(options("smpp", "--config", str(config)))


def test_it_starts_without_django_too() -> None:
    words = [sys.executable, "-X", "importtime", "-m", "kannel.simulator", "status"]

    done = subprocess.run(words, capture_output=True, text=True, timeout=30, check=False)

    assert done.returncode == 1
    assert done.stderr.rstrip().endswith("Give --control-port, the port the operator is steered by.")
    assert "django" not in done.stderr


def test_started_as_a_module_it_does_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "argv", ["simulate_operators", "smpp"])

    with pytest.raises(SystemExit, match="Give --port, where Kannel is to connect"):
        runpy.run_module("kannel.simulator", run_name="__main__")
