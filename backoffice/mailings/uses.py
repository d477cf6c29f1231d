"""The mailings that use an audience or a text, for the page of that."""

from collections.abc import Sequence

from django.db.models import Count
from django.urls import reverse

from backoffice.accounts.models import User
from backoffice.audiences.uses import Use
from backoffice.mailings.models import Mailing
from backoffice.mailings.progress import LOOKS
from backoffice.message_templates.uses import Use as TextUse

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


def mailings_with_text(text_id: int, reader: User) -> list[TextUse]:
    """The newest mailings with a text; none for whoever may not see mailings."""
    if not reader.has_perm("mailings.view_mailing"):
        return []
    found = Mailing.objects.filter(template=text_id).order_by("-pk").only("name", "state")
    return [
        TextUse(
            name=mailing.name,
            state=mailing.get_state_display(),
            look=LOOKS[State(mailing.state)],
            url=reverse("mailings:inspect", args=[mailing.pk]),
        )
        for mailing in found[:SHOWN]
    ]


def mailings_by_text(text_ids: Sequence[int]) -> dict[int, int]:
    """How many mailings there are with each of these texts."""
    counted = Mailing.objects.filter(template__in=text_ids).order_by().values_list("template")
    return dict(counted.annotate(count=Count("pk")))
