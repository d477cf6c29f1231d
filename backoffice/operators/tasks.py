"""Huey tasks of the connections: wake-ups, never the work. The work is rows; a sweep finds what was left behind."""

from functools import partial
from pathlib import Path

from django.conf import settings
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from huey import crontab
from huey.contrib.djhuey import db_periodic_task, db_task

from backoffice.accounts.roles import OPERATOR_STAFF
from backoffice.alerts.feed import raise_alert
from backoffice.alerts.models import Alert
from backoffice.alerts.steps import Step, tried

# Huey looks for tasks in this module only.
from backoffice.operators import file_tasks  # noqa: F401
from backoffice.operators.connections.words import problem_in_words
from backoffice.operators.faults import find_faults
from backoffice.operators.samples import prune_samples
from kannel import applying, test_messages
from kannel.models import ApplyRun, Gateway, TestMessage

State = ApplyRun.State


def _give_up_change(subject: str, sentence: str) -> None:
    """Nobody knows how far it came; the page of the run says what to look at."""
    unfinished = ApplyRun.objects.unfinished().filter(pk=subject)
    unfinished.update(
        state=State.FAILED, problem={"code": "unforeseen", "values": {}}, finished_at=timezone.now()
    )


def _give_up_test(subject: str, sentence: str) -> None:
    TestMessage.objects.filter(pk=subject, answer="").update(
        answer=TestMessage.Answer.UNKNOWN, answered_at=timezone.now()
    )


APPLY = Step(
    "gateway.apply",
    gettext_lazy("Applying a change to Kannel"),
    gettext_lazy(
        "Change %(name)s of a gateway was given up: it could not be worked on (%(error)s), %(count)s times. Look at the state of "
        "the lines, then apply it again."
    ),
    give_up=_give_up_change,
)
# It is never handed over twice, so it is tried once.
SEND_TEST = Step(
    "connection.test",
    gettext_lazy("Sending a test message"),
    gettext_lazy("Test message %(name)s could not be handed over (%(error)s). Send another one."),
    give_up=_give_up_test,
    tries=1,
)
EXPLAIN = Step("connection.faults", gettext_lazy("Finding out why connections are down"))
SWEEP = Step("gateway.changes", gettext_lazy("Going on with changes of gateways"))
PRUNE = Step("samples.prune", gettext_lazy("Forgetting old measurements of the lines"))


def is_kept_here(gateway: Gateway) -> bool:
    """Whether this host has the gateway's kannel.conf. Otherwise `manage.py keep_kannel` does, on the host that has."""
    return gateway.name in settings.KANNEL_DIRECTORIES


@db_task(priority=40)
@tried(APPLY)
def apply_changes(run_id: int) -> None:
    """Wakes up for one run. Somebody waits in front of the page, so it comes before all others."""
    _apply(run_id)
    tell_bad_ends()


@db_periodic_task(crontab(minute="*"))
@tried(SWEEP)
def sweep_changes() -> None:
    """Goes on with runs that wait, or whose worker died; tells about those that ended badly elsewhere."""
    for run_id in ApplyRun.objects.unfinished().values_list("pk", flat=True):
        apply_changes.call_local(run_id)
    tell_bad_ends()


@db_task(priority=40)
@tried(SEND_TEST)
def send_test(message_id: int) -> None:
    """Hands one test message over. If this wake-up is lost the page says that it still waits."""
    test_messages.send(message_id)


@db_task(priority=10)
@tried(EXPLAIN)
def explain_faults() -> None:
    """Wakes up for connections that are down for no known reason."""
    find_faults()


@db_periodic_task(crontab(minute="23"))
@tried(PRUNE)
def prune() -> None:
    """What the status screen does not show any more."""
    prune_samples()


def _apply(run_id: int) -> None:
    run = ApplyRun.objects.select_related("gateway").get(pk=run_id)
    if is_kept_here(run.gateway):
        applying.do(run_id, Path(settings.KANNEL_DIRECTORIES[run.gateway.name]))


def _bad_end(run: ApplyRun) -> str:
    sentence = (
        _("A change of gateway %(name)s was taken back. %(problem)s")
        if run.state == State.RESTORED
        else _("A change of gateway %(name)s failed, and not everything came back. %(problem)s")
    )
    return sentence % {"name": run.gateway.name, "problem": problem_in_words(run.problem)}


def tell_bad_ends() -> None:
    """A change that was taken back, or could not be, waits in the feed of operator staff."""
    levels = {State.RESTORED: Alert.Level.WARNING, State.FAILED: Alert.Level.ALARM}
    runs = ApplyRun.objects.filter(state__in=list(levels), is_told=False).select_related("gateway")
    for run in runs:
        raise_alert(
            f"apply:{run.pk}",
            levels[State(run.state)],
            partial(_bad_end, run),
            link=reverse("operators:run", args=[run.pk]),
            groups=[OPERATOR_STAFF],
        )
        ApplyRun.objects.filter(pk=run.pk).update(is_told=True)
