"""What is looked at again and again: what is due, what was left behind, what is over, and whether the books are right."""

from collections.abc import Callable
from datetime import timedelta
from functools import partial

import structlog
from django.db import connection
from django.db.models import Exists, OuterRef, Q
from django.utils import timezone
from django.utils.translation import gettext as _

from backoffice.accounts import roles
from backoffice.alerts.feed import close_alert, raise_alert
from backoffice.alerts.models import Alert
from backoffice.lib.numbers import grouped
from backoffice.lib.said import kept
from backoffice.mailings import background, ledger, lifecycle, overspending, receipts, settling
from backoffice.mailings.links import page_of
from backoffice.mailings.models import Mailing, Message
from backoffice.mailings.querysets import OPEN

logger = structlog.get_logger(__name__)

State = Mailing.State
CONCERNED = (roles.EDITOR, roles.APPROVER)
NEARLY_USED = 90  # percent of a budget
CANCELLED_AT_ONCE = 20_000
# With fewer messages a share says nothing about an operator.
ENOUGH_TO_JUDGE = 100


def sweep() -> None:
    """Everything that time alone makes due. Each part may be done by several workers at once, and twice."""
    for step, work in PARTS.items():
        step.do("", work)


def start_due() -> None:
    for mailing in lifecycle.start_due():
        logger.info("started", mailing=mailing.pk)


def apply_again() -> None:
    receipts.apply_events(again=True)


def cancel_all_waiting() -> None:
    while cancel_waiting():
        pass


def expire_late() -> int:
    """Ends messages whose time to be sent is over before they left."""
    with connection.cursor() as cursor:
        # By the index message_deadline: what is not over is not read.
        cursor.execute(
            """
            UPDATE mailings_message
            SET state = 'expired', reason = 'window_closed', state_at = %(now)s, final_at = %(now)s
            WHERE state = 'waiting' AND latest_at <= %(now)s AND id IN (
                SELECT id FROM mailings_message
                WHERE state = 'waiting' AND latest_at <= %(now)s AND mailing_id IN (
                    SELECT id FROM mailings_mailing WHERE state IN ('running', 'paused')
                )
                ORDER BY id FOR UPDATE SKIP LOCKED
            )
            """,
            {"now": timezone.now()},
        )
        return int(cursor.rowcount)


def cancel_waiting() -> int:
    """Ends messages of cancelled mailings that have not left, a batch at a time. Returns how many."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            UPDATE mailings_message SET state = 'cancelled', state_at = now(), final_at = now()
            WHERE id IN (
                SELECT id FROM mailings_message
                WHERE state = 'waiting' AND mailing_id IN (SELECT id FROM mailings_mailing WHERE state = 'cancelled')
                ORDER BY id LIMIT %s FOR NO KEY UPDATE SKIP LOCKED
            ) AND state = 'waiting'
            """,
            [CANCELLED_AT_ONCE],
        )
        return int(cursor.rowcount)


def finish_ended() -> list[Mailing]:
    """Finishes running mailings all of whose messages have reached their end, and says so in the feed."""
    open_messages = Message.objects.filter(mailing=OuterRef("pk"), state__in=OPEN)
    ended = []
    for mailing in Mailing.objects.filter(state__in=[State.RUNNING, State.PAUSED]).exclude(
        Exists(open_messages)
    ):
        try:
            if lifecycle.FINISH.do(mailing.pk, partial(_finish, mailing)):
                ended.append(mailing)
        except lifecycle.Refused:
            continue  # another worker was faster
    return ended


def _finish(mailing: Mailing) -> bool:
    lifecycle.finish(mailing)
    _tell_finished(mailing)
    return True


def _tell_finished(mailing: Mailing) -> None:
    books = ledger.ledger(mailing.pk)
    raise_alert(
        f"mailing-finished:{mailing.pk}",
        Alert.Level.INFORMATION,
        lambda: (
            _("“%(name)s” has finished: %(delivered)s of %(all)s messages were delivered.")
            % {
                "name": mailing.name,
                "delivered": grouped(books.counts[Message.State.DELIVERED]),
                "all": grouped(books.to_send),
            }
        ),
        link=page_of(mailing),
        groups=CONCERNED,
    )


def check_ledgers() -> None:
    """Compares plan and messages of every mailing that may have moved, and watches budgets and delivery."""
    lately = timezone.now() - timedelta(days=1)
    moving = Mailing.objects.frozen().filter(
        Q(state__in=[State.RUNNING, State.PAUSED]) | Q(finished_at__gte=lately) | Q(state_at__gte=lately)
    )
    mailings = {mailing.pk: mailing for mailing in moving}
    for mailing_id, books in ledger.ledgers(mailings).items():
        mailing = mailings[mailing_id]
        background.CHECK_LEDGER.do(mailing_id, partial(check_ledger, mailing, books))


