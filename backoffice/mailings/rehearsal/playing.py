"""Playing a plan: its messages go the way of real ones, by the same code, to a Kannel and operators that are private."""

import threading
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from decimal import Decimal
from pathlib import Path
from typing import Any

from django.utils.translation import gettext as _

from backoffice.lib.numbers import price_words
from backoffice.lib.said import Explained
from backoffice.mailings.carriers import BoxCarrier, Carrier, HandOverFailed
from backoffice.mailings.models import Mailing, Message
from backoffice.mailings.rehearsal.arrived import Way
from backoffice.mailings.rehearsal.comparing import Comparison
from backoffice.mailings.rehearsal.lanes import Lane, Leaving
from backoffice.mailings.rehearsal.reports import Reports
from backoffice.mailings.rehearsal.size import PlannedLine, counted, to_rehearse
from backoffice.mailings.rehearsal_models import Rehearsal
from backoffice.mailings.sending import kannel_id, message_of
from kannel.link import drop_link
from kannel.models import Connection
from kannel.private_gateway import DidNotStart, NotInstalled, PrivateGateway, private_gateway
from kannel.simulator.record import read
from kannel.values import ConfigurationError

TELL_EACH_SECONDS = 1.0
ANSWERS_SECONDS = 0.02
# Nothing moves any more after so long: what is missing then will not come. Kannel tries again after 15 s (its configuration).
QUIET_SECONDS = 40.0
# Receipts come back at once; the last ones are waited for so long.
RECEIPTS_SECONDS = 5.0

# Is told the columns of the rehearsal that have changed; raises to end it.
Tell = Callable[[dict[str, Any]], None]


class CannotRehearse(Explained):
    """It cannot be played, or could not be played to its end; the text says why and what to do."""


def play(rehearsal: Rehearsal, folder: Path, tell: Tell) -> None:
    """Plays all of it, and tells its counts on the way and at the end.

    :raises CannotRehearse: if the plan is not the one that was asked for, or Kannel does not start or dies.
    """
    check_plan(rehearsal)
    lines = counted(to_rehearse(rehearsal.mailing, rehearsal.share))
    messages = _tell_expected(rehearsal, lines, tell)
    connections = list(
        Connection.objects.filter(pk__in=[line.connection_id for line in lines])
        .select_related("adapter", "operator")
        .order_by("pk")
    )
    ways = {one.name: Way(one.pk, one.kind, one.alphabet) for one in connections}
    comparison = Comparison(rehearsal.mailing.sender, messages, ways)
    with _private(connections, folder, comparison) as kannel:
        player = Player(rehearsal, kannel, comparison, connections, tell)
        player.run(messages)
    check_plan(rehearsal)
    tell(player.counts() | {"lines": described(lines, connections, comparison)})


def _tell_expected(rehearsal: Rehearsal, lines: list[PlannedLine], tell: Tell) -> int:
    """How many messages are to be played. Raises CannotRehearse if there are none, or if their bill is wrong."""
    messages, cost = sum(line.messages for line in lines), sum((line.cost for line in lines), Decimal(0))
    if not messages:
        raise CannotRehearse(
            lambda: _("Nothing of this plan is to be sent, so there is nothing to rehearse.")
        )
    _check_bill(rehearsal, cost)
    tell(
        {
            "messages": messages,
            "expected_parts": sum(line.parts for line in lines),
            "expected_cost": cost,
        }
    )
    return messages


def check_plan(rehearsal: Rehearsal) -> None:
    """The plan must be the one that was asked for, and unchanged since it was made. Raises CannotRehearse."""
    mailing = Mailing.objects.get(pk=rehearsal.mailing_id)
    if mailing.planned_count is None or mailing.plan_digest != rehearsal.plan_digest:
        raise CannotRehearse(lambda: _("The mailing was planned anew meanwhile. Rehearse the new plan."))
    if Message.objects.of(mailing).digest() != mailing.plan_digest:
        raise CannotRehearse(
            lambda: _(
                "The messages are not those that were planned: somebody has changed them in the database since. "
                "This mailing would not start. Plan it again, and tell the administrators."
            )
        )


def _check_bill(rehearsal: Rehearsal, cost: Decimal) -> None:
    """What all messages cost together is what an approver was shown. Raises CannotRehearse."""
    mailing = rehearsal.mailing
    if not rehearsal.is_sample and cost != mailing.planned_cost:
        raise CannotRehearse(
            lambda: (
                _("The messages cost %(cost)s, the plan says %(planned)s %(currency)s. Plan it again.")
                % {
                    "cost": price_words(cost),
                    "planned": price_words(mailing.planned_cost),
                    "currency": mailing.currency,
                }
            )
        )


@contextmanager
def _private(connections: list[Connection], folder: Path, comparison: Comparison) -> Iterator[PrivateGateway]:
    try:
        with private_gateway(connections, folder, comparison.see) as kannel:
            try:
                yield kannel
            finally:
                drop_link(kannel.gateway)
    except NotInstalled as error:
        raise CannotRehearse(
            lambda: _(
                "There is no Kannel on the host that rehearses. Ask the administrators to install it there."
            )
        ) from error
    except DidNotStart as error:
        why = {"why": error}
        raise CannotRehearse(
            lambda: (
                _("The Kannel of the rehearsal did not start. Ask the operator staff. %(why)s") % why
            ).strip()
        ) from error
    except ConfigurationError as error:
        words = {"connection": error.connection, "why": error}
        raise CannotRehearse(
            lambda: (
                _("The connection %(connection)s cannot be played. Ask the operator staff. %(why)s") % words
            )
        ) from error


