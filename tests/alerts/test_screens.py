import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from playwright.sync_api import Page, expect
from pytest_django import DjangoAssertNumQueries
from pytest_django.live_server_helper import LiveServer
from wagtail.models import ModelLogEntry

from backoffice.accounts.models import User
from backoffice.accounts.roles import EDITOR, EMPLOYEE, OPERATOR_STAFF
from backoffice.alerts.feed import close_alert, close_alerts, raise_alert
from backoffice.alerts.models import Alert
from tests.mailings_screens.conftest import As

pytestmark = pytest.mark.django_db
Level = Alert.Level
FEED = reverse("alerts:feed")


def shown(client: Client, **values: object) -> str:
    return client.get(FEED, values).content.decode()


def administrator() -> Client:
    client = Client()
    client.force_login(User.objects.create_superuser("root", "root@example.org", "a long password"))
    return client


def test_a_person_sees_what_concerns_their_group_or_everybody(as_role: As) -> None:
    raise_alert("one", Level.ALARM, "The line mts-1 is down.", groups=[OPERATOR_STAFF])
    raise_alert("two", Level.WARNING, "The budget is nearly used.", groups=[EDITOR])
    raise_alert("three", Level.INFORMATION, "Lunch is ready.")
    page = shown(as_role(EDITOR))
    assert "The budget is nearly used." in page
    assert "Lunch is ready." in page
    assert "The line mts-1 is down." not in page


def test_an_administrator_sees_all_and_can_ask_for_their_own() -> None:
    raise_alert("one", Level.ALARM, "The line mts-1 is down.", groups=[OPERATOR_STAFF])
    raise_alert("three", Level.INFORMATION, "Lunch is ready.")
    client = administrator()
    assert "The line mts-1 is down." in shown(client)
    mine = shown(client, mine=1)
    assert "The line mts-1 is down." not in mine
    assert "Lunch is ready." in mine


def test_the_level_narrows_the_feed_and_nonsense_does_not(as_role: As) -> None:
    raise_alert("one", Level.ALARM, "The line is down.")
    raise_alert("two", Level.WARNING, "The line is slow.")
    page = shown(as_role(EMPLOYEE), level="alarm")
    assert "The line is down." in page
    assert "The line is slow." not in page
    assert "The line is slow." in shown(as_role(EMPLOYEE), level="loud")


def test_alarms_stand_first_and_acknowledged_ones_last() -> None:
    for name, level in (("taken", Level.ALARM), ("told", Level.INFORMATION), ("burning", Level.ALARM)):
        raise_alert(name, level, name)
    taken = Alert.objects.get(cause="taken")
    taken.acknowledge(User.objects.create(username="anna"), "")
    raise_alert("odd", Level.WARNING, "odd")
    assert [one.cause for one in Alert.objects.worst_first()] == ["burning", "odd", "told", "taken"]


def test_an_empty_feed_says_that_nothing_is_wrong(as_role: As) -> None:
    assert "Nothing needs you." in shown(as_role(EMPLOYEE))


def test_a_repeated_alert_says_how_often_and_a_past_one_when_it_was_over(as_role: As) -> None:
    raise_alert("one", Level.WARNING, "The line is slow.")
    raise_alert("one", Level.WARNING, "The line is slow.")
    raise_alert("two", Level.ALARM, "The line was down.")
    close_alert("two")
    page = shown(as_role(EMPLOYEE))
    assert "Seen 2 times" in page
    assert "Over since" in page


def test_history_comes_in_pages_that_a_link_leads_through(as_role: As) -> None:
    for number in range(51):
        raise_alert(f"cause:{number}", Level.WARNING, f"Sentence {number:03d}.")
    assert close_alerts("cause:") == 51
    client, oldest = as_role(EMPLOYEE), Alert.objects.order_by("pk")[1]
    first = shown(client)
    assert "Sentence 000." not in first
    assert f"before={oldest.pk}" in first
    second = shown(client, before=oldest.pk)
    assert "Sentence 000." in second
    assert "Sentence 001." not in second
    assert "Older" not in second


def test_closing_by_prefix_leaves_other_causes_open() -> None:
    raise_alert("budget:1", Level.WARNING, "one")
    raise_alert("line:1", Level.WARNING, "two")
    assert close_alerts("budget:") == 1
    assert Alert.objects.open().get().cause == "line:1"


