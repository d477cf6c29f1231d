"""Which monthly minimums are at risk, and who is told."""

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from backoffice.alerts.models import Alert
from backoffice.mailings.models import Carried, Mailing, RouteChoice
from backoffice.mailings.routes.commitments import commitments, elapsed_share, tell_commitments
from backoffice.operators.models import Operator
from kannel.models import Connection

pytestmark = pytest.mark.django_db
# Half of November is over, on a clock three hours ahead.
MIDDLE = datetime(2026, 11, 15, 21, tzinfo=UTC)
BEGINNING = datetime(2026, 11, 2, 21, tzinfo=UTC)


def used(line: Connection, mailing: Mailing, money: int, minimum: int = 1000) -> None:
    """A minimum, and what was carried for it in November."""
    Operator.objects.filter(pk=line.operator_id).update(commitment_per_month=Decimal(minimum))
    way = RouteChoice.objects.create(
        mailing=mailing,
        prefix="+7",
        operator=line.operator,
        price_per_part=1,
        factor=1,
        delivery_rate=1,
        share=1,
        reason=1,
        parts=money,
        cost=money,
    )
    Carried.objects.create(
        route=way,
        month=date(2026, 11, 1),
        messages=money,
        parts=money,
        cost=money,
        ended=0,
        delivered=0,
    )


def test_half_a_month_is_half_of_it() -> None:
    assert elapsed_share(MIDDLE) == pytest.approx(0.5)


def test_a_forecast_goes_on_in_a_straight_line(north: Connection, mailing: Mailing) -> None:
    used(north, mailing, 300)
    [row] = commitments(MIDDLE)
    assert (row.forecast, row.gap, row.is_at_risk, row.used_percent) == (600, 400, True, 30)
    assert row.sentence == (
        "North: 300 of 1,000 RUB are used. At this rate it will be 600 by the end of the month, "
        "and 400 RUB are paid for nothing."
    )


def test_what_is_reached_or_will_be_is_said_too(
    north: Connection, south: Connection, mailing: Mailing
) -> None:
    used(north, mailing, 600)
    used(south, mailing, 1200)
    assert [row.sentence for row in commitments(MIDDLE)] == [
        "North: 600 of 1,000 RUB are used. At this rate the minimum is reached.",
        "South: the minimum of 1,000 RUB is reached.",
    ]


def test_what_is_planned_counts_where_it_is_more_than_the_line(north: Connection, mailing: Mailing) -> None:
    used(north, mailing, 100)
    Mailing.objects.update(state=Mailing.State.APPROVED, planned_at=MIDDLE)
    RouteChoice.objects.update(parts=1100, cost=1100)
    [row] = commitments(MIDDLE)
    assert (row.promised, row.forecast, row.is_at_risk) == (1000, 1100, False)


def test_operator_staff_are_told_once_and_the_alert_closes_by_itself(
    north: Connection, mailing: Mailing
) -> None:
    used(north, mailing, 10)
    tell_commitments(BEGINNING)
    assert not Alert.objects.exists()
    tell_commitments(MIDDLE)
    tell_commitments(MIDDLE)
    alert = Alert.objects.get()
    assert alert.sentence.startswith("North: 10 of 1,000 RUB are used.")
    assert [group.name for group in alert.groups.all()] == ["Operator staff"]
    Operator.objects.update(commitment_per_month=0)
    tell_commitments(MIDDLE)
    alert.refresh_from_db()
    assert alert.closed_at is not None
