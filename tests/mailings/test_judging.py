"""Connections are braked, left and taken back by what came of their messages and by their link; parts are paused."""

import uuid
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from wagtail.models import ModelLogEntry

from backoffice.accounts.models import User
from backoffice.alerts.models import Alert
from backoffice.mailings import cohorts, judging, parts, receipts, sending
from backoffice.mailings.carriers import Answers, HandOverFailed
from backoffice.mailings.claiming import claim
from backoffice.mailings.models import Cohort, Mailing, Message, PausedPart
from backoffice.mailings.turns import whole
from backoffice.operators import standing
from backoffice.operators.models import Standing
from backoffice.operators.routing import working_connections
from kannel.models import Connection, Event, Gateway
from tests.mailings.conftest import MakeCustomer
from tests.mailings.test_receipts import ACCEPTED, report

pytestmark = pytest.mark.django_db
Running = Callable[[], Mailing]


@pytest.fixture
def one(north: Connection, south: Connection, make_customer: MakeCustomer, running: Running) -> Mailing:
    """A running mailing with a message over South."""
    make_customer()
    Connection.objects.update(status_since=timezone.now() - timedelta(hours=1))
    return running()


def count(via: Connection, mailing: Mailing | int, seconds_ago: float, **outcomes: int) -> None:
    """Messages that a connection took so long ago, by what became of them within seconds."""
    for outcome, messages in outcomes.items():
        Cohort.objects.create(
            connection=via,
            mailing_id=mailing if isinstance(mailing, int) else mailing.pk,
            at=timezone.now() - timedelta(seconds=seconds_ago),
            outcome=outcome,
            messages=messages,
            **dict.fromkeys(("within_20", "within_60", "within_300", "within_900"), messages),
        )


def state(via: Connection) -> str:
    return standing.standing_of(via).state


def change(via: Connection, **values: Any) -> None:
    Connection.objects.filter(pk=via.pk).update(**values)


def stands(via: Connection, **values: Any) -> None:
    Standing.objects.filter(connection=via).update(**values)


def test_a_link_that_is_lost_for_long_is_left_and_told(one: Mailing, south: Connection) -> None:
    lost_at = timezone.now() - timedelta(seconds=20)
    change(south, status="re-connecting", status_since=lost_at)
    judging.judge()
    assert state(south) == "well"
    change(south, status_since=lost_at - timedelta(seconds=20))
    judging.judge()
    judging.judge()
    assert state(south) == "left"
    alert = Alert.objects.get()
    assert alert.sentence.startswith("South was left (south-1). south-1 has not been connected since ")
    assert alert.times == 1
    assert ModelLogEntry.objects.filter(action="operators.left").count() == 1


def test_a_link_that_takes_nothing_although_messages_wait_is_left(one: Mailing, south: Connection) -> None:
    change(south, queued=20, moved_at=timezone.now() - timedelta(seconds=50))
    judging.judge()
    assert standing.standing_of(south).reason == "South takes nothing over south-1, although messages wait."


def test_one_out_of_use_is_not_judged(one: Mailing, south: Connection) -> None:
    change(south, status="dead", is_enabled=False)
    judging.judge()
    assert not Standing.objects.exists()


def test_nothing_is_claimed_or_routed_over_one_that_was_left(one: Mailing, south: Connection) -> None:
    standing.leave(south, "It is dead.")
    assert [via.name for via in working_connections()] == ["north-1"]
    assert standing.allowance_of(south.pk) == 0


def test_an_operator_that_takes_all_and_delivers_nothing_is_left_at_once(
    one: Mailing, south: Connection
) -> None:
    count(south, one, 3600, taken=1000, delivered=950)
    count(south, one, 60, taken=200)
    judging.judge()
    assert state(south) == "left"
    assert "only 0 % have a receipt" in standing.standing_of(south).reason
    # Its part was paused, and goes over other ways now that the operator was left altogether.
    assert PausedPart.objects.filter(ended_at__isnull=False).count() == 1


def test_a_mailing_that_does_worse_than_before_is_paused_there_while_the_operator_stays_well(
    one: Mailing, south: Connection
) -> None:
    count(south, one, 3600, taken=1000, delivered=950)
    count(south, one, 60, taken=200, delivered=120, undelivered=80)
    judging.judge()
    part = PausedPart.objects.get()
    assert (part.mailing, part.operator, part.ended_at) == (one, south.operator, None)
    assert state(south) == "well"
    alert = Alert.objects.get()
    assert alert.sentence.startswith(
        "“Autumn” is paused over South and goes on over the others. Of the last 200 "
    )
    assert {group.name for group in alert.groups.all()} == {"Editor", "Approver", "Operator staff"}
    assert claim(south, 10) == []


