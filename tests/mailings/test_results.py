from uuid import uuid4

import pytest
from django.utils import timezone
from wagtail.models import ModelLogEntry

from backoffice.accounts.models import User
from backoffice.audiences.models import Audience, CustomerList, ListMember
from backoffice.customers.models import Customer
from backoffice.lib.said import in_readers_language
from backoffice.mailings import lifecycle, planning, results
from backoffice.mailings.given_back import RETURNED
from backoffice.mailings.lifecycle import Refused
from backoffice.mailings.models import Mailing, Message
from kannel.models import Connection, Event
from kannel.monthly import first_id
from tests.mailings.in_state import add_messages, put

pytestmark = pytest.mark.django_db
S = Message.State
# How a message ended: state, reason, and whether the customer certainly has not got it.
ENDS = [
    ("delivered", "", False),
    ("undelivered", "", True),
    ("rejected", "", True),
    ("expired", "", True),
    ("expired", "window_closed", True),
    ("expired", "no_receipt", False),
    ("failed", "refused", True),
    ("failed", "given_up", False),
    ("cancelled", "", True),
    ("excluded", "opted_out", False),
    ("held_out", "", False),
    ("uncertain", "", False),
    ("accepted", "", False),
    ("sent", "", False),
    ("submitting", "", False),
]


@pytest.fixture
def ended(mailing: Mailing, north: Connection, editor: User) -> Mailing:
    """A cancelled mailing with a message for each way to end."""
    for state, reason, _surely in ENDS:
        add_messages(mailing, state, reason=reason, attempt=0 if state in ("cancelled", "excluded") else 1)
    Message.objects.filter(reason="window_closed").update(attempt=0)
    return put(mailing, Mailing.State.CANCELLED, editor)


def reached_by(chosen: CustomerList) -> set[tuple[str, str]]:
    members = ListMember.objects.filter(customer_list=chosen).values("customer")
    return set(Message.objects.filter(customer__in=members).values_list("state", "reason"))


def test_only_who_certainly_has_not_got_it_is_written_to_again(ended: Mailing, editor: User) -> None:
    chosen = results.list_of(ended, "not_reached", "The rest", editor)
    assert reached_by(chosen) == {(state, reason) for state, reason, surely in ENDS if surely}
    assert chosen.members_count == sum(surely for *_, surely in ENDS)


def test_each_message_has_one_outcome_and_none_is_left_over(ended: Mailing) -> None:
    counts = results.counts(ended)
    assert counts == {"delivered": 1, "not_reached": 6, "unknown": 6, "left_out": 1, "held_out": 1}
    assert sum(counts.values()) == len(ENDS)


@pytest.mark.parametrize("policy", Mailing.UncertainPolicy)
def test_what_was_tried_twice_is_certain_only_if_the_first_try_is(
    policy: str, mailing: Mailing, north: Connection, editor: User
) -> None:
    add_messages(mailing, "rejected", attempt=2)
    Mailing.objects.update(uncertain_policy=policy)
    put(mailing, Mailing.State.FINISHED, editor)
    is_certain = policy != Mailing.UncertainPolicy.SEND_AGAIN
    counts = results.counts(mailing)
    assert (counts["not_reached"], counts["unknown"]) == (int(is_certain), int(not is_certain))


@pytest.mark.parametrize(("state", "attempt"), [("rejected", 2), ("cancelled", 1), ("undelivered", 3)])
def test_what_a_stopped_link_gave_back_may_have_left(
    state: str, attempt: int, mailing: Mailing, north: Connection, editor: User
) -> None:
    [message] = add_messages(mailing, state, attempt=attempt)
    put(mailing, Mailing.State.CANCELLED, editor)
    assert results.counts(mailing)["not_reached"] == 1
    now = timezone.now()
    Event.objects.create(
        id=first_id(now.date()) + 1,
        gateway=north.gateway,
        kind=Event.Kind.REPORT,
        kannel_id=uuid4(),
        message_id=message.pk,
        attempt=1,
        dlr_type=16,
        text=RETURNED,
        occurred_at=now,
        received_at=now,
    )
    counts = results.counts(mailing)
    assert (counts["not_reached"], counts["unknown"]) == (0, 1)


