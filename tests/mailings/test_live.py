from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.core.cache import cache
from django.utils import timezone

from backoffice.accounts.models import User
from backoffice.mailings import ledger, lifecycle, live, parts, speed, watch
from backoffice.mailings.lifecycle import Refused
from backoffice.mailings.live import Outlook, Waiting, outlook
from backoffice.mailings.models import Mailing, Message, PausedPart
from backoffice.mailings.progress import progress_of
from kannel.models import Connection
from tests.mailings.conftest import MakeCustomer
from tests.mailings.in_state import add_messages, put

pytestmark = pytest.mark.django_db
State = Mailing.State
NOW = timezone.now().replace(microsecond=0)


@pytest.fixture(autouse=True)
def fresh() -> None:
    cache.clear()


@pytest.fixture
def under_way(mailing: Mailing, north: Connection, south: Connection, editor: User) -> Mailing:
    """Three messages wait for North, one for South; one over North was delivered."""
    add_messages(mailing, "waiting", "waiting", "waiting", "delivered", connection=north)
    add_messages(mailing, "waiting", connection=south)
    return put(mailing, State.RUNNING, editor)


def said(mailing: Mailing, per_second: float = 0.0) -> list[str]:
    return live.sentences(mailing, ledger.ledger(mailing.pk), per_second)


def waiting(messages: int, hours: float, after_hours: float = -1) -> Waiting:
    return Waiting(
        NOW + timedelta(hours=hours), NOW + timedelta(hours=after_hours), NOW - timedelta(hours=1), messages
    )


def test_at_a_rate_that_is_enough_everything_leaves() -> None:
    assert outlook([waiting(3600, 1), waiting(3600, 2)], 2, NOW) == Outlook(NOW + timedelta(hours=1), 0)


def test_what_is_urgent_leaves_first_and_the_rest_is_too_late() -> None:
    assert outlook([waiting(3000, 1), waiting(6000, 2)], 1, NOW) == Outlook(NOW + timedelta(hours=2), 1800)


def test_what_cannot_leave_in_time_takes_nothing_from_the_others() -> None:
    assert outlook([waiting(10_000, 1), waiting(3600, 2)], 1, NOW) == Outlook(NOW + timedelta(hours=2), 6400)


def test_the_last_one_leaves_no_sooner_than_its_hours_begin() -> None:
    assert outlook([waiting(10, 9, after_hours=8)], 100, NOW) == Outlook(NOW + timedelta(hours=8), 0)


@pytest.mark.parametrize(("rows", "per_second"), [([], 5.0), ([waiting(1, 1)], 0.0)])
def test_without_a_rate_or_without_messages_nobody_can_say(rows: list[Waiting], per_second: float) -> None:
    assert outlook(rows, per_second, NOW) is None


def test_the_page_says_when_the_last_one_leaves(under_way: Mailing) -> None:
    [sentence] = said(under_way, 2.0)
    assert sentence.startswith("The last one leaves at about ")
    assert sentence.endswith(", in 2 s.")


def test_the_page_says_how_many_will_not_leave_in_time(under_way: Mailing) -> None:
    Message.objects.filter(state="waiting").update(latest_at=timezone.now() + timedelta(seconds=20))
    assert said(under_way, 0.1)[1] == (
        "At this rate about 3 messages will not leave before their time is over, and end as expired."
    )


def test_while_customers_sleep_it_says_when_it_goes_on(under_way: Mailing) -> None:
    Message.objects.update(earliest_at=timezone.now() + timedelta(hours=3))
    assert said(under_way)[0].startswith("Nothing is due now: by the customers' own clocks")


def test_paused_over_every_operator_nothing_leaves_and_it_says_so(
    under_way: Mailing, north: Connection, south: Connection
) -> None:
    parts.pause_part(under_way, north.operator, "Only half arrive.")
    parts.pause_part(under_way, south.operator, "Only half arrive.")
    assert said(under_way) == [
        "Nothing leaves: it is paused over every operator that its waiting messages go over."
    ]


def test_without_a_line_nothing_leaves_and_it_says_so(under_way: Mailing) -> None:
    Connection.objects.update(status=Connection.Status.RECONNECTING)
    assert said(under_way)[0].startswith("Nothing leaves: none of the lines it goes over is connected.")


def test_with_everything_in_order_it_says_only_that_nothing_has_left(under_way: Mailing) -> None:
    assert said(under_way) == ["Nothing has left within the last 30 seconds."]


