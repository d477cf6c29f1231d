"""What the counts say about an operator: whether less arrives than before, and whether one error code has become frequent.

Young cohorts are compared with older ones by what had come of both within the same time, so that receipts that are
still on their way are no loss.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _

from backoffice.lib.numbers import grouped
from backoffice.lib.proportions import fallen_by, risen_by, wilson
from backoffice.lib.said import kept
from backoffice.mailings.cohorts import WIDTH, WITHIN_SECONDS, Counts, Slice
from backoffice.operators.error_codes import USUAL, Catalogue, ErrorCode

# With fewer messages a share says little; a connection that is only tried gets fewer than that.
ENOUGH = 100
ENOUGH_WHEN_TRIED = 15
# What is looked at: the newest cohorts until there are so many messages, and nothing older than this.
PLENTY = 300
RECENT = timedelta(minutes=5)
JUST_NOW = timedelta(seconds=60)
# A fall that matters: ten points. Another mailing may have worse numbers, so with that one it is compared more mildly.
MARGIN = 0.10
MARGIN_TO_OTHERS = 0.30
# Where nothing is known of the past, at least half has to arrive.
WITHOUT_PAST = 0.5
# Less than that says that the operator delivers nothing, whatever was before.
NOTHING = 0.2
# Receipts take a moment to be applied here.
SLACK = timedelta(seconds=3)
WITHOUT_PAST_WITHIN = WITHIN_SECONDS.index(300)


@dataclass(frozen=True)
class Sign:
    """Something is wrong, in one sentence. ``is_grave``: the operator delivers as good as nothing.

    ``is_theirs``: it may be the operator's fault; otherwise it is the mailing's numbers or its text.
    """

    sentence: str
    is_grave: bool = False
    is_theirs: bool = True
    # Deliveries are missing: they may turn out to have been late.
    is_about_receipts: bool = field(default=False, compare=False)


@dataclass(frozen=True)
class View:
    """Counts as they are compared: what should have its receipts by now, what was answered just now, what was before.

    ``newest`` are the newest of those due, just enough to judge by, and ``earlier`` the others.
    """

    due: Counts
    now: Counts
    past: Counts
    newest: Counts = field(default_factory=Counts)
    earlier: Counts = field(default_factory=Counts)
    # The same messages with every receipt that has come by now, however late; and older ones that have had longer for it.
    so_far: Counts = field(default_factory=Counts)
    newest_so_far: Counts = field(default_factory=Counts)
    aged: Counts = field(default_factory=Counts)


def view(slices: Sequence[Slice], since: datetime | None = None, now: datetime | None = None) -> View:
    """The view of some slices. Cohorts before ``since`` count as past: then a line broke, or it was judged already."""
    now = now or timezone.now()
    within = usual_within(slices)
    due_before = now - WIDTH - SLACK - timedelta(seconds=WITHIN_SECONDS[within])
    begins = max(since or now - RECENT - timedelta(hours=1), due_before - RECENT)
    past, latest, newest, earlier = Counts(), Counts(), Counts(), Counts()
    so_far, newest_so_far = Counts(), Counts()
    by_cohort = sorted({one.at for one in slices if one.at and begins <= one.at <= due_before}, reverse=True)
    chosen: set[datetime] = set()
    for at in by_cohort:
        if newest.taken + earlier.taken >= PLENTY:
            break
        mine = [one for one in slices if one.at == at]
        if newest.taken < ENOUGH:
            newest += _sum(mine, within)
            newest_so_far += _sum(mine, None)
        else:
            earlier += _sum(mine, within)
        so_far += _sum(mine, None)
        chosen.add(at)
    for one in slices:
        if one.at is None or one.at < min(chosen, default=begins):
            past += one.counts(within)
        if one.at is not None and one.at >= max(now - JUST_NOW, since or now - JUST_NOW):
            latest += one.counts(within)
    longer = timedelta(seconds=WITHIN_SECONDS[min(within + 1, len(WITHIN_SECONDS) - 1)])
    aged = _sum((one for one in slices if one.at and begins <= one.at <= now - WIDTH - SLACK - longer), None)
    return View(newest + earlier, latest, past, newest, earlier, so_far, newest_so_far, aged)


def usual_within(slices: Iterable[Slice]) -> int:
    """In which of WITHIN_SECONDS nine of ten receipts have come so far: an index of it; without a past five minutes."""
    sums = [0] * len(WITHIN_SECONDS)
    for one in slices:
        if one.outcome in ("delivered", "undelivered", "expired"):
            sums = [had + more for had, more in zip(sums, one.within, strict=True)]
    if sums[-1] < ENOUGH:
        return WITHOUT_PAST_WITHIN
    return next(index for index, count in enumerate(sums) if count * 10 >= sums[-1] * 9)


def _sum(slices: Iterable[Slice], within: int | None) -> Counts:
    return sum((one.counts(within) for one in slices), Counts())


def delivery_sign(
    seen: View, name: str, *, enough: int = ENOUGH, others: Counts | None = None
) -> Sign | None:
    """Whether less is delivered than before. ``others`` are compared with instead where a mailing has no past of its own.

    Where as good as nothing of the newest arrives, they are compared with all before them: what was delivered a minute
    ago would hide that for minutes if little is sent.
    """
    if seen.due.taken < enough:
        return None
    is_grave = wilson(seen.newest.delivered, seen.newest.taken)[1] < NOTHING
    due, past, margin = seen.due, seen.past, MARGIN
    if is_grave:
        due, past = seen.newest, seen.past + seen.earlier
    if past.taken < ENOUGH and others is not None:
        past, margin = others, MARGIN_TO_OTHERS
    at_most = wilson(due.delivered, due.taken)[1]
    has_past = past.taken >= ENOUGH
    fell = has_past and fallen_by((past.delivered, past.taken), (due.delivered, due.taken)) > margin
    if not fell and (has_past or at_most >= WITHOUT_PAST):
        return None
    if _is_merely_late(seen, past, margin, is_grave=is_grave):
        return None
    words = {
        "operator": name,
        "percent": 100 * due.delivered // due.taken,
        "receipts": 100 * due.ended // due.taken,
        "before": 100 * past.delivered // past.taken if has_past else 0,
    }
    lacks_receipts = due.ended * 2 < due.taken
    sentence = kept(lambda: _too_few(words, due.taken, lacks_receipts=lacks_receipts, has_past=has_past))
    return Sign(sentence, is_grave=is_grave, is_about_receipts=True)


def _too_few(words: dict[str, Any], taken: int, *, lacks_receipts: bool, has_past: bool) -> str:
    """That too few messages arrive."""
    sentence = _("Of the last %(count)s messages that %(operator)s took, only %(percent)s %% were delivered.")
    if lacks_receipts:
        sentence = _(
            "Of the last %(count)s messages that %(operator)s took, only %(receipts)s %% have a receipt."
        )
    if has_past:
        sentence += " " + _("Before, %(before)s %% were delivered.")
    if lacks_receipts:
        sentence += " " + _(
            "Receipts that it sends before its own answer are lost: ask it about that (see Receipts)."
        )
    return sentence % (words | {"count": grouped(taken)})


def _is_merely_late(seen: View, past: Counts, margin: float, *, is_grave: bool) -> bool:
    """Whether receipts take longer than usual and nothing else is wrong: all that came by now, however late, counts.

    What is missing then may still come, as long as those with a receipt do as well as before and older messages have theirs.
    """
    so_far = seen.newest_so_far if is_grave else seen.so_far
    if not so_far.taken:
        return False
    if not _has_fallen(so_far.delivered, so_far.taken, past, margin):
        return True
    if is_grave or past.taken < ENOUGH or so_far.ended < ENOUGH_WHEN_TRIED:
        return False
    did_well = not _has_fallen(
        so_far.delivered, so_far.ended, Counts(taken=past.ended, delivered=past.delivered), margin
    )
    return did_well and not (
        seen.aged.taken >= ENOUGH and _has_fallen(seen.aged.delivered, seen.aged.taken, past, margin)
    )


def _has_fallen(delivered: int, of: int, past: Counts, margin: float) -> bool:
    """Whether less arrives than before; without a past, less than half."""
    if past.taken < ENOUGH:
        return wilson(delivered, of)[1] < WITHOUT_PAST
    return fallen_by((past.delivered, past.taken), (delivered, of)) > margin


def has_recovered(slices: Sequence[Slice], paused_at: datetime) -> bool:
    """Whether what was taken just before a pause has arrived after all: its receipts were late."""
    begins = paused_at - RECENT
    due = _sum((one for one in slices if one.at and one.at >= begins), None)
    past = _sum((one for one in slices if one.at is None or one.at < begins), None)
    return due.taken > 0 and not _has_fallen(due.delivered, due.taken, past, MARGIN)


def code_sign(seen: View, name: str, *, enough: int = ENOUGH, codes: Catalogue = USUAL) -> Sign | None:
    """Whether one error code has become frequent: among what was answered just now, and among what has its receipts."""
    worst: tuple[float, Sign] | None = None
    bases: list[tuple[Counts, Callable[[Counts], int]]] = [(seen.now, _answered), (seen.due, _taken)]
    for counts, of in bases:
        for code, hits in counts.codes.items():
            total, before = of(counts), (seen.past.codes.get(code, 0), of(seen.past))
            is_answer = code.startswith("0x")
            if total < enough or is_answer != (of is _answered):
                continue
            if before[1] < ENOUGH:
                before = (0, ENOUGH)
            rise = risen_by(before, (min(hits, total), total))
            if rise > MARGIN and (worst is None or rise > worst[0]):
                worst = rise, _code_sign(name, code, hits, total, codes)
    return worst[1] if worst else None


def _answered(counts: Counts) -> int:
    return counts.answered


def _taken(counts: Counts) -> int:
    return counts.taken


def _code_sign(name: str, code: str, hits: int, total: int, codes: Catalogue) -> Sign:
    meaning = codes.meaning(code)

    def sentence() -> str:
        return _(
            "%(percent)s %% of the last messages over %(operator)s end with the code %(code)s: %(meaning)s"
        ) % {
            "operator": name,
            "percent": 100 * hits // total,
            "code": code,
            "meaning": meaning.sentence if meaning else _("Nobody knows this code."),
        }

    is_theirs = meaning is None or meaning.action != ErrorCode.Action.PERMANENT
    return Sign(kept(sentence), is_grave=is_theirs and hits * 10 >= total * 9, is_theirs=is_theirs)
