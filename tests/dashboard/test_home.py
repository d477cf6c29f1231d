from collections.abc import Callable, Iterator

import pytest
from django.core.cache import cache
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from backoffice.accounts.models import User
from backoffice.accounts.roles import (
    ANALYST,
    APPROVER,
    EDITOR,
    EMPLOYEE,
    OPERATOR_STAFF,
    PRIVACY_OFFICER,
)
from backoffice.alerts.feed import raise_alert
from backoffice.alerts.models import Alert
from backoffice.dashboard import home
from backoffice.mailings import lifecycle
from backoffice.mailings.models import Mailing, Message
from kannel.models import Connection, Gateway
from tests.mailings.conftest import MakeCustomer
from tests.mailings_screens.conftest import As

pytestmark = pytest.mark.django_db
Planned = Callable[[], Mailing]
Running = Callable[[], Mailing]
HOME = reverse("wagtailadmin_home")
PART = reverse("parley_home_part")


@pytest.fixture(autouse=True)
def _fresh() -> Iterator[None]:
    cache.clear()
    yield
    cache.clear()


def seen(client: Client, address: str = HOME) -> str:
    answer = client.get(address)
    assert answer.status_code == 200
    return answer.content.decode()


def menu_of(client: Client) -> set[str]:
    page = seen(client)
    names = "home mailings texts audiences customers results operators alerts who-did-what explorer images documents help reports"
    return {name for name in names.split() if f'"{name}", ' in page}


@pytest.mark.parametrize(
    ("role", "rooms"),
    [
        (EDITOR, {"home", "mailings", "texts", "audiences", "customers", "results", "alerts"}),
        (APPROVER, {"home", "mailings", "texts", "audiences", "customers", "results", "alerts"}),
        (ANALYST, {"home", "mailings", "audiences", "results", "operators", "alerts"}),
        (OPERATOR_STAFF, {"home", "operators", "alerts"}),
        (PRIVACY_OFFICER, {"home", "audiences", "customers", "alerts", "who-did-what"}),
        (EMPLOYEE, {"home", "alerts"}),
    ],
)
def test_each_role_finds_its_rooms_in_the_menu_and_no_others(as_role: As, role: str, rooms: set[str]) -> None:
    assert menu_of(as_role(role)) == rooms


def test_an_administrator_sees_no_pages_images_or_documents(editor: User) -> None:
    client = Client()
    client.force_login(editor)
    assert not menu_of(client) & {"explorer", "images", "documents", "help", "reports"}
    assert '"workflows", ' not in seen(client)


@pytest.mark.parametrize(
    ("role", "step"),
    [
        (EDITOR, "New mailing"),
        (APPROVER, "What waits for approval"),
        (ANALYST, "Reports"),
        (OPERATOR_STAFF, "State of the lines"),
    ],
)
def test_the_main_button_is_what_the_role_does_most(as_role: As, role: str, step: str) -> None:
    user = as_role(role).get(HOME).wsgi_request.user
    assert str(home.home(user)["steps"][0][1]) == step


def test_nobody_gets_in_without_signing_in() -> None:
    for address in (HOME, PART):
        assert reverse("wagtailadmin_login") in Client().get(address).headers["Location"]
    assert "Sign in to Parley" in seen(Client(), reverse("wagtailadmin_login"))


def test_a_running_mailing_shows_how_far_it_is(
    as_role: As, north: Connection, make_customer: MakeCustomer, running: Running
) -> None:
    for _ in range(4):
        make_customer()
    running()
    Message.objects.filter(pk=Message.objects.earliest("pk").pk).update(state=Message.State.DELIVERED)
    page = seen(as_role(APPROVER), PART)
    assert "1 of 4 messages ended (25 %)." in page
    assert "parley-fill--delivered" in page


