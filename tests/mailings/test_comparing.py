"""Several texts in one mailing: everybody is drawn one of them, and the best one may go to the rest."""

from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.utils import timezone
from wagtail.models import ModelLogEntry

from backoffice.accounts.models import User
from backoffice.alerts.models import Alert
from backoffice.customers.models import Contact
from backoffice.lib.said import in_readers_language
from backoffice.mailings import comparing, ledger, lifecycle, planning
from backoffice.mailings.claiming import claim
from backoffice.mailings.compare_models import check_comparing
from backoffice.mailings.models import Click, LaunchOrder, Mailing, Message, ShortLink
from backoffice.message_templates.models import MessageTemplate
from kannel.models import Connection
from tests.mailings.conftest import MakeCustomer

pytestmark = pytest.mark.django_db
Planned = Callable[[], Mailing]
Running = Callable[[], Mailing]
State = Mailing.State
TEXT = "Dear customer, come in."


@pytest.fixture
def second(db: None) -> MessageTemplate:
    return MessageTemplate.objects.create(name="Second", text="Come and see.")


@pytest.fixture
def third(db: None) -> MessageTemplate:
    return MessageTemplate.objects.create(name="Third", text="We are open.")


def texts() -> dict[str, int]:
    found: dict[str, int] = {}
    for text in Message.objects.filter(state="waiting").values_list("text", flat=True):
        found[text] = found.get(text, 0) + 1
    return found


def people(make_customer: MakeCustomer, count: int) -> None:
    for _ in range(count):
        make_customer()


def test_everybody_is_drawn_one_of_the_texts(
    north: Connection,
    make_customer: MakeCustomer,
    planned: Planned,
    second: MessageTemplate,
    third: MessageTemplate,
) -> None:
    people(make_customer, 400)
    Mailing.objects.update(second_text=second, second_percent=30, third_text=third, third_percent=20)
    mailing = planned()
    found = texts()
    assert set(found) == {TEXT, "Come and see.", "We are open."}
    assert 160 < found[TEXT] < 240
    assert 85 < found["Come and see."] < 155
    assert 50 < found["We are open."] < 115
    assert {*Message.objects.values_list("template__name", "text")} == {
        ("Autumn offer", TEXT),
        ("Second", "Come and see."),
        ("Third", "We are open."),
    }
    assert ledger.ledger(mailing.pk).balanced


def test_the_draw_of_the_text_does_not_follow_the_one_of_the_hold_out(
    north: Connection, make_customer: MakeCustomer, planned: Planned, second: MessageTemplate
) -> None:
    people(make_customer, 400)
    Mailing.objects.update(second_text=second, second_percent=50, holdout_percent=50)
    planned()
    held_out = Message.objects.filter(state="held_out")
    share = held_out.filter(template=second).count() / held_out.count()
    assert 0.38 < share < 0.62


def test_a_mailing_with_one_text_draws_nothing(
    north: Connection, make_customer: MakeCustomer, planned: Planned
) -> None:
    make_customer()
    planned()
    assert Message.objects.get().template is None


@pytest.fixture
def tested(
    north: Connection, make_customer: MakeCustomer, running: Running, second: MessageTemplate
) -> Mailing:
    """Two hundred customers, a fifth of them in the test, half of those with each text; all of the test has left."""
    people(make_customer, 200)
    Mailing.objects.update(second_text=second, second_percent=50, test_percent=20, test_hours=2)
    mailing = running()
    while claim(north, 100):
        pass
    now = timezone.now()
    left = Message.objects.filter(state="submitting")
    left.filter(template=second).update(state="delivered", sent_at=now, final_at=now)
    left.update(state="undelivered", sent_at=now, final_at=now)
    return mailing


def in_two_hours(mailing: Mailing) -> None:
    """The time of the test is over."""
    Mailing.objects.filter(pk=mailing.pk).update(started_at=timezone.now() - timedelta(hours=2))


def take_on() -> Mailing:
    """Makes the rest and does with it what the machine does."""
    [rest] = comparing.make_rests()
    planning.plan(rest)
    comparing.follow()
    rest.refresh_from_db()
    return rest


def test_with_a_test_share_the_others_wait_for_the_best_text(tested: Mailing) -> None:
    waits = Message.objects.filter(mailing=tested, reason="for_winner")
    assert 130 < waits.count() < 185
    assert not waits.exclude(text="").exists()
    assert comparing.make_rests() == []


