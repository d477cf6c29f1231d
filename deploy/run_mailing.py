"""Makes a mailing to everybody, takes it through plan, submission and approval, and watches it to its end.

`python -m deploy.inside deploy.run_mailing --result FILE`. The same functions as the screens call; two people, as always.
"""

import argparse
import sys
import time as clock
from collections.abc import Callable
from datetime import time, timedelta
from pathlib import Path
from typing import TypeVar

from django.db import DatabaseError, InterfaceError, connection
from django.db.models import Max
from django.utils import timezone
from tqdm import tqdm

from backoffice.accounts.models import User
from backoffice.accounts.roles import APPROVER, EDITOR
from backoffice.audiences.models import Audience
from backoffice.customers.models import Purpose
from backoffice.mailings import ledger, lifecycle
from backoffice.mailings.contact_rules import ContactRules
from backoffice.mailings.models import Mailing, Message, SpeedLimit
from backoffice.mailings.weekdays import every_day
from backoffice.message_templates.models import MessageTemplate, TextVariant
from deploy.result import MailingResult
from deploy.texts import ENGLISH, GSM_ONLY, RUSSIAN, TEMPLATE

POLL_SECONDS = 1.0

Answer = TypeVar("Answer")


class MailingStuckError(Exception):
    """The mailing did not get where it should in time; the text says how far it came."""


def person(role: str) -> User:
    """Somebody with this role alone.

    :raises MailingStuckError: when nobody has it.
    """
    user = User.objects.filter(groups__name=role, is_active=True, is_superuser=False).order_by("pk").first()
    if user is None:
        raise MailingStuckError(f"Nobody has the role {role}. Run manage.py make_demo_users.")
    return user


def make_mailing(name: str, *, plain: bool, author: User, within: timedelta | None) -> Mailing:
    """A draft to everybody, at any hour; `plain` texts have one part and no merge field, for measuring.

    It ends after `within`, or when a mailing does if nothing is said.
    """
    template, made = MessageTemplate.objects.get_or_create(
        name="Plain text" if plain else TEMPLATE,
        defaults={"text": GSM_ONLY if plain else ENGLISH, "live": True},
    )
    if made and not plain:
        TextVariant.objects.create(template=template, language="ru", text=RUSSIAN)
    audience, _ = Audience.objects.get_or_create(name="All customers")
    allow_any_hour()
    return Mailing.objects.create(
        name=name,
        template=template,
        audience=audience,
        local_from=time(0),
        local_to=time(0),  # the same: at any hour
        ends_at=timezone.now() + within if within else None,
        created_by=author,
    )


def allow_any_hour() -> None:
    """Whatever the time of day, what is to be shown or measured leaves."""
    ContactRules.objects.update(local_from=time(0), local_to=time(0), weekdays=every_day())


def allow_day_hours() -> None:
    """As a company has it: offers leave by day. The weekends too, so that what is shown has somebody to go to."""
    offers = ContactRules.objects.filter(purpose=Purpose.MARKETING)
    offers.update(local_from=time(10), local_to=time(21), weekdays=every_day())


def launch(mailing: Mailing, author: User, approver: User, *, deadline_seconds: float) -> None:
    """Plans, submits and approves."""
    submit(mailing, author, deadline_seconds=deadline_seconds)
    lifecycle.approve(mailing, approver, agrees_to_night=True)


def submit(mailing: Mailing, author: User, *, deadline_seconds: float) -> None:
    """Plans it and puts it before an approver.

    :raises MailingStuckError: when it cannot be planned, or not in time.
    """
    lifecycle.request_plan(mailing, author)
    wait_for(lambda: _state(mailing) != Mailing.State.PLANNING, deadline_seconds, "The plan is not ready")
    if mailing.state != Mailing.State.PLANNED:
        raise MailingStuckError(f"Planning failed: {mailing.problem}")
    lifecycle.submit(mailing, author)


def _state(mailing: Mailing) -> str:
    mailing.refresh_from_db()
    return mailing.state


def wait_for(condition: Callable[[], bool], deadline_seconds: float, otherwise: str) -> None:
    """Polls until the condition holds. A database that is away for a while is waited for."""
    deadline = clock.monotonic() + deadline_seconds
    while True:
        try:
            if condition():
                return
        except (DatabaseError, InterfaceError):
            connection.close()
        if clock.monotonic() > deadline:
            raise MailingStuckError(f"{otherwise} after {deadline_seconds:.0f} s.")
        clock.sleep(POLL_SECONDS)


