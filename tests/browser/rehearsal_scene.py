"""Rehearsals of every kind that their screens can show."""

from decimal import Decimal

from django.utils import timezone

from backoffice.accounts.models import User
from backoffice.mailings.models import Mailing, Message, Rehearsal
from kannel.models import Connection
from tests.mailings.in_state import add_messages, put

MESSAGES, PARTS, COST = 4644, 6120, Decimal("12345.60")


def make_rehearsals(coming: Mailing, via: Connection, author: User) -> dict[str, int]:
    """Of a mailing that is to start, and of one whose plan is so large that a sample of it is offered."""
    slow = Mailing.objects.create(
        name="Notice of a new contract to all customers",
        template=coming.template,
        audience=coming.audience,
        created_by=author,
    )
    add_messages(slow, "waiting", "waiting", connection=via)
    Message.objects.filter(mailing=slow).update(parts=32_000)
    put(slow, Mailing.State.PLANNED, author)
    message_id = Message.objects.filter(mailing=coming).earliest("id").pk
    line = {
        "operator": via.operator.name,
        "connection": via.name,
        "kind": via.kind,
        "planned": MESSAGES,
        "messages": MESSAGES,
        "parts": PARTS,
        "planned_parts": PARTS,
        "cost": str(COST),
        "planned_cost": str(COST),
        "per_second": 97.3,
        "allowed_per_second": 100,
    }
    good = {
        "messages": MESSAGES,
        "handed_over": MESSAGES,
        "taken": MESSAGES,
        "delivered": MESSAGES,
        "parts": PARTS,
        "expected_parts": PARTS,
        "cost": COST,
        "expected_cost": COST,
        "lines": [line],
        "finished_at": timezone.now(),
    }
    examples = [
        {"message_id": message_id, "fault": "text", "planned": "U+043F", "arrived": "U+003F", "place": 4},
        {"message_id": message_id, "fault": "parts", "planned": "2", "arrived": "1", "place": 0},
    ]
    differing = {
        "taken": MESSAGES - 2,
        "delivered": MESSAGES - 30,
        "different": 12,
        "cost": COST - 20,
        "faults": {"text": 10, "parts": 10, "lost": 2},
        "examples": examples,
        "lines": [line | {"messages": MESSAGES - 2}],
    }
    wanted: dict[str, tuple[Mailing, str, dict[str, object]]] = {
        "done": (coming, "done", good),
        "differing": (coming, "done", good | differing | {"share": 0.5, "planned": 2 * MESSAGES}),
        "failed": (coming, "failed", {"problem": "The Kannel of the rehearsal died. Rehearse it again."}),
        "waiting": (coming, "waiting", {}),
        "running": (
            slow,
            "running",
            {"messages": MESSAGES, "handed_over": 1400, "taken": 1200, "different": 1},
        ),
    }
    now = timezone.now()
    rows = {
        f"rehearsal_{name}": Rehearsal.objects.create(
            mailing=mailing,
            state=state,
            asked_by=author,
            started_at=now,
            heard_at=now,
            **{"plan_digest": mailing.plan_digest, "planned": MESSAGES, **values},
        ).pk
        for name, (mailing, state, values) in wanted.items()
    }
    return rows | {"slow": slow.pk}
