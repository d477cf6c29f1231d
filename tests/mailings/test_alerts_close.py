"""Every alert closes: each kind says when, and what nobody looks at any more is found."""

import re
from datetime import timedelta
from pathlib import Path

import pytest
from django.conf import settings
from django.utils import timezone

from backoffice.alerts import closing
from backoffice.alerts.feed import raise_alert
from backoffice.alerts.models import Alert
from backoffice.mailings.models import Mailing, PausedPart
from backoffice.operators.models import Standing
from backoffice.replies import tasks  # noqa: F401  everything that raises alerts is there
from kannel.models import ApplyRun, Connection, Gateway

pytestmark = pytest.mark.django_db
# Causes in the source: a word and a colon at the begin of a text, or a constant.
CAUSE = re.compile(
    r'(?:cause = |_alert\(\s*|return |CAUSE = |UNREADABLE = |_raise\(\s*)f?"([a-z][a-z_-]+)(?::|")'
)


def kinds_in_source() -> dict[str, str]:
    """Each kind of alert that some file raises, with the file."""
    found: dict[str, str] = {}
    for path in sorted(Path(settings.BASE_DIR, "backoffice").rglob("*.py")):
        text = path.read_text()
        if "raise_alert" in text:
            found |= dict.fromkeys(CAUSE.findall(text), path.name)
    return found


def test_the_search_finds_what_is_raised() -> None:
    assert {"connection", "part", "ledger", "step", "mailing-late", "stranded", "commitment"} <= set(
        kinds_in_source()
    )


@pytest.mark.parametrize("kind", sorted(kinds_in_source()))
def test_every_kind_of_alert_says_when_it_closes(kind: str) -> None:
    assert kind in closing.kinds(), f"say in closing.closes() when alerts “{kind}:…” end"


def test_an_alert_that_would_stay_for_ever_is_refused() -> None:
    with pytest.raises(ValueError, match="for-ever"):
        closing.closes("for-ever")


@pytest.mark.parametrize("kind", sorted(closing.kinds()))
def test_an_alert_about_what_is_gone_closes(kind: str) -> None:
    subject = "123456:987654" if kind in ("part", "stranded", "step") else "123456"
    alert = raise_alert(f"{kind}:{subject}", Alert.Level.WARNING, "Something is wrong.")
    Alert.objects.filter(pk=alert.pk).update(last_at=timezone.now() - timedelta(days=30))
    assert closing.close_what_is_over() == 1


def is_open(cause: str) -> bool:
    closing.close_what_is_over()
    return Alert.objects.filter(cause=cause, closed_at=None).exists()


@pytest.fixture
def via(gateway: Gateway, north: Connection) -> Connection:
    return north


def test_a_change_that_was_taken_back_is_over_when_a_later_one_was_applied(gateway: Gateway) -> None:
    first, second = (ApplyRun(gateway=gateway) for _ in range(2))
    first.state = ApplyRun.State.RESTORED
    first.save()
    raise_alert(f"apply:{first.pk}", Alert.Level.WARNING, "It was taken back.")
    assert is_open(f"apply:{first.pk}")
    second.state = ApplyRun.State.DONE
    second.save()
    assert not is_open(f"apply:{first.pk}")


def test_a_paused_part_is_told_until_it_goes_on_or_its_mailing_is_over(
    mailing: Mailing, via: Connection
) -> None:
    Mailing.objects.update(state=Mailing.State.RUNNING)
    PausedPart.objects.create(mailing=mailing, operator=via.operator, reason="Only half arrive.")
    cause = f"part:{mailing.pk}:{via.operator_id}"
    raise_alert(cause, Alert.Level.ALARM, "It is paused.")
    assert is_open(cause)
    Mailing.objects.update(state=Mailing.State.CANCELLED)
    assert not is_open(cause)


def test_a_connection_that_was_left_is_told_until_it_is_trusted(via: Connection) -> None:
    Standing.objects.create(connection=via, state=Standing.State.LEFT)
    raise_alert(f"standing:{via.name}", Alert.Level.ALARM, "It was left.")
    assert is_open(f"standing:{via.name}")
    Standing.objects.update(state=Standing.State.WELL)
    assert not is_open(f"standing:{via.name}")


def test_a_gateway_out_of_use_is_no_alarm(gateway: Gateway) -> None:
    Gateway.objects.update(status=Gateway.Status.DOWN)
    raise_alert("gateway:main", Alert.Level.ALARM, "It is down.")
    assert is_open("gateway:main")
    Gateway.objects.update(is_enabled=False)
    assert not is_open("gateway:main")


def test_news_is_over_after_its_time(mailing: Mailing) -> None:
    cause = f"mailing-finished:{mailing.pk}"
    raise_alert(cause, Alert.Level.INFORMATION, "It has finished.")
    assert is_open(cause)
    Alert.objects.update(last_at=timezone.now() - timedelta(days=8))
    assert not is_open(cause)
