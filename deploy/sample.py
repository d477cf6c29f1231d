"""Fills a stack: people, operators, customers. Each step is skipped when it was done before."""

import json
from collections.abc import Callable, Collection
from pathlib import Path
from typing import Any

from deploy import programs, second_gateway, tuning
from deploy.result import MailingResult
from deploy.stack import Stack, StackError, Step, collecting_static

# The demo's operators lose a little and answer after a while, as real ones do. All of it ends soon.
LIFELIKE = [
    *("--undelivered", "0.03", "--expired", "0.005", "--rejected", "0.01"),
    *("--receipt-delay-min-seconds", "0.2", "--receipt-delay-max-seconds", "1.5"),
]
DEMO_OPERATORS = {"smpp": LIFELIKE, "http": LIFELIKE}


def bring_up(
    stack: Stack,
    *,
    customers: int,
    before_kannel: Callable[[Stack], None] = lambda stack: None,
    only: Collection[str] | None = None,
) -> None:
    """From an empty folder, or a used one, to a running Parley with this many sample customers.

    :param before_kannel: may change rows of gateways and connections before Kannel reads them.
    :param only: the processes to start in the end; all by default.
    """
    stack.start(only=programs.STORES)
    stack.migrate()
    stack.take(
        [
            *collecting_static(stack.var),
            making_people(stack),
            *loading_operators(stack),
            loading_customers(stack, customers),
        ]
    )
    # Once: who changes the rules afterwards to try them keeps them.
    stack.once("allow_repeats", "1", tuning.allow_repeats, stack)
    before_kannel(stack)
    stack.render_kannel()
    stack.start(only)


def making_people(stack: Stack) -> Step:
    """One login for each role."""

    def keep(said: list[str]) -> None:
        (stack.var / "logins.json").touch(mode=0o600)
        (stack.var / "logins.json").write_text(said[0])

    return Step("make_demo_users", "1", [["make_demo_users", "--json"]], keep)


def logins(stack: Stack) -> list[dict[str, Any]]:
    """What make_demo_users said."""
    people: list[dict[str, Any]] = json.loads((stack.var / "logins.json").read_text())
    return people


def loading_operators(stack: Stack) -> list[Step]:
    """Operators, tariffs, gateway and connections that fit the ports of this stack."""
    others = ("web", "web_server", "links", "postgresql", *second_gateway.PORTS)
    ports = {name: port for name, port in stack.ports.items() if name not in others}
    words = [f"--{name.replace('_', '-')}-port={port}" for name, port in ports.items()]
    steps = [Step("load_demo_operators", json.dumps(ports), [["load_demo_operators", *words]])]
    if stack.second:
        command = second_gateway.rows_command(stack.ports, stack.second)
        steps.append(Step("add_demo_gateway", json.dumps(command), [command]))
    return steps


def loading_customers(stack: Stack, count: int) -> Step:
    """Sample customers with consent, through the same import that people use."""
    file = str(stack.var / f"customers-{count}.csv")
    commands = [["make_sample_customers", str(count), file], ["import_customers", file]]
    return Step("customers", str(count), commands)


def run_mailing(stack: Stack, *words: str, name: str = "Autumn offer") -> MailingResult:
    """A mailing to everybody, from draft to its last receipt, in a process of its own.

    :raises StackError: when it could not be launched.
    """
    file = result_file(stack)
    stack.python(*mailing_words(file, name), *words, quiet=False)
    return read_result(file)


def make_more_mailings(stack: Stack) -> None:
    """One that waits for approval and one that starts tomorrow, once: who decides about them is not asked again."""
    stack.once("make_more_mailings", "1", stack.python, "-m", "deploy.inside", "deploy.more_mailings")


def mailing_words(file: Path, name: str) -> list[str]:
    file.unlink(missing_ok=True)
    return ["-m", "deploy.inside", "deploy.run_mailing", "--name", name, "--result", str(file)]


def result_file(stack: Stack) -> Path:
    return stack.run_folder / "mailing.json"


def read_result(file: Path) -> MailingResult:
    if not file.exists():
        raise StackError("The mailing could not be launched. What it said stands above.")
    return MailingResult.from_json(file.read_text())
