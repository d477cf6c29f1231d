"""Why an operator or a connection gets no messages, in sentences, where somebody looks for the cause."""

from collections.abc import Iterable
from datetime import date

from django.conf import settings
from django.utils import timezone
from django.utils.translation import gettext as _

from backoffice.lib.moments import company_day
from backoffice.operators import routing
from backoffice.operators.models import Operator
from backoffice.operators.standing import Standing
from kannel.models import Connection, Gateway


def why_unused(operator: Operator, *, purpose: str = "", sender: str = "") -> list[str]:
    """What keeps messages from going over an operator now; empty if nothing does.

    :param purpose: of the messages meant, if certain ones are.
    :param sender: the same.
    """
    found = [*_terms(operator, purpose, sender), *_lines(operator), *_prices(operator, company_day())]
    return found or _dearer(operator, purpose, sender)


def why_no_messages(connection: Connection) -> list[str]:
    """What keeps messages from going over one connection now; of its operator only whether it is used at all."""
    own = [sentence] if (sentence := _line(connection)) else []
    operator = connection.operator
    return own + [
        _("Its operator %(name)s: %(why)s") % {"name": operator.name, "why": sentence}
        for sentence in [*_terms(operator, "", ""), *_prices(operator, company_day())]
    ]


def _terms(operator: Operator, purpose: str, sender: str) -> Iterable[str]:
    if not operator.is_enabled:
        yield _("It is not in use.")
    if operator.currency != settings.CURRENCY:
        yield _(
            "It bills in %(currency)s, and bills here are in %(own)s: prices of two currencies are never compared. "
            "Add it with prices in %(own)s."
        ) % {"currency": operator.currency, "own": settings.CURRENCY}
    if not routing.allows(operator, purpose, ""):
        yield _("It does not allow messages of this purpose.")
    if not routing.allows(operator, "", sender):
        yield _("It does not allow the sender “%(sender)s”.") % {"sender": sender}


def _lines(operator: Operator) -> list[str]:
    """Why none of its connections carries messages; empty if one does."""
    lines = list(
        operator.connections.filter(is_test=False).select_related("gateway", "standing").order_by("name")
    )
    if not lines:
        return [_("It has no connection for messages to customers. Add one.")]
    reasons = [(line, _line(line)) for line in lines]
    if not all(reason for _line_, reason in reasons):
        return []
    return [
        _("Connection %(name)s: %(why)s") % {"name": line.name, "why": reason} for line, reason in reasons
    ]


def _line(connection: Connection) -> str:
    """The first thing that stops a connection; empty if nothing does. The same order as a message meets them."""
    gateway, status = connection.gateway, connection.status
    if connection.is_test:
        return _("It is for tests only.")
    if not connection.is_enabled:
        return _("It is out of use.")
    if not gateway.is_enabled:
        return _("Its gateway is out of use.")
    if gateway.status != Gateway.Status.RUNNING:
        return _("The state of its gateway is: %(state)s.") % {"state": gateway.get_status_display()}
    if status != Connection.Status.ONLINE:
        return _("Its state is: %(state)s.") % {"state": connection.get_status_display()}
    if connection.seen_at is None or connection.seen_at < timezone.now() - routing.SEEN_WITHIN:
        return _("Nobody has seen it online lately.")
    standing: Standing | None = getattr(connection, "standing", None)
    if standing is not None and standing.state == Standing.State.LEFT:
        return _("It was left: %(why)s") % {"why": standing.reason}
    return ""


def _prices(operator: Operator, today: date) -> Iterable[str]:
    tariffs = operator.tariffs
    if not tariffs.exists():
        yield _("It has no price. Add its prices under Tariffs.")
    elif not tariffs.filter(valid_from__lte=today).exclude(valid_to__lt=today).exists():
        yield _("None of its prices is valid today.")


def _dearer(operator: Operator, purpose: str, sender: str) -> list[str]:
    """Whether some other operator is cheaper for every prefix, for what is delivered."""
    market = routing.market(
        company_day(),
        routing.working_connections(),
        currency=settings.CURRENCY,
        purpose=purpose,
        sender=sender,
    )
    for prefix in market.prices.get(operator.pk, {}):
        offers = {one: float(price) / rate for one, (price, rate) in market.offers(prefix).items()}
        if offers[operator.pk] <= min(offers.values()):
            return []
    return [_("For all numbers it has a price for, another operator costs less for what is delivered.")]
