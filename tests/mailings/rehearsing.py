"""A company whose mailing can be rehearsed: texts of every sort over an SMPP line and an HTTP line."""

from pathlib import Path
from typing import Any

from django.utils import timezone

from backoffice.accounts.models import User
from backoffice.customers.models import Consent, Customer
from backoffice.mailings.models import Mailing, Rehearsal
from backoffice.mailings.rehearsal import asking
from backoffice.mailings.rehearsal.playing import play

# Plain and Cyrillic, extension characters, pictures, and all of them in texts of several parts.
WORDS = (
    "Anna",
    "Анна",
    "€ {x} [y] ~ ^ | \\",
    "😀🎁 gift",
    "a" * 80,
    "ж" * 80,
    "€" * 80,
    "👍" * 40,
    "Ärger & @ £ ¥",
    "“quoted” — like this",
)
# At whose place a message to North and one to South goes, see conftest.
NORTH, SOUTH = "+7916", "+7905"


def add_customers(count: int) -> list[str]:
    """So many who agreed, half of them over each line; returns their numbers."""
    numbers = [f"{(NORTH, SOUTH)[one % 2]}7{one:06d}" for one in range(count)]
    people = Customer.objects.bulk_create(
        Customer(
            external_id=f"R{one}",
            phone=phone,
            first_name=WORDS[one % len(WORDS)],
            last_name=WORDS[one // 7 % len(WORDS)],
            city=WORDS[one // 3 % len(WORDS)] if one % 5 == 0 else "",
        )
        for one, phone in enumerate(numbers)
    )
    Consent.objects.bulk_create(
        Consent(customer=one, purpose="marketing", state="given", since=timezone.now(), source="test")
        for one in people
    )
    return numbers


def asked(mailing: Mailing, by: User, messages: int | None = None) -> Rehearsal:
    """A rehearsal that waits for its process."""
    return asking.ask(mailing, by, messages)


def played(rehearsal: Rehearsal, folder: Path) -> list[dict[str, Any]]:
    """Plays it in a folder that stays, and puts into the row what it told."""
    told: list[dict[str, Any]] = []

    def tell(values: dict[str, Any]) -> None:
        told.append(values)
        Rehearsal.objects.filter(pk=rehearsal.pk).update(**values)

    play(rehearsal, folder, tell)
    Rehearsal.objects.filter(pk=rehearsal.pk).update(state=Rehearsal.State.DONE)
    rehearsal.refresh_from_db()
    return told
