"""Over which operators a test message can go, and what a part of it costs."""

from dataclasses import dataclass
from decimal import Decimal

from django.conf import settings
from django.utils import timezone

from backoffice.mailings.models import Mailing
from backoffice.mailings.routes import choosing
from backoffice.operators.models import PortedNumber
from backoffice.operators.routing import Market
from kannel.models import Connection


@dataclass(frozen=True)
class Way:
    """A connection of an operator that works now, and its price of a part to a number, volume steps left aside."""

    connection: Connection
    price: Decimal
    currency: str


class Ways:
    """The operators that may carry a mailing. Raises choosing.NoWay if there are none.

    What a message of the plan may cost at most is no matter here: a test is to show how it looks over each of them.
    """

    def __init__(self, mailing: Mailing) -> None:
        self.market: Market = choosing.market_for(mailing, timezone.now(), has_limit=False)
        lines = Connection.objects.filter(pk__in=[ids[0] for ids in self.market.connections.values()])
        self.lines = {line.operator_id: line for line in lines.select_related("operator", "gateway")}
        self._networks: dict[str, str] = {}

    def know(self, phones: list[str]) -> None:
        """Looks up at once which numbers were taken along to another network: its prices hold."""
        ported = PortedNumber.objects.filter(phone__in=phones).values_list("phone", "network__prefix")
        self._networks |= dict(ported)

    def to(self, phone: str) -> list[Way]:
        """One for each operator that reaches a number, the cheapest for what it delivers first."""
        offers = self.market.offers(self._networks.get(phone, phone))
        ordered = sorted(offers.items(), key=lambda one: (float(one[1][0]) / one[1][1], one[0]))
        return [Way(self.lines[operator], price, settings.CURRENCY) for operator, (price, _rate) in ordered]
