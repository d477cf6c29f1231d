"""Asking for a rehearsal, and stopping one: who may, of which mailing, and what comes first."""

from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from backoffice.accounts.models import User
from backoffice.mailings.lifecycle import Refused
from backoffice.mailings.models import Mailing, Rehearsal
from backoffice.mailings.rehearsal import size
from backoffice.mailings.rehearsal.tasks import begin_rehearsals
from backoffice.mailings.texts import may_read_texts

State = Rehearsal.State
UNFINISHED = (State.WAITING, State.RUNNING)
# With a plan that nobody has begun to send.
POSSIBLE = (Mailing.State.PLANNED, Mailing.State.SUBMITTED, Mailing.State.APPROVED)


def may_rehearse(user: User) -> bool:
    """Whoever submits or approves mailings: they read the texts, too."""
    return user.has_perm("mailings.view_mailing") and may_read_texts(user)


def is_possible(mailing: Mailing) -> bool:
    """Whether it has a plan that can be played."""
    return mailing.state in POSSIBLE and mailing.planned_count is not None


def ask(mailing: Mailing, by: User, messages: int | None = None) -> Rehearsal:
    """Puts a rehearsal in the queue: of all messages, or of about so many. Raises Refused."""
    if not is_possible(mailing):
        raise Refused(_("Only a mailing with a plan that has not started can be rehearsed."))
    planned = size.size_of(mailing).messages
    if not planned:
        raise Refused(_("Nothing of this plan is to be sent, so there is nothing to rehearse."))
    if messages is not None and messages < 1:
        raise Refused(_("Give the number of messages to rehearse: 1 or more."))
    share = 1.0 if messages is None or messages >= planned else messages / planned
    try:
        with transaction.atomic():
            rehearsal = Rehearsal.objects.create(
                mailing=mailing, plan_digest=mailing.plan_digest, planned=planned, share=share, asked_by=by
            )
    except IntegrityError as error:
        raise Refused(_("It is being rehearsed already. Wait for the result, or stop it.")) from error
    begin_rehearsals()
    return rehearsal


def ask_to_stop(rehearsal: Rehearsal) -> None:
    """One that has not begun stops at once, one that is being played within seconds."""
    mine = Rehearsal.objects.filter(pk=rehearsal.pk)
    mine.filter(state=State.WAITING).update(state=State.STOPPED, finished_at=timezone.now())
    mine.filter(state=State.RUNNING).update(wants_stop=True)


def before(rehearsal: Rehearsal) -> int:
    """How many others come first."""
    return Rehearsal.objects.filter(state__in=UNFINISHED, pk__lt=rehearsal.pk).count()
