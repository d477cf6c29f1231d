import pytest

from backoffice.accounts.models import User
from backoffice.accounts.roles import EDITOR, OPERATOR_STAFF
from backoffice.alerts.feed import close_alert, raise_alert
from backoffice.alerts.models import Alert

pytestmark = pytest.mark.django_db
Level = Alert.Level


def acknowledge(alert: Alert) -> None:
    alert.acknowledged_by = User.objects.create_user("somebody")
    alert.acknowledged_at = alert.raised_at
    alert.save()


def test_the_same_cause_counts_and_takes_the_newest_words() -> None:
    raise_alert("link:1", Level.WARNING, "The line is slow.")
    alert = raise_alert("link:1", Level.ALARM, "The line is down.", link="/operators/")
    assert Alert.objects.count() == 1
    assert (alert.times, alert.level, alert.sentence, alert.link) == (
        2,
        Level.ALARM,
        "The line is down.",
        "/operators/",
    )
    assert str(alert) == "The line is down."


def test_a_closed_cause_that_comes_back_is_a_new_alert() -> None:
    raise_alert("link:1", Level.ALARM, "The line is down.")
    close_alert("link:1")
    alert = raise_alert("link:1", Level.ALARM, "The line is down.")
    assert (Alert.objects.count(), alert.times, alert.closed_at) == (2, 1, None)


def test_closing_what_is_not_open_changes_nothing() -> None:
    close_alert("link:1")
    assert not Alert.objects.exists()


def test_it_concerns_the_groups_it_names() -> None:
    alert = raise_alert("link:1", Level.ALARM, "The line is down.", groups=[EDITOR, OPERATOR_STAFF])
    assert {group.name for group in alert.groups.all()} == {EDITOR, OPERATOR_STAFF}


def test_an_acknowledged_alert_stays_so_until_it_becomes_worse() -> None:
    acknowledge(raise_alert("link:1", Level.WARNING, "The line is slow."))
    assert raise_alert("link:1", Level.WARNING, "The line is slow.").acknowledged_at is not None
    assert raise_alert("link:1", Level.ALARM, "The line is down.").acknowledged_at is None


def test_a_sentence_that_is_too_long_is_cut() -> None:
    assert len(raise_alert("link:1", Level.ALARM, "x" * 900).sentence) == 400
