"""How large a rehearsal is, how long it takes, and which messages a sample is made of."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from django.core.cache import cache
from django.db.models import BigIntegerField, Count, F, Func, Sum, Value

from backoffice.mailings.models import Mailing, Message
from backoffice.mailings.plan_sql import to_be_sent
from backoffice.mailings.querysets import MessageQuerySet
from kannel.models import Connection

# Bearerbox, its operators and whoever compares start within so many seconds and end within some more.
AROUND_SECONDS = 6.0
# One host plays at most about so many parts a second, however fast the real operators are: 4 900 were measured on two
# cores where nothing else was going on.
PARTS_PER_SECOND = 2000.0
# What takes longer is rehearsed with a sample, unless somebody wants all.
LONG_SECONDS = 600.0
KEPT_SECONDS = 600
# A draw that follows no other draw of a mailing.
SEED = 5 << 40
POINTS = 1 << 20
LEAST_SAMPLE = 100


@dataclass(frozen=True)
class PlannedLine:
    """What a plan gives to one connection."""

    connection_id: int
    messages: int
    parts: int
    cost: Decimal


@dataclass(frozen=True)
class Size:
    """A plan, and how fast its connections are."""

    lines: Sequence[PlannedLine]
    per_second: dict[int, int]

    @property
    def messages(self) -> int:
        return sum(line.messages for line in self.lines)

    @property
    def parts(self) -> int:
        return sum(line.parts for line in self.lines)

    def seconds(self, share: float = 1.0) -> float:
        """How long a share of it takes, about."""
        slowest = max((line.parts / self.per_second[line.connection_id] for line in self.lines), default=0.0)
        return AROUND_SECONDS + share * max(slowest, self.parts / PARTS_PER_SECOND)

    @property
    def is_long(self) -> bool:
        return self.seconds() > LONG_SECONDS

    @property
    def usual_sample(self) -> int:
        """So many messages take about as long as is usual: a round number."""
        wanted = self.messages * (LONG_SECONDS - AROUND_SECONDS) / (self.seconds() - AROUND_SECONDS)
        step = int(10 ** max(0, len(str(int(wanted))) - 2))
        return max(LEAST_SAMPLE, int(wanted) // step * step)


def size_of(mailing: Mailing) -> Size:
    """The size of a plan. Kept for some minutes: a plan does not change."""
    key = f"parley:rehearsal:{mailing.pk}:{mailing.planned_at and mailing.planned_at.timestamp()}"
    lines: list[PlannedLine] | None = cache.get(key)
    if lines is None:
        lines = counted(to_rehearse(mailing))
        cache.set(key, lines, KEPT_SECONDS)
    ids = [line.connection_id for line in lines]
    speeds = Connection.objects.filter(pk__in=ids).values_list("pk", "throughput_per_second")
    per_second = dict.fromkeys(ids, 1) | dict(speeds)
    return Size(lines, per_second)


def to_rehearse(mailing: Mailing, share: float = 1.0) -> MessageQuerySet:
    """The messages of a plan that would leave, or a share of them, drawn evenly and always the same."""
    messages = Message.objects.of(mailing).filter(state=to_be_sent(mailing), connection__isnull=False)
    if share >= 1:
        return messages
    hashed = Func(F("id"), Value(SEED), function="hashint8extended", output_field=BigIntegerField())
    drawn = messages.annotate(point=hashed.bitand(POINTS - 1))
    return drawn.filter(point__lt=round(share * POINTS))


def counted(messages: MessageQuerySet) -> list[PlannedLine]:
    """Messages by connection."""
    rows = (
        messages.order_by()
        .values_list("connection")
        .annotate(messages=Count("id"), parts=Sum("parts"), cost=Sum("cost"))
        .order_by("connection")
    )
    return [PlannedLine(*row) for row in rows]