def test_a_paused_part_goes_on_at_the_exact_place(one: Mailing, south: Connection, editor: User) -> None:
    parts.pause_part(one, south.operator, "Only half arrive.")
    assert claim(south, 10) == []
    assert parts.go_on(PausedPart.objects.get(), editor)
    assert len(claim(south, 10)) == 1
    assert not parts.go_on(PausedPart.objects.get(), editor)
    assert not Alert.objects.filter(closed_at=None).exists()


def test_a_part_is_paused_once(one: Mailing, south: Connection) -> None:
    assert parts.pause_part(one, south.operator, "Only half arrive.")
    assert not parts.pause_part(one, south.operator, "Only half arrive.")


def test_what_somebody_let_go_on_is_not_paused_again_for_the_same_messages(
    one: Mailing, south: Connection, editor: User
) -> None:
    count(south, one, 3600, taken=1000, delivered=950)
    count(south, one, 60, taken=200, delivered=120, undelivered=80)
    judging.judge()
    parts.go_on(PausedPart.objects.get(), editor)
    judging.judge()
    assert not PausedPart.objects.filter(ended_at=None).exists()


@pytest.mark.unbalanced
def test_an_operator_that_does_worse_for_several_mailings_is_braked(
    one: Mailing, south: Connection, editor: User
) -> None:
    other = Mailing.objects.get(pk=one.pk)
    other.pk = None
    other.save()
    for mailing in (one, other):
        count(south, mailing, 3600, taken=1000, delivered=950)
        count(south, mailing, 60, taken=150, delivered=80, undelivered=70)
    judging.judge()
    known = standing.standing_of(south)
    assert (known.state, known.allowance) == ("braked", 200)
    assert Alert.objects.filter(sentence__startswith="South gets only few messages now (south-1).").exists()


def test_bad_numbers_of_one_mailing_are_not_held_against_the_operator(
    one: Mailing, south: Connection
) -> None:
    count(south, one, 3600, taken=1000, delivered=950)
    Cohort.objects.create(
        connection=south,
        mailing=one,
        at=timezone.now(),
        outcome="rejected",
        error="0x0000000b",
        messages=200,
    )
    judging.judge()
    assert state(south) == "well"
    assert "The operator does not know this number." in PausedPart.objects.get().reason


def test_while_reports_wait_here_missing_receipts_are_our_own_fault(one: Mailing, south: Connection) -> None:
    count(south, one, 3600, taken=1000, delivered=950)
    count(south, one, 60, taken=200)
    report(Message.objects.get().pk, ACCEPTED)
    Event.objects.update(received_at=timezone.now() - timedelta(seconds=10))
    judging.judge()
    assert state(south) == "well"


def test_what_was_taken_before_a_gateway_came_back_is_not_held_against_the_operator(
    one: Mailing, south: Connection
) -> None:
    count(south, one, 3600, taken=1000, delivered=950)
    count(south, one, 60, taken=200)
    Gateway.objects.update(status_since=timezone.now() - timedelta(seconds=40))
    judging.judge()
    assert state(south) == "well"


def test_one_that_was_left_is_tried_when_its_link_stands_and_its_rest_is_over(
    one: Mailing, south: Connection
) -> None:
    standing.leave(south, "It is dead.")
    judging.judge()
    assert state(south) == "left"
    stands(south, since=timezone.now() - timedelta(seconds=70))
    change(south, status_since=timezone.now())
    judging.judge()
    assert state(south) == "left"
    change(south, status_since=timezone.now() - timedelta(seconds=20))
    judging.judge()
    known = standing.standing_of(south)
    assert (known.state, known.allowance, known.step) == ("braked", 20, 0)


def test_each_failure_makes_the_rest_longer(one: Mailing, south: Connection) -> None:
    for _ in range(3):
        standing.leave(south, "It is dead.")
        standing.try_again(south, "")
    standing.leave(south, "It is dead.")
    known = standing.standing_of(south)
    assert known.rests_until - known.since == timedelta(minutes=8)


def test_what_a_person_left_waits_for_a_person(one: Mailing, south: Connection, editor: User) -> None:
    standing.leave(south, "Invoice is wrong.", editor)
    stands(south, since=timezone.now() - timedelta(days=1))
    judging.judge()
    assert state(south) == "left"
    assert standing.trust(south, "Settled.", editor)
    assert state(south) == "well"


