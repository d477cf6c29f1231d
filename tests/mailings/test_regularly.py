"""That nothing regular is done is noticed by whoever does not depend on it."""

from datetime import datetime, timedelta

import pytest
from django.test import Client
from django.utils import timezone

from backoffice.alerts import closing
from backoffice.alerts.models import Alert
from backoffice.mailings import regularly
from backoffice.mailings.models import PeriodicRun
from kannel.models import Process

pytestmark = pytest.mark.django_db


def ago(minutes: int) -> datetime:
    return timezone.now() - timedelta(minutes=minutes)


def worker(minutes: int) -> None:
    """One that began so long ago, and lives."""
    Process.objects.create(
        kind="worker", host="one", number=1, pid=1, born=1, started_at=ago(minutes), seen_at=timezone.now()
    )


def ran(minutes: int) -> None:
    PeriodicRun.objects.create(task="check_ledgers", minute=ago(minutes).replace(second=0, microsecond=0))


def open_alerts() -> list[str]:
    return list(Alert.objects.filter(closed_at=None).values_list("cause", flat=True))


@pytest.mark.parametrize(
    ("worked_for", "last_run", "is_told"),
    [(60, 1, False), (60, 7, True), (60, None, True), (2, 600, False), (2, None, False), (None, 600, False)],
    ids=["well", "silent", "never", "just started", "new", "no workers, which is told elsewhere"],
)
def test_silence_is_told_once_the_workers_had_their_time(
    worked_for: int | None, last_run: int | None, is_told: bool
) -> None:
    if worked_for is not None:
        worker(worked_for)
    if last_run is not None:
        ran(last_run)
    regularly.watch()
    assert open_alerts() == (["periodic"] if is_told else [])


def test_it_is_closed_when_the_regular_is_done_again() -> None:
    worker(60)
    regularly.watch()
    closing.close_what_is_over()
    assert open_alerts() == ["periodic"]
    ran(0)
    closing.close_what_is_over()
    assert open_alerts() == []


def test_health_says_it(client: Client) -> None:
    worker(60)
    assert client.get("/health/").json()["huey"]["scheduler_is_silent"] is True
    ran(0)
    assert client.get("/health/").json()["huey"]["scheduler_is_silent"] is False
