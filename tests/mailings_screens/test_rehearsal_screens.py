"""The screens of rehearsals: what it does is said first, how far it is, what came of it, and who may see that."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.core.cache import cache
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from backoffice.accounts.models import User
from backoffice.accounts.roles import ANALYST, APPROVER, EDITOR, EMPLOYEE, OPERATOR_STAFF
from backoffice.mailings.models import Mailing, Message, Rehearsal
from kannel.adapters.presets import preset
from kannel.models import Connection, Gateway
from tests.mailings.in_state import add_messages, put
from tests.mailings_screens.conftest import As

pytestmark = pytest.mark.django_db
State = Rehearsal.State
LINE = {
    "operator": "North",
    "connection": "north-1",
    "kind": "smpp",
    "planned": 3,
    "messages": 2,
    "parts": 2,
    "planned_parts": 3,
    "cost": "4.0000",
    "planned_cost": "6.0000",
    "per_second": 41.5,
    "allowed_per_second": 100,
}


@pytest.fixture(autouse=True)
def fresh(clean_redis: object) -> None:
    cache.clear()


@pytest.fixture
def waiting(mailing: Mailing, north: Connection, editor: User) -> Mailing:
    """A mailing with a plan of three messages that waits for its approval."""
    add_messages(mailing, "waiting", "waiting", "waiting")
    return put(mailing, Mailing.State.SUBMITTED, editor)


def ask_url(mailing: Mailing) -> str:
    return reverse("rehearsal:ask", args=[mailing.pk])


def make(mailing: Mailing, state: str, **values: object) -> Rehearsal:
    usual = {
        "plan_digest": mailing.plan_digest,
        "planned": 3,
        "started_at": timezone.now() - timedelta(seconds=9),
    }
    return Rehearsal.objects.create(mailing=mailing, state=state, **{**usual, **values})


def page_of(rehearsal: Rehearsal, name: str = "run") -> str:
    return reverse(f"rehearsal:{name}", args=[rehearsal.mailing_id, rehearsal.pk])


def test_the_page_of_a_mailing_leads_there_while_it_can_be_rehearsed(waiting: Mailing, as_role: As) -> None:
    url = reverse("mailings:inspect", args=[waiting.pk])
    for role in (EDITOR, APPROVER):
        assert ask_url(waiting) in as_role(role).get(url).content.decode()
    assert ask_url(waiting) not in as_role(ANALYST).get(url).content.decode()
    put(waiting, Mailing.State.RUNNING, User.objects.get(username="editor"))
    assert ask_url(waiting) not in as_role(EDITOR).get(url).content.decode()


def test_what_it_does_and_how_long_it_takes_is_said_before_the_click(waiting: Mailing, as_role: As) -> None:
    page = as_role(APPROVER).get(ask_url(waiting)).content.decode()
    assert "No customer gets anything. 3 messages go to simulated operators" in page
    assert "which takes about 6 s." in page
    assert "How much of it" not in page
    assert "the numbers here are invented" in page


def test_what_is_not_rehearsed_is_said_by_connection(
    waiting: Mailing, north: Connection, south: Connection, as_role: As
) -> None:
    add_messages(waiting, "waiting", connection=south)
    Connection.objects.filter(pk=south.pk).update(use_tls=True)
    Gateway.objects.update(transport="sendsms")
    adapter = preset("xml")
    adapter.save()
    Connection.objects.filter(pk=north.pk).update(kind="adapter", adapter=adapter)
    page = as_role(EDITOR).get(ask_url(waiting)).content.decode()
    assert "South (south-1): the simulated operator answers in words of its own." in page
    assert "South (south-1): encryption is not rehearsed." in page
    assert "North (north-1): its adapter talks to a simulated operator, one with XML" in page
    assert "south-1: the way to Kannel over HTTP (sendsms) is not rehearsed." in page


def test_the_click_puts_it_in_the_queue_and_shows_that_it_waits(waiting: Mailing, as_role: As) -> None:
    browser = as_role(APPROVER)
    page = browser.post(ask_url(waiting), {"what": "all"}, follow=True).content.decode()
    rehearsal = Rehearsal.objects.get()
    assert "Waiting for its turn. It begins by itself within a minute." in page
    assert (rehearsal.state, rehearsal.planned, rehearsal.share) == (State.WAITING, 3, 1.0)
    assert rehearsal.asked_by == User.objects.get(username="Approver by role")
    again = browser.post(ask_url(waiting), {"what": "all"}).content.decode()
    assert "It is being rehearsed already." in again
    assert Rehearsal.objects.count() == 1


def test_a_large_plan_offers_a_sample_and_keeps_what_was_typed(waiting: Mailing, as_role: As) -> None:
    Connection.objects.update(throughput_per_second=1)
    Message.objects.update(parts=300)
    cache.clear()
    browser = as_role(EDITOR)
    page = browser.get(ask_url(waiting)).content.decode()
    assert "A sample, drawn evenly over the whole plan" in page
    assert "All 3 would take about 15 min, so a sample is offered as well." in page
    assert "All 3 messages" in page
    answer = browser.post(ask_url(waiting), {"what": "sample", "messages": "none"}).content.decode()
    assert "Give the number of messages to rehearse: 1 or more." in answer
    assert 'value="none"' in answer
    browser.post(ask_url(waiting), {"what": "sample", "messages": "2"})
    assert Rehearsal.objects.get().share == pytest.approx(2 / 3)


@pytest.mark.unbalanced
def test_others_come_first_and_it_says_so(waiting: Mailing, editor: User, as_role: As) -> None:
    other = Mailing.objects.get(pk=waiting.pk)
    other.pk = None
    other.save()
    make(other, State.RUNNING)
    mine = make(waiting, State.WAITING)
    page = as_role(EDITOR).get(page_of(mine)).content.decode()
    assert "Waiting for its turn: 1 other rehearsal comes first." in page


def test_the_live_part_says_how_far_it_is(waiting: Mailing, as_role: As) -> None:
    now = timezone.now()
    mine = make(waiting, State.RUNNING, heard_at=now)
    browser = as_role(EDITOR)
    assert "The simulated operators are being started." in browser.get(page_of(mine)).content.decode()
    values = {"messages": 4000, "handed_over": 1200, "taken": 1000, "different": 2, "heard_at": now}
    Rehearsal.objects.update(**values, started_at=now - timedelta(seconds=10))
    part = browser.get(page_of(mine, "progress")).content.decode()
    assert "1,000 of 4,000 messages have arrived. About 30 s left." in part
    assert "2 messages differ from the plan so far." in part
    assert 'value="1000" max="4000"' in part
    assert "20 % of the messages have arrived." in part
    Rehearsal.objects.update(heard_at=now - timedelta(seconds=30), wants_stop=True)
    part = browser.get(page_of(mine, "progress")).content.decode()
    assert "It is being stopped." in part
    assert "Nothing was heard of it since" in part
    Rehearsal.objects.update(state=State.DONE)
    assert "data-live-reload" in browser.get(page_of(mine, "progress")).content.decode()


def test_a_click_stops_it(waiting: Mailing, as_role: As) -> None:
    mine = make(waiting, State.RUNNING, heard_at=timezone.now())
    said = as_role(EDITOR).post(page_of(mine, "stop"), follow=True).content.decode()
    assert "It stops within a few seconds." in said
    mine.refresh_from_db()
    assert (mine.state, mine.wants_stop) == (State.RUNNING, True)
    assert as_role(EDITOR).get(page_of(mine, "stop")).status_code == 405


def test_one_that_has_not_begun_stops_at_once(waiting: Mailing, as_role: As) -> None:
    mine = make(waiting, State.WAITING)
    page = as_role(EDITOR).post(page_of(mine, "stop"), follow=True).content.decode()
    assert "Stopped after 0 messages. No customer got anything." in page


def test_a_good_result_is_one_sentence_and_a_table(waiting: Mailing, as_role: As) -> None:
    counts = {"messages": 3, "taken": 3, "delivered": 3, "parts": 3, "expected_parts": 3}
    money = {"cost": Decimal("6.00"), "expected_cost": Decimal("6.00"), "finished_at": timezone.now()}
    mine = make(waiting, State.DONE, **counts, **money, lines=[LINE])
    page = as_role(APPROVER).get(page_of(mine)).content.decode()
    assert "All 3 messages arrived as planned, byte for byte." in page
    assert "The bill is as planned: 3 parts for 6.00 RUB." in page
    assert "Every delivery receipt found its message." in page
    assert "It took 9 s." in page
    assert "north-1" in page
    assert "100 allowed" in page
    assert "What differed" not in page


def test_a_bad_result_names_what_differed_with_the_text_of_the_plan(waiting: Mailing, as_role: As) -> None:
    message = Message.objects.earliest("id")
    examples = [
        {"message_id": message.pk, "fault": "text", "planned": "U+043F", "arrived": "U+003F", "place": 4},
        {"message_id": message.pk, "fault": "text", "planned": "U+000A", "arrived": "", "place": 9},
        {"message_id": message.pk, "fault": "parts", "planned": "1", "arrived": "2", "place": 0},
        {"message_id": 0, "fault": "stranger", "planned": "", "arrived": "", "place": 0},
    ]
    mine = make(
        waiting,
        State.DONE,
        messages=3,
        taken=2,
        delivered=1,
        different=2,
        cost=Decimal(8),
        expected_cost=Decimal(6),
        share=0.1,
        planned=30,
        faults={"text": 1, "parts": 1, "lost": 1},
        examples=examples,
        lines=[LINE],
    )
    page = as_role(APPROVER).get(page_of(mine)).content.decode()
    for said in (
        "2 of 3 messages differ from the plan. Do not send it before you know why.",
        "This was a sample: 3 of 30 messages, drawn evenly.",
        "The bill came to 8.00 instead of 6.00 RUB.",
        "1 of 2 delivery receipts found their message.",
        "Another text: character 4 is “п” (U+043F) in the plan, “?” (U+003F) arrived.",
        "Another text: character 9 is U+000A in the plan, nothing arrived.",
        "Another number of parts: 1 in the plan, 2 arrived.",
        "A message arrived that is not in the plan.",
        "Never arrived",
        message.text,
    ):
        assert said in page, said


def test_one_that_failed_says_why_and_an_old_one_that_it_is_old(waiting: Mailing, as_role: As) -> None:
    mine = make(waiting, State.FAILED, problem="There is no Kannel here.", plan_digest="old")
    page = as_role(EDITOR).get(page_of(mine)).content.decode()
    assert "It was not rehearsed to its end." in page
    assert "There is no Kannel here." in page
    assert "The mailing was planned anew since." in page
    listed = as_role(EDITOR).get(ask_url(waiting)).content.decode()
    assert "of an earlier plan" in listed


@pytest.mark.parametrize("role", [ANALYST, OPERATOR_STAFF, EMPLOYEE])
def test_nobody_else_sees_or_does_any_of_it(role: str, waiting: Mailing, as_role: As) -> None:
    mine, browser = make(waiting, State.RUNNING, heard_at=timezone.now()), as_role(role)
    for url in (ask_url(waiting), page_of(mine), page_of(mine, "progress")):
        assert browser.get(url).status_code in (302, 403)
    browser.post(page_of(mine, "stop"))
    Rehearsal.objects.filter(wants_stop=False).update(state=State.DONE)
    browser.post(ask_url(waiting), {"what": "all"})
    assert [one.state for one in Rehearsal.objects.all()] == [State.DONE]


def test_what_cannot_be_rehearsed_says_so(
    mailing: Mailing, north: Connection, editor: User, as_role: As
) -> None:
    browser = as_role(EDITOR)
    assert "when it has a plan, and until it starts" in browser.get(ask_url(mailing)).content.decode()
    answer = browser.post(ask_url(mailing), {"what": "all"}).content.decode()
    assert "Only a mailing with a plan that has not started can be rehearsed." in answer
    add_messages(mailing, "excluded")
    put(mailing, Mailing.State.PLANNED, editor)
    assert "Nobody would receive this mailing" in browser.get(ask_url(mailing)).content.decode()
    answer = browser.post(ask_url(mailing), {"what": "all"}).content.decode()
    assert "there is nothing to rehearse" in answer


def test_a_rehearsal_is_found_under_its_own_mailing_only(waiting: Mailing, as_role: As) -> None:
    mine = make(waiting, State.DONE)
    assert as_role(EDITOR).get(reverse("rehearsal:run", args=[waiting.pk + 1, mine.pk])).status_code == 404


def test_the_list_asks_as_much_for_many_as_for_few(
    waiting: Mailing, as_role: As, editor: User, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    browser, url = as_role(EDITOR), ask_url(waiting)
    make(waiting, State.DONE, asked_by=editor)
    browser.get(url)
    with CaptureQueriesContext(connection) as few:
        browser.get(url)
    for _ in range(10):
        make(waiting, State.STOPPED, asked_by=User.objects.create(username=f"u{Rehearsal.objects.count()}"))
    with django_assert_num_queries(len(few)):
        browser.get(url)
