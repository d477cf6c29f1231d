"""A private Parley: PostgreSQL, Redis, Kannel, two simulated operators and our own processes, all below one folder.

Several can run side by side, each in its own folder. Nothing outside the folder is touched.
"""

import fcntl
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import IO, Any, Self

import psutil

from deploy import environment, leftovers, postgresql, prepared, programs, proxy, second_gateway, supervisor
from deploy.ports import free_ports, give_back, keep
from deploy.programs import ROOT, Program

READY_SECONDS = 60
STOP_SECONDS = 150
NOTHING: dict[str, list[str]] = {}


class StackError(Exception):
    """The stack cannot do what was asked; the text says what to do."""


@dataclass(frozen=True)
class Step:
    """Commands of manage.py that are run once for each digest; `keep` is told what they wrote."""

    name: str
    digest: str
    commands: list[list[str]]
    keep: Callable[[list[str]], None] = lambda said: None


def collecting_static(var: Path) -> list[Step]:
    """What the proxy of the stack in this folder serves by itself: static files, and its pages about what it refuses."""
    files = [path for room in ("backoffice", "reports") for path in ROOT.glob(f"{room}/**/static/**/*")]
    digest = prepared.digest([*(path for path in files if path.is_file()), ROOT / "requirements.lock"])
    words = [ROOT / "backoffice/lib/refusals.py", *ROOT.glob("backoffice/dashboard/templates/**/*.html")]
    pages = prepared.digest([*words, *ROOT.glob("backoffice/locale/**/*.po")])
    return [
        Step("collectstatic", digest, [["collectstatic", "--noinput", "-v0"]]),
        Step("proxy pages", pages, [["write_proxy_pages", str(proxy.pages(var))]]),
    ]


def default_var() -> Path:
    """The folder of the stack: PARLEY_VAR, or var/ of the checkout."""
    return Path(os.environ.get("PARLEY_VAR") or ROOT / "var").resolve()


