"""Whether a connection can be relied on: well, braked or left, each with a sentence why and since when.

A connection without a row is well. Somebody above decides (it knows the messages); here is what a decision does.
A connection that was left comes back by itself in steps: a few messages, then more, and each step has to go well.
"""

from datetime import timedelta
from typing import Any

import structlog
from django.conf import settings
from django.db import models, transaction
from django.db.models import F, Q
from django.db.models.functions import Coalesce, Least
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from wagtail.log_actions import log

from backoffice.lib.said import SentenceField, stored
from kannel.models import Connection

logger = structlog.get_logger(__name__)

# Messages that a braked connection is trusted with, step by step; after the last one it is well again.
STEPS = (20, 200, 2000)
# A connection that has worked until now and gets worse begins here.
BRAKED_FROM_WELL = 1
# How long a connection that was left is let alone before it is tried; twice as long each time it fails again.
REST = timedelta(seconds=60)
REST_AT_MOST = timedelta(minutes=30)
_DOUBLINGS_AT_MOST = 6


class Standing(models.Model):
    """One connection as we judge it. Its states change only through the functions of this module."""

    class State(models.TextChoices):
        WELL = "well", _("works")
        BRAKED = "braked", _("braked")
        LEFT = "left", _("left")

    connection = models.OneToOneField(
        Connection, models.CASCADE, related_name="standing", verbose_name=_("connection")
    )
    state = models.CharField(_("state"), max_length=6, choices=State, default=State.WELL)
    reason = SentenceField(_("why"), max_length=300, blank=True)
    since = models.DateTimeField(_("since"), default=timezone.now)
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        related_name="+",
        help_text="Null: Parley itself.",
    )
    step = models.PositiveSmallIntegerField(default=0, help_text="Which of STEPS a braked connection is at.")
    allowance = models.PositiveIntegerField(
        null=True, help_text="Messages that a braked connection may still be given in this step."
    )
    failures = models.PositiveSmallIntegerField(default=0, help_text="How often in a row it was left.")
    recalled_at = models.DateTimeField(
        null=True, help_text="When what waited for it inside Kannel was last called back."
    )
    withdrawn_at = models.DateTimeField(
        null=True,
        help_text="When its binds were last taken out of Kannel, which gives back what waits for them.",
    )
    restored_at = models.DateTimeField(
        null=True, help_text="When they were put into Kannel again; null while they are out."
    )

    wagtail_reference_index_ignore = True

    class Meta:
        verbose_name = _("state of a connection")
        verbose_name_plural = _("states of connections")

    def __str__(self) -> str:
        return f"{self.connection_id} {self.state}"

    @property
    def is_out(self) -> bool:
        """Whether we took its binds out of Kannel and have not put them back."""
        return self.withdrawn_at is not None and self.restored_at is None

    @property
    def rests_until(self) -> Any:
        """When a connection that was left may be tried again."""
        return self.since + min(REST * 2 ** min(max(self.failures - 1, 0), _DOUBLINGS_AT_MOST), REST_AT_MOST)


def standing_of(connection: Connection) -> Standing:
    """The row of a connection, or a new unsaved one that says it is well."""
    return Standing.objects.filter(connection=connection).first() or Standing(connection=connection)


def brake(connection: Connection, reason: str, by: Any = None) -> bool:
    """Lets only some messages over a connection that has worked until now. False if it was braked or left already."""
    return _move(
        connection,
        (Standing.State.WELL,),
        Standing.State.BRAKED,
        reason,
        by,
        step=BRAKED_FROM_WELL,
        allowance=STEPS[BRAKED_FROM_WELL],
    )


def leave(connection: Connection, reason: str, by: Any = None) -> bool:
    """Gives a connection nothing more. False if it was left already."""
    sources = (Standing.State.WELL, Standing.State.BRAKED)
    return _move(
        connection,
        sources,
        Standing.State.LEFT,
        reason,
        by,
        allowance=0,
        failures=F("failures") + 1,
        recalled_at=None,
    )


def try_again(connection: Connection, reason: str) -> bool:
    """The first step back: a few messages. False unless it was left."""
    return _move(
        connection, (Standing.State.LEFT,), Standing.State.BRAKED, reason, None, step=0, allowance=STEPS[0]
    )


def go_on(standing: Standing, reason: str) -> bool:
    """The next step back went well: more messages, or all of them. False if somebody changed it meanwhile."""
    if standing.step + 1 >= len(STEPS):
        return trust(standing.connection, reason)
    step = standing.step + 1
    return bool(
        Standing.objects.filter(pk=standing.pk, state=Standing.State.BRAKED, step=standing.step).update(
            step=step, allowance=STEPS[step], since=timezone.now(), reason=reason
        )
    )


def trust(connection: Connection, reason: str = "", by: Any = None) -> bool:
    """Uses a connection without limits again, by itself or because a person says so. False if it was well."""
    sources = (Standing.State.BRAKED, Standing.State.LEFT)
    return _move(
        connection,
        sources,
        Standing.State.WELL,
        reason,
        by,
        step=0,
        allowance=None,
        failures=0,
        recalled_at=None,
    )


def take_allowance(connection_id: int, messages: int) -> None:
    """Counts messages that a braked connection was given."""
    Standing.objects.filter(connection=connection_id, state=Standing.State.BRAKED).update(
        allowance=models.Case(
            models.When(allowance__gt=messages, then=F("allowance") - messages), default=models.Value(0)
        )
    )


def give_back_allowance(connection_id: int, messages: int) -> None:
    """Messages that a braked connection was given and that nobody took: it may be given as many others, in the same step."""
    for step, most in enumerate(STEPS):
        Standing.objects.filter(connection=connection_id, state=Standing.State.BRAKED, step=step).update(
            allowance=Least(Coalesce(F("allowance"), 0) + messages, most)
        )


def allowance_of(connection_id: int) -> int | None:
    """How many messages a connection may be given now; None: as many as it takes."""
    row = Standing.objects.filter(connection=connection_id).values_list("state", "allowance").first()
    if row is None or row[0] == Standing.State.WELL:
        return None
    return 0 if row[0] == Standing.State.LEFT else row[1] or 0


def is_left() -> Q:
    """Of connections: those that nothing new is routed to."""
    return Q(standing__state=Standing.State.LEFT)


def _move(
    connection: Connection, sources: tuple[str, ...], target: str, reason: str, by: Any, **values: Any
) -> bool:
    """One conditional UPDATE and its line in the audit log."""
    with transaction.atomic():
        Standing.objects.get_or_create(connection=connection)
        moved = Standing.objects.filter(connection=connection, state__in=sources).update(
            state=target, reason=reason, since=timezone.now(), by=by, **values
        )
        if moved:
            log(connection, f"operators.{target}", user=by, data={"comment": stored(reason)})
    if moved:
        logger.info("standing", connection=connection.name, state=target)
    return bool(moved)


def has_other_ways(connection: Connection) -> bool:
    """Whether its operator has another connection that was not left."""
    others = Connection.objects.filter(operator=connection.operator_id, is_enabled=True)
    return others.exclude(pk=connection.pk).exclude(is_left()).exists()
