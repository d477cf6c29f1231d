"""Wrong settings of the machinery, said when Parley starts rather than when the first message waits."""

from collections.abc import Sequence
from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, register
from django.core.checks import Warning as CheckWarning
from django.db import DatabaseError

from kannel.models import Connection
from kannel.secret_field import KEY_LENGTH_AT_LEAST, Unreadable

LENGTH_AT_LEAST = 12
WELL_KNOWN = frozenset({"bar", "foo", "kannel", "secret", "password", "changeme", "admin"})


@register("kannel")
def check_passwords(**options: Any) -> list[CheckMessage]:
    """Kannel without a status password shows its store, texts and all, to whoever asks."""
    return [
        CheckWarning(
            f"{name} {fault}.",
            hint=f"Set {name} in the environment to a long random password, render kannel.conf again "
            "and restart bearerbox.",
            id=f"operators.W00{number}",
        )
        for number, name in enumerate(("KANNEL_ADMIN_PASSWORD", "KANNEL_STATUS_PASSWORD"), start=1)
        if (fault := _fault(getattr(settings, name)))
    ] + _same()


def _fault(password: str) -> str:
    if not password:
        return "is not set"
    if password.lower() in WELL_KNOWN:
        return "is a password that everybody knows"
    return "is short" if len(password) < LENGTH_AT_LEAST else ""


def _same() -> list[CheckMessage]:
    """Whoever may read the status could shut bearerbox down."""
    if (
        not settings.KANNEL_ADMIN_PASSWORD
        or settings.KANNEL_ADMIN_PASSWORD != settings.KANNEL_STATUS_PASSWORD
    ):
        return []
    return [
        CheckWarning(
            "KANNEL_ADMIN_PASSWORD and KANNEL_STATUS_PASSWORD are the same.",
            hint="Set them to two different passwords.",
            id="operators.W003",
        )
    ]


@register("kannel")
def check_secret_keys(**options: Any) -> list[CheckMessage]:
    """Without a key no password of an operator can be kept, or read."""
    how = "a long random text, for example from: python -c 'import secrets; print(secrets.token_hex(32))'"
    if not settings.KANNEL_SECRET_KEYS:
        return [
            Error(
                "KANNEL_SECRET_KEYS is not set.",
                hint=f"Set KANNEL_SECRET_KEYS in the environment to {how}. Keep a copy of it: what it hid cannot be "
                "read without it.",
                id="operators.E004",
            )
        ]
    if any(len(key) < KEY_LENGTH_AT_LEAST for key in settings.KANNEL_SECRET_KEYS):
        return [
            Error(
                "A key in KANNEL_SECRET_KEYS is short.",
                hint=f"Put {how} before it, with a comma between them, and run manage.py rotate_secrets.",
                id="operators.E005",
            )
        ]
    return []


@register(Tags.database)
def check_secrets(databases: Sequence[str] | None = None, **options: Any) -> list[CheckMessage]:
    """Passwords that no key opens: somebody took a key away too early, or restored another installation's dump."""
    if not databases:
        return []
    try:
        rows = Connection.objects.using(databases[0]).exclude(password="").only("name", "password")
        lost = sorted(row.name for row in rows if isinstance(row.password, Unreadable))
    except DatabaseError:
        return []  # no table yet
    if not lost:
        return []
    return [
        CheckWarning(
            f"The passwords of these connections cannot be read: {', '.join(lost)}.",
            hint="Add the key they were kept with to KANNEL_SECRET_KEYS, or type them again in the back office.",
            id="operators.W006",
        )
    ]