class Stack:
    """One stack in its folder. Use it as a context manager, or call `stop` whatever happens.

    :param simulators: options of the simulated operators by kind (smpp, http).
    :param durable: False only for tests, where PostgreSQL need not survive a power cut.
    :param smsbox: also run a real smsbox.
    :param second: also run a second gateway, there.
    """

    def __init__(
        self,
        var: Path | None = None,
        *,
        durable: bool = True,
        smsbox: bool = False,
        second: second_gateway.Place | None = None,
        simulators: dict[str, list[str]] = NOTHING,
        say: Callable[[str], None] = lambda text: None,
    ) -> None:
        self.var = (var or default_var()).resolve()
        self.durable, self.smsbox, self.simulators, self.say = durable, smsbox, simulators, say
        self.second = second
        self.ports: dict[str, int] = {}
        self.settings: dict[str, str] = {}
        self._programs: list[Program] = []
        self._supervisor: subprocess.Popen[bytes] | None = None
        self._lock: IO[str] | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    @property
    def run_folder(self) -> Path:
        return self.var / "run"

    @property
    def env(self) -> dict[str, str]:
        """The environment for anything that belongs to this stack."""
        return environment.of_processes(self.var, self.settings)

    # Starting

    def prepare(self) -> None:
        """Takes the folder, ends what an earlier run left behind, chooses ports, writes settings; starts circus."""
        if self._supervisor is not None:
            return
        self._take_folder()
        if leftovers.end(self.var):
            self.say("ended processes that an earlier run left behind")
        names = [*programs.PORTS, *(second_gateway.PORTS if self.second else ())]
        self.ports = free_ports(names, self._remembered().get("ports", {}))
        keep(self.ports.values())
        known = environment.read(self.var / "env")
        self.settings = environment.values(self.var, self.ports, known)
        environment.write(self.var / "env", self.settings)
        self._remember(ports=self.ports)
        password = self.settings["POSTGRES_PASSWORD"]
        self._prepare_postgresql(password)
        shared = self.second.our_address if self.second else programs.LOOPBACK
        redis_password = self.settings["REDIS_PASSWORD"]
        programs.write_redis_configuration(self.var, self.ports["redis"], redis_password, shared)
        proxy.write_configuration(self.var, self.ports, self.settings["STATIC_ROOT"])
        self._programs = self._all_programs()
        self._start_supervisor()

    def _prepare_postgresql(self, password: str) -> None:
        """A folder that has none yet gets a copy of the migrated cluster where one is kept, and a new one otherwise."""
        data = self.var / "postgresql"
        if not (data / "PG_VERSION").exists() and prepared.copy_to(data, password):
            self._remember(done={"migrate": prepared.migrations_digest()})
        postgresql.prepare(data, password, durable=self.durable)

    def _all_programs(self) -> list[Program]:
        """In the order in which they start."""
        first = programs.kannel(self.var, self.ports)
        back_office = programs.back_office(self.var, self.ports)
        stores = programs.stores(self.var, self.ports, self.settings)
        if self.second is None:
            return [
                *stores,
                *programs.simulators(self.var, self.ports, self.simulators),
                *first,
                *back_office,
            ]
        options = second_gateway.simulator_options(self.simulators, self.second)
        url = second_gateway.receipts_url(self.ports, self.second)
        operators = programs.simulators(self.var, self.ports, options, url)
        second = second_gateway.programs(self.var, self.ports, self.second)
        return [*stores, *operators, *first, *second, *back_office]

    def start(self, only: Collection[str] | None = None) -> None:
        """Starts these processes in their order and waits until each is ready; all by default.

        :raises StackError: when one is not ready in time; its log says why.
        """
        self.prepare()
        for program in self._programs:
            wanted = program.name in only if only is not None else program.name != "smsbox" or self.smsbox
            if wanted and not self.is_running(program.name):
                supervisor.ask(self.run_folder, "start", name=program.name)
                self.say(f"started {program.name}")
        for program in self._programs:
            if only is None or program.name in only:
                self.wait_until_ready(program)

    def wait_until_ready(self, program: Program, seconds: float = READY_SECONDS) -> None:
        if not self.is_running(program.name) and program.name == "smsbox":
            return
        deadline = time.monotonic() + seconds
        while not program.is_ready():
            if time.monotonic() > deadline:
                raise StackError(f"{program.name} did not get ready. See {self.var}/log/{program.name}.log.")
            time.sleep(0.05)

    def _take_folder(self) -> None:
        for folder in (self.var, self.run_folder, self.var / "log", self.var / "operators"):
            folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            if folder != self.var:
                folder.chmod(0o700)
        self._lock = (self.run_folder / "lock").open("w")
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            raise StackError(
                f"Parley already runs in {self.var}. Stop it with Ctrl-C where it was started."
            ) from error

    def _start_supervisor(self) -> None:
        for name in ("control", "events"):
            (self.run_folder / name).unlink(missing_ok=True)
        file = self.run_folder / "programs.json"
        file.touch(mode=0o600)
        file.write_text(json.dumps(supervisor.specification(self._programs, self.env)))
        # It gets SIGTERM when we die, whatever we die of, and then stops all the others.
        command = ["/usr/bin/setpriv", "--pdeathsig", "TERM", sys.executable, "-m", "deploy.supervisor"]
        with (self.var / "log" / "supervisor.log").open("ab") as log:
            self._supervisor = subprocess.Popen(
                [*command, str(file), str(self.var / "log")],
                cwd=self.run_folder,
                env={
                    **self.env,
                    "PYTHONPATH": os.pathsep.join([str(ROOT), *filter(None, [self.env.get("PYTHONPATH")])]),
                },
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,  # Ctrl-C reaches us alone; we stop things in order
            )
        self._wait_for_supervisor()

    def _wait_for_supervisor(self) -> None:
        deadline = time.monotonic() + 20
        while time.monotonic() < deadline:
            try:
                supervisor.ask(self.run_folder, "numwatchers", timeout_seconds=1)
            except supervisor.SupervisorError:
                continue
            return
        raise StackError(f"The supervisor did not start. See {self.var}/log/supervisor.log.")

    # While it runs

    def pids(self, name: str) -> list[int]:
        """Main process of this name, empty while it is down."""
        return [int(pid) for pid in supervisor.ask(self.run_folder, "list", name=name).get("pids", [])]

    def is_running(self, name: str) -> bool:
        answer = supervisor.ask(self.run_folder, "status", name=name)
        return answer["status"] in ("active", "starting")

    def tree(self, name: str) -> list[psutil.Process]:
        """The process of this name with all its children."""
        found: list[psutil.Process] = []
        for pid in self.pids(name):
            try:
                process = psutil.Process(pid)
                found += [process, *process.children(recursive=True)]
            except psutil.NoSuchProcess:
                continue
        return found

    def names(self) -> list[str]:
        """All processes of the stack in the order in which they start."""
        return [program.name for program in self._programs]

    def kill(self, name: str) -> None:
        """SIGKILL to the process and its children, as a crash would end them. circus starts it again."""
        _signal(self.tree(name), signal.SIGKILL)

    def kill_for_good(self, name: str) -> None:
        """The same, and it stays down until it is started: as if its host were gone."""
        processes = self.tree(name)
        # It does nothing more from here on, so what circus asks of it before its end is not heard.
        _signal(processes, signal.SIGSTOP)
        supervisor.ask(self.run_folder, "stop", name=name)
        _signal(processes, signal.SIGKILL)
        psutil.wait_procs(processes, timeout=10)

    def halt(self, name: str) -> None:
        """Stops one process, and waits until it is gone."""
        seconds = next(program.graceful_seconds for program in self._programs if program.name == name) + 10
        supervisor.ask(self.run_folder, "stop", seconds, name=name, waiting=True)

    def manage(self, *words: str, quiet: bool = True) -> str:
        """Runs a command of manage.py to its end and returns what it wrote.

        :raises StackError: if it fails, with the last lines it wrote.
        """
        return self.python(str(ROOT / "manage.py"), *words, quiet=quiet)

    def manage_each(self, commands: list[list[str]]) -> list[str]:
        """Runs several commands of manage.py in one process, for a start of Django takes seconds. What each wrote.

        :raises StackError: if one fails; those after it are not run.
        """
        words = ["-m", "deploy.inside", "deploy.commands", json.dumps(commands)]
        said: list[str] = json.loads(self.python(*words)) if commands else []
        return said

    def python(self, *words: str, quiet: bool = True) -> str:
        """Runs Python in the stack's environment, like `manage`."""
        done = subprocess.run(
            programs.python(*words),
            cwd=ROOT,
            env=self.env,
            capture_output=quiet,
            text=True,
            check=False,
            umask=0o077,
        )
        if done.returncode:
            said = "\n".join(((done.stdout or "") + (done.stderr or "")).splitlines()[-15:])
            raise StackError(f"“{' '.join(words)}” failed:\n{said}")
        return done.stdout or ""

    # Steps that are done once

    def migrate(self) -> None:
        """Brings the database up to date; at once if it is."""
        self.once("migrate", prepared.migrations_digest(), self.manage, "migrate", "--noinput", "-v0")

    def collect_static(self) -> None:
        self.take(collecting_static(self.var))

    def take(self, steps: Iterable[Step]) -> None:
        """Takes those steps that were not taken with the same digest before, all in one process.

        :raises StackError: if one fails; then all of them are taken anew the next time.
        """
        done = self._remembered().get("done", {})
        due = [step for step in steps if done.get(step.name) != step.digest]
        for step in due:
            self.say(f"{step.name} …")
        said = iter(self.manage_each([command for step in due for command in step.commands]))
        for step in due:
            step.keep([next(said) for _ in step.commands])
        if due:
            self._remember(done={**done, **{step.name: step.digest for step in due}})

    def once(self, name: str, digest: str, step: Callable[..., Any], *words: Any) -> None:
        """Does it unless it was done with the same digest before."""
        done = self._remembered().get("done", {})
        if done.get(name) == digest:
            return
        self.say(f"{name} …")
        step(*words)
        self._remember(done={**done, name: digest})

    def render_kannel(self) -> None:
        """Writes kannel.conf from the rows of the gateway, or of both."""
        self.manage("render_kannel", programs.GATEWAY, "--directory", str(self.var / "kannel"))
        if self.second:
            directory = str(second_gateway.folder(self.var))
            self.manage("render_kannel", second_gateway.NAME, "--directory", directory)

    def _remembered(self) -> dict[str, Any]:
        path = self.var / "stack.json"
        remembered: dict[str, Any] = json.loads(path.read_text()) if path.exists() else {}
        return remembered

    def _remember(self, **values: Any) -> None:
        path = self.var / "stack.json"
        text = json.dumps({**self._remembered(), **values}, indent=1)
        path.with_suffix(".new").write_text(text)
        path.with_suffix(".new").replace(path)

    # Stopping

    def abandon(self) -> None:
        """Ends everything at once and in no order: for a folder that is thrown away, which needs no orderly end."""
        if self._supervisor is None:
            return
        self._supervisor.kill()  # first, so that it starts nothing again
        self._supervisor.wait()
        leftovers.kill(self.var)
        self._let_go()

    def stop(self) -> None:
        """Stops everything in the reverse order and leaves no process behind."""
        if self._supervisor is None:
            return
        for program in reversed(self._programs):
            try:
                if self.is_running(program.name):
                    self.halt(program.name)
            except supervisor.SupervisorError as error:
                self.say(str(error))
        self._supervisor.terminate()
        try:
            self._supervisor.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self._supervisor.kill()
            self._supervisor.wait()
        leftovers.end(self.var)
        self._let_go()

    def _let_go(self) -> None:
        """Of the folder and its ports, which another stack may take."""
        self._supervisor = None
        give_back(self.ports.values())
        if self._lock:
            self._lock.close()


def _signal(processes: Iterable[psutil.Process], number: signal.Signals) -> None:
    for process in processes:
        try:
            process.send_signal(number)
        except psutil.NoSuchProcess:
            continue