def test_the_feed_asks_as_often_for_fifty_alerts_as_for_one(
    as_role: As, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    client = as_role(EMPLOYEE)
    raise_alert("first", Level.WARNING, "First.")
    shown(client)
    with CaptureQueriesContext(connection) as before:
        shown(client)
    for number in range(50):
        raise_alert(f"cause:{number}", Level.WARNING, "More.")
    close_alerts("cause:1")
    with django_assert_num_queries(len(before)):
        shown(client)


def test_who_takes_care_is_noted_with_a_comment_in_the_audit_log(as_role: As) -> None:
    alert = raise_alert("one", Level.ALARM, "The line is down.", groups=[EDITOR])
    client = as_role(EDITOR)
    answer = client.post(
        reverse("alerts:acknowledge", args=[alert.pk]), {"comment": " I call them. "}, follow=True
    )
    alert.refresh_from_db()
    assert alert.comment == "I call them."
    assert alert.acknowledged_by is not None
    assert "I call them." in answer.content.decode()
    entry = ModelLogEntry.objects.get(action="alerts.acknowledge")
    assert entry.object_id == str(alert.pk)
    assert entry.user == alert.acknowledged_by


def test_the_second_to_acknowledge_is_told_and_changes_nothing(as_role: As) -> None:
    alert = raise_alert("one", Level.ALARM, "The line is down.")
    as_role(EDITOR).post(reverse("alerts:acknowledge", args=[alert.pk]), {"comment": "mine"})
    answer = as_role(EMPLOYEE).post(
        reverse("alerts:acknowledge", args=[alert.pk]), {"comment": "late"}, follow=True
    )
    assert "Somebody was faster" in answer.content.decode()
    alert.refresh_from_db()
    assert alert.comment == "mine"


def test_nobody_acknowledges_what_does_not_concern_them(as_role: As) -> None:
    alert = raise_alert("one", Level.ALARM, "The line is down.", groups=[OPERATOR_STAFF])
    assert as_role(EDITOR).post(reverse("alerts:acknowledge", args=[alert.pk])).status_code == 404


def test_acknowledging_needs_a_post_and_a_token(as_role: As) -> None:
    alert = raise_alert("one", Level.ALARM, "The line is down.")
    address = reverse("alerts:acknowledge", args=[alert.pk])
    assert as_role(EDITOR).get(address).status_code == 405
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(User.objects.create_superuser("root", "root@example.org", "a long password"))
    assert strict.post(address).status_code == 403
    alert.refresh_from_db()
    assert alert.acknowledged_at is None


@pytest.mark.parametrize("name", ["alerts:feed", "alerts:bell"])
def test_without_the_right_there_are_no_alerts(name: str) -> None:
    client = Client()
    client.force_login(User.objects.create(username="stranger"))
    assert client.get(reverse(name)).status_code == 302


def test_the_bell_counts_what_nobody_has_taken(as_role: As) -> None:
    raise_alert("one", Level.ALARM, "One.", groups=[EDITOR])
    raise_alert("two", Level.WARNING, "Two.")
    taken = raise_alert("three", Level.WARNING, "Three.")
    taken.acknowledge(User.objects.create(username="anna"), "")
    answer = as_role(EDITOR).get(reverse("alerts:bell"))
    assert answer.json() == {"count": 2, "unread": 0, "sentence": "2 alerts wait for somebody."}
    assert "no-store" in answer.headers["Cache-Control"]


@pytest.mark.browser
@pytest.mark.django_db(transaction=True)
def test_the_bell_shows_its_number_on_every_page_and_says_it(page: Page, live_server: LiveServer) -> None:
    User.objects.create_superuser("root", "root@example.org", "a long password")
    raise_alert("one", Level.ALARM, "The line is down.")
    page.goto(f"{live_server.url}/login/")
    page.fill("#id_username", "root")
    page.fill("#id_password", "a long password")
    page.click("button[type=submit]")
    expect(page.locator("[data-controller=alert-bell]")).to_have_attribute("data-alerts", "1")
    expect(page.get_by_text("1 alert waits for somebody.")).to_be_attached()