def tried(via: Connection, step: int = 0) -> None:
    """Braked at a step, whose messages were all given a while ago."""
    standing.leave(via, "It is dead.")
    standing.try_again(via, "")
    stands(via, step=step, allowance=0, since=timezone.now() - timedelta(minutes=2))
    count(via, 0, 3600, taken=1000, delivered=950)


def test_a_step_that_went_well_leads_to_the_next_one_and_at_last_to_all(
    one: Mailing, south: Connection
) -> None:

    tried(south)
    count(south, one, 60, taken=20, delivered=19)
    judging.judge()
    assert (state(south), standing.allowance_of(south.pk)) == ("braked", 200)
    Cohort.objects.filter(messages__lt=500).delete()
    stands(south, step=2, allowance=0, since=timezone.now() - timedelta(minutes=2))
    count(south, one, 60, taken=2000, delivered=1900)
    parts.pause_part(one, south.operator, "Only half arrive.")
    judging.judge()
    assert state(south) == "well"
    assert standing.allowance_of(south.pk) is None
    assert not PausedPart.objects.filter(ended_at=None).exists()
    assert not Alert.objects.filter(closed_at=None).exists()


def test_a_step_counts_what_was_taken_in_the_ten_seconds_in_which_it_began(
    one: Mailing, south: Connection
) -> None:
    tried(south)
    begins = cohorts.begin_of(timezone.now() - timedelta(minutes=2))
    stands(south, since=begins + timedelta(seconds=9))
    count(south, one, 0, taken=20, delivered=20)
    Cohort.objects.filter(messages=20).update(at=begins)
    judging.judge()
    assert standing.allowance_of(south.pk) == 200


def test_a_step_that_went_badly_leads_back(one: Mailing, south: Connection) -> None:
    tried(south)
    count(south, one, 60, taken=20)
    judging.judge()
    known = standing.standing_of(south)
    assert (known.state, known.failures) == ("left", 2)


def test_it_is_too_early_to_say_before_receipts_are_due(one: Mailing, south: Connection) -> None:
    tried(south)
    count(south, one, 10, taken=20)
    judging.judge()
    assert (state(south), standing.allowance_of(south.pk)) == ("braked", 0)


def test_with_little_to_send_a_step_ends_by_itself(one: Mailing, south: Connection) -> None:
    tried(south)
    stands(south, allowance=18, since=timezone.now() - timedelta(minutes=11))
    judging.judge()
    assert standing.allowance_of(south.pk) == 200


def test_a_brake_counts_down(one: Mailing, south: Connection) -> None:
    standing.brake(south, "Only half arrive.")
    standing.take_allowance(south.pk, 150)
    assert standing.allowance_of(south.pk) == 50
    standing.take_allowance(south.pk, 150)
    assert standing.allowance_of(south.pk) == 0


def test_a_part_stays_paused_while_the_operator_has_another_line_that_works(
    one: Mailing, south: Connection
) -> None:
    second = Connection.objects.get(pk=south.pk)
    second.pk, second.name = None, "south-2"
    second.save()
    parts.pause_part(one, south.operator, "Only half arrive.")
    change(south, status="dead", status_since=timezone.now() - timedelta(minutes=1))
    judging.judge()
    assert state(south) == "left"
    assert PausedPart.objects.filter(ended_at=None).exists()


def test_what_kannel_holds_for_a_dead_link_is_called_back_once_a_minute(
    one: Mailing, south: Connection
) -> None:
    Message.objects.update(state="accepted")
    change(south, status="re-connecting", moved_at=timezone.now() - timedelta(minutes=5))
    assert judging.to_recall() == []
    standing.leave(south, "It is dead.")
    assert judging.to_recall() == [south.pk]
    stands(south, recalled_at=timezone.now())
    assert judging.to_recall() == []


def test_a_link_that_stayed_dead_after_a_call_back_is_started_again(one: Mailing, south: Connection) -> None:
    standing.leave(south, "It is dead.")
    change(south, status="dead")
    assert judging.to_recall() == []
    stands(south, recalled_at=timezone.now() - timedelta(minutes=6))
    assert judging.to_recall() == [south.pk]


def test_nothing_is_called_back_from_a_line_that_still_carries(one: Mailing, south: Connection) -> None:
    Message.objects.update(state="accepted")
    standing.leave(south, "Nothing arrives.")
    change(south, moved_at=timezone.now())
    assert judging.to_recall() == []


