"""How fast messages go out and their receipts come in: first Kannel's own feeder as the reference, then our whole path.

Both run in the same stack: same bearerbox configuration, same simulated operator, same numbers, one connection.
"""

import argparse
import subprocess
import time
from pathlib import Path

import psutil

from deploy import programs, sample, tuning
from deploy.console import say
from deploy.meter import Meter, table
from deploy.result import MailingResult, sending_line
from deploy.stack import Stack, StackError
from deploy.texts import GSM_ONLY

VAR = programs.ROOT / "var" / "bench-sending"
DLR_MASK = 27
EVENTS_A_MESSAGE = 2  # accepted by the operator, and its receipt
REFERENCE_PARTS = ("postgresql", "redis", "operator-smpp", "bearerbox")
FEEDER_SECONDS = 900


def reference(stack: Stack, connection: str, phones: list[str]) -> float:
    """Messages a second of mtbatch with a client that only acknowledges, from first message to last receipt."""
    conf = stack.var / "kannel" / "kannel.conf"
    allow_long_queue(conf)
    stack.start(only=["bearerbox"])
    folder = stack.var / "reference"
    folder.mkdir(exist_ok=True)
    (folder / "text").write_text(GSM_ONLY)
    (folder / "phones").write_text("".join(f"{phone}\n" for phone in phones))
    port = str(stack.ports["kannel_box"])
    client = programs.python("-m", "deploy.acknowledging_client", port, str(EVENTS_A_MESSAGE * len(phones)))
    # -x: reports come to whoever has no name, so to the client and not to the feeder, which ignores them.
    feeder = ["mtbatch", "-v", "4", "-b", "127.0.0.1", "-p", port, "-i", "feeder", "-x", "-f", "Parley"]
    feeder += [
        "-D",
        str(DLR_MASK),
        "-u",
        "ref",
        "-r",
        connection,
        str(folder / "text"),
        str(folder / "phones"),
    ]
    with subprocess.Popen(client, cwd=programs.ROOT, env=stack.env) as receiving:
        time.sleep(2)  # bearerbox takes one new box a second
        with Meter(lambda: found(stack, REFERENCE_PARTS, receiving.pid)) as meter:
            began = time.monotonic()
            with subprocess.Popen(feeder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as feeding:
                receiving.wait(FEEDER_SECONDS)
                seconds = time.monotonic() - began
                feeding.terminate()
        if receiving.returncode:
            raise StackError("The reference chain did not get all receipts.")
    show("Reference chain (mtbatch, acknowledging client)", len(phones), seconds, meter)
    stack.halt("bearerbox")
    stack.render_kannel()
    return len(phones) / seconds


def allow_long_queue(conf: Path) -> None:
    """mtbatch does not try again what a full queue refuses. Our own sending never fills it, so nothing else differs."""
    lines = conf.read_text().splitlines()
    changed = [
        "sms-outgoing-queue-limit = 1000000" if "sms-outgoing-queue-limit" in line else line for line in lines
    ]
    conf.write_text("\n".join(changed) + "\n")


def ours(stack: Stack, *, statements: int = 0) -> MailingResult:
    """Our whole path: from the approval of a planned mailing to the last receipt applied.

    :param statements: show so many of the statements that took the database longest.
    """
    stack.start()
    if statements:
        tuning.forget_statements(stack)
    with Meter(lambda: found(stack, stack.names())) as meter:
        result = sample.run_mailing(stack, "--plain", name="Bench")
    if not result.is_good:
        raise StackError(f"The mailing did not end well: {result.line()}")
    show("Our path", result.to_send, result.seconds, meter)
    for line in tuning.slowest_statements(stack, statements) if statements else ():
        say(line)
    return result


def found(
    stack: Stack, names: tuple[str, ...] | list[str], client: int = 0
) -> dict[str, list[psutil.Process]]:
    processes = {name: stack.tree(name) for name in names}
    if client and psutil.pid_exists(client):
        processes["client"] = [psutil.Process(client)]
    return processes


def show(title: str, messages: int, seconds: float, meter: Meter) -> None:
    say(f"{title}: {messages:,} messages in {seconds:.1f} s, {messages / seconds:,.0f} a second")
    for line in table(meter.uses(), messages):
        say(line)


def phones_of(stack: Stack, count: int) -> list[str]:
    with tuning.cursor(stack) as query:
        query.execute(
            "SELECT ltrim(phone, '+') FROM customers_customer WHERE phone <> '' ORDER BY id LIMIT %s", [count]
        )
        return [row[0] for row in query.fetchall()]


def run(messages: int, *, statements: int = 0) -> None:
    with Stack(VAR, say=lambda text: say(f"  {text}")) as stack:

        def tune(of: Stack) -> None:
            tuning.use_only(of, "smpp")
            tuning.set_throughput(of, tuning.UNLIMITED_PER_SECOND)

        sample.bring_up(
            stack, customers=messages, before_kannel=tune, only=[*programs.STORES, "operator-smpp"]
        )
        connection = tuning.use_only(stack, "smpp")
        first = reference(stack, connection, phones_of(stack, messages))
        result = ours(stack, statements=statements)
    say(sending_line(result.messages_per_second, first))


def main(arguments: list[str]) -> None:
    parser = argparse.ArgumentParser(prog="deploy/bench sending", description=__doc__)
    parser.add_argument("--messages", type=int, default=40_000, help="how many messages (40000)")
    parser.add_argument(
        "--statements", type=int, default=0, help="show so many of the statements that took longest"
    )
    options = parser.parse_args(arguments)
    run(options.messages, statements=options.statements)
