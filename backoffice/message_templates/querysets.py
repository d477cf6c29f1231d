from typing import TYPE_CHECKING

from django.db import models

if TYPE_CHECKING:
    from backoffice.message_templates.models import MessageTemplate  # noqa: F401


class MessageTemplateQuerySet(models.QuerySet["MessageTemplate"]):
    """Sets of texts."""

    def usable(self) -> "MessageTemplateQuerySet":
        """Texts that mailings may use: published ones. Their rows hold what was published, never a draft."""
        return self.filter(live=True)
