"""What an approver sees and does: the frozen plan, a comment, three decisions; and what others see of it."""

import re
from collections.abc import Callable
from decimal import Decimal

import pytest
from django.core.cache import cache
from django.test import Client
from django.urls import reverse

from backoffice.accounts.models import User
from backoffice.accounts.roles import ANALYST, APPROVER, EDITOR
from backoffice.alerts.models import Alert
from backoffice.mailings import lifecycle
from backoffice.mailings.approval_mail import subject_and_text
from backoffice.mailings.approval_models import ApprovalMail
from backoffice.mailings.models import Approval, ApprovalRules, LaunchOrder, Mailing
from backoffice.message_templates.models import MessageTemplate, TextVariant
from kannel.models import Connection
from tests.mailings.conftest import MakeCustomer
from tests.mailings.in_state import put
from tests.mailings_screens.conftest import As
from tests.mailings_screens.test_screens import step

pytestmark = pytest.mark.django_db
State = Mailing.State


@pytest.fixture(autouse=True)
def fresh() -> None:
    cache.clear()


@pytest.fixture
def submitted(
    north: Connection, make_customer: MakeCustomer, planned: Callable[[], Mailing], editor: User
) -> Mailing:
    make_customer(first_name="Anna")
    mailing = planned()
    lifecycle.submit(mailing, editor)
    return mailing


def page(client: Client, mailing: Mailing) -> str:
    return client.get(reverse("mailings:inspect", args=[mailing.pk])).content.decode()


def test_an_approver_reads_the_plan_and_decides_with_a_comment(as_role: As, submitted: Mailing) -> None:
    shown = page(as_role(APPROVER), submitted)
    assert "Your decision" in shown
    assert '<th scope="row">Messages</th><td>1</td>' in shown
    assert '<th scope="row">Cost</th><td>2.50 RUB</td>' in shown
    assert "Dear {first_name|default:&quot;customer&quot;}, come in." in shown
    assert "Approve: 1 message is sent as planned, without asking again." in shown
    for name in ("approve", "send_back", "refuse"):
        assert f'formaction="{reverse("mailings:step", args=[submitted.pk, name])}"' in shown


def test_others_see_what_waits_but_decide_nothing(as_role: As, submitted: Mailing) -> None:
    for role in (EDITOR, ANALYST):
        shown = page(as_role(role), submitted)
        assert "Waits for approval" in shown
        assert "approval-comment" not in shown
    assert "come in." not in page(as_role(ANALYST), submitted)


def test_an_approval_keeps_its_comment_and_the_page_shows_it(as_role: As, submitted: Mailing) -> None:
    approver = as_role(APPROVER)
    step(approver, submitted, "approve", comment="Well written.", seen=submitted.content_hash)
    assert (submitted.state, LaunchOrder.objects.get().comment) == (State.APPROVED, "Well written.")
    shown = page(approver, submitted)
    assert "Approver by role" in shown
    assert "Approved: Well written." in shown


def test_an_approved_state_without_an_order_shows_nobody(
    as_role: As, submitted: Mailing, editor: User
) -> None:
    put(submitted, State.APPROVED, editor)
    assert 'id="order"' not in page(as_role(APPROVER), submitted)


@pytest.mark.parametrize(
    ("name", "sentence"),
    [("send_back", "Say what has to be changed."), ("refuse", "Say why it must not be sent.")],
)
def test_what_needs_a_comment_asks_for_it(name: str, sentence: str, as_role: As, submitted: Mailing) -> None:
    shown = step(as_role(APPROVER), submitted, name, comment=" ")
    assert sentence in shown
    assert 'name="comment"' in shown
    assert submitted.state == State.SUBMITTED


def test_a_refused_mailing_says_so_with_the_reason(as_role: As, submitted: Mailing) -> None:
    shown = step(as_role(APPROVER), submitted, "refuse", comment="We do not offer this.")
    assert submitted.state == State.CANCELLED
    assert "Refused by an approver on" in shown
    assert "We do not offer this." in shown


def test_a_cancelled_one_is_not_called_refused(as_role: As, submitted: Mailing) -> None:
    shown = step(as_role(APPROVER), submitted, "cancel")
    assert "Refused by an approver" not in shown


def test_what_was_typed_is_not_lost_with_a_refused_step(as_role: As, submitted: Mailing) -> None:
    shown = step(as_role(APPROVER), submitted, "approve", comment="Well written.", seen="0" * 64)
    assert "It was submitted anew after you opened its page." in shown
    assert "You had written: “Well written.”" in shown


def test_the_page_that_asks_first_takes_a_comment_too(as_role: As, submitted: Mailing) -> None:
    shown = as_role(APPROVER).get(reverse("mailings:step", args=[submitted.pk, "approve"])).content.decode()
    assert "Approve: 1 message is sent as planned" in shown
    assert 'name="comment"' in shown
    refuse = as_role(APPROVER).get(reverse("mailings:step", args=[submitted.pk, "refuse"])).content.decode()
    assert "Why must it not be sent?" in refuse


