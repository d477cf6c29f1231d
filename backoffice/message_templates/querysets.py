from typing import TYPE_CHECKING

from django.db import models

if TYPE_CHECKING:
    from backoffice.message_templates.models import MessageTemplate  # noqa: F401


class MessageTemplateQuerySet(models.QuerySet["MessageTemplate"]):
    """Sets of texts."""

    def usable(self) -> "MessageTemplateQuerySet":
        """Texts that mailings may use: published ones. Their rows hold what was published, never a draft."""
        return self.filter(live=True, is_archived=False)

    def folders(self) -> list[str]:
        """The names of all folders, in their order."""
        named = self.exclude(folder="").order_by("folder").values_list("folder", flat=True)
        return list(named.distinct())
