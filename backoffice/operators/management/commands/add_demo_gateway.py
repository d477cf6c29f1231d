from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import transaction

from kannel.models import Connection, Gateway


class Command(BaseCommand):
    help = "One more gateway with lines of its own to the operators of gateway main, as a second host would have them."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("name", help="name of the gateway")
        parser.add_argument("--like", default="main", help="gateway whose lines it gets, too")
        parser.add_argument("--host", default="127.0.0.1", help="where it listens")
        parser.add_argument(
            "--our-address", default="127.0.0.1", help="where it sees us, Redis and operators"
        )
        for name in ("admin", "box", "sendsms", "receipt"):
            parser.add_argument(f"--{name}-port", type=int, required=True)

    @transaction.atomic
    def handle(self, *args: Any, name: str, like: str, **options: Any) -> None:
        try:
            first = Gateway.objects.get(name=like)
        except Gateway.DoesNotExist as error:
            raise CommandError(f"There is no gateway named {like!r}.") from error
        gateway, _ = Gateway.objects.update_or_create(
            name=name,
            defaults={
                "host": options["host"],
                "our_addresses": options["our_address"],
                "admin_port": options["admin_port"],
                "box_port": options["box_port"],
                "sendsms_port": options["sendsms_port"],
                # Shared, so that each finds the messages of receipts that come to it.
                "box_id": first.box_id,
                "redis_host": options["our_address"],
                "redis_port": first.redis_port,
                "redis_database": first.redis_database,
            },
        )
        for line in first.connections.order_by("pk"):
            add_line(gateway, line, host=options["our_address"], receipt_port=options["receipt_port"])


def add_line(gateway: Gateway, line: Connection, *, host: str, receipt_port: int) -> None:
    """A line of the same account over another gateway. `host`: where that finds the operator."""
    values = {
        name: getattr(line, name) for name in Connection.draftable() if name not in ("gateway_id", "name")
    }
    values |= {"gateway": gateway, "host": host, "account": line.smsc_id}
    if line.kind == Connection.Kind.HTTP:
        values |= {"receipt_port": receipt_port, "receipt_addresses": host}
    Connection.objects.update_or_create(name=f"{line.name}-{gateway.name}", defaults=values)
