"""What one run does to a gateway, phase by phase. Each phase may be done again: see `applying` for who does a run.

The file on disk is always one that was applied or is being applied by a run, for Kannel reads it at any SIGHUP (PROTOCOL.md, 1.2).
"""

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import structlog
from django.conf import settings
from django.db import transaction
from django.utils import timezone

from kannel import administration, configuration, dry_start
from kannel.administration import AdministrationError, CommandRefused, GatewayDown
from kannel.configuration import CONF, ConfigurationError
from kannel.differences import REMOVED, Differences, compare, of_ours
from kannel.models import ApplyRun, Connection, Gateway
from kannel.standing import Standing, Wish, binds_of, stand, wish_of

logger = structlog.get_logger(__name__)

State, Phase = ApplyRun.State, ApplyRun.Phase
LOOK_SECONDS = 1.0
# A queue that has not run dry by then belongs to an operator that takes nothing.
DRAIN_WITHIN = timedelta(minutes=5)
# The first look at an empty queue may come before a batch that was being handed over.
EMPTY_LOOKS = 3
ONLINE_WITHIN = timedelta(seconds=25)
# Unbinding takes up to 30 s, and a supervisor a moment.
RESTARTED_WITHIN = timedelta(seconds=75)
# A link that is up must still be up at the next look: some operators let in and then throw out.
GOOD_LOOKS = 2


def changes_of(run: ApplyRun) -> list[dict[str, Any]]:
    """What a run changes, in Kannel and in our own rows, without any secret."""
    values = run.connection_values
    rows = [(row, values[row.pk]) for row in run.gateway.connections.filter(pk__in=values).order_by("name")]
    ours = of_ours([(run.gateway, run.gateway_values), *rows])
    return [one.as_dict() for one in (*compare(run.previous, run.written).all, *ours)]


