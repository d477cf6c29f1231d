import json
import secrets
from typing import Any

from django.contrib.auth.models import Group
from django.core.management.base import BaseCommand, CommandParser
from django.db import transaction

from backoffice.accounts.models import User
from backoffice.accounts.roles import RIGHTS

ADMINISTRATOR = "Administrator"


class Command(BaseCommand):
    help = "Makes one user for each role, with fresh passwords, and says which. For demonstrations only."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--json", action="store_true", help="print a JSON list instead of a table")

    @transaction.atomic
    def handle(self, *args: Any, json: bool = False, **options: Any) -> None:
        logins = [self.login(role) for role in (*RIGHTS, ADMINISTRATOR)]
        if json:
            self.stdout.write(_as_json(logins))
        else:
            for login in logins:
                self.stdout.write("{role:<18}{username:<18}{password}".format(**login))

    def login(self, role: str) -> dict[str, str]:
        """A user of this role with a password nobody knew before."""
        username, password = role.lower().replace(" ", "-"), secrets.token_urlsafe(12)
        user, _ = User.objects.get_or_create(
            username=username, defaults={"first_name": role, "last_name": "Demo"}
        )
        user.is_superuser = role == ADMINISTRATOR
        user.email = f"{username}@example.org"
        user.set_password(password)
        user.save()
        user.groups.set(Group.objects.filter(name=role))
        return {"role": role, "username": username, "password": password}


def _as_json(logins: list[dict[str, str]]) -> str:
    return json.dumps(logins)
