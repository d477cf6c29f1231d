"""Wrong settings of the machinery, said when Parley starts rather than when the first message waits."""

from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, register
from django.core.checks import Warning as CheckWarning

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
