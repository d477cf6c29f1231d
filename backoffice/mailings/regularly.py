"""Whether what is due by the clock is done at all: Huey's scheduler wakes it, and nobody else would notice its end."""

from datetime import datetime, timedelta

from django.db.models import Min
from django.utils import timezone
from django.utils.translation import gettext as _

from backoffice.accounts import roles
from backoffice.alerts.feed import raise_alert
from backoffice.alerts.models import Alert
from backoffice.mailings.models import PeriodicRun
from kannel.models import Process

CAUSE = "periodic"
# Some of it is due each minute, and a queue of tasks may lie before it.
SILENT_AFTER = timedelta(minutes=5)


def silent_since() -> datetime | None:
    """When something regular was done last, if that is too long ago; None if all is well.

    It counts from the start of the workers: before that nobody could. That there are none is told as such.
    """
    workers = Process.objects.alive().filter(kind=Process.Kind.WORKER)
    began: datetime | None = workers.aggregate(first=Min("started_at"))["first"]
    if began is None:
        return None
    # The newest by its key, which is an index: a week of runs is some hundred thousand rows.
    last = PeriodicRun.objects.order_by("-pk").first()
    since = max(began, last.minute if last else began)
    return since if since < timezone.now() - SILENT_AFTER else None


def still_holds(_rest: str = "") -> bool:
    """For closing the alert. What closes alerts is itself done regularly."""
    return silent_since() is not None


def watch() -> None:
    """Tells operator staff when nothing regular is done any more."""
    if still_holds():
        raise_alert(
            CAUSE,
            Alert.Level.ALARM,
            lambda: _(
                "What is done every minute is not done any more: the books are not checked, and interrupted imports are "
                "not taken up again. Mailings go on. Start “run_huey” anew; its log says why its scheduler stands still."
            ),
            groups=[roles.OPERATOR_STAFF],
        )
