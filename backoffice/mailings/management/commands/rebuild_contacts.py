from typing import Any

from django.core.management.base import BaseCommand

from backoffice.mailings.contacts import rebuild


class Command(BaseCommand):
    help = "Writes anew what messages came to with each customer, from the messages. Receipts wait while it runs."

    def handle(self, *args: Any, **options: Any) -> None:
        self.stdout.write(f"Told about {rebuild()} customers.")