def patiently(ask: Callable[[], Answer], seconds: float = 60) -> Answer:
    """The answer, even if the database is away for a while."""
    answers: list[Answer] = []

    def asked() -> bool:
        answers.append(ask())
        return True

    wait_for(asked, seconds, "The database has not come back")
    return answers[0]


def follow(mailing: Mailing, *, deadline_seconds: float) -> None:
    """Shows progress until the mailing is finished, however long that takes.

    :raises MailingStuckError: when nothing of it has reached its end for so long.
    """
    total = patiently(lambda: ledger.ledger(mailing.pk)).to_send
    is_shown = sys.stdout.isatty()
    with tqdm(total=total, unit=" messages", file=sys.stdout, disable=not is_shown) as bar:

        def finished() -> bool:
            # Counting 1.9 million messages each second would take a core from what is being measured.
            if is_shown:
                bar.update(ledger.ledger(mailing.pk).ended - bar.n)
            return _state(mailing) in lifecycle.ENDED

        def moved_from(before: int) -> Callable[[], bool]:
            return lambda: finished() or bar.n > before

        while not patiently(finished):
            wait_for(moved_from(int(bar.n)), deadline_seconds, "Nothing of the mailing has reached its end")


def result_of(mailing: Mailing) -> MailingResult:
    """What became of it, by the ledger."""
    account = ledger.ledger(mailing.pk)
    order = mailing.launch_orders.latest("approved_at")
    last = Message.objects.of(mailing).aggregate(last=Max("final_at"))["last"] or timezone.now()
    return MailingResult(
        mailing_id=mailing.pk,
        balanced=account.balanced,
        closed=not account.is_open,
        counts={
            "planned": account.planned or 0,
            **{str(state): count for state, count in account.counts.items()},
        },
        cost=account.cost,
        currency=account.currency,
        seconds=max((last - order.approved_at) / timedelta(seconds=1), 0.0),
    )


def show(mailing: Mailing, result: MailingResult) -> None:
    """The ledger, the cost by operator and the rate, for people."""
    say("\nLedger")
    for name, count in result.counts.items():
        if count:
            say(f"  {name:<14}{count:>10,}")
    say("Cost by operator")
    for line in ledger.by_operator(mailing.pk):
        cost = f"{line.cost:,.2f} {result.currency}"
        say(
            f"  {line.operator:<24}{line.sent:>8,} sent {line.delivered:>8,} delivered {line.parts_sent:>8,} parts {cost:>16}"
        )
    if not result.closed:
        say(f"Not finished\n  {result.ended:,} of {result.to_send:,} messages have reached their end")
    say(
        f"Rate\n  {result.messages_per_second:,.0f} messages a second in {result.seconds:.1f} s, receipts included\n"
    )


def say(text: str) -> None:
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--name", default="Autumn offer")
    parser.add_argument("--plain", action="store_true", help="the same text of one part to everybody")
    parser.add_argument("--result", type=Path, required=True, help="file for the result as JSON")
    parser.add_argument(
        "--deadline", type=float, default=600, help="seconds without any progress, after which it is given up"
    )
    parser.add_argument("--within", type=float, help="seconds after which nothing of it is sent any more")
    parser.add_argument("--per-second", type=int, help="messages a second at first; as fast as it goes")
    options = parser.parse_args()
    within = timedelta(seconds=options.within) if options.within else None
    author, approver = person(EDITOR), person(APPROVER)
    mailing = make_mailing(options.name, plain=options.plain, author=author, within=within)
    if options.per_second:
        SpeedLimit.objects.create(mailing=mailing, per_second=options.per_second)
    try:
        launch(mailing, author, approver, deadline_seconds=options.deadline)
        say(f"Mailing {mailing.pk} “{mailing.name}” is approved and starts.")
        follow(mailing, deadline_seconds=options.deadline)
    except (MailingStuckError, lifecycle.Refused) as problem:
        say(str(problem))
    is_launched = patiently(mailing.launch_orders.exists)
    result = patiently(lambda: result_of(mailing)) if is_launched else None
    if result is None:
        sys.exit(1)
    show(mailing, result)
    options.result.write_text(result.as_json())


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        sys.exit(130)
