"""A connection that is to lead elsewhere: its password is typed again, others are told, and somebody else applies it."""

import pytest
from django.urls import reverse
from django.utils import timezone

from backoffice.accounts.models import User
from backoffice.alerts.closing import close_what_is_over
from backoffice.alerts.models import Alert
from kannel import applying
from kannel.models import ApplyRun, Connection
from tests.mailings_screens.conftest import As
from tests.operators.test_connections import change

pytestmark = pytest.mark.django_db
STAFF = "Operator staff"
ELSEWHERE = [{"host": "10.0.0.1"}, {"port": 2776}, {"use_tls": "on"}]


@pytest.fixture
def line(north: Connection) -> Connection:
    north.username, north.password, north.seen_at = "us", "swordfish", timezone.now()
    north.save()
    return north


@pytest.mark.parametrize("values", ELSEWHERE)
def test_the_password_is_typed_again_for_another_address(
    as_role: As, line: Connection, values: dict[str, object]
) -> None:
    page = change(as_role, line, **values)
    assert "Host, port or encryption has changed. Type the password again" in page
    line.refresh_from_db()
    assert line.draft == ""


@pytest.mark.parametrize("values", ELSEWHERE)
def test_others_are_told_until_it_is_applied_or_taken_back(
    as_role: As, line: Connection, values: dict[str, object]
) -> None:
    change(as_role, line, password="new", **values)
    alert = Alert.objects.get(cause="address:north-1")
    assert "Somebody else has to look at it and apply it." in alert.sentence
    close_what_is_over()
    assert Alert.objects.open().filter(pk=alert.pk).exists()
    line.refresh_from_db()
    line.drop_draft()
    close_what_is_over()
    assert not Alert.objects.open().filter(pk=alert.pk).exists()


def test_whoever_wants_it_does_not_apply_it(as_role: As, line: Connection) -> None:
    change(as_role, line, password="new", host="10.0.0.1")
    client = as_role(STAFF)
    page = client.get(reverse("operators:changes")).content.decode()
    assert "you have worked on that change" in page
    assert "Apply to Kannel" not in page
    page = client.post(reverse("operators:apply", args=[line.gateway_id]), follow=True).content.decode()
    assert "you have worked on that change" in page
    assert not ApplyRun.objects.exists()


def test_nobody_gets_round_it_by_letting_another_change_the_draft_too(as_role: As, line: Connection) -> None:
    first, second, third = (User.objects.create_user(name) for name in ("one", "two", "three"))
    wanted = line.wanted()
    wanted.host = "10.0.0.1"
    line.put_draft(wanted, first.pk)
    wanted.throughput_per_second = 7
    line.put_draft(wanted, second.pk)
    for user in (first, second):
        with pytest.raises(applying.NeedsAnotherPerson):
            applying.start(line.gateway, user.pk)
    assert applying.start(line.gateway, third.pk).pk


@pytest.mark.parametrize("values", [{"throughput_per_second": 50}, {"password": "new"}, {"window": 5}])
def test_other_changes_are_applied_by_whoever_wants_them(
    as_role: As, line: Connection, values: dict[str, object]
) -> None:
    change(as_role, line, **values)
    user = User.objects.get(username__startswith=STAFF)
    assert applying.start(line.gateway, user.pk).created_by == user
    assert not Alert.objects.filter(cause__startswith="address:").exists()


def test_a_line_that_never_was_in_use_may_be_corrected_by_one_person(line: Connection) -> None:
    Connection.objects.update(is_enabled=False, seen_at=None, status_since=None)
    line.refresh_from_db()
    wanted = line.wanted()
    wanted.host = "10.0.0.1"
    line.put_draft(wanted, None)
    assert not line.leads_elsewhere
