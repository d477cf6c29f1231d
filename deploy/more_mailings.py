"""What a newcomer finds beside the finished mailing: one that waits for approval, and one that starts tomorrow.

`python -m deploy.inside deploy.more_mailings`. By the same functions as the screens call, and by two people.
"""

import sys
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Any

from django.utils import timezone

from backoffice.accounts.models import User
from backoffice.accounts.roles import APPROVER, EDITOR
from backoffice.audiences.models import Audience
from backoffice.mailings import lifecycle
from backoffice.mailings.models import Mailing
from backoffice.message_templates.models import MessageTemplate, TextVariant
from deploy.run_mailing import MailingStuckError, allow_day_hours, person, say, submit
from deploy.texts import POINTS, POINTS_RUSSIAN, WEEKEND, WEEKEND_RUSSIAN

PLANNED_WITHIN_SECONDS = 120.0


@dataclass(frozen=True)
class Example:
    """A mailing as its author would make it."""

    name: str
    texts: tuple[str, str]
    audience: str
    rules: list[dict[str, Any]]
    values: dict[str, Any]


def tomorrow(hour: int) -> datetime:
    """That hour of tomorrow by the company's clock."""
    day = timezone.localtime() + timedelta(days=1)
    return day.replace(hour=hour, minute=0, second=0, microsecond=0)


def examples() -> dict[str, Example]:
    """One for each state that a newcomer is to see, by what is done with it."""
    return {
        "waits": Example(
            name="Points to spend",
            texts=(POINTS, POINTS_RUSSIAN),
            audience="Customers with points",
            rules=[{"type": "loyalty_points", "value": {"at_least": 100, "at_most": None}}],
            values={"holdout_percent": 10, "budget": 20_000},
        ),
        "scheduled": Example(
            name="Weekend in Kazan",
            texts=(WEEKEND, WEEKEND_RUSSIAN),
            audience="Kazan",
            rules=[{"type": "city", "value": {"is_or_not": "in", "names": "Казань"}}],
            values={
                "starts_at": tomorrow(10),
                "ends_at": tomorrow(20),
                "by_own_clock": True,
                "local_from": time(10),
                "local_to": time(20),
            },
        ),
    }


def make(example: Example, author: User) -> Mailing:
    """The draft, with its text and audience."""
    english, russian = example.texts
    template, made = MessageTemplate.objects.get_or_create(
        name=example.name, defaults={"text": english, "live": True}
    )
    if made:
        TextVariant.objects.create(template=template, language="ru", text=russian)
    audience, _ = Audience.objects.get_or_create(name=example.audience, defaults={"rules": example.rules})
    return Mailing.objects.create(
        name=example.name, template=template, audience=audience, created_by=author, **example.values
    )


def main() -> None:
    author, approver = person(EDITOR), person(APPROVER)
    allow_day_hours()
    for what, example in examples().items():
        mailing = make(example, author)
        submit(mailing, author, deadline_seconds=PLANNED_WITHIN_SECONDS)
        if what == "scheduled":
            lifecycle.approve(mailing, approver)
        say(f"“{mailing.name}” is {mailing.get_state_display()}.")


if __name__ == "__main__":
    try:
        main()
    except (MailingStuckError, lifecycle.Refused) as problem:
        sys.exit(str(problem))