def test_two_approvers_are_asked_for_with_the_reason(as_role: As, submitted: Mailing, approver: User) -> None:
    ApprovalRules.objects.update(second_above_recipients=0, second_above_cost=Decimal("1.00"))
    client = as_role(APPROVER)
    shown = page(client, submitted)
    assert "Two approvers are needed: more than 0 recipients and more than 1.00 RUB." in shown
    assert (
        "Approve: your approval is noted, and nothing is sent before another approver agrees, too." in shown
    )
    shown = step(client, submitted, "approve", comment="Good.", seen=submitted.content_hash)
    assert (submitted.state, Approval.objects.count()) == (State.SUBMITTED, 1)
    assert "“Good.” One more approver is needed: more than 0 recipients and more than 1.00 RUB." in shown
    assert "You have approved it already. Somebody else has to give the second approval." in shown
    assert "mailing.pk}/approve" not in shown
    lifecycle.approve(submitted, approver)
    assert "Approver by role and approver" in page(client, submitted)


def test_the_home_screen_asks_the_first_approver_no_more(as_role: As, submitted: Mailing) -> None:
    ApprovalRules.objects.update(second_above_recipients=0)
    client = as_role(APPROVER)
    address = reverse("mailings:inspect", args=[submitted.pk])
    assert address in client.get("/").content.decode()
    step(client, submitted, "approve")
    # The feed still says that it waits for somebody.
    assert client.get("/").content.decode().count(address) == 1


def test_a_series_shows_its_limits(as_role: As, submitted: Mailing, editor: User) -> None:
    Mailing.objects.update(repeats="daily")
    put(submitted, State.SUBMITTED, editor)
    client = as_role(APPROVER)
    assert page(client, submitted).count("no limit: every run waits for an approver") == 2
    Mailing.objects.update(run_recipients=5000, run_cost=Decimal("900.00"), until="2030-12-31")
    put(submitted, State.SUBMITTED, editor)
    shown = page(client, submitted)
    for words in ("A run has at most", "5,000 recipients", "A run costs at most", "900.00 RUB", "2030"):
        assert words in shown
    assert "its runs start by themselves within these limits" in shown


def test_all_texts_stand_there_with_their_shares_and_languages(
    as_role: As, submitted: Mailing, editor: User
) -> None:
    TextVariant.objects.create(template=submitted.template, language="ru", text="Приходите.")
    Mailing.objects.update(
        second_text=MessageTemplate.objects.create(name="Shorter", text="Come."),
        budget=Decimal("70.00"),
        ends_at="2030-01-01T10:00Z",
        starts_at="2029-01-01T10:00Z",
    )
    put(submitted, State.SUBMITTED, editor)
    shown = page(as_role(APPROVER), submitted)
    for words in ("Autumn offer, 50 %, Russian", "Приходите.", "Shorter, 50 %", "70.00 RUB", "Ends"):
        assert words in shown


def test_the_page_begins_with_what_real_recipients_read_beside_the_decision(
    as_role: As, submitted: Mailing
) -> None:
    shown = page(as_role(APPROVER), submitted)
    read, decision = shown.index("Dear Axxx, come in."), shown.index("approval-comment")
    steps, written = shown.index("mailing-steps"), shown.index("The text as it was written")
    assert read < written < decision < steps
    # Nobody has to read the same twice.
    assert shown.count("Dear Axxx, come in.") == 1


def test_three_recipients_are_shown_however_many_there_are(
    as_role: As, north: Connection, make_customer: MakeCustomer, planned: Callable[[], Mailing], editor: User
) -> None:
    for number in range(5):
        make_customer(first_name=f"Boris{'a' * number}")
    mailing = planned()
    lifecycle.submit(mailing, editor)
    assert page(as_role(APPROVER), mailing).count('class="parley-bubble"') == 3


def test_of_texts_that_are_compared_one_of_each_is_shown(
    as_role: As,
    north: Connection,
    make_customer: MakeCustomer,
    mailing: Mailing,
    planned: Callable[[], Mailing],
    editor: User,
) -> None:
    for number in range(40):
        make_customer(first_name=f"Boris{'a' * number}")
    other = MessageTemplate.objects.create(name="Other", text="Quite another text.", sender="Parley")
    mailing.second_text, mailing.second_percent = other, 50
    mailing.save()
    planned()
    lifecycle.submit(mailing, editor)
    shown = page(as_role(APPROVER), mailing)
    bubbles = re.findall(r'class="parley-bubble">([^<]*)<', shown)
    assert sorted("another" in words for words in bubbles) == [False, True]


def test_a_note_of_the_author_reaches_the_approver_and_the_history(
    as_role: As, north: Connection, make_customer: MakeCustomer, planned: Callable[[], Mailing]
) -> None:
    make_customer(first_name="Anna")
    mailing = planned()
    editors = as_role(EDITOR)
    assert 'name="comment"' in page(editors, mailing)
    step(
        editors, mailing, "submit", comment="Agreed with the shop on Tverskaya.\r\nPlease look at the hours."
    )
    mailing.refresh_from_db()
    said = "Agreed with the shop on Tverskaya.\nPlease look at the hours."
    assert mailing.author_note == said
    shown = page(as_role(APPROVER), mailing)
    assert f'<p class="approval-text">{said}</p>' in shown
    assert shown.index("Note from the author") < shown.index("approval-comment")
    assert f"Submitted for approval: {said}" in shown
    assert "Please look at the hours." in Alert.objects.get(cause=f"approval-waits:{mailing.pk}").sentence
    mail = ApprovalMail(mailing=mailing, kind=ApprovalMail.Kind.WAITS)
    assert said in subject_and_text(mail)[1]
    decided = ApprovalMail(mailing=mailing, kind=ApprovalMail.Kind.APPROVED)
    assert said not in subject_and_text(decided)[1]


def test_a_mailing_without_a_note_says_nothing_of_one(as_role: As, submitted: Mailing) -> None:
    assert "Note from the author" not in page(as_role(APPROVER), submitted)
