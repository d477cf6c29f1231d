"""Telling that messages wait for a connection that was left because no other way may carry them."""

from django.utils.translation import gettext as _

from backoffice.accounts import roles
from backoffice.alerts.feed import close_alert, close_alerts, raise_alert
from backoffice.alerts.models import Alert
from backoffice.lib.numbers import grouped
from backoffice.mailings.links import page_of
from backoffice.mailings.models import Mailing, Message
from backoffice.operators.models import Standing
from kannel.models import Connection


def tell(mailing: Mailing, via: Connection, *, too_dear: int, no_way: int, has_moved: bool) -> None:
    """One alert for a mailing and a connection; it closes when messages find another way again."""
    cause = f"{_prefix(via)}{mailing.pk}"
    is_back = not (too_dear or no_way) or (has_moved and not too_dear)
    if is_back:
        close_alert(cause)
        return

    def said() -> str:
        words = {
            "name": mailing.name,
            "operator": via.operator.name,
            "count": grouped(too_dear or no_way),
            "percent": mailing.extra_percent,
        }
        if is_out_of_use(via):
            sentence = _(
                "At least %(count)s messages of “%(name)s” wait for %(operator)s, which is out of use, and no other operator may "
                "carry them. Take its connection into use again, or cancel the rest of the mailing."
            )
        elif too_dear:
            sentence = _(
                "At least %(count)s messages of “%(name)s” wait for %(operator)s: another operator would cost more than the "
                "budget or the %(percent)s %% above its plan allow. They go when %(operator)s works again."
            )
        else:
            sentence = _(
                "At least %(count)s messages of “%(name)s” wait for %(operator)s: no other operator that works reaches "
                "their numbers. They go when %(operator)s works again."
            )
        return sentence % words

    groups = (roles.EDITOR, roles.APPROVER, roles.OPERATOR_STAFF)
    raise_alert(cause, Alert.Level.ALARM, said, link=page_of(mailing), groups=groups)


def tell_free(via: Connection) -> None:
    """It works again, so what waits for it goes: nothing is stranded any more, unless it is out of use."""
    if not is_out_of_use(via):
        close_alerts(_prefix(via))


def is_out_of_use(via: Connection) -> bool:
    """Whether a person has taken it out of use, itself or with its operator or gateway."""
    return not (via.is_enabled and via.operator.is_enabled and via.gateway.is_enabled)


def still_waits(rest: str) -> bool:
    """Whether messages of a mailing still wait for a connection that does not take them; ``rest`` is "connection:mailing"."""
    name, _colon, mailing_id = rest.rpartition(":")
    via = Connection.objects.select_related("operator", "gateway", "standing").filter(name=name).first()
    if via is None or not mailing_id.isdecimal():
        return False
    known = getattr(via, "standing", None)
    takes = not is_out_of_use(via) and (known is None or known.state != Standing.State.LEFT)
    states = (Mailing.State.RUNNING, Mailing.State.PAUSED)
    waiting = Message.objects.waiting().filter(
        connection=via, mailing_id=mailing_id, mailing__state__in=states
    )
    return not takes and waiting.exists()


def _prefix(via: Connection) -> str:
    return f"stranded:{via.name}:"
