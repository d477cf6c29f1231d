from collections.abc import Iterator
from datetime import datetime, timedelta
from uuid import uuid4

import pytest
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from backoffice.accounts.models import User
from backoffice.customers.models import Customer
from backoffice.mailings import story
from backoffice.mailings.models import Click, Mailing, Message, RouteChoice, ShortLink
from backoffice.mailings.story import Answer
from backoffice.operators.error_codes import USUAL
from kannel.models import Connection, Event
from kannel.monthly import first_id
from tests.mailings.in_state import add_messages, put

pytestmark = pytest.mark.django_db
State = Message.State
NOW = timezone.now().replace(microsecond=0) + timedelta(hours=1)


@pytest.fixture
def sent(mailing: Mailing, north: Connection, editor: User, approver: User) -> Message:
    """One message that North took and delivered, with its way and its price."""
    [message] = add_messages(mailing, "delivered", connection=north)
    route = RouteChoice.objects.create(
        mailing=mailing,
        prefix="+7",
        operator=north.operator,
        price_per_part="2.5",
        factor="0.8",
        delivery_rate=0.97,
        share=1,
        reason=2,
    )
    Message.objects.update(
        route=route,
        attempt=1,
        submitted_at=NOW,
        sent_at=NOW + timedelta(seconds=1),
        final_at=NOW + timedelta(seconds=4),
    )
    put(mailing, Mailing.State.RUNNING, editor, approver)
    message.refresh_from_db()
    return message


def report(message: Message, dlr_type: int, after_seconds: int, attempt: int = 1, text: str = "") -> None:
    at = NOW + timedelta(seconds=after_seconds)
    Event.objects.create(
        id=first_id(NOW.date()) + Event.objects.count() + 1,
        gateway=message.connection.gateway,
        kind=Event.Kind.REPORT,
        kannel_id=uuid4(),
        message_id=message.pk,
        attempt=attempt,
        dlr_type=dlr_type,
        text=text,
        occurred_at=at,
        received_at=at,
    )


def steps(message: Message) -> list[tuple[float, str]]:
    """What is told of the steps since it was handed over, with seconds since then."""
    [told] = story.story(message.customer_id).told
    return [((step.at - NOW) / timedelta(seconds=1), step.words) for step in told.steps if step.at >= NOW]


def test_each_step_has_its_time(sent: Message) -> None:
    assert steps(sent) == [(0, "Handed over"), (1, "Taken by the operator"), (4, "Delivered")]


def test_within_one_second_the_steps_stay_in_their_order(sent: Message) -> None:
    late_in_it = NOW + timedelta(milliseconds=900)
    Message.objects.update(submitted_at=late_in_it, sent_at=NOW, final_at=NOW)
    [told] = story.story(sent.customer_id).told
    assert [step.words for step in told.steps][-3:] == ["Handed over", "Taken by the operator", "Delivered"]


def test_the_story_begins_with_the_plan_and_its_approval(sent: Message, approver: User) -> None:
    [told] = story.story(sent.customer_id).told
    words = {step.words for step in told.steps}
    assert {"Planned", "Approved by approver"} < words


def test_an_approval_of_something_else_is_not_told(sent: Message) -> None:
    Mailing.objects.update(content_hash="of something else")
    [told] = story.story(sent.customer_id).told
    assert not [step for step in told.steps if step.words.startswith("Approved")]


def test_earlier_tries_and_waiting_are_told_from_the_reports(sent: Message) -> None:
    Message.objects.update(attempt=2)
    report(sent, 16, -9, attempt=1, text="NACK/0x58")
    report(sent, 16, -9, attempt=1, text="NACK/0x58")  # Kannel may tell it twice
    report(sent, 4, 2, attempt=2)
    report(sent, 1, 4, attempt=2)  # stands in the message itself
    [told] = story.story(sent.customer_id).told
    assert [step.words for step in told.steps if step.words not in ("Planned", "Approved by approver")] == [
        "Refused by the operator, try 1",
        "Handed over, try 2",
        "Taken by the operator",
        "Waits at the operator for the telephone, try 2",
        "Delivered",
    ]


def test_a_report_of_no_known_kind_is_told_as_such(sent: Message) -> None:
    Message.objects.update(attempt=2)
    report(sent, 0, 3, attempt=1)
    assert (3, "A report nobody understands, try 1") in steps(sent)


def test_the_way_says_operator_reason_parts_and_price(sent: Message) -> None:
    [told] = story.story(sent.customer_id).told
    assert told.way == (
        "Over North (north-1): it costs least for what is delivered. Parts: 1 at 2 RUB each. Cost: 2.00 RUB."
    )


def test_a_message_without_a_kept_reason_still_says_its_way(sent: Message) -> None:
    Message.objects.update(route=None)
    [told] = story.story(sent.customer_id).told
    assert told.way == "Over North (north-1). Parts: 1. Cost: 2.00 RUB."


