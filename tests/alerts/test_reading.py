"""An information is read by each reader for themselves; warnings and alarms wait for one person who takes care."""

import pytest
from django.conf import settings
from django.urls import reverse
from django.utils import translation

from backoffice.accounts.roles import EDITOR, EMPLOYEE, OPERATOR_STAFF
from backoffice.alerts.feed import raise_alert
from backoffice.alerts.models import Alert, ReadMark
from backoffice.lib.numbers import grouped
from tests.mailings_screens.conftest import As

pytestmark = pytest.mark.django_db
Level = Alert.Level
BELL, FEED = reverse("alerts:bell"), reverse("alerts:feed")


def test_what_one_has_read_is_still_news_to_others(as_role: As) -> None:
    told = raise_alert("one", Level.INFORMATION, "It has finished.")
    anna, ivan = as_role(EDITOR), as_role(EMPLOYEE)
    assert anna.post(reverse("alerts:read", args=[told.pk])).status_code == 302
    assert anna.get(BELL).json()["unread"] == 0
    assert ivan.get(BELL).json() == {"count": 0, "unread": 1, "sentence": "1 piece of news to read."}
    assert "You have read it." in anna.get(FEED).content.decode()
    assert "I have read it" in ivan.get(FEED).content.decode()


def test_the_bell_counts_news_apart_from_what_waits(as_role: As) -> None:
    raise_alert("one", Level.INFORMATION, "It has finished.")
    raise_alert("two", Level.ALARM, "The line is down.")
    answer = as_role(EDITOR).get(BELL).json()
    assert (answer["count"], answer["unread"]) == (1, 1)
    assert answer["sentence"] == "1 alert waits for somebody. 1 piece of news to read."


def test_what_happens_again_is_news_again(as_role: As) -> None:
    told = raise_alert("one", Level.INFORMATION, "It has finished.")
    anna = as_role(EDITOR)
    anna.post(reverse("alerts:read", args=[told.pk]))
    raise_alert("one", Level.INFORMATION, "It has finished.")
    assert anna.get(BELL).json()["unread"] == 1
    anna.post(reverse("alerts:read", args=[told.pk]))
    assert anna.get(BELL).json()["unread"] == 0


def test_all_information_is_read_at_once_and_nothing_else(as_role: As) -> None:
    for number in range(3):
        raise_alert(f"news:{number}", Level.INFORMATION, "It has finished.")
    raise_alert("two", Level.WARNING, "The line is slow.")
    anna = as_role(EDITOR)
    anna.post(reverse("alerts:read_all"))
    assert anna.get(BELL).json()["unread"] == 0
    assert anna.get(BELL).json()["count"] == 1
    assert ReadMark.objects.count() == 3
    assert "I have read all information" not in anna.get(FEED).content.decode()


def test_nobody_takes_care_of_an_information(as_role: As) -> None:
    told = raise_alert("one", Level.INFORMATION, "It has finished.")
    as_role(EDITOR).post(reverse("alerts:acknowledge", args=[told.pk]))
    told.refresh_from_db()
    assert told.acknowledged_at is None


def test_nobody_reads_what_does_not_concern_them(as_role: As) -> None:
    told = raise_alert("one", Level.INFORMATION, "It has finished.", groups=[OPERATOR_STAFF])
    assert as_role(EDITOR).post(reverse("alerts:read", args=[told.pk])).status_code == 404
    assert as_role(EDITOR).get(reverse("alerts:read", args=[told.pk])).status_code == 405


def test_news_one_has_read_leave_the_home_screen(as_role: As) -> None:
    told = raise_alert("one", Level.INFORMATION, "It has finished.")
    anna = as_role(EDITOR)
    home = reverse("wagtailadmin_home")
    assert "It has finished." in anna.get(home).content.decode()
    anna.post(reverse("alerts:read", args=[told.pk]))
    assert "It has finished." not in anna.get(home).content.decode()


@pytest.mark.parametrize("language", ["en", "ru"])
def test_a_sentence_is_told_in_the_reader_s_language_and_form(language: str) -> None:
    with translation.override("ru" if language == "en" else "en"):
        told = raise_alert(
            "one", Level.WARNING, lambda: f"{translation.gettext('Alerts')} {grouped(1234567)}"
        )
    with translation.override(language):
        assert told.said == str(told) == f"{translation.gettext('Alerts')} {grouped(1234567)}"
    assert set(told.sentences) == {code for code, _ in settings.LANGUAGES}


def test_an_alert_from_before_keeps_its_sentence() -> None:
    assert Alert(sentence="The line is down.").said == "The line is down."
