"""Telling what became of the runs of a series when nobody was looking."""

from collections.abc import Sequence
from datetime import datetime

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from backoffice.accounts import roles
from backoffice.alerts.feed import close_alert, raise_alert
from backoffice.alerts.models import Alert
from backoffice.lib.numbers import grouped
from backoffice.lib.said import Sentence, kept
from backoffice.mailings.links import page_of
from backoffice.mailings.models import Mailing

CONCERNED = (roles.EDITOR, roles.APPROVER)


def tell_missed(series: Mailing, moments: Sequence[datetime]) -> str:
    """Runs whose time was over before they could be made. Returns the sentence."""

    def said() -> str:
        words = {
            "name": series.name,
            "count": len(moments),
            "first": _clock(moments[0]),
            "last": _clock(moments[-1]),
        }
        sentence = ngettext(
            "“%(name)s” did not run on %(first)s, because nothing worked here until its time was over. Nobody was written to. "
            "Copy it if it shall still go.",
            "“%(name)s” did not run %(count)s times from %(first)s to %(last)s, because nothing worked here until their time "
            "was over. Nobody was written to. Copy it if it shall still go.",
            len(moments),
        )
        return sentence % words

    cause = f"series-missed:{series.pk}:{moments[-1]:%Y%m%d%H%M}"
    _raise(cause, Alert.Level.ALARM, said, series)
    return kept(said)


def tell_late(run: Mailing) -> None:
    """A run that begins later than it should."""

    def said() -> str:
        words = {"name": run.name, "when": _clock(run.run_at)}
        return _("“%(name)s” starts late: it should have started on %(when)s.") % words

    _raise(f"series-late:{run.pk}", Alert.Level.WARNING, said, run)


def tell_waits(run: Mailing, reason: str) -> None:
    """A run that is not what was approved with its series."""

    def said() -> str:
        sentence = _("“%(name)s” waits for an approver. %(reason)s Look at it, then approve or return it.")
        return sentence % {"name": run.name, "reason": reason}

    _raise(f"series-waits:{run.pk}", Alert.Level.WARNING, said, run)


def tell_too_late(run: Mailing, recipients: int) -> None:
    """A run that writes to nobody, because no permitted hour was left."""

    def said() -> str:
        sentence = _(
            "“%(name)s” writes to nobody: no permitted hour was left for its recipients (%(count)s). Copy it if it shall still go."
        )
        words = {"name": run.name, "count": grouped(recipients)}
        return sentence % words

    _raise(f"series-empty:{run.pk}", Alert.Level.ALARM, said, run)


def tell_failed(run: Mailing, *, is_over: bool) -> None:
    """A run that could not be planned or started. One alert, until it can."""

    def said() -> str:
        words = {"name": run.name, "problem": run.problem}
        sentence = _("“%(name)s” could not start. %(problem)s It is tried again every few minutes.")
        if is_over:
            sentence = _("“%(name)s” did not run. %(problem)s Copy it if it shall still go.")
        return sentence % words

    _raise(_failed(run), Alert.Level.ALARM, said, run)


def close_failed(run: Mailing) -> None:
    """It could be planned after all."""
    close_alert(_failed(run))


def _failed(run: Mailing) -> str:
    return f"series-failed:{run.pk}"


def _clock(moment: datetime | None) -> str:
    return date_format(timezone.localtime(moment), "j E, H:i") if moment else ""


def _raise(cause: str, level: Alert.Level, sentence: Sentence, mailing: Mailing) -> None:
    raise_alert(cause, level, sentence, link=page_of(mailing), groups=CONCERNED)
