from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from django.db import transaction

from backoffice.operators.models import Operator, Tariff
from kannel.models import Connection, Gateway

# Each is the cheaper one for some numbers, so that both carry a part of every mailing.
NORTH = {
    "+7": "2.40",
    "+7900": "1.60",
    "+7901": "1.60",
    "+7902": "1.55",
    "+791": "1.90",
    "+792": "2.10",
    "+796": "1.80",
}
SOUTH = {
    "+7": "2.20",
    "+7903": "1.70",
    "+7905": "1.65",
    "+791": "2.00",
    "+792": "1.95",
    "+793": "1.85",
    "+796": "2.00",
}
# Nothing to wait for: simulated operators answer within seconds.
RECEIPT_MARGIN = timedelta(hours=1)
PORTS = (
    "kannel-admin",
    "kannel-box",
    "kannel-sendsms",
    "smpp-operator",
    "smpp-operator-control",
    "http-operator",
    "http-operator-control",
    "http-operator-receipts",
    "redis",
    "dlr-endpoint",
    "adapters",
)


class Command(BaseCommand):
    help = "Two simulated operators, North over SMPP and South over HTTP, behind one gateway, with tariffs that cross."

    def add_arguments(self, parser: CommandParser) -> None:
        for name in PORTS:
            parser.add_argument(f"--{name}-port", type=int, default=0)
        parser.add_argument("--redis-database", type=int, default=2)
        parser.add_argument(
            "--smsbox", action="store_true", help="let an smsbox call for the delivery reports"
        )
        parser.add_argument("--throughput", type=int, default=3000, help="parts a second of each connection")

    @transaction.atomic
    def handle(self, *args: Any, **options: Any) -> None:
        gateway, _ = Gateway.objects.update_or_create(
            name="main",
            defaults={
                "box_port": options["kannel_box_port"],
                "admin_port": options["kannel_admin_port"],
                "sendsms_port": options["kannel_sendsms_port"],
                "redis_port": options["redis_port"],
                "redis_database": options["redis_database"],
                "smsbox_id": "main-http" if options["smsbox"] else "",
            },
        )
        common = {
            "gateway": gateway,
            "host": "127.0.0.1",
            "window": 10,
            "throughput_per_second": options["throughput"],
        }
        Connection.objects.update_or_create(
            name="north-1",
            defaults=common
            | {
                "operator": operator("North", NORTH),
                "kind": Connection.Kind.SMPP,
                "port": options["smpp_operator_port"],
                "username": "parley",
                "password": "parley",
            },
        )
        Connection.objects.update_or_create(
            name="south-1",
            defaults=common
            | {
                "operator": operator("South", SOUTH),
                "kind": Connection.Kind.HTTP,
                "port": options["http_operator_port"],
                "path": "/send",
                "receipt_port": options["http_operator_receipts_port"],
                "success_regex": "^OK",
                "refused_regex": "^ERROR",
                "message_id_regex": "^OK ([0-9A-F]+)",
            },
        )


def operator(name: str, prices: dict[str, str]) -> Operator:
    """The operator with its tariff of today, made or left as they are."""
    found: Operator
    found, _ = Operator.objects.get_or_create(name=name, defaults={"receipt_margin": RECEIPT_MARGIN})
    for prefix, price in prices.items():
        Tariff.objects.get_or_create(
            operator=found,
            prefix=prefix,
            valid_from=date(2026, 1, 1),
            defaults={"price_per_part": Decimal(price)},
        )
    return found