def test_a_look_takes_the_same_statements_however_much_there_is(
    one: Mailing, south: Connection, django_assert_num_queries: Any
) -> None:
    with django_assert_num_queries(6):
        judging.judge()
    for minute in range(1, 15):
        count(south, one, 60 * minute, taken=10, delivered=10)
    with django_assert_num_queries(6):
        judging.judge()


def braked(via: Connection) -> None:
    standing.brake(via, "Only half arrive.")


def handed(via: Connection) -> list[uuid.UUID]:
    """Claims what is due, as a sender does, and spends the allowance for it."""
    claims = claim(via, 10)
    standing.take_allowance(via.pk, len(claims))
    return [sending.kannel_id(one.message_id, one.attempt) for one in claims]


def test_what_kannel_did_not_take_gives_the_allowance_back(one: Mailing, south: Connection) -> None:
    braked(south)
    for outcome in (sending.release, sending.doubt, sending.refuse):
        Message.objects.update(state="waiting", reason="")
        ids = handed(south)
        assert standing.allowance_of(south.pk) == 199
        outcome(ids)
        assert standing.allowance_of(south.pk) == 200


def test_what_was_uncertain_and_is_found_inside_kannel_is_spent_after_all(
    one: Mailing, south: Connection
) -> None:
    braked(south)
    ids = handed(south)
    sending.doubt(ids)
    sending.accept(ids)
    assert standing.allowance_of(south.pk) == 199


def test_what_was_uncertain_and_never_taken_is_given_back_once(one: Mailing, south: Connection) -> None:
    braked(south)
    standing.take_allowance(south.pk, 50)
    ids = handed(south)
    sending.doubt(ids)
    sending.release(ids)
    assert standing.allowance_of(south.pk) == 150


def test_what_kannel_throws_back_gives_the_allowance_back(one: Mailing, south: Connection) -> None:
    braked(south)
    sending.accept(handed(south))
    report(Message.objects.get().pk, 16, "NACK/no SMSC")
    receipts.apply_events()
    assert standing.allowance_of(south.pk) == 200


class StaleLink:
    """A way whose link was closed by the other side while nobody looked."""

    unanswered = 0

    def hand_over(self, batch: Any) -> None:
        raise HandOverFailed([kannel_id for kannel_id, _claim in batch])

    def answers(self, timeout_seconds: float) -> Answers:
        return Answers()


def test_a_link_that_turns_out_to_be_broken_spends_no_allowance(one: Mailing, south: Connection) -> None:
    braked(south)
    sending.Sender(south, StaleLink()).run(whole(1))
    assert Message.objects.get().state == "uncertain"
    assert standing.allowance_of(south.pk) == 200


def test_more_than_a_step_allows_is_never_given_back(one: Mailing, south: Connection) -> None:
    braked(south)
    standing.give_back_allowance(south.pk, 500)
    assert standing.allowance_of(south.pk) == 200


def test_a_part_that_was_paused_while_receipts_were_late_goes_on_by_itself(
    one: Mailing, south: Connection
) -> None:
    count(south, one, 3600, taken=1000, delivered=950)
    count(south, one, 60, taken=300, delivered=100, undelivered=60)
    judging.judge()
    part = PausedPart.objects.get(ended_at=None)
    assert part.is_about_receipts
    Cohort.objects.filter(outcome="undelivered").delete()
    count(south, one, 60, delivered=190)
    judging.judge()
    assert not PausedPart.objects.filter(ended_at=None).exists()
    assert not Alert.objects.filter(cause__startswith="part:", closed_at=None).exists()


def test_a_part_that_was_paused_for_its_cost_does_not_go_on_by_itself(
    one: Mailing, south: Connection
) -> None:
    parts.pause_part(one, south.operator, "It has cost too much.")
    count(south, one, 60, taken=300, delivered=290)
    judging.judge()
    assert PausedPart.objects.filter(ended_at=None).exists()


def test_what_kannel_threw_back_is_not_counted_as_refused_by_the_operator(
    one: Mailing, south: Connection
) -> None:
    sending.accept(handed(south))
    report(Message.objects.get().pk, 16, "NACK/no SMSC")
    receipts.apply_events()
    assert not Cohort.objects.filter(outcome="rejected").exists()


def test_what_a_person_left_is_not_said_to_be_tried_by_itself(south: Connection, client: Client) -> None:
    client.force_login(User.objects.create_superuser("staff"))
    client.post(reverse("standing:change", args=[south.pk, "leave"]))
    sentence = Alert.objects.get(cause=f"standing:{south.name}").sentence
    assert "by itself" not in sentence
    assert "until somebody uses it again" in sentence
