from typing import TYPE_CHECKING

from django.db import models

if TYPE_CHECKING:
    from backoffice.mailings.models import Mailing, Message  # noqa: F401


class MailingQuerySet(models.QuerySet["Mailing"]):
    """Sets of mailings."""


class MessageQuerySet(models.QuerySet["Message"]):
    """Sets of messages."""