def test_a_rate_with_nothing_left_to_count_says_nothing(under_way: Mailing) -> None:
    books = ledger.ledger(under_way.pk)
    Message.objects.filter(state="waiting").update(state="sent")
    assert live.sentences(under_way, books, 5.0) == []


def test_a_limit_of_speed_is_told(under_way: Mailing, editor: User) -> None:
    speed.slow_down(under_way, 50, editor)
    assert said(under_way, 2.0)[0] == "Slowed down to at most 50 messages a second."


def test_a_cancelled_mailing_says_what_is_still_followed(under_way: Mailing, editor: User) -> None:
    put(under_way, State.CANCELLED, editor)
    Message.objects.filter(state="waiting").update(state="sent")
    assert said(under_way) == ["What had left before is still followed: 4 have not reached their end."]


def test_the_operators_that_have_something_waiting_can_be_stopped(
    under_way: Mailing, north: Connection, south: Connection
) -> None:
    parts.pause_part(under_way, south.operator, "Only half arrive.")
    rows = progress_of(under_way)["operator_rows"]
    assert [(row.line.operator, row.line.waiting, row.may_stop, row.is_stopped) for row in rows] == [
        ("North", 3, True, False),
        ("South", 1, False, True),
    ]


def test_an_operator_with_two_connections_is_stopped_once(under_way: Mailing, north: Connection) -> None:
    second = Connection.objects.get(pk=north.pk)
    second.pk, second.name = None, "north-2"
    second.save()
    add_messages(under_way, "waiting", connection=second)
    rows = progress_of(under_way)["operator_rows"]
    assert [row.line.connection for row in rows if row.may_stop] == ["north-1", "south-1"]


def test_after_its_end_no_operator_can_be_stopped(under_way: Mailing, editor: User) -> None:
    put(under_way, State.CANCELLED, editor)
    assert not any(row.may_stop for row in progress_of(under_way)["operator_rows"])


def test_the_effects_of_what_acts_at_once_are_said_first(under_way: Mailing) -> None:
    books = ledger.ledger(under_way.pk)
    assert live.effects(under_way, books, ["pause", "cancel"])[0].startswith(
        "Pause: within 3 seconds nothing more leaves."
    )
    assert live.effects(under_way, books, ["resume"]) == [
        "Resume: 4 messages that wait go on where they stopped."
    ]


@pytest.mark.parametrize("state", ["waiting", "submitting", "uncertain", "accepted", "sent"])
def test_a_mailing_is_not_finished_before_its_last_message_has_ended(state: str, under_way: Mailing) -> None:
    Message.objects.filter(state="waiting").update(state="delivered")
    Message.objects.filter(pk=Message.objects.order_by("pk")[:1].get().pk).update(state=state)
    with pytest.raises(Refused, match="have not reached their end"):
        lifecycle.finish(under_way)
    assert watch.finish_ended() == []
    under_way.refresh_from_db()
    assert under_way.state == State.RUNNING
    Message.objects.update(state="undelivered")
    assert watch.finish_ended() == [under_way]


def test_a_message_that_is_sent_again_while_somebody_looks_keeps_it_running(
    under_way: Mailing, monkeypatch: pytest.MonkeyPatch
) -> None:
    Message.objects.filter(state="waiting").update(state="delivered")
    finish: Callable[[Mailing], Any] = lifecycle.finish

    def opened_meanwhile(mailing: Mailing) -> None:
        Message.objects.filter(pk=Message.objects.order_by("pk")[:1].get().pk).update(state="waiting")
        finish(mailing)

    monkeypatch.setattr(lifecycle, "finish", opened_meanwhile)
    assert watch.finish_ended() == []


def test_what_a_person_stopped_does_not_go_on_by_itself(
    under_way: Mailing, north: Connection, south: Connection, editor: User
) -> None:
    parts.pause_part(under_way, north.operator, "Editor stopped it.", editor)
    parts.pause_part(under_way, south.operator, "Only half arrive.")
    parts.end_parts_of(north.operator)
    parts.end_parts_of(south.operator)
    assert PausedPart.objects.get(ended_at=None).operator == north.operator


def test_sentences_cost_the_same_for_many_messages_as_for_few(
    under_way: Mailing, make_customer: MakeCustomer, north: Connection, django_assert_max_num_queries: Any
) -> None:
    add_messages(under_way, *["waiting"] * 30, connection=north)
    with django_assert_max_num_queries(8):
        said(under_way)
