"""Messages that have not left go another way, within the limits of their mailing; whatever may have left stays."""

from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal

import pytest
from django.db.models import Sum
from django.utils import timezone
from wagtail.models import ModelLogEntry

from backoffice.alerts.models import Alert
from backoffice.lib.said import in_readers_language
from backoffice.mailings import ledger, moving, parts, watch
from backoffice.mailings.claiming import claim
from backoffice.mailings.models import Mailing, Message, Move, PausedPart
from backoffice.operators import standing
from backoffice.operators.models import Tariff
from kannel.models import Connection
from tests.mailings.conftest import MakeCustomer

pytestmark = pytest.mark.django_db
Running = Callable[[], Mailing]


@pytest.fixture
def ten(north: Connection, south: Connection, make_customer: MakeCustomer, running: Running) -> Mailing:
    """Ten messages over South, which is cheaper for them: 2.00 against 2.50."""
    for _ in range(10):
        make_customer()
    mailing = running()
    Mailing.objects.update(extra_percent=50)
    return mailing


def over() -> dict[str, int]:
    """Messages by connection."""
    names = Message.objects.values_list("connection__name", flat=True)
    return {name: list(names).count(name) for name in set(names)}


def test_what_waits_for_a_connection_that_was_left_goes_over_the_next_best(
    ten: Mailing, south: Connection
) -> None:
    standing.leave(south, "It is dead.")
    done = moving.move_all()
    assert (done.messages, done.extra_cost) == (10, Decimal("5.00"))
    assert over() == {"north-1": 10}
    assert set(Message.objects.values_list("cost", flat=True)) == {Decimal("2.5000")}


def test_the_difference_is_written_down_for_the_page_and_the_audit_log(
    ten: Mailing, south: Connection
) -> None:
    standing.leave(south, "It is dead.")
    moving.move_all()
    row = Move.objects.get()
    assert (row.messages, row.extra_cost, row.reason) == (10, Decimal("5.0000"), "It is dead.")
    entry = ModelLogEntry.objects.filter(action="mailings.move").get()
    assert (
        in_readers_language(entry.data["comment"])
        == "10 messages from south-1 to north-1, +5.00 RUB. It is dead."
    )


def test_the_books_balance_before_and_after(ten: Mailing, south: Connection) -> None:
    standing.leave(south, "It is dead.")
    moving.move_all()
    assert ledger.ledger(ten.pk).balanced
    assert len(claim(Connection.objects.get(name="north-1"), 100)) == 10


@pytest.mark.parametrize("state", ["submitting", "uncertain", "accepted", "sent"])
def test_what_may_be_in_kannel_is_never_moved(state: str, ten: Mailing, south: Connection) -> None:
    Message.objects.update(state=state)
    standing.leave(south, "It is dead.")
    assert moving.move_all().messages == 0
    assert over() == {"south-1": 10}


def test_no_more_is_moved_than_the_extra_cost_allows(ten: Mailing, south: Connection) -> None:
    """20 RUB are planned, so 10 % are 2 RUB, and each message costs 0.50 more."""
    Mailing.objects.update(extra_percent=10)
    standing.leave(south, "It is dead.")
    moving.move_all()
    assert over() == {"north-1": 4, "south-1": 6}
    moving.move_all()
    assert over() == {"north-1": 4, "south-1": 6}
    alert = Alert.objects.get(cause=f"stranded:south-1:{ten.pk}")
    assert (
        "another operator would cost more than the budget or the 10 % above its plan allow" in alert.sentence
    )


def test_the_budget_is_a_limit_too(ten: Mailing, south: Connection) -> None:
    Mailing.objects.update(budget=Decimal("20.50"), extra_percent=100)
    standing.leave(south, "It is dead.")
    moving.move_all()
    assert over() == {"north-1": 1, "south-1": 9}


def test_without_another_way_they_wait_and_an_alert_says_so(
    ten: Mailing, north: Connection, south: Connection
) -> None:
    Connection.objects.filter(pk=north.pk).update(is_enabled=False)
    standing.leave(south, "It is dead.")
    assert moving.move_all().messages == 0
    alert = Alert.objects.get(closed_at=None)
    assert "no other operator that works reaches their numbers" in alert.sentence
    Connection.objects.filter(pk=north.pk).update(is_enabled=True)
    moving.move_all()
    assert not Alert.objects.filter(closed_at=None).exists()


