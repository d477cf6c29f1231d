"""Wrong settings of e-mail, said when Parley starts rather than when the first e-mail fails."""

from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, register
from django.core.checks import Warning as CheckWarning

SMTP = "django.core.mail.backends.smtp.EmailBackend"


@register("mail")
def check_mail(**options: Any) -> list[CheckMessage]:
    """E-mail that is switched on needs a server, and an address that it comes from."""
    if not settings.EMAIL_ENABLED:
        return []
    found: list[CheckMessage] = []
    if settings.EMAIL_BACKEND == SMTP and not settings.EMAIL_HOST:
        found.append(
            Error(
                "E-mail is switched on, but there is no mail server.",
                hint="Set EMAIL_HOST in the environment, and EMAIL_PORT, EMAIL_HOST_USER and EMAIL_HOST_PASSWORD if "
                "the server wants them, or set EMAIL_ENABLED=no.",
                id="mailings.E001",
            )
        )
    if settings.EMAIL_USE_TLS and settings.EMAIL_USE_SSL:
        found.append(
            Error(
                "EMAIL_USE_TLS and EMAIL_USE_SSL are both switched on.",
                hint="Leave one of them: EMAIL_USE_TLS for port 587, EMAIL_USE_SSL for port 465.",
                id="mailings.E002",
            )
        )
    if settings.DEFAULT_FROM_EMAIL.endswith("@localhost"):
        found.append(
            CheckWarning(
                "E-mails come from an address that nobody outside knows.",
                hint="Set EMAIL_FROM in the environment to an address of the company.",
                id="mailings.W003",
            )
        )
    return found
