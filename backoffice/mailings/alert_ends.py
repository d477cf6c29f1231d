"""When alerts about mailings, their ways and their receipts end."""

from datetime import timedelta

from backoffice.alerts.closing import StillHolds, closes
from backoffice.mailings import ledger, receipts, regularly, stranded, watch
from backoffice.mailings.models import ApprovalMail, Mailing, PausedPart
from backoffice.operators.models import Operator, Standing
from kannel.models import Connection

State = Mailing.State
NEWS = timedelta(days=7)
GOES_ON = (State.RUNNING, State.PAUSED)


def _in_state(*states: State) -> StillHolds:
    """Of a cause whose rest is a mailing: while that is in one of these states."""
    return lambda rest: Mailing.objects.filter(pk=rest.partition(":")[0], state__in=states).exists()


def _books_are_wrong(rest: str) -> bool:
    return not bool(ledger.ledger(int(rest)).balanced)


def _part_is_paused(rest: str) -> bool:
    mailing, _colon, operator = rest.partition(":")
    paused = PausedPart.objects.filter(mailing_id=int(mailing), operator_id=int(operator), ended_at=None)
    return paused.filter(mailing__state__in=GOES_ON).exists()


def _is_not_trusted(name: str) -> bool:
    return Standing.objects.filter(connection__name=name).exclude(state=Standing.State.WELL).exists()


def _is_used(name: str) -> bool:
    return Connection.objects.filter(name=name, is_enabled=True).exists()


def _operator_of_running(holds: watch.OutcomeTest) -> StillHolds:
    """Of a cause whose rest is an operator: while it holds for one of the mailings that run."""

    def still_holds(rest: str) -> bool:
        running = Mailing.objects.filter(state=State.RUNNING).values_list("pk", flat=True)
        lines = (line for pk in running for line in ledger.outcomes_by_operator(pk))
        return any(bool(line.operator == rest and holds(line)) for line in lines)

    return still_holds


def _mails_do_not_leave(rest: str) -> bool:
    return bool(ApprovalMail.objects.filter(sent_at=None).exclude(problem="").exists())


def _has_minimum(rest: str) -> bool:
    wanted = Operator.objects.filter(pk=rest, is_enabled=True, commitment_per_month__gt=0)
    return bool(wanted.exists())


def register() -> None:
    """Called when the room starts."""
    closes("ledger", when_not=_books_are_wrong)
    closes(regularly.CAUSE, when_not=regularly.still_holds)
    closes("budget", when_not=_in_state(*GOES_ON))
    closes("part", when_not=_part_is_paused)
    closes("stranded", when_not=stranded.still_waits)
    closes("standing", when_not=_is_not_trusted)
    closes("no-receipts", when_not=_is_used)
    closes("delivery", when_not=_operator_of_running(watch.delivers_badly))
    closes("receipts", when_not=_operator_of_running(watch.is_without_receipts))
    closes("commitment", when_not=_has_minimum)
    closes(receipts.UNREADABLE, after=NEWS)
    closes("mailing-finished", after=NEWS)
    closes("mailing-late", when_not=_in_state(State.DRAFT, State.APPROVED, *GOES_ON), after=NEWS)
    closes("approval-waits", when_not=_in_state(State.SUBMITTED))
    closes(
        "approval-decided",
        when_not=_in_state(State.DRAFT, State.CANCELLED, State.APPROVED, *GOES_ON),
        after=NEWS,
    )
    closes("approval-mail", when_not=_mails_do_not_leave)
    closes("series-missed", after=NEWS)
    closes("series-empty", after=NEWS)
    closes(
        "series-late",
        when_not=_in_state(State.PLANNING, State.PLANNED, State.SUBMITTED, State.APPROVED, *GOES_ON),
    )
    closes("series-waits", when_not=_in_state(State.SUBMITTED))
    closes("series-failed", when_not=_in_state(State.DRAFT, State.PLANNING, State.CANCELLED), after=NEWS)
