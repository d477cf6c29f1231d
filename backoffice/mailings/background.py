"""The background steps of mailings and of what they go over, as people call them. Those with an end of their own stand with it."""

from functools import partial

from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from backoffice.accounts import roles
from backoffice.alerts.steps import Step
from backoffice.mailings.models import Mailing
from kannel.models import Connection, Gateway

# Steps for one mailing begin so: what failed for it is forgotten when the mailing moves on (lifecycle.move).
OF_MAILING = "mailing."
CONCERNED = (roles.EDITOR, roles.APPROVER, roles.OPERATOR_STAFF)


def _mailing_named(subject: str) -> str:
    return Mailing.objects.filter(pk=subject.partition(":")[0]).values_list("name", flat=True).first() or ""


def _page_of_mailing(subject: str) -> str:
    return reverse("mailings:inspect", args=[subject.partition(":")[0]])


def connection_named(subject: str) -> str:
    return Connection.objects.filter(pk=subject).values_list("name", flat=True).first() or ""


def _gateway_named(subject: str) -> str:
    return Gateway.objects.filter(pk=subject).values_list("name", flat=True).first() or ""


step_of_mailing = partial(Step, name_of=_mailing_named, link_to=_page_of_mailing, groups=CONCERNED)

PREPARE_CHECK = step_of_mailing(f"{OF_MAILING}check", _("Counting a fresh plan"))
CHECK_LEDGER = step_of_mailing(f"{OF_MAILING}ledger", _("Checking the books of a mailing"))
MAKE_RUN = step_of_mailing(f"{OF_MAILING}run", _("Making the next run of a series"))
FOLLOW_RUN = step_of_mailing(f"{OF_MAILING}follow", _("Taking a run on"))
MAKE_REST = step_of_mailing(f"{OF_MAILING}rest", _("Sending the best text to the rest"))
MOVE = step_of_mailing(f"{OF_MAILING}move", _("Moving messages to another way"))

RECALL = Step("connection.recall", _("Calling messages back from Kannel"), name_of=connection_named)
JUDGE = Step("connection.judge", _("Judging how a connection does"), name_of=connection_named)
SETTLE = Step("gateway.settle", _("Settling uncertain messages"), name_of=_gateway_named)

APPLY_RECEIPTS = Step("receipts.apply", _("Applying delivery reports"))
APPLY_CLICKS = Step("clicks.apply", _("Counting clicks"))
START_DUE = Step("mailings.start", _("Starting what is due"))
SEND_MAILS = Step("approval.mails", _("Sending e-mails about approvals"))
FORGET_MAILS = Step("approval.forget", _("Forgetting old e-mails"))
FORGET_TRIALS = Step("trials.forget", _("Forgetting old tests"))
BEGIN_REHEARSALS = Step("rehearsals.begin", _("Beginning rehearsals"))
CHECK_LEDGERS = Step("mailings.ledgers", _("Checking the books"))
MEASURE_ROUTES = Step("routes.measure", _("Measuring what arrives over each way"))
WATCH_COMMITMENTS = Step("routes.commitments", _("Watching the monthly minimums"))
LOOK_AFTER_RECEIPTS = Step("receipts.silence", _("Looking for receipts that stay away"))
MAKE_PARTITIONS = Step("house.partitions", _("Making room for the next months"))
SWEEP_QUESTIONS = Step("routes.questions", _("Going on with questions about ways and prices"))
CLOSE_ALERTS = Step("house.alerts", _("Closing alerts whose cause is gone"))

SWEEP = Step("sweep", _("Looking for what is due and what was left behind"))
DOUBT = Step("sweep.doubt", _("Finding messages that nobody answered for"))
POLICY = Step("sweep.policy", _("Deciding about uncertain messages"))
EXPIRE = Step("sweep.expire", _("Ending messages whose time is over"))
NO_RECEIPT = Step("sweep.no_receipt", _("Ending messages without a receipt"))
RECEIPTS_AGAIN = Step("sweep.receipts", _("Looking once more at receipts that fit no message"))
CANCEL = Step("sweep.cancel", _("Cancelling what waits of cancelled mailings"))
FINISH_ENDED = Step("sweep.finish", _("Finishing what has ended"))

MARK = Step("pulse.mark", _("The heartbeat"))
WATCH_GATEWAYS = Step("pulse.gateways", _("Looking at the gateways"))
JUDGE_ALL = Step("pulse.judge", _("Judging how the connections do"))
WAKE_MOVERS = Step("pulse.movers", _("Finding messages to be moved"))
MOVE_ALL = Step("mailings.moves", _("Moving messages to other ways"))
MAKE_DUE = Step("pulse.runs", _("Making the runs of series"))
FOLLOW = Step("pulse.follow", _("Taking runs on"))
MAKE_RESTS = Step("pulse.rests", _("Choosing the best texts"))
FOLLOW_RESTS = Step("pulse.rest", _("Taking the rest of comparisons on"))
WAKE_PLANNERS = Step("pulse.planners", _("Finding mailings to be planned"))
WAKE_STARTERS = Step("pulse.starters", _("Finding mailings to be started"))
WAKE_SENDERS = Step("pulse.senders", _("Finding connections with work"))
WAKE_RECEIPTS = Step("pulse.receipts", _("Finding delivery reports"))
WAKE_SWEEP = Step("pulse.sweep", _("Having the rest looked at"))
WAKE_SETTLERS = Step("pulse.settlers", _("Finding uncertain messages"))
WATCH_REGULAR = Step("pulse.regular", _("Looking whether what is due by the clock is done"))
WAKE_CLICKS = Step("pulse.clicks", _("Finding clicks"))