def test_what_ended_as_given_back_may_have_left(mailing: Mailing, north: Connection, editor: User) -> None:
    add_messages(mailing, "rejected", attempt=1, error=RETURNED)
    put(mailing, Mailing.State.CANCELLED, editor)
    assert results.counts(mailing)["unknown"] == 1


@pytest.mark.parametrize("result", results.RESULTS)
def test_a_list_says_where_it_comes_from(result: str, ended: Mailing, editor: User) -> None:
    chosen = results.list_of(ended, result, "Some", editor)
    assert chosen.kind == CustomerList.Kind.FROZEN
    assert (chosen.frozen_from, chosen.created_by) == ("Autumn", editor)
    assert "“Autumn”" in chosen.frozen_sentence
    assert chosen.frozen_sentence.endswith(".")
    assert chosen.members_count == results.counts(ended)[result]
    entry = ModelLogEntry.objects.for_instance(ended).latest("pk")
    assert (entry.action, entry.data["comment"]) == ("mailings.list_of_result", "Some")


def test_who_was_erased_is_on_no_list(ended: Mailing, editor: User) -> None:
    delivered = Message.objects.get(state="delivered").customer_id
    Customer.objects.filter(pk=delivered).delete()
    assert results.list_of(ended, "delivered", "Some", editor).members_count == 0


def test_a_list_is_refused_with_what_to_do(ended: Mailing, editor: User) -> None:
    CustomerList.objects.create(name="Taken")
    with pytest.raises(Refused, match="Choose another name"):
        results.list_of(ended, "delivered", "Taken", editor)
    with pytest.raises(Refused, match="Your role does not allow this"):
        results.list_of(ended, "delivered", "New", User.objects.create_user("stranger"))
    Mailing.objects.update(planned_count=None)
    ended.refresh_from_db()
    with pytest.raises(Refused, match="has no result"):
        results.list_of(ended, "delivered", "New", editor)
    assert CustomerList.objects.count() == 1


def test_a_mailing_to_the_rest_is_a_draft_with_the_same_answers(ended: Mailing, editor: User) -> None:
    by = User.objects.create_superuser("colleague")
    draft = results.resend(ended, by)
    assert (draft.state, draft.created_by, draft.name) == (Mailing.State.DRAFT, by, "Autumn, to the rest")
    assert (draft.template, draft.local_from, draft.starts_at) == (ended.template, ended.local_from, None)
    assert draft.planned_count is None
    assert draft.audience.customers().count() == 6
    entry = ModelLogEntry.objects.for_instance(draft).get()
    assert entry.action == "mailings.resend"
    assert in_readers_language(entry.data["comment"]) == "“Autumn”, 6 customers"


def test_whose_receipt_comes_after_all_is_not_planned_again(ended: Mailing, editor: User) -> None:
    draft = results.resend(ended, editor)
    Message.objects.filter(state="rejected").update(state="delivered")
    assert draft.audience.customers().count() == 5


def test_the_rest_is_planned_like_any_mailing(ended: Mailing, editor: User) -> None:
    draft = results.resend(ended, editor)
    lifecycle.request_plan(draft, editor)
    assert planning.plan(draft) == 6


def test_made_twice_each_has_its_own_list(ended: Mailing, editor: User) -> None:
    first, second = results.resend(ended, editor), results.resend(ended, editor)
    assert first.audience != second.audience
    assert Audience.objects.filter(name__startswith="Not reached by “Autumn”").count() == 2


def test_while_something_is_on_its_way_nobody_is_written_to_again(ended: Mailing, editor: User) -> None:
    put(ended, Mailing.State.RUNNING, editor)
    with pytest.raises(Refused, match="Wait until this mailing has ended"):
        results.resend(ended, editor)


def test_where_everybody_has_it_there_is_no_rest(ended: Mailing, editor: User) -> None:
    Message.objects.exclude(state="held_out").update(state="delivered")
    with pytest.raises(Refused, match="There is nobody"):
        results.resend(ended, editor)
    assert not CustomerList.objects.exists()


def test_without_the_rights_nothing_is_made(ended: Mailing) -> None:
    with pytest.raises(Refused, match="Your role does not allow this"):
        results.resend(ended, User.objects.create_user("stranger"))