def check_ledger(mailing: Mailing, books: ledger.Ledger) -> None:
    """Raises or closes the alerts about one mailing's books."""
    cause = f"ledger:{mailing.pk}"
    if books.balanced:
        close_alert(cause)
    else:
        raise_alert(
            cause,
            Alert.Level.ALARM,
            lambda: (
                _("The books of “%(name)s” do not balance. It was stopped. Call the administrators.")
                % {"name": mailing.name}
            ),
            link=page_of(mailing),
            groups=CONCERNED,
        )
        if mailing.state == State.RUNNING:
            lifecycle.stop(mailing, kept(lambda: _("Its books do not balance.")))
    _check_budget(mailing, books)
    overspending.check(mailing, books)
    _check_delivery(mailing, books)


def _check_budget(mailing: Mailing, books: ledger.Ledger) -> None:
    cause = f"budget:{mailing.pk}"
    budget = mailing.budget
    if budget and mailing.state == State.RUNNING and books.cost * 100 >= budget * NEARLY_USED:
        raise_alert(
            cause,
            Alert.Level.WARNING,
            lambda: (
                _("“%(name)s” has used %(cost)s of its budget of %(budget)s %(currency)s.")
                % {
                    "name": mailing.name,
                    "cost": grouped(books.cost, 2),
                    "budget": grouped(budget, 2),
                    "currency": books.currency,
                }
            ),
            link=page_of(mailing),
            groups=CONCERNED,
        )


OutcomeTest = Callable[[ledger.Outcomes], bool]


def delivers_badly(line: ledger.Outcomes) -> bool:
    """Less than half of what has an outcome arrived, and enough has one."""
    return line.ended >= ENOUGH_TO_JUDGE and line.delivered * 2 < line.ended


def is_without_receipts(line: ledger.Outcomes) -> bool:
    """Most of what has been due for long has no receipt."""
    return line.due >= ENOUGH_TO_JUDGE and line.without_receipt * 2 > line.due


def _delivers_badly(line: ledger.Outcomes) -> str:
    sentence = _(
        "Only %(percent)d %% of the messages over %(operator)s arrive. Ask the operator, or pause the mailing."
    )
    return sentence % {"percent": 100 * line.delivered // line.ended, "operator": line.operator}


def _check_delivery(mailing: Mailing, books: ledger.Ledger) -> None:
    """An operator whose share of delivered messages has fallen below half, once enough have an outcome."""
    if mailing.state != State.RUNNING:
        return
    for line in ledger.outcomes_by_operator(mailing.pk):
        cause = f"delivery:{line.operator}"
        if delivers_badly(line):
            raise_alert(
                cause,
                Alert.Level.WARNING,
                partial(_delivers_badly, line),
                link=page_of(mailing),
                groups=(*CONCERNED, roles.OPERATOR_STAFF),
            )
        elif line.ended >= ENOUGH_TO_JUDGE:
            close_alert(cause)
        _check_receipts(mailing, line)


def _check_receipts(mailing: Mailing, line: ledger.Outcomes) -> None:
    """An operator that takes messages and says nothing of most of them any more."""
    cause = f"receipts:{line.operator}"
    if is_without_receipts(line):
        raise_alert(
            cause,
            Alert.Level.WARNING,
            lambda: (
                _(
                    "%(operator)s took %(due)s messages over a quarter of an hour ago, and %(missing)s of them have no receipt. "
                    "Ask the operator where the receipts are."
                )
                % {
                    "operator": line.operator,
                    "due": grouped(line.due),
                    "missing": grouped(line.without_receipt),
                }
            ),
            link=page_of(mailing),
            groups=(*CONCERNED, roles.OPERATOR_STAFF),
        )
    elif line.due >= ENOUGH_TO_JUDGE:
        close_alert(cause)


# Each is a step of its own: one that fails does not keep the others from their work.
PARTS = {
    background.START_DUE: start_due,
    background.DOUBT: settling.doubt_unanswered,
    background.POLICY: settling.follow_policy,
    background.EXPIRE: expire_late,
    background.NO_RECEIPT: receipts.close_without_receipt,
    background.RECEIPTS_AGAIN: apply_again,
    background.CANCEL: cancel_all_waiting,
    background.FINISH_ENDED: finish_ended,
}
