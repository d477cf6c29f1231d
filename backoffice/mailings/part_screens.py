"""What the page of a mailing shows and offers where an operator failed: paused parts, and messages that went elsewhere."""

from decimal import Decimal
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from backoffice.mailings import parts
from backoffice.mailings.models import Mailing, Move, PausedPart


def failing_of(mailing: Mailing) -> dict[str, Any]:
    """Parts that are paused, moves with the difference they make, and that difference altogether."""
    moves = list(
        Move.objects.filter(mailing=mailing, messages__gt=0).select_related(
            "source__operator", "target__operator"
        )
    )
    return {
        "parts": parts.paused_parts(mailing),
        "moves": moves,
        "extra_cost": sum((one.extra_cost for one in moves), Decimal(0)),
    }


@require_POST
def part_view(request: HttpRequest, pk: int, what: str) -> HttpResponse:
    """Lets a paused part go on over its operator, or over others."""
    part = get_object_or_404(PausedPart.objects.select_related("operator", "mailing"), pk=pk)
    if not request.user.has_perm("mailings.control_mailing"):
        raise PermissionDenied
    words = {"operator": part.operator.name}
    if what == "elsewhere":
        parts.go_elsewhere(part, request.user)
        messages.success(request, _("What waits for %(operator)s goes over other operators now.") % words)
    elif parts.go_on(part, request.user):
        messages.success(request, _("It goes on over %(operator)s where it stopped.") % words)
    return redirect("mailings:inspect", part.mailing_id)