def test_the_rate_is_what_left_since_somebody_looked(
    north: Connection, make_customer: MakeCustomer, running: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    for _ in range(10):
        make_customer()
    running()
    now = 1000.0
    monkeypatch.setattr(home.time, "time", lambda: now)
    assert home.under_way()[0].rate == 0
    Message.objects.update(state=Message.State.SENT)
    cache.delete(home.COUNTED)
    now = 1005.0
    assert home.under_way()[0].rate == 2


def test_many_who_look_at_once_are_counted_for_once(
    north: Connection,
    make_customer: MakeCustomer,
    running: Running,
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    make_customer()
    running()
    home.under_way()
    with django_assert_num_queries(0):
        assert len(home.under_way()) == 1


def test_a_mailing_without_a_plan_has_no_bar(mailing: Mailing) -> None:
    Mailing.objects.update(state=Mailing.State.PAUSED)
    one = home.under_way()[0]
    assert (one.books, one.percent, one.state) == (None, 0, "paused")


def test_what_was_submitted_waits_for_another_approver_and_not_for_its_author(
    as_role: As, north: Connection, make_customer: MakeCustomer, planned: Planned, editor: User
) -> None:
    make_customer()
    lifecycle.submit(planned(), editor)
    page = seen(as_role(APPROVER), PART)
    assert "asked for your approval" in page
    author = Client()
    author.force_login(editor)
    assert "asked for your approval" not in seen(author, PART)


def test_a_returned_mailing_waits_for_its_author_with_the_reason(
    as_role: As,
    north: Connection,
    make_customer: MakeCustomer,
    planned: Planned,
    editor: User,
    approver: User,
) -> None:
    make_customer()
    mailing = planned()
    lifecycle.submit(mailing, editor)
    lifecycle.send_back(mailing, approver, "Please say the date.")
    author = Client()
    author.force_login(editor)
    assert "Please say the date." in seen(author, PART)
    assert "Please say the date." not in seen(as_role(EDITOR), PART)


@pytest.mark.unbalanced
def test_an_approved_mailing_stands_among_the_next(as_role: As, mailing: Mailing) -> None:
    Mailing.objects.update(state=Mailing.State.APPROVED, starts_at=timezone.now(), planned_count=7)
    page = seen(as_role(ANALYST), PART)
    assert "Starting next" in page
    assert "7 recipients." in page


def test_five_open_alerts_are_shown_worst_first(as_role: As) -> None:
    for number in range(6):
        raise_alert(f"cause:{number}", Alert.Level.INFORMATION, f"News {number}.")
    raise_alert("line", Alert.Level.ALARM, "The line is down.")
    page = seen(as_role(EMPLOYEE), PART)
    assert page.index("The line is down.") < page.index("News 5.")
    assert "News 1." not in page


def test_an_employee_sees_neither_mailings_nor_lines(as_role: As, mailing: Mailing) -> None:
    Mailing.objects.update(state=Mailing.State.RUNNING)
    page = seen(as_role(EMPLOYEE), PART)
    assert mailing.name not in page
    assert "Lines to the operators" not in page


def test_operator_staff_see_how_many_lines_work_and_no_mailing(
    as_role: As, north: Connection, south: Connection, mailing: Mailing
) -> None:
    Mailing.objects.update(state=Mailing.State.RUNNING)
    Connection.objects.filter(pk=south.pk).update(status=Connection.Status.DEAD)
    page = seen(as_role(OPERATOR_STAFF), PART)
    assert "1 of 2 connections are online, 1 of 1 gateways run." in page
    assert "Last heard" in page
    assert mailing.name not in page


def test_lines_that_are_not_in_use_do_not_count(north: Connection, south: Connection) -> None:
    Connection.objects.filter(pk=south.pk).update(is_enabled=False)
    assert home.lines()["all_connections"] == 1
    Gateway.objects.update(is_enabled=False)
    assert home.lines()["all_connections"] == 0


@pytest.mark.unbalanced
def test_the_home_screen_asks_as_often_for_five_mailings_as_for_one(
    as_role: As, mailing: Mailing, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    Mailing.objects.update(state=Mailing.State.RUNNING)
    client = as_role(APPROVER)
    seen(client)
    cache.clear()
    with CaptureQueriesContext(connection) as before:
        seen(client)
    for state in (Mailing.State.RUNNING, Mailing.State.SUBMITTED, Mailing.State.APPROVED):
        for number in range(4):
            Mailing.objects.create(
                name=f"{state} {number}",
                template=mailing.template,
                audience=mailing.audience,
                created_by=mailing.created_by,
                submitted_by=mailing.created_by,
                submitted_at=timezone.now(),
                planned_count=3,
                state=state,
            )
        raise_alert(state, Alert.Level.WARNING, "More.")
    cache.clear()
    with django_assert_num_queries(len(before)):
        seen(client)


def test_a_screen_that_is_not_installed_is_left_out(monkeypatch: pytest.MonkeyPatch, editor: User) -> None:
    monkeypatch.setattr(home, "STEPS", (("alerts.view_alert", "nowhere:index", "Nowhere"),))
    assert home.steps(editor, None) == []
