"""A series that somebody approved on a Friday, and a machine that works at the moments a test says."""

from collections.abc import Callable
from datetime import UTC, datetime

from backoffice.mailings import lifecycle, planning, series
from backoffice.mailings.models import Mailing
from tests.mailings.clock import clock_at, keep_up

# Noon in Moscow, and ten o'clock on the Monday after it.
FRIDAY = datetime(2027, 3, 5, 9, tzinfo=UTC)
MONDAY = datetime(2027, 3, 8, 7, tzinfo=UTC)
Repeat = Callable[..., Mailing]


def work() -> None:
    """What the machine does at one moment."""
    keep_up()
    series.make_due()
    for run in Mailing.objects.filter(state=Mailing.State.PLANNING):
        planning.plan(run)
    series.follow()
    lifecycle.start_due()


def work_at(moment: datetime) -> None:
    with clock_at(moment):
        work()


def runs() -> list[Mailing]:
    """All runs there are, in the order of their moments."""
    return list(Mailing.objects.exclude(series=None).order_by("run_at"))


def only_run() -> Mailing:
    [run] = runs()
    return run