def test_when_the_time_of_the_test_is_over_the_best_text_goes_to_the_rest(
    tested: Mailing, second: MessageTemplate, editor: User, approver: User, north: Connection
) -> None:
    in_two_hours(tested)
    kept = set(Message.objects.filter(reason="for_winner").values_list("customer", flat=True))
    rest = take_on()
    assert (rest.state, rest.name, rest.template, rest.problem) == (
        State.APPROVED,
        "Autumn, the rest",
        second,
        "",
    )
    messages = Message.objects.filter(mailing=rest)
    assert {*messages.values_list("state", "text")} == {("waiting", "Come and see.")}
    assert set(messages.values_list("customer", flat=True)) == kept
    order = LaunchOrder.objects.get(mailing=rest)
    assert (order.requested_by, order.approved_by) == (editor, approver)
    assert order.series_order == LaunchOrder.objects.get(mailing=tested)
    assert lifecycle.start_due() == [rest]
    assert len(claim(north, 500)) == len(kept)
    assert ledger.ledger(rest.pk).balanced


def test_the_history_says_how_the_texts_did(tested: Mailing) -> None:
    in_two_hours(tested)
    comparing.make_rests()
    entry = ModelLogEntry.objects.filter(action="mailings.winner").get()
    first, second = comparing.scores(tested)
    assert in_readers_language(entry.data["comment"]) == (
        f"“Second” did best: “Autumn offer” 0.0 % of {first.sent}; “Second” 100.0 % of {second.sent}."
    )


def test_the_best_text_is_chosen_once(tested: Mailing) -> None:
    in_two_hours(tested)
    assert len(comparing.make_rests()) == 1
    assert comparing.make_rests() == []


@pytest.mark.parametrize(
    ("measure", "winner"),
    [
        ("delivered", "Second"),
        ("failures", "Second"),
        ("replies", "Autumn offer"),
        ("clicks", "Autumn offer"),
    ],
)
def test_what_counts_is_the_chosen_measure(measure: str, winner: str, tested: Mailing) -> None:
    replier = Message.objects.filter(state="undelivered").earliest("id")
    Contact.objects.update_or_create(
        customer_id=replier.customer_id, defaults={"last_reply_at": timezone.now() + timedelta(minutes=1)}
    )
    link = ShortLink.objects.create(
        mailing=tested, address="https://a.example", target="https://a.example", expires_at=timezone.now()
    )
    now = timezone.now()
    Click.objects.create(link=link, customer_id=replier.customer_id, first_at=now, last_at=now)
    found = comparing.scores(tested)
    assert max(found, key=lambda one: one.share(measure)).template.name == winner


def test_a_text_of_which_nothing_left_never_wins(second: MessageTemplate) -> None:
    nothing = comparing.Score(second, 0, 0, 0, 0, 0)
    all_failed = comparing.Score(second, 10, 0, 10, 0, 0)
    assert nothing.share("failures") <= all_failed.share("failures")
    assert nothing.share("delivered") < all_failed.share("delivered")


def test_whoever_comes_second_does_nothing(tested: Mailing) -> None:
    in_two_hours(tested)
    rest = take_on()
    assert comparing._make_rest(tested.pk) is None
    comparing._decide(rest)
    rest.refresh_from_db()
    assert rest.state == State.APPROVED


def test_where_nothing_was_tested_the_rest_may_cost_nothing(mailing: Mailing) -> None:
    assert comparing.cost_limit(mailing) == 0


def test_a_text_changed_since_the_approval_waits_for_a_person(tested: Mailing, approver: User) -> None:
    in_two_hours(tested)
    MessageTemplate.objects.filter(name="Second").update(text="Something else.")
    rest = take_on()
    assert rest.state == State.SUBMITTED
    assert "are not as they were when the comparison was approved" in rest.problem
    assert Alert.objects.filter(cause=f"series-waits:{rest.pk}").exists()
    lifecycle.approve(rest, approver)
    assert rest.state == State.APPROVED


def test_a_rest_that_became_dear_waits_for_a_person(tested: Mailing) -> None:
    in_two_hours(tested)
    Mailing.objects.filter(pk=tested.pk).update(planned_cost=Decimal("1.00"))
    rest = take_on()
    assert rest.state == State.SUBMITTED
    assert "by what was approved the rest may cost" in rest.problem


def test_the_rest_has_what_the_test_left_of_the_budget(tested: Mailing) -> None:
    in_two_hours(tested)
    tested.refresh_from_db()
    Mailing.objects.filter(pk=tested.pk).update(budget=tested.planned_cost + 10)
    rest = take_on()
    assert rest.budget == 10
    assert rest.state == State.SUBMITTED