@pytest.mark.parametrize(
    ("state", "reason", "words"),
    [
        ("excluded", "opted_out", "Not sent: opted out."),
        ("held_out", "", "Not sent on purpose: drawn by lot, so that the effect can be measured."),
        ("submitting", "", "It is being handed over now."),
        ("uncertain", "", "Nobody can say yet whether it left."),
        ("accepted", "", "It is on the way to the operator."),
        ("sent", "", "The operator has it. There is no receipt yet."),
        ("delivered", "", "It has reached the telephone."),
        ("expired", "no_receipt", "No receipt came in time."),
        ("expired", "window_closed", "The time to send was over."),
        ("cancelled", "", "Not sent: the mailing was cancelled."),
        ("waiting", "", "Not sent yet: it waits for its turn."),
        ("waiting", "again", "Not delivered at first. It is sent again."),
    ],
)
def test_every_state_says_why_it_was_sent_or_not(state: str, reason: str, words: str, sent: Message) -> None:
    sent.state, sent.reason = state, reason
    assert story.why(sent, USUAL, NOW) == words
    if state in ("excluded", "held_out"):
        assert story.way(sent) == ""


@pytest.mark.parametrize("state", State)
def test_there_is_a_sentence_for_each_state(state: str, sent: Message) -> None:
    sent.state = state
    assert story.why(sent, USUAL, NOW).endswith(".")


@pytest.mark.parametrize(
    ("state", "words"),
    [
        (Mailing.State.PAUSED, "Not sent yet: the mailing is paused."),
        (Mailing.State.SUBMITTED, "Not sent yet: the mailing has not started."),
        (Mailing.State.CANCELLED, "Not sent: the mailing was cancelled."),
    ],
)
def test_what_waits_says_what_its_mailing_does(state: str, words: str, sent: Message) -> None:
    sent.state, sent.mailing.state = "waiting", state
    assert story.why(sent, USUAL, NOW) == words


def test_whose_hours_have_not_come_is_told_when(sent: Message) -> None:
    sent.state, sent.mailing.state = "waiting", Mailing.State.RUNNING
    sent.earliest_at = datetime.now(tz=timezone.get_current_timezone()).replace(
        hour=10, minute=0
    ) + timedelta(days=400)
    assert "by the customer's clock it may leave at" in story.why(sent, USUAL, NOW)


@pytest.fixture
def answers() -> Iterator[list[Answer]]:
    """What the rooms above would tell."""
    said: list[Answer] = []
    known = story._answers.copy()
    story._answers[:] = [lambda customer_id: said]
    yield said
    story._answers[:] = known


def test_answers_stand_with_their_message(sent: Message, answers: list[Answer]) -> None:
    later, sooner = NOW + timedelta(minutes=2), NOW + timedelta(minutes=1)
    answers += [Answer(later, "Thanks", sent.pk), Answer(sooner, "Yes", sent.pk), Answer(NOW, "Hello", None)]
    chapter = story.story(sent.customer_id)
    assert [one.text for one in chapter.told[0].answers] == ["Yes", "Thanks"]
    assert [one.text for one in chapter.first_words] == ["Hello"]
    assert story.story(sent.customer_id, before=sent.pk).first_words == []


def many(sent: Message, number: int) -> None:
    """More messages to the same customer, in the same mailing."""
    for _ in range(number):
        sent.pk = Message.objects.order_by("-id").values_list("id", flat=True)[0] + 1
        sent.save(force_insert=True)


@pytest.mark.unbalanced
def test_a_page_ends_where_the_next_one_begins(sent: Message) -> None:
    many(sent, 4)
    first = story.story(sent.customer_id, limit=3)
    second = story.story(sent.customer_id, before=first.older, limit=3)
    ids = [one.message.pk for one in (*first.told, *second.told)]
    assert ids == sorted(Message.objects.values_list("id", flat=True), reverse=True)
    assert (len(first.told), len(second.told), second.older) == (3, 2, None)


def test_a_plan_that_was_taken_away_is_no_part_of_it(sent: Message) -> None:
    Mailing.objects.update(planned_count=None)
    assert story.story(sent.customer_id).told == []


def test_of_others_nothing_is_told(sent: Message) -> None:
    other = Customer.objects.create(external_id="other", phone="+79050000099")
    assert story.story(other.pk) == story.Chapter([], None, [])


def follow(message: Message, address: str, after_minutes: int, *, is_robot: bool = False) -> None:
    link, _ = ShortLink.objects.get_or_create(
        mailing=message.mailing, address=address, defaults={"target": address, "expires_at": NOW}
    )
    at = NOW + timedelta(minutes=after_minutes)
    Click.objects.create(
        link=link, customer_id=message.customer_id, is_robot=is_robot, first_at=at, last_at=at, clicks=2
    )


def test_the_links_that_the_customer_followed_are_told_in_their_order(sent: Message) -> None:
    follow(sent, "https://shop.example/b", 5)
    follow(sent, "https://shop.example/a", 9)
    follow(sent, "https://shop.example/a", 1, is_robot=True)
    [told] = story.story(sent.customer_id).told
    assert [(click.link.address, click.clicks) for click in told.clicks] == [
        ("https://shop.example/b", 2),
        ("https://shop.example/a", 2),
    ]


def test_what_others_followed_is_not_told(sent: Message) -> None:
    other = Customer.objects.create(external_id="other", phone="+79050000099")
    follow(sent, "https://shop.example/b", 5)
    Click.objects.update(customer=other)
    assert [told.clicks for told in story.story(sent.customer_id).told] == [[]]


@pytest.mark.unbalanced
def test_twenty_messages_take_the_same_statements_as_one(
    sent: Message, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    story.story(sent.customer_id)
    with django_assert_num_queries(7):
        story.story(sent.customer_id)
    many(sent, 19)
    with django_assert_num_queries(7):
        assert len(story.story(sent.customer_id).told) == 20
