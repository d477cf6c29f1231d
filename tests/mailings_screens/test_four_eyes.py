"""The ways around four eyes that Wagtail's stock approval leaves open, tried on a mailing: none of them works.

1. Whoever asked approves, as a member of the right group or as an administrator. 2. An approver changes it and approves
that at once. 3. What was submitted is overwritten in its place, and approved unseen. 4. The newest content is sent, not the
approved one. 5. A right to publish leads past the approval.
"""

from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.contrib.auth.models import Group
from django.test import Client
from django.urls import get_resolver, reverse
from django.urls.exceptions import NoReverseMatch
from django.utils import timezone
from wagtail.log_actions import log
from wagtail.models import DraftStateMixin, WorkflowMixin

from backoffice.accounts.models import User
from backoffice.accounts.roles import APPROVER, EDITOR
from backoffice.mailings import lifecycle
from backoffice.mailings.claiming import claim
from backoffice.mailings.four_eyes import written_by_others
from backoffice.mailings.lifecycle import Refused
from backoffice.mailings.models import LaunchOrder, Mailing, Message
from backoffice.message_templates.models import MessageTemplate
from kannel.models import Connection
from tests.mailings.conftest import MakeCustomer
from tests.mailings.in_state import put
from tests.mailings_screens.test_screens import form_values

pytestmark = pytest.mark.django_db
State = Mailing.State


@pytest.fixture
def submitted(
    north: Connection, make_customer: MakeCustomer, planned: Callable[[], Mailing], editor: User
) -> Mailing:
    """A planned mailing that its author, an administrator, has submitted."""
    make_customer()
    mailing = planned()
    lifecycle.submit(mailing, editor)
    return mailing


@pytest.fixture
def both(db: None) -> User:
    """Editor and approver in one person."""
    user = User.objects.create_user("both")
    user.groups.set(Group.objects.filter(name__in=[EDITOR, APPROVER]))
    return user