def test_the_rest_of_a_cancelled_comparison_is_not_sent(tested: Mailing, editor: User) -> None:
    in_two_hours(tested)
    [rest] = comparing.make_rests()
    planning.plan(rest)
    tested.refresh_from_db()
    lifecycle.cancel(tested, editor)
    comparing.follow()
    rest.refresh_from_db()
    assert (rest.state, rest.problem) == (State.CANCELLED, "Its comparison was cancelled before it began.")


def test_when_the_end_is_over_before_the_best_text_is_known_it_is_told(tested: Mailing) -> None:
    in_two_hours(tested)
    Mailing.objects.filter(pk=tested.pk).update(ends_at=timezone.now() - timedelta(minutes=1))
    rest = take_on()
    assert rest.state == State.CANCELLED
    assert "The end of the mailing is over." in Alert.objects.get(cause=f"series-failed:{rest.pk}").sentence


def test_without_anybody_left_the_rest_ends_without_ado(tested: Mailing) -> None:
    in_two_hours(tested)
    Message.objects.filter(reason="for_winner").update(reason="capped")
    rest = take_on()
    assert (rest.state, rest.problem) == (State.CANCELLED, "Nobody was to receive it.")


def test_a_text_that_is_not_published_is_not_sent(
    north: Connection, make_customer: MakeCustomer, planned: Planned, second: MessageTemplate
) -> None:
    make_customer()
    MessageTemplate.objects.filter(pk=second.pk).update(live=False)
    Mailing.objects.update(second_text=second)
    assert "not published" in planned().problem


def test_all_texts_and_the_test_are_part_of_what_is_approved(
    mailing: Mailing, second: MessageTemplate
) -> None:
    assert "texts" not in lifecycle.content(mailing)
    mailing.second_text, mailing.second_percent, mailing.test_percent = second, 30, 20
    found = lifecycle.content(mailing)
    assert found["texts"] == [
        [mailing.template_id, 70, mailing.template.variants()],
        [second.pk, 30, {"": "Come and see."}],
    ]
    assert found["test"] == [20, 4, "delivered"]


@pytest.mark.parametrize(
    ("values", "field", "said"),
    [
        ({"test_percent": 20}, "second_text", "Choose a second text to compare, or give 0 % below."),
        (
            {"second": True, "third": True, "second_percent": 60, "third_percent": 40},
            "second_percent",
            "Leave a share for the first text.",
        ),
        ({"same": True}, "second_text", "Choose each text once."),
        (
            {"second": True, "test_percent": 20, "repeats": "daily"},
            "test_percent",
            "A mailing that repeats can compare texts, but not wait for the best one.",
        ),
    ],
)
def test_texts_that_cannot_be_compared_are_refused_at_the_field(
    values: dict[str, Any],
    field: str,
    said: str,
    mailing: Mailing,
    second: MessageTemplate,
    third: MessageTemplate,
) -> None:
    if values.pop("second", False):
        mailing.second_text = second
    if values.pop("third", False):
        mailing.third_text = third
    if values.pop("same", False):
        mailing.second_text = mailing.template
    for name, value in values.items():
        setattr(mailing, name, value)
    with pytest.raises(ValidationError) as refused:
        check_comparing(mailing)
    assert refused.value.message_dict == {field: [said]}


def test_while_it_runs_each_text_says_how_far_it_is(
    north: Connection, make_customer: MakeCustomer, running: Running, second: MessageTemplate
) -> None:
    people(make_customer, 40)
    Mailing.objects.update(second_text=second, second_percent=50)
    mailing = running()
    first, other = comparing.lines(mailing)
    assert (first.text, other.text) == ("Autumn offer", "Second")
    assert (first.messages, first.sent, first.delivered_percent) == (first.waiting, 0, 0)
    assert first.messages + other.messages == 40
    left = {"sent_at": timezone.now(), "final_at": timezone.now()}
    ids = list(Message.objects.filter(template=second).order_by("pk").values_list("pk", flat=True))
    Message.objects.filter(pk__in=ids[:3]).update(state="delivered", **left)
    Message.objects.filter(pk=ids[3]).update(state="undelivered", **left)
    assert comparing.lines(mailing)[0] == first
    seen = comparing.lines(mailing)[1]
    assert (seen.waiting, seen.sent, seen.delivered, seen.failed) == (other.messages - 4, 4, 3, 1)
    assert seen.delivered_percent == 75


def test_one_text_alone_is_not_compared(
    north: Connection, make_customer: MakeCustomer, running: Running
) -> None:
    people(make_customer, 1)
    assert comparing.lines(running()) == []
