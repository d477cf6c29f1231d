"""The mailings that use an audience, for the page of that audience."""

from django.urls import reverse

from backoffice.accounts.models import User
from backoffice.audiences.uses import Use
from backoffice.mailings.models import Mailing
from backoffice.mailings.progress import LOOKS

State = Mailing.State
# They have a plan that is still to be sent, or is being sent.
PLANNED = frozenset({State.PLANNED, State.SUBMITTED, State.APPROVED, State.RUNNING, State.PAUSED})
SHOWN = 200


def mailings_of(audience_id: int, reader: User) -> list[Use]:
    """The newest mailings to an audience; none for whoever may not see mailings."""
    if not reader.has_perm("mailings.view_mailing"):
        return []
    found = Mailing.objects.filter(audience=audience_id).order_by("-pk").only("name", "state")
    return [
        Use(
            name=mailing.name,
            state=mailing.get_state_display(),
            look=LOOKS[State(mailing.state)],
            url=reverse("mailings:inspect", args=[mailing.pk]),
            keeps_its_plan=mailing.state in PLANNED,
        )
        for mailing in found[:SHOWN]
    ]