@dataclass
class Applying:
    """One run under the hands of one worker."""

    run: ApplyRun
    directory: Path

    def __post_init__(self) -> None:
        self.gateway = self.run.gateway
        self.wanted = self.run.wanted_gateway()

    @property
    def differences(self) -> Differences:
        return compare(self.run.previous, self.run.written)

    @property
    def is_running(self) -> bool:
        """Whether bearerbox ran when this began."""
        return bool(self.run.before.get("is_running"))

    def work(self) -> None:
        """Phase after phase, each of which enters the next one or ends the run."""
        phases: dict[str, Callable[[], None]] = {
            Phase.CHECK: self.check,
            Phase.DRAIN: self.drain,
            Phase.WRITE: self.write,
            Phase.WAIT: self.wait,
            Phase.RESTORE: self.restore,
        }
        while self.run.is_live:
            try:
                phases[self.run.phase]()
            except Exception:
                # Whatever it was must not leave Kannel with half of a change, nor a run that looks alive for ever.
                logger.exception("apply_failed", gateway=self.gateway.name, phase=self.run.phase)
                self._give_up()

    # The phases.

    def check(self) -> None:
        """Renders and tries the file; nothing has changed anywhere when this fails."""
        self.run.note("checking")
        try:
            text = configuration.render(self.wanted, self.run.wanted_connections(), self.directory)
            if said := configuration.problems(text):
                raise ConfigurationError("", said)
            dry_start.try_out(text)
        except ConfigurationError as error:
            where = {"connection": error.connection, "field": error.field, "reason": str(error)}
            self._end(State.REFUSED, "value", **where)
            return
        self.run.previous, self.run.written = self.gateway.applied or self._file(), text
        self.run.changes = changes_of(self.run)
        try:
            self.run.before = self._look_before()
        except AdministrationError as error:
            self._end(State.REFUSED, f"no_answer_{type(error).__name__}")
            return
        if self._file() not in ("", self.run.previous):
            self.run.note("edited_by_hand")
        self.run.enter(Phase.DRAIN)

    def drain(self) -> None:
        """Nothing new goes to connections that end, if only for a moment; what they hold goes out first."""
        leaving = self.differences.must_drain
        if not leaving or not self.is_running:
            self.run.enter(Phase.WRITE)
            return
        self._route_to(leaving, is_enabled=False)
        self.run.note("draining", names=leaving, count=None)
        empty_looks = 0
        while timezone.now() < self._began() + DRAIN_WITHIN:
            count = self._held(leaving)
            self.run.steps[-1]["values"]["count"] = count
            self.run.save(update_fields=["steps"])
            empty_looks = empty_looks + 1 if count == 0 else 0
            if empty_looks >= EMPTY_LOOKS:
                self.run.enter(Phase.WRITE)
                return
            time.sleep(LOOK_SECONDS)
        self._end(State.REFUSED, "not_drained", names=leaving, count=self._held(leaving))

    def write(self) -> None:
        """The file takes its place at once or not at all; then Kannel is told, as gently as the change allows."""
        configuration.write(self.run.written, self.directory / CONF)
        self.run.note("written")
        self._command(self.differences, self.gateway)
        self.run.enter(Phase.WAIT)

    def wait(self) -> None:
        """Looks until the wanted set is online, or says why it is not."""
        wish = wish_of(self.run)
        standing = self._watch(self.wanted, wish, self._patience(ONLINE_WITHIN))
        if standing.is_good:
            self._commit(standing)
        else:
            self.run.problem = {"code": standing.code, "values": standing.values}
            self.run.save(update_fields=["problem"])
            self.run.note("failed")
            self.run.enter(Phase.RESTORE)

    def restore(self) -> None:
        """Puts the previous file back and waits for what was online before."""
        if self.run.previous:
            configuration.write(self.run.previous, self.directory / CONF)
            self.run.note("put_back")
            self._command(compare(self.run.written, self.run.previous), self.wanted)
        self._route_to(self.differences.must_drain, is_enabled=True)
        online = frozenset(self.run.before.get("online", ()))
        wish = Wish(binds_of(self.run.previous), online)
        if not self.run.previous or not self.is_running:
            self._end(State.RESTORED)
            return
        standing = self._watch(self.gateway, wish, RESTARTED_WITHIN)
        if not standing.is_good:
            self.run.note("not_back", problem={"code": standing.code, "values": standing.values})
        self._end(State.RESTORED if standing.is_good else State.FAILED)

    # What the phases are made of.

    def _look_before(self) -> dict[str, Any]:
        """What was online before. A gateway that is down is no obstacle: it will start with the new file."""
        try:
            seen = administration.poll(self.gateway)
        except GatewayDown:
            return {"is_running": False, "online": []}
        online = [name for name, one in seen.connections.items() if one.status == Connection.Status.ONLINE]
        return {"is_running": True, "online": online}

    def _command(self, differences: Differences, gateway: Gateway) -> None:
        """Tells bearerbox. One that does not answer is no reason to stop: the looks that follow decide."""
        if not differences.all:
            return
        if not self.is_running:
            self.run.note("not_running")
            return
        how = "restart" if differences.needs_restart else "add" if differences.only_adds else "graceful"
        self.run.note(how)
        try:
            _obey(how, gateway, differences)
        except AdministrationError as error:
            logger.warning("command_unanswered", gateway=gateway.name, error=type(error).__name__)

    def _watch(self, gateway: Gateway, wish: Wish, patience: timedelta) -> Standing:
        """Looks until all is well twice, or hopeless, or time is up."""
        good_looks = 0
        since = self._began() if self.differences.needs_restart and self.is_running else None
        while True:
            standing = stand(gateway, wish, restarted_after=since)
            good_looks = good_looks + 1 if standing.is_good else 0
            if good_looks >= GOOD_LOOKS or standing.is_hopeless or timezone.now() > self._began() + patience:
                return standing
            self._help_along(gateway, standing)
            time.sleep(LOOK_SECONDS)

    def _help_along(self, gateway: Gateway, standing: Standing) -> None:
        """A link whose predecessor still held its port is left out by Kannel, or dead: it is started once more."""
        missing = [(administration.add_connection, bind) for bind in standing.values.get("missing", ())]
        dead = [(administration.start_connection, bind) for bind in standing.values.get("dead", ())]
        for ask, bind in () if standing.is_hopeless else (*missing, *dead):
            try:
                ask(gateway, bind)
            except AdministrationError as error:
                logger.info("not_started_yet", bind=bind, error=type(error).__name__)

    def _patience(self, usual: timedelta) -> timedelta:
        return RESTARTED_WITHIN if self.differences.needs_restart else usual

    def _held(self, names: list[str]) -> int | None:
        """Messages that these connections still have to bring to their operators; None if Kannel does not say."""
        try:
            queued = administration.poll(self.gateway).connections
            leaving = administration.store(self.gateway).leaving
        except AdministrationError:
            return None
        return sum(max(leaving.get(name, 0), queued[name].queued if name in queued else 0) for name in names)

    def _route_to(self, names: list[str], *, is_enabled: bool) -> None:
        """Only those that a draft of ours takes out of use: is_enabled is what routing and sending go by."""
        self.gateway.connections.filter(name__in=names).update(is_enabled=is_enabled)

    def _began(self) -> Any:
        return self.run.phase_at or self.run.created_at

    def _file(self) -> str:
        path = self.directory / CONF
        return path.read_text() if path.exists() else ""

    def _commit(self, standing: Standing) -> None:
        """What was wanted is what runs; drafts made meanwhile stay drafts."""
        values = self.run.connection_values
        with transaction.atomic():
            gateway = Gateway.objects.select_for_update().get(pk=self.gateway.pk)
            gateway.take(self.run.gateway_values)
            gateway.applied, gateway.applied_at = self.run.written, timezone.now()
            gateway.save(update_fields=["applied", "applied_at"])
            paused = set(self.differences.must_drain) - set(self.differences.names(REMOVED))
            gateway.connections.filter(name__in=paused).update(is_enabled=True)
            for row in gateway.connections.select_for_update().filter(pk__in=values):
                row.take(values[row.pk])
        if standing.remarks:
            self.run.note("remark", **standing.remarks)
        self._end(State.DONE)

    def _give_up(self) -> None:
        """What nobody foresaw: before the file was written nothing has changed, after it the old one comes back."""
        if self.run.phase in (Phase.CHECK, Phase.DRAIN):
            self._end(State.REFUSED, "unforeseen")
        elif self.run.phase == Phase.RESTORE:
            self._end(State.FAILED, "unforeseen")
        else:
            self.run.problem = {"code": "unforeseen", "values": {}}
            self.run.save(update_fields=["problem"])
            self.run.enter(Phase.RESTORE)

    def _end(self, state: ApplyRun.State, code: str = "", **values: Any) -> None:
        if state == State.REFUSED:
            self._route_to(self.differences.must_drain, is_enabled=True)
        self.run.state, self.run.finished_at = state, timezone.now()
        if code:
            self.run.problem = {"code": code, "values": values}
        self.run.save(update_fields=["state", "finished_at", "problem"])
        self.run.note(f"ended_{state}")


def _obey(how: str, gateway: Gateway, differences: Differences) -> None:
    if how == "restart":
        by_itself = settings.KANNEL_RESTART_BY == "restart"
        (administration.restart if by_itself else administration.shut_down)(gateway)
    elif how == "graceful":
        administration.graceful_restart(gateway)
    else:
        try:
            for bind in differences.added_binds():
                administration.add_connection(gateway, bind)
        except CommandRefused:
            # It has that link already: an earlier worker got so far. This makes the rest right, too.
            administration.graceful_restart(gateway)
