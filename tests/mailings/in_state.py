"""A mailing put into any state, as if it had come there the usual way: with a plan, a hash and what belongs to it."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

from django.db import connection, transaction
from django.utils import timezone

from backoffice.accounts.models import User
from backoffice.customers.models import Customer
from backoffice.mailings import lifecycle
from backoffice.mailings.models import LaunchOrder, Mailing, Message
from kannel.models import Connection
from kannel.monthly import ensure_partition, first_id

State = Mailing.State
APPROVED_BEFORE = frozenset({State.APPROVED, State.RUNNING, State.PAUSED, State.FINISHED})
STARTED_BEFORE = frozenset({State.RUNNING, State.PAUSED, State.FINISHED})


class Undone(Exception):
    """Takes back what was done, as nobody else raises it."""


@contextmanager
def undone() -> Iterator[None]:
    """What happens inside never happened."""
    try:
        with transaction.atomic():
            yield
            raise Undone
    except Undone:
        pass


def _next_number() -> int:
    """From the sequence that plans take their ids from."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT nextval('mailings_message_id_seq')")
        return int(cursor.fetchone()[0])


def add_messages(mailing: Mailing, *states: str, **values: object) -> list[Message]:
    """One message of the mailing to a new customer for each state, planned now over a connection if there is one."""
    now = timezone.now()
    if mailing.planned_at is None:
        mailing.planned_at = now
    ensure_partition("mailings_message", mailing.planned_at.date())
    via = values.pop("connection", Connection.objects.order_by("pk").first())
    made = []
    for state in states:
        count = Customer.objects.count() + 1
        customer = Customer.objects.create(external_id=f"M{count}", phone=f"+7906{count:07d}")
        made.append(
            Message.objects.create(
                id=first_id(mailing.planned_at.date()) + _next_number(),
                mailing=mailing,
                customer=customer,
                state=state,
                state_at=now,
                connection=via,
                text="Come in.",
                parts=1,
                cost="2.0000",
                earliest_at=now - timedelta(hours=1),
                latest_at=now + timedelta(hours=5),
                **values,
            )
        )
    Mailing.objects.filter(pk=mailing.pk).update(
        planned_at=mailing.planned_at, planned_count=Message.objects.filter(mailing=mailing).count()
    )
    mailing.refresh_from_db()
    return made


def put(mailing: Mailing, state: str, submitter: User, approver: User | None = None) -> Mailing:
    """The mailing in that state. Its messages stay; one that was approved has its launch order if an approver is given."""
    now = timezone.now()
    mailing.refresh_from_db()
    mailing.state = State.DRAFT
    mailing.planned_at = mailing.planned_at or now
    mailing.planned_count = Message.objects.filter(mailing=mailing).count()
    mailing.plan_digest = Message.objects.of(mailing).digest()
    mailing.submitted_by, mailing.submitted_at, mailing.state_at = submitter, now, now
    mailing.started_at = now if state in STARTED_BEFORE else None
    mailing.content_hash = lifecycle.content_hash(lifecycle.content(mailing))
    mailing.state = state
    mailing.save()
    if approver and state in APPROVED_BEFORE:
        LaunchOrder.objects.create(
            mailing=mailing,
            content=lifecycle.content(mailing),
            content_hash=mailing.content_hash,
            requested_by=submitter,
            requested_at=now,
            approved_by=approver,
        )
    return mailing
