"""The check on a mailing's page, and the people behind its numbers."""

from collections.abc import Callable
from contextlib import closing
from datetime import time, timedelta

import psycopg2
import pytest
from django.core.cache import cache
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from backoffice.accounts.models import User
from backoffice.accounts.roles import ANALYST, EDITOR
from backoffice.mailings.check import checking
from backoffice.mailings.models import Mailing, Message
from backoffice.message_templates.models import MessageTemplate
from kannel.models import Connection
from tests.mailings.conftest import MakeCustomer
from tests.mailings.in_state import add_messages, put
from tests.mailings_screens.conftest import As

pytestmark = pytest.mark.django_db
Planned = Callable[[], Mailing]
Running = Callable[[], Mailing]


@pytest.fixture(autouse=True)
def fresh() -> None:
    cache.clear()


@pytest.fixture
def people(north: Connection, south: Connection, make_customer: MakeCustomer) -> None:
    """Two refused, one has no number, and four get it."""
    make_customer("+79161234501", consent="withdrawn")
    make_customer("+79161234502", consent="withdrawn")
    make_customer("")
    for number in range(4):
        make_customer(f"+7916000000{number}", time_zone="Europe/Moscow")


def page(as_role: As, mailing: Mailing, role: str = EDITOR) -> str:
    return as_role(role).get(reverse("mailings:inspect", args=[mailing.pk])).content.decode()


def recipients(as_role: As, mailing: Mailing, query: str, role: str = EDITOR) -> str:
    url = reverse("mailings:recipients", args=[mailing.pk])
    return as_role(role).get(f"{url}?{query}").content.decode()


def test_a_planned_mailing_shows_who_gets_it_the_bill_and_when_it_leaves(
    people: None, planned: Planned, as_role: As
) -> None:
    shown = page(as_role, planned())
    for words in (
        "Before it goes",
        "Who gets it, and who not",
        "Opted out",
        "?state=excluded&amp;reason=opted_out",
        "The bill",
        "letters of a plain SMS",
        "4 of 1 part.",
        "When it leaves",
        "If it is approved now, the first message leaves on",
        "UTC+3",
        "What you will learn from it",
        "Nobody is held out",
        "Offers have to say how one refuses them.",
    ):
        assert words in shown, words


def test_numbers_of_samples_are_masked_unless_the_right_allows(
    people: None, planned: Planned, as_role: As
) -> None:
    mailing = planned()
    shown = page(as_role, mailing)
    assert "+7 916 ••• •• 01" in shown
    assert "1234501" not in shown


def test_numbers_of_samples_are_masked_for_everybody(people: None, planned: Planned, editor: User) -> None:
    mailing = planned()
    found = checking.check_of(mailing, editor)
    samples = {phone for row in found["waterfall"] for _message, _customer, phone in row.samples}
    assert "+7 916 ••• •• 01" in samples
    assert not any("1234501" in phone for phone in samples)


def test_an_analyst_sees_the_numbers_and_no_way_to_a_customer(
    people: None, planned: Planned, as_role: As
) -> None:
    shown = page(as_role, planned(), ANALYST)
    assert "Who gets it, and who not" in shown
    assert "story/" not in shown.split('id="left-out"')[1].split("</section>")[0]


def test_a_mailing_without_a_plan_has_no_check(mailing: Mailing, as_role: As, editor: User) -> None:
    assert checking.check_of(mailing, editor) == {}
    assert "Who gets it, and who not" not in page(as_role, mailing)
    put(mailing, Mailing.State.PLANNING, editor)
    assert checking.check_of(mailing, editor) == {}


def test_a_running_mailing_shows_only_who_gets_it(people: None, running: Running, as_role: As) -> None:
    mailing = running()
    Message.objects.filter(state="waiting").update(state="delivered")
    shown = page(as_role, mailing)
    assert "Were meant to get it" in shown
    assert "Opted out" in shown
    assert "The bill" not in shown
    assert "Before it goes" not in shown


def test_a_running_mailing_that_leaves_nobody_out_says_nothing_of_it(
    mailing: Mailing, north: Connection, as_role: As, editor: User, approver: User
) -> None:
    add_messages(mailing, "waiting", "sent")
    put(mailing, Mailing.State.RUNNING, editor, approver)
    assert "Who gets it, and who not" not in page(as_role, mailing)


def test_the_hold_out_of_a_running_mailing_is_shown(
    mailing: Mailing, north: Connection, as_role: As, editor: User, approver: User
) -> None:
    add_messages(mailing, "waiting", "held_out")
    put(mailing, Mailing.State.RUNNING, editor, approver)
    assert "Held out, to measure the effect" in page(as_role, mailing)


def test_a_plan_that_does_not_fit_says_so_first(
    north: Connection, make_customer: MakeCustomer, planned: Planned, as_role: As
) -> None:
    make_customer()
    mailing = planned()
    Message.objects.update(latest_at=timezone.now() - timedelta(seconds=1))
    cache.clear()
    shown = page(as_role, mailing)
    assert "1 message in UTC+3 will not fit into its hours." in shown
    assert "None of it would leave" in shown


def test_a_mailing_with_a_start_is_not_said_to_start_with_its_approval(
    people: None, planned: Planned, as_role: As
) -> None:
    Mailing.objects.update(starts_at=timezone.now() + timedelta(hours=2))
    shown = page(as_role, planned())
    assert "The first message leaves on" in shown
    assert "If it is approved now" not in shown


