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

    def waiting(self) -> "AlertQuerySet":
        """Warnings and alarms that nobody takes care of."""
        return self.exclude(level="information").unseen()

    def _read_by(self, user: "User") -> Exists:
        """Whether this reader has read it since it happened last."""
        marks = self.model._meta.get_field("read_marks").related_model
        return Exists(
            marks._default_manager.filter(alert=OuterRef("pk"), user=user, read_at__gte=OuterRef("last_at"))
        )

    def with_reading_of(self, user: "User") -> "AlertQuerySet":
        """Each with ``is_read``: whether this reader has read it."""
        return self.annotate(is_read=self._read_by(user))

    def unread_by(self, user: "User") -> "AlertQuerySet":
        """Information that this reader has not read since it happened last."""
        return self.filter(~self._read_by(user), level="information")

    def read(self, user: "User") -> int:
        """Notes that this reader has read the information among these; gives how many were new to them."""
        marks = self.model._meta.get_field("read_marks").related_model
        unread, now = list(self.unread_by(user)), timezone.now()
        marks._default_manager.bulk_create(
            [marks(alert=one, user=user, read_at=now) for one in unread],
            update_conflicts=True,
            unique_fields=["alert", "user"],
            update_fields=["read_at"],
        )
        return len(unread)

    def news_for(self, user: "User") -> "AlertQuerySet":
        """What a reader should look at: what waits for somebody, and the information they have not read."""
        news = models.Q(~self._read_by(user), level="information")
        waits = ~models.Q(level="information") & models.Q(acknowledged_at=None)
        return self.open_for(user).filter(news | waits)

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