def browser_of(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def approve_by_post(user: User, mailing: Mailing, **values: str) -> str:
    url = reverse("mailings:step", args=[mailing.pk, "approve"])
    values = {"seen": mailing.content_hash, **values}
    page = browser_of(user).post(url, values, follow=True).content.decode()
    mailing.refresh_from_db()
    return page


def test_1_whoever_asked_does_not_approve_not_even_an_administrator(
    submitted: Mailing, editor: User, both: User
) -> None:
    assert "Somebody else has to approve it." in approve_by_post(editor, submitted)
    Mailing.objects.update(submitted_by=both)
    assert "Somebody else has to approve it." in approve_by_post(both, submitted)
    assert (submitted.state, LaunchOrder.objects.count()) == (State.SUBMITTED, 0)


@pytest.mark.parametrize("state", State)
def test_1_in_no_state_does_a_post_of_the_author_approve(state: str, mailing: Mailing, editor: User) -> None:
    put(mailing, state, editor)
    approve_by_post(editor, mailing)
    assert (mailing.state, LaunchOrder.objects.count()) == (state, 0)


def test_2_whoever_changed_it_does_not_approve_it(submitted: Mailing, editor: User, both: User) -> None:
    values = form_values(submitted, name="Spring", local_from="00:00", local_to="00:00")
    browser_of(both).post(reverse("mailings:edit", args=[submitted.pk]), values)
    submitted.refresh_from_db()
    assert (submitted.name, submitted.state) == ("Spring", State.DRAFT)
    put(submitted, State.SUBMITTED, editor)
    assert "Somebody else has to approve it." in approve_by_post(both, submitted)
    assert submitted.state == State.SUBMITTED


def test_2_whoever_changed_it_is_not_asked_to_approve_it(
    submitted: Mailing, both: User, approver: User
) -> None:
    waiting = Mailing.objects.filter(state=State.SUBMITTED)
    assert list(written_by_others(waiting, both)) == [submitted]
    log(submitted, "wagtail.edit", user=both)
    assert list(written_by_others(waiting, both)) == []
    assert list(written_by_others(waiting, approver)) == [submitted]


def test_2_a_change_in_the_post_that_approves_is_not_made(submitted: Mailing, approver: User) -> None:
    approve_by_post(approver, submitted, name="Spring", text="Buy now.", seen=submitted.content_hash)
    assert (submitted.name, submitted.state) == ("Autumn", State.APPROVED)
    assert LaunchOrder.objects.get().content["variants"] == {
        "": 'Dear {first_name|default:"customer"}, come in.'
    }


def test_3_what_was_submitted_anew_is_not_approved_from_an_older_page(
    submitted: Mailing, editor: User, approver: User, north: Connection
) -> None:
    seen = submitted.content_hash
    lifecycle.withdraw(submitted, editor)
    Mailing.objects.update(sender="Other")
    submitted.refresh_from_db()
    put(submitted, State.SUBMITTED, editor)
    assert "It was submitted anew after you opened its page." in approve_by_post(
        approver, submitted, seen=seen
    )
    assert submitted.state == State.SUBMITTED
    approve_by_post(approver, submitted, seen=submitted.content_hash)
    assert submitted.state == State.APPROVED


def test_3_what_is_submitted_anew_in_the_same_moment_is_not_approved(
    submitted: Mailing, editor: User, approver: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    content = lifecycle.content

    def overwritten_meanwhile(mailing: Mailing) -> dict[str, Any]:
        shown = content(mailing)
        Mailing.objects.update(content_hash="of something else")
        return shown

    monkeypatch.setattr(lifecycle, "content", overwritten_meanwhile)
    with pytest.raises(Refused, match="submitted anew just now"):
        lifecycle.approve(submitted, approver)
    assert not LaunchOrder.objects.exists()


def test_3_the_page_of_the_approver_says_what_it_shows(submitted: Mailing, approver: User) -> None:
    page = browser_of(approver).get(reverse("mailings:inspect", args=[submitted.pk])).content.decode()
    assert f'name="seen" value="{submitted.content_hash}"' in page


def test_3_a_text_overwritten_in_its_place_is_not_approved(submitted: Mailing, approver: User) -> None:
    MessageTemplate.objects.update(text="Buy now.")
    assert "changed after it was submitted" in approve_by_post(approver, submitted)
    assert submitted.state == State.SUBMITTED


@pytest.mark.parametrize(
    "change",
    [
        lambda: MessageTemplate.objects.update(text="Buy now."),
        lambda: Mailing.objects.update(sender="Other"),
        lambda: Mailing.objects.update(ends_at=timezone.now() + timedelta(days=9)),
        lambda: Message.objects.update(text="Buy now."),
        lambda: Message.objects.update(cost="0.01"),
    ],
    ids=["text", "sender", "end", "text of a message", "price of a message"],
)
def test_4_only_what_was_approved_starts(
    change: Callable[[], object], submitted: Mailing, approver: User
) -> None:
    lifecycle.approve(submitted, approver)
    change()
    assert lifecycle.start_due() == []
    submitted.refresh_from_db()
    assert submitted.state == State.DRAFT
    assert "changed after its approval" in submitted.problem


def test_4_a_running_mailing_with_another_content_sends_nothing(
    submitted: Mailing, approver: User, north: Connection
) -> None:
    lifecycle.approve(submitted, approver)
    lifecycle.start_due()
    Mailing.objects.update(content_hash="of something else")
    assert claim(north, 10) == []


def test_5_an_approved_state_without_a_launch_order_does_not_start(submitted: Mailing) -> None:
    Mailing.objects.update(state=State.APPROVED)
    assert lifecycle.start_due() == []
    submitted.refresh_from_db()
    assert (submitted.state, submitted.problem[:6]) == (State.DRAFT, "Nobody")


def test_5_there_is_no_publishing_and_no_stock_workflow() -> None:
    assert not issubclass(Mailing, WorkflowMixin | DraftStateMixin)


def test_5_a_running_state_without_a_launch_order_sends_nothing(
    submitted: Mailing, north: Connection
) -> None:
    Mailing.objects.update(state=State.RUNNING, started_at=timezone.now())
    assert claim(north, 10) == []


FORGED = {
    "state": "approved",
    "content_hash": "0" * 64,
    "submitted_by": "",
    "created_by": "1",
    "approved_by": "1",
    "seen": "0" * 64,
    "action-publish": "Publish",
    "action": "approve",
    "day": "2030-01-01",
    "at": "10:00",
    "per_second": "5",
    "what": "slow",
}
BATCH = UUID("00000000-0000-0000-0000-000000000001")
ROOMS = ("mailings", "control", "mailing_results", "mailing_calendar", "story", "trying", "approval_rules")
STEPS_OF_OTHERS = ("start", "finish", "planned", "edited", "start_due", "content_hash", "publish", "approve")


def addresses_of(mailing: Mailing, operator: int) -> list[str]:
    """Every address of the rooms that show mailings, about this one."""
    found = []
    for namespace, (_prefix, resolver) in all_namespaces().items():
        if namespace not in ROOMS:
            continue
        for pattern in resolver.url_patterns:
            if not pattern.name:
                continue
            known = {
                "pk": mailing.pk,
                "operator": operator,
                "name": "approve",
                "what": "go-on",
                "key": uuid4(),
                "batch": BATCH,
            }
            wanted = pattern.pattern.converters
            found.append(reverse(f"{namespace}:{pattern.name}", kwargs={key: known[key] for key in wanted}))
    return found


def all_namespaces() -> dict[str, Any]:
    return dict(get_resolver().namespace_dict)


def test_5_no_direct_post_approves_or_starts_it(submitted: Mailing, editor: User, north: Connection) -> None:
    browser = browser_of(editor)
    browser.raise_request_exception = True
    steps = [reverse("mailings:step", args=[submitted.pk, name]) for name in STEPS_OF_OTHERS]
    addresses = [*addresses_of(submitted, north.operator_id), *steps]
    assert len(addresses) > 20
    for address in addresses:
        put(submitted, State.SUBMITTED, editor)
        browser.post(address, form_values(submitted) | FORGED)
        if not Mailing.objects.filter(pk=submitted.pk).exists():
            pytest.fail(f"{address} deleted it")
        submitted.refresh_from_db()
        assert submitted.state not in (State.APPROVED, State.RUNNING), address
        assert not LaunchOrder.objects.exists(), address
        assert submitted.created_by == editor, address


def test_an_unknown_room_is_no_way_in() -> None:
    with pytest.raises(NoReverseMatch):
        reverse("mailings:publish", args=[1])