def test_other_mailings_on_the_same_lines_are_named(
    people: None, planned: Planned, as_role: As, north: Connection, editor: User, approver: User
) -> None:
    mailing = planned()
    for number in range(4):
        other = Mailing.objects.create(
            name=f"Other {number}", template=mailing.template, audience=mailing.audience, created_by=editor
        )
        add_messages(other, "waiting", connection=north)
        put(other, Mailing.State.APPROVED, editor, approver)
    shown = page(as_role, mailing)
    assert (
        "It shares the operators with 4 other mailings at that time: “Other 0”, “Other 1”, “Other 2” …."
        in shown
    )


def test_a_comparison_says_that_the_bill_is_of_the_test(
    people: None, planned: Planned, as_role: As, mailing: Mailing
) -> None:
    Mailing.objects.update(
        second_text=MessageTemplate.objects.create(name="Second", text="Another one."), test_percent=50
    )
    shown = page(as_role, planned())
    assert "Of the test alone." in shown
    assert "too few recipients" in shown


def test_counting_that_takes_too_long_is_said(
    people: None, planned: Planned, as_role: As, monkeypatch: pytest.MonkeyPatch
) -> None:
    mailing = planned()
    monkeypatch.setattr(checking, "WAITS", timedelta(milliseconds=200))
    with closing(psycopg2.connect(**connection.get_connection_params())) as other, other.cursor() as cursor:
        # Whoever changes a table keeps everybody else waiting for it.
        cursor.execute("LOCK TABLE customers_importrun IN ACCESS EXCLUSIVE MODE")
        shown = page(as_role, mailing)
    assert "Counting takes longer than a page waits. Open it again in some minutes." in shown
    assert "Before it goes" not in shown


def test_a_fresh_plan_is_counted_where_it_was_planned(people: None, planned: Planned, editor: User) -> None:
    mailing = planned()
    checking.prepare(mailing)
    with CaptureQueriesContext(connection) as queries:
        checking.check_of(mailing, editor)
    assert not [query for query in queries.captured_queries if "GROUP BY m.mailing_id" in query["sql"]]


def test_a_plan_that_failed_is_not_counted(mailing: Mailing) -> None:
    with CaptureQueriesContext(connection) as queries:
        checking.prepare(mailing)
    assert len(queries) == 1


def test_the_check_asks_as_much_for_many_people_as_for_few(
    north: Connection, south: Connection, make_customer: MakeCustomer, planned: Planned, editor: User
) -> None:
    make_customer("+79160000001", time_zone="Europe/Moscow")
    make_customer("", consent="withdrawn")

    def asked() -> int:
        mailing = planned()
        cache.clear()
        with CaptureQueriesContext(connection) as queries:
            checking.check_of(mailing, editor)
        return len(queries)

    few = asked()
    for zone in ("Europe/Moscow", "Asia/Omsk", "Asia/Vladivostok"):
        for _number in range(5):
            make_customer(time_zone=zone)
    make_customer(consent=None)
    assert asked() == few


def test_looking_again_asks_little(people: None, planned: Planned, editor: User) -> None:
    mailing = planned()
    checking.check_of(mailing, editor)
    with CaptureQueriesContext(connection) as queries:
        checking.check_of(mailing, editor)
    counting = [query for query in queries.captured_queries if "mailings_message" in query["sql"]]
    # The numbers of a few people alone; nothing is counted.
    assert len(counting) == 1


def test_recipients_are_shown_by_reason(people: None, planned: Planned, as_role: As) -> None:
    mailing = planned()
    shown = recipients(as_role, mailing, "state=excluded&reason=opted_out")
    assert shown.count('<td class="parley-words">Opted out.') == 2
    assert '<option value="opted_out" selected>' in shown
    assert "+7 916 ••• •• 01" in shown
    assert "1234501" not in shown


def test_a_reason_that_nobody_has_says_so(people: None, planned: Planned, as_role: As) -> None:
    shown = recipients(as_role, planned(), "reason=too_dear")
    assert "Nobody here has this reason." in shown


def test_a_reason_that_there_is_not_is_passed_over(people: None, planned: Planned, as_role: As) -> None:
    shown = recipients(as_role, planned(), "reason=nonsense&state=waiting")
    assert shown.count("parley-state parley-state--hollow") == 4


def test_the_next_page_keeps_the_reason(
    north: Connection, make_customer: MakeCustomer, planned: Planned, as_role: As
) -> None:
    for _number in range(51):
        make_customer(consent=None)
    shown = recipients(as_role, planned(), "state=excluded&reason=no_consent")
    assert "?state=excluded&amp;reason=no_consent&amp;after=" in shown


def test_hours_are_those_of_the_recipients(
    north: Connection, make_customer: MakeCustomer, planned: Planned, as_role: As
) -> None:
    Mailing.objects.update(
        local_from=time(0), local_to=time(0), starts_at=timezone.now().replace(minute=0) + timedelta(hours=3)
    )
    make_customer(time_zone="Asia/Vladivostok")
    shown = page(as_role, planned())
    assert "At what hour where the recipients live?" in shown
    assert "UTC+10" in shown
