from typing import Any

from django.core.management.base import BaseCommand, CommandError

from kannel.models import ApplyRun, Connection, Gateway, TestMessage
from kannel.secret_field import SecretField, Unreadable

MODELS = (Gateway, Connection, ApplyRun, TestMessage)


class Command(BaseCommand):
    help = "Keeps every secret anew with the first key of KANNEL_SECRET_KEYS, so that the others can be taken away."

    def handle(self, *args: Any, **options: Any) -> None:
        lost = 0
        for model in MODELS:
            fields = [field.name for field in model._meta.concrete_fields if isinstance(field, SecretField)]
            for row in model._default_manager.only("pk", *fields).iterator():
                lost += sum(isinstance(getattr(row, name), Unreadable) for name in fields)
                row.save(update_fields=fields)
        if lost:
            raise CommandError(
                f"{lost} secrets are kept with a key that KANNEL_SECRET_KEYS lacks. Add that key."
            )