def test_a_number_that_only_the_dead_one_reaches_stays(ten: Mailing, south: Connection) -> None:
    Tariff.objects.filter(operator__name="North").delete()
    standing.leave(south, "It is dead.")
    assert moving.move_all().messages == 0
    assert over() == {"south-1": 10}


def test_another_way_gets_what_it_can_carry_soon_and_the_rest_waits(
    ten: Mailing, north: Connection, south: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    """If South comes back, they go as planned."""
    Connection.objects.filter(pk=north.pk).update(throughput_per_second=1)
    monkeypatch.setattr(moving, "AHEAD", timedelta(seconds=4))
    standing.leave(south, "It is dead.")
    moving.move_all()
    assert over() == {"north-1": 4, "south-1": 6}
    assert moving.move_all().messages == 0
    Message.objects.filter(connection=north).update(state="sent")
    assert moving.move_all().messages == 4


def test_what_is_due_later_waits_for_the_connection_to_come_back(ten: Mailing, south: Connection) -> None:
    Message.objects.update(earliest_at=timezone.now() + timedelta(hours=1))
    standing.leave(south, "It is dead.")
    assert moving.to_move() == []


@pytest.mark.parametrize("state", ["approved", "paused", "cancelled", "finished"])
def test_only_running_mailings_are_moved(state: str, ten: Mailing, south: Connection) -> None:
    """The plan of one that has not started is what was approved."""
    Mailing.objects.update(state=state)
    standing.leave(south, "It is dead.")
    assert moving.move_all().messages == 0


def test_a_part_goes_elsewhere_when_a_person_says_so(ten: Mailing, south: Connection, editor: object) -> None:
    parts.pause_part(ten, south.operator, "Only half arrive.")
    assert moving.move_all().messages == 0
    parts.go_elsewhere(PausedPart.objects.get(), editor)
    assert moving.move_all().messages == 10
    assert over() == {"north-1": 10}


def test_nothing_is_moved_to_an_operator_over_which_the_mailing_is_paused(
    ten: Mailing, north: Connection, south: Connection
) -> None:
    parts.pause_part(ten, north.operator, "Only half arrive.")
    standing.leave(south, "It is dead.")
    assert moving.move_all().messages == 0


def test_a_second_line_of_the_same_operator_is_taken_at_the_same_price(
    ten: Mailing, south: Connection
) -> None:
    second = Connection.objects.get(pk=south.pk)
    second.pk, second.name = None, "south-2"
    second.save()
    standing.leave(south, "It is dead.")
    assert moving.move_all().extra_cost == 0
    assert over() == {"south-2": 10}


def test_what_was_billed_once_costs_both(ten: Mailing, south: Connection) -> None:
    Message.objects.update(sent_at=timezone.now())
    Mailing.objects.update(extra_percent=500)
    standing.leave(south, "It is dead.")
    moving.move_all()
    assert Message.objects.aggregate(sum=Sum("cost"))["sum"] == Decimal("45.0000")


def test_a_mailing_that_costs_more_than_is_allowed_stops_where_it_became_dearer(
    ten: Mailing, north: Connection, south: Connection
) -> None:
    """20 RUB were planned, 30 are allowed."""
    Mailing.objects.update(extra_percent=50)
    standing.leave(south, "It is dead.")
    Message.objects.filter(pk=Message.objects.order_by("pk")[0].pk).update(
        cost=Decimal(40), sent_at=timezone.now(), state="sent"
    )
    moving.move_all()
    watch.check_ledgers()
    part = PausedPart.objects.get()
    assert part.operator == north.operator
    assert part.reason == "It has cost 40.00 RUB; 20.00 were planned and 30.00 are allowed."


def test_one_within_its_limits_goes_on(ten: Mailing) -> None:
    Message.objects.update(sent_at=timezone.now(), state="sent")
    watch.check_ledgers()
    assert not PausedPart.objects.exists()
