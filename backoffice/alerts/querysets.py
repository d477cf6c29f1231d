from typing import TYPE_CHECKING

from django.db import models
from django.db.models import Case, Exists, OuterRef, QuerySet, Value, When
from django.utils import timezone

if TYPE_CHECKING:
    from backoffice.accounts.models import User
    from backoffice.alerts.models import Alert  # noqa: F401

# Lowest first.
LEVELS = ("information", "warning", "alarm")


class AlertQuerySet(QuerySet["Alert"]):
    """Sets of alerts."""

    def open(self) -> "AlertQuerySet":
        """Those whose cause is not gone."""
        return self.filter(closed_at=None)

    def closed(self) -> "AlertQuerySet":
        return self.exclude(closed_at=None)

    def unseen(self) -> "AlertQuerySet":
        """Those that nobody has acknowledged."""
        return self.filter(acknowledged_at=None)

    def mine(self, user: "User") -> "AlertQuerySet":
        """Those given to a group of the user, or to no group: these concern everybody."""
        given = self.model.groups.through.objects.filter(alert=OuterRef("pk"))
        return self.filter(Exists(given.filter(group__user=user)) | ~Exists(given))

    def visible_to(self, user: "User") -> "AlertQuerySet":
        """Those the user may read: their own; all of them for an administrator."""
        return self.all() if user.is_superuser else self.mine(user)

    def open_for(self, user: "User") -> "AlertQuerySet":
        return self.visible_to(user).open()

    def worst_first(self) -> "AlertQuerySet":
        """Not acknowledged before acknowledged, alarms before warnings, then the latest."""
        ranks = [When(level=level, then=Value(rank)) for rank, level in enumerate(LEVELS)]
        rank = Case(*ranks, default=Value(0), output_field=models.SmallIntegerField())
        return self.order_by(
            models.F("acknowledged_at").asc(nulls_first=True), rank.desc(), "-last_at", "-pk"
        )

    def close(self) -> int:
        """Closes the open ones, in one statement; gives their number."""
        return self.open().update(closed_at=timezone.now())
