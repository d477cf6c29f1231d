"""Mailings share a connection by priority, purpose and deadline; a small urgent one overtakes a large one."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from backoffice.mailings.claiming import claim, shares, weight
from backoffice.mailings.models import Mailing, Message
from backoffice.mailings.pace import SECONDS_INSIDE_KANNEL, Pace
from kannel.models import Connection
from tests.mailings.conftest import MakeCustomer

NOW = timezone.now()


def mailing(pk: int, **values: Any) -> Mailing:
    found = Mailing(pk=pk, planned_at=NOW, **values)
    found.created_at = NOW
    return found


def first_shares(*mailings: Mailing, limit: int = 100) -> dict[int, int]:
    """What each gets before the rest is given away."""
    found: dict[int, int] = {}
    for one, share in shares(list(mailings), limit, NOW):
        found.setdefault(one.pk, share)
    return found


def test_service_messages_go_before_marketing() -> None:
    assert first_shares(mailing(1, purpose="marketing"), mailing(2, purpose="service")) == {2: 80, 1: 20}


@pytest.mark.parametrize(
    ("left", "share"), [({"hours": 20}, 50), ({"hours": 3}, 67), ({"minutes": 50}, 80), ({"minutes": 10}, 89)]
)
def test_who_has_to_be_ready_sooner_gets_more(left: dict[str, int], share: int) -> None:
    soon, whole_day = mailing(1, ends_at=NOW + timedelta(**left)), mailing(2)
    assert first_shares(soon, whole_day)[1] == share


def test_nobody_is_starved() -> None:
    urgent = mailing(1, priority=3, purpose="service", ends_at=NOW + timedelta(minutes=5))
    assert first_shares(urgent, mailing(2, priority=0), limit=250)[2] == 1


def test_the_most_urgent_gets_what_the_others_leave() -> None:
    one, other = mailing(1, priority=3), mailing(2)
    assert [(a.pk, b) for a, b in shares([other, one], 260, NOW)] == [(1, 256), (2, 4), (1, 260), (2, 260)]


def test_the_same_wish_is_the_same_weight() -> None:
    assert weight(mailing(1), NOW) == weight(mailing(2), NOW)


@pytest.mark.unbalanced
@pytest.mark.django_db
def test_five_hundred_urgent_ones_overtake_a_large_mailing_within_the_first_claims(
    north: Connection, make_customer: MakeCustomer, running: Callable[[], Mailing]
) -> None:
    """The large one is thirty times as large here; a claim looks at the due messages of each by an index."""
    make_customer()
    large = running()
    urgent = Mailing.objects.get(pk=large.pk)
    urgent.pk, urgent.priority = None, Mailing.Priority.URGENT
    urgent.save()
    order = large.launch_orders.get()
    order.pk, order.mailing = None, urgent
    order.save()
    row = Message.objects.get()
    for owner, count in ((large, 15_000), (urgent, 500)):
        copies = [
            Message(
                id=row.pk + 1 + number + owner.pk * 100_000,
                mailing=owner,
                customer_id=row.customer_id,
                connection=north,
                state="waiting",
                text="Come in.",
                parts=1,
                earliest_at=row.earliest_at,
                latest_at=row.latest_at,
                state_at=NOW,
            )
            for number in range(count)
        ]
        Message.objects.bulk_create(copies)
    for _ in range(3):
        claim(north, 250)
    left = Message.objects.waiting()
    assert left.filter(mailing=urgent).count() == 0
    assert left.filter(mailing=large).count() > 14_700


def test_what_is_inside_kannel_before_them_leaves_within_seconds() -> None:
    """Messages that Kannel has already go first: as many as the operator takes in so many seconds."""
    pace = Pace(throughput_per_second=1000)
    for second in range(1, 20):
        pace.update(inside=max(0, pace.limit - 1000), now=float(second))
        pace.handed_over(max(0, pace.room()))
    assert pace.limit <= 1000 * SECONDS_INSIDE_KANNEL
    assert SECONDS_INSIDE_KANNEL < 5
