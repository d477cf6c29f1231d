"""Telling that messages wait for a connection that was left because no other way may carry them."""

from django.utils.translation import gettext as _

from backoffice.accounts import roles
from backoffice.alerts.feed import close_alert, close_alerts, raise_alert
from backoffice.alerts.models import Alert
from backoffice.lib.numbers import grouped
from backoffice.mailings.links import page_of
from backoffice.mailings.models import Mailing
from kannel.models import Connection


def tell(mailing: Mailing, via: Connection, *, too_dear: int, no_way: int, has_moved: bool) -> None:
    """One alert for a mailing and a connection; it closes when messages find another way again."""
    words = {
        "name": mailing.name,
        "operator": via.operator.name,
        "count": grouped(too_dear or no_way),
        "percent": mailing.extra_percent,
    }
    cause = f"{_prefix(via)}{mailing.pk}"
    if too_dear:
        sentence = _(
            "At least %(count)s messages of “%(name)s” wait for %(operator)s: another operator would cost more than the "
            "budget or the %(percent)s %% above its plan allow. They go when %(operator)s works again."
        )
    elif no_way and not has_moved:
        sentence = _(
            "At least %(count)s messages of “%(name)s” wait for %(operator)s: no other operator that works reaches "
            "their numbers. They go when %(operator)s works again."
        )
    else:
        close_alert(cause)
        return
    groups = (roles.EDITOR, roles.APPROVER, roles.OPERATOR_STAFF)
    raise_alert(cause, Alert.Level.ALARM, sentence % words, link=page_of(mailing), groups=groups)


def tell_free(via: Connection) -> None:
    """Nothing waits for this connection any more: it works again."""
    close_alerts(_prefix(via))


def _prefix(via: Connection) -> str:
    return f"stranded:{via.name}:"
