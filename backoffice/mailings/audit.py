"""How the steps of a mailing read in its history."""

from typing import Any

from django.utils.translation import gettext_lazy as _
from wagtail import hooks

ACTIONS = {
    "request_plan": _("Asked for a plan"),
    "planned": _("Planned"),
    "planning_failed": _("Could not be planned"),
    "edited": _("Changed: plan and approval were taken away"),
    "submit": _("Submitted for approval"),
    "approve_first": _("Approved as the first of two"),
    "approve": _("Approved"),
    "refuse": _("Refused"),
    "send_back": _("Returned to the author"),
    "withdraw": _("Withdrawn"),
    "start": _("Started"),
    "start_refused": _("Not started"),
    "pause": _("Paused"),
    "resume": _("Resumed"),
    "stop": _("Stopped by the system"),
    "cancel": _("Cancelled"),
    "finish": _("Finished"),
    "run_made": _("Made for its moment"),
    "run_missed": _("A run was missed"),
    "run_approved": _("Approved with its series"),
    "run_waits": _("Waits for an approver"),
    "run_planned_again": _("Planned once more"),
    "run_ended": _("Ended without a message"),
    "winner": _("The best text was chosen"),
    "series_ended": _("The last run was made"),
    "move": _("Sent over another operator"),
    "pause_part": _("Paused over one operator"),
    "resume_part": _("Goes on over an operator"),
    "part_elsewhere": _("Goes over other operators"),
    "slow_down": _("Slowed down"),
    "full_speed": _("Goes at full speed again"),
    "another_day": _("Moved to another day"),
    "resend": _("Made to reach those whom another mailing did not"),
    "tried": _("Sent as a test"),
    "list_of_result": _("Made a list of its result"),
}


@hooks.register("register_log_actions")
def register_mailing_actions(actions: Any) -> None:
    for name, label in ACTIONS.items():
        actions.register_action(f"mailings.{name}", label, label)


STANDINGS = {
    "well": _("Used without limits again"),
    "braked": _("Braked"),
    "left": _("Left"),
}


@hooks.register("register_log_actions")
def register_standing_actions(actions: Any) -> None:
    for name, label in STANDINGS.items():
        actions.register_action(f"operators.{name}", label, label)
