"""Runs (see backoffice.lib.runs) as background steps: whatever stands in the way of one, it ends and says so."""

from collections.abc import Callable
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from backoffice.alerts.steps import Step
from backoffice.lib.runs import Runner

RUN_FAILED = _(
    "“%(name)s” was given up: it could not be worked on (%(error)s), %(count)s times. Nothing of it was changed. Start it again, "
    "and tell the administrators if that fails, too."
)


def step_of_runs(name: str, label: str | Promise, runner: Callable[[], Runner[Any]], *groups: str) -> Step:
    """The step that does one run of a kind; given up, the run has failed and says so. ``runner`` is asked for when it is needed."""

    def give_up(subject: str, sentence: str) -> None:
        runner().give_up(int(subject))

    def name_of(subject: str) -> str:
        return str(runner().model.objects.filter(pk=subject).first() or subject)

    return Step(name, label, RUN_FAILED, give_up=give_up, name_of=name_of, groups=groups, tries=3)
