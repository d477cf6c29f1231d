"""Pausing what a mailing sends over one operator, and letting it go on at the exact place: its messages just wait."""

from typing import Any

from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from wagtail.log_actions import log

from backoffice.accounts import roles
from backoffice.alerts.feed import close_alert, raise_alert
from backoffice.alerts.models import Alert
from backoffice.lib.said import stored
from backoffice.mailings.links import page_of
from backoffice.mailings.models import Mailing, PausedPart
from backoffice.operators.models import Operator

# The owner of a mailing is an editor; an operator is the business of its staff.
CONCERNED = (roles.EDITOR, roles.APPROVER, roles.OPERATOR_STAFF)


def pause_part(
    mailing: Mailing, operator: Operator, reason: str, by: Any = None, *, is_about_receipts: bool = False
) -> bool:
    """Nothing more of this mailing leaves over this operator; the rest goes on. False if it was paused already.

    What a person (``by``) stopped only a person lets go on; what Parley paused may go on when the operator is well again.
    """
    try:
        with transaction.atomic():
            PausedPart.objects.create(
                mailing=mailing,
                operator=operator,
                reason=reason,
                stopped_by=by,
                is_about_receipts=is_about_receipts,
            )
            data = {"state": mailing.state, "comment": stored(reason)}
            log(mailing, "mailings.pause_part", user=by, data=data)
    except IntegrityError:
        return False
    raise_alert(
        _cause(mailing, operator),
        Alert.Level.WARNING if by else Alert.Level.ALARM,
        lambda: (
            _(
                "“%(name)s” is paused over %(operator)s and goes on over the others. %(reason)s "
                "Ask the operator, then let it go on from the page of the mailing."
            )
            % {"name": mailing.name, "operator": operator.name, "reason": reason}
        ),
        link=page_of(mailing),
        groups=CONCERNED,
    )
    return True


def go_on(part: PausedPart, by: Any = None) -> bool:
    """The part goes on where it stopped. False if it does already."""
    with transaction.atomic():
        ended = PausedPart.objects.filter(pk=part.pk, ended_at=None).update(
            ended_at=timezone.now(), ended_by=by
        )
        if ended:
            comment = part.operator.name
            data = {"state": part.mailing.state, "comment": comment}
            log(part.mailing, "mailings.resume_part", user=by, data=data)
    close_alert(_cause(part.mailing, part.operator))
    return bool(ended)


def go_elsewhere(part: PausedPart, by: Any) -> None:
    """What still waits of the part goes over other operators, within the limits of its mailing."""
    with transaction.atomic():
        if PausedPart.objects.filter(pk=part.pk, ended_at=None, goes_elsewhere=False).update(
            goes_elsewhere=True
        ):
            data = {"state": part.mailing.state, "comment": part.operator.name}
            log(part.mailing, "mailings.part_elsewhere", user=by, data=data)


def paused_parts(mailing: Mailing) -> list[PausedPart]:
    """The parts of a mailing that are paused now."""
    return list(
        mailing.paused_parts.filter(ended_at=None).select_related("operator", "mailing").order_by("pk")
    )


def end_parts_of(operator: Operator) -> None:
    """All mailings that Parley paused go on over an operator: it works again, or it was left altogether."""
    for part in PausedPart.objects.filter(
        operator=operator, ended_at=None, goes_elsewhere=False, stopped_by=None
    ).select_related("operator", "mailing"):
        go_on(part)


def _cause(mailing: Mailing, operator: Operator) -> str:
    return f"part:{mailing.pk}:{operator.pk}"