class Player:
    """Hands the lanes over, takes answers and receipts, and says once a second how far it is."""

    def __init__(
        self,
        rehearsal: Rehearsal,
        kannel: PrivateGateway,
        comparison: Comparison,
        connections: list[Connection],
        tell: Tell,
    ) -> None:
        self.kannel, self.comparison, self.tell = kannel, comparison, tell
        self.handed_over = 0
        self._next_place, self._told_at = 1, 0.0
        lanes = [Lane(rehearsal.mailing, one, rehearsal.share, comparison) for one in connections]
        self.lanes = {lane.connection.pk: lane for lane in lanes}
        self._on_the_way: dict[int, tuple[Lane, Leaving]] = {}

    def run(self, messages: int) -> None:
        """Until everything has arrived, or nothing moves any more."""
        stopping = threading.Event()
        reports = Reports(self.kannel.gateway, stopping, self.comparison.report)
        listening = threading.Thread(target=reports.run, daemon=True)
        listening.start()
        try:
            self._carry()
            self._wait_for_receipts()
        except HandOverFailed as error:
            raise CannotRehearse(lambda: _("The Kannel of the rehearsal died. Rehearse it again.")) from error
        finally:
            stopping.set()
            listening.join(10)
        self.comparison.close()
        self.comparison.missing(messages - (self._next_place - 1))
        self.check_records()

    def counts(self) -> dict[str, Any]:
        """The columns of the rehearsal that change on the way."""
        return {"handed_over": self.handed_over, **self.comparison.counts()}

    def _carry(self) -> None:
        # All carriers share one way to the gateway, so that any of them has the answers.
        carriers = {pk: BoxCarrier(self.kannel.lines[pk]) for pk in self.lanes}
        answering = next(iter(carriers.values()))
        while not all(lane.is_done for lane in self.lanes.values()) or self.comparison.on_the_way:
            for pk, lane in self.lanes.items():
                self.hand_over(lane, carriers[pk])
            self.take_answers(answering)
            self._say()
            if time.monotonic() - self.comparison.moved_at > QUIET_SECONDS:
                return

    def hand_over(self, lane: Lane, carrier: Carrier) -> None:
        """What of a lane may leave now."""
        leaving = lane.next(self._next_place)
        if not leaving:
            return
        self._next_place = max(self._next_place, leaving[-1].place + 1)
        for one in leaving:
            self._on_the_way[one.place] = (lane, one)
        carrier.hand_over([(kannel_id(one.place, 0), one.claim) for one in leaving])

    def take_answers(self, carrier: Carrier) -> None:
        """What Kannel says about messages of any lane."""
        answers = carrier.answers(ANSWERS_SECONDS)
        for one in answers.taken:
            self._answered(one)
            self.handed_over += 1
        for one in (*answers.refused, *answers.unknown):
            self._answered(one)
            self.comparison.refused(message_of(one)[0])
        for one in answers.not_now:
            lane, leaving = self._answered(one)
            lane.put_back(leaving)

    def _answered(self, kannel_uuid: uuid.UUID) -> tuple[Lane, Leaving]:
        return self._on_the_way.pop(message_of(kannel_uuid)[0])

    def _wait_for_receipts(self) -> None:
        """The last ones; an operator that keeps some back does not keep us."""
        while (
            self.comparison.delivered < self.comparison.taken
            and time.monotonic() - self.comparison.moved_at < RECEIPTS_SECONDS
        ):
            self._say()
            time.sleep(ANSWERS_SECONDS)

    def _say(self) -> None:
        if not self.kannel.is_alive:
            raise CannotRehearse(lambda: _("The Kannel of the rehearsal died. Rehearse it again."))
        if time.monotonic() - self._told_at >= TELL_EACH_SECONDS:
            self._told_at = time.monotonic()
            self.tell(self.counts())

    def check_records(self) -> None:
        """The operators' own records must say the same as what they told while it happened."""
        taken = sum(part.is_taken for path in self.kannel.records if path.exists() for part in read(path))
        if taken != self.comparison.parts_seen:
            raise CannotRehearse(
                lambda: _("The operators' records differ from what they told. Tell the administrators.")
            )


def described(
    lines: list[PlannedLine], connections: list[Connection], comparison: Comparison
) -> list[dict[str, Any]]:
    """What came of each connection, for the table of the result."""
    planned = {line.connection_id: line for line in lines}
    found = []
    for one in connections:
        arrived, line = comparison.lines[one.pk], planned[one.pk]
        found.append(
            {
                "operator": one.operator.name,
                "connection": one.name,
                "kind": one.kind,
                "planned": line.messages,
                "messages": arrived.messages,
                "parts": arrived.parts,
                "planned_parts": line.parts,
                "cost": str(arrived.cost),
                "planned_cost": str(line.cost),
                "per_second": round(arrived.parts_per_second, 1),
                "allowed_per_second": one.throughput_per_second,
            }
        )
    return found
