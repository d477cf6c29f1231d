"""Starting an operator from the command line, and steering one that runs."""

import argparse
import asyncio
import json
import signal
import sys
from pathlib import Path
from typing import Any

import uvloop

from kannel.simulator import control
from kannel.simulator.api import ApiOperator
from kannel.simulator.behaviour import HELP, KINDS, Behaviour, BehaviourError
from kannel.simulator.http import HttpOperator
from kannel.simulator.operator import Operator
from kannel.simulator.record import Record
from kannel.simulator.shapes import SHAPES
from kannel.simulator.smpp import SmppOperator

_DEFAULTS = {"name": "operator", "host": "127.0.0.1", "shape": "json"}


class StartError(Exception):
    """What was asked cannot be done; the message says what to change."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """`smpp`, `http` and `api` run one operator each; the other words steer one by its control port."""
    parser.add_argument(
        "role",
        choices=["smpp", "http", "api", "cut", "restore", "status", "set", "inbound"],
        help="run an operator of this kind, or steer the one behind --control-port",
    )
    parser.add_argument(
        "words", nargs="*", help="set: name=value …; inbound: the phone, our number and the text"
    )
    parser.add_argument("--control-port", type=int, help="port on loopback to steer the operator by")
    running = parser.add_argument_group("to run an operator")
    running.add_argument("--name", default=_DEFAULTS["name"], help="its name (SMPP: system_id)")
    running.add_argument(
        "--host", default=_DEFAULTS["host"], help="address to listen on, or several with commas between"
    )
    running.add_argument("--port", type=int, help="port for Kannel")
    running.add_argument("--record", type=Path, help="file to append to what it takes")
    running.add_argument("--username", default="", help="HTTP: user name to insist on, and to call back with")
    running.add_argument("--password", default="", help="password to insist on")
    running.add_argument(
        "--receipt-url",
        default="",
        help="HTTP: where Kannel takes receipts and messages; addresses of several gateways with blanks between",
    )
    running.add_argument("--shape", choices=SHAPES, default=_DEFAULTS["shape"], help="API: what it speaks")
    running.add_argument(
        "--config", type=Path, help="JSON file with the same options; options given here win"
    )
    behaviour = parser.add_argument_group("behaviour (shares from 0 to 1)")
    for name, kind in KINDS.items():
        option = f"--{name.replace('_', '-')}"
        shown = "SHARE" if kind is float and "seconds" not in name else kind.__name__.upper()
        if kind is bool:
            behaviour.add_argument(
                option, action=argparse.BooleanOptionalAction, help=HELP[name], default=None
            )
        else:
            behaviour.add_argument(option, type=kind, help=HELP[name], metavar=shown)


def run(options: dict[str, Any]) -> None:
    """Do what the arguments say; returns when the operator was told to stop. Raises `StartError`."""
    try:
        if options["role"] in ("smpp", "http", "api"):
            uvloop.run(_run_operator(with_config(options)))
        else:
            sys.stdout.write(json.dumps(_steer(options), indent=1) + "\n")
    except OSError as error:
        raise StartError(f"The operator cannot start: {error}.") from error
    except (control.ControlError, ValueError) as error:
        raise StartError(str(error)) from error


def with_config(options: dict[str, Any]) -> dict[str, Any]:
    """The options over those of the --config file, whose keys are option names with - or _."""
    if not options.get("config"):
        return options
    found = json.loads(options["config"].read_text())
    config = {name.replace("-", "_"): value for name, value in found.items()}
    unknown = config.keys() - options.keys()
    if unknown:
        raise BehaviourError(f"{options['config']} has options nobody knows: {', '.join(sorted(unknown))}.")
    if config.get("record"):
        config["record"] = Path(config["record"])
    given = {
        name: value
        for name, value in options.items()
        if value not in (None, "") and value != _DEFAULTS.get(name)
    }
    return options | config | given


def operator_of(options: dict[str, Any]) -> Operator:
    """The operator that the options describe, not yet listening; raises `BehaviourError`."""
    values = {name: options[name] for name in KINDS if options.get(name) is not None}
    behaviour = Behaviour().changed(values)
    if options.get("port") is None:
        raise BehaviourError("Give --port, where Kannel is to connect.")
    record = Record(options["record"])
    if options["role"] == "smpp":
        return SmppOperator(
            options["name"],
            behaviour,
            record,
            options["port"],
            host=options["host"],
            password=options["password"],
        )
    if options["role"] == "api":
        return ApiOperator(
            options["name"],
            behaviour,
            record,
            options["port"],
            shape=options["shape"],
            host=options["host"],
            receipt_url=options["receipt_url"],
            username=options["username"],
            password=options["password"],
        )
    return HttpOperator(
        options["name"],
        behaviour,
        record,
        options["port"],
        host=options["host"],
        receipt_url=options["receipt_url"],
        username=options["username"],
        password=options["password"],
    )


async def _run_operator(options: dict[str, Any]) -> None:
    operator = operator_of(options)
    stopping = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stopping.set)
    await operator.listen()
    server = None
    try:
        if options["control_port"] is not None:
            server = await control.serve(operator, options["control_port"])
        await stopping.wait()
    finally:
        # Also where the control port is taken: a loop that ends with open servers is not closed in order.
        if server is not None:
            server.close()
        await operator.stop()


def _steer(options: dict[str, Any]) -> dict[str, Any]:
    port, words = options["control_port"], options["words"]
    if port is None:
        raise control.ControlError("Give --control-port, the port the operator is steered by.")
    if options["role"] == "set":
        if not all("=" in word for word in words):
            raise control.ControlError("Write each value as name=value, for example rejected=0.1.")
        return control.set_behaviour(port, **dict(word.split("=", 1) for word in words))
    if options["role"] == "inbound":
        if len(words) != 3:
            raise control.ControlError(
                "Give the phone, our number and the text, for example +79120000001 1234 STOP."
            )
        return control.inbound(port, *words)
    return control.ask(port, {"do": options["role"]})
