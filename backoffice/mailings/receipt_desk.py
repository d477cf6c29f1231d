"""Receipts as operator staff see them: what fits no message, what stays away, and in which form ids are written.

Kannel finds the message of a receipt by the operator's id. If the answer to a submit writes that id otherwise than the
receipt does (hexadecimal, leading zeros, capitals), Kannel finds nothing and the receipt never reaches us. So the
pattern shows in what does reach us only: messages that were taken, ids of their answers, and no receipts at all.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial

from django.db import connection
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from backoffice.accounts.roles import OPERATOR_STAFF
from backoffice.alerts.feed import close_alert, raise_alert
from backoffice.alerts.models import Alert
from backoffice.lib.numbers import grouped
from kannel.models import Connection

# The newest reports are looked at, however many there are; ids of events are given in order.
NEWEST = 50_000
SILENT_AFTER = timedelta(minutes=5)
LOOKED_AT = timedelta(hours=1)
# So many messages without one receipt are no accident.
ENOUGH = 100
AS_TEXT, HEX_IN_ANSWERS, HEX_IN_RECEIPTS, HEX_IN_BOTH = range(4)

REPORTS = """
WITH newest AS (
    SELECT connection_name, message_id, attempt, dlr_type, smsc_message_id, occurred_at, received_at, id,
        applied_at IS NULL AND tries > 0 AS is_unmatched
    FROM kannel_event WHERE kind = 'report' AND id > (SELECT coalesce(max(id), 0) - %s FROM kannel_event)
), by_kind AS (
    SELECT connection_name, message_id, attempt, count(*) FILTER (WHERE dlr_type & 8 = 8) AS answers,
        count(*) FILTER (WHERE dlr_type & 35 > 0) AS finals,
        min(id) FILTER (WHERE dlr_type & 8 = 8) AS answer, min(id) FILTER (WHERE dlr_type & 35 > 0) AS final
    FROM newest GROUP BY connection_name, message_id, attempt
), repeated AS (
    SELECT connection_name, sum(greatest(answers - 1, 0) + greatest(finals - 1, 0)) AS duplicates,
        count(*) FILTER (WHERE final < answer) AS early
    FROM by_kind GROUP BY connection_name
)
SELECT connection_name, count(*) FILTER (WHERE is_unmatched), max(duplicates), max(early),
    count(*) FILTER (WHERE smsc_message_id ~ '[A-Fa-f]' AND smsc_message_id ~ '^[0-9A-Fa-f]+$'),
    count(*) FILTER (WHERE smsc_message_id ~ '^[0-9]+$'),
    count(*) FILTER (WHERE smsc_message_id ~ '^0')
FROM newest JOIN repeated USING (connection_name) GROUP BY connection_name
"""

TAKEN = """
SELECT connection_id, coalesce(sum(messages) FILTER (WHERE outcome = 'taken'), 0),
    coalesce(sum(messages) FILTER (WHERE outcome IN ('delivered', 'undelivered', 'expired')), 0),
    min(at) FILTER (WHERE outcome = 'taken')
FROM mailings_cohort WHERE at BETWEEN %s AND %s GROUP BY connection_id
"""


@dataclass(frozen=True)
class IdForms:
    """How ids are written in answers to submits: of so many reports, with hexadecimal letters, as digits, with a leading zero."""

    hexadecimal: int = 0
    decimal: int = 0
    leading_zero: int = 0


@dataclass(frozen=True)
class Line:
    """One connection: receipts due in the last hour, and among the newest reports those that are odd."""

    via: Connection
    taken: int = 0
    receipts: int = 0
    since: datetime | None = None
    unmatched: int = 0
    duplicates: int = 0
    early: int = 0
    forms: IdForms = IdForms()

    @property
    def missing(self) -> int:
        return max(0, self.taken - self.receipts)

    @property
    def is_silent(self) -> bool:
        """Many messages were taken and not one receipt came."""
        return self.taken >= ENOUGH and not self.receipts

    @property
    def is_sparse(self) -> bool:
        """Receipts come, but of fewer than half of the messages that are old enough to have one."""
        return self.taken >= ENOUGH and 0 < self.receipts * 2 < self.taken

    @property
    def suggestion(self) -> int | None:
        """The setting of message ids that probably mends it; None if nothing speaks for another one."""
        if not self.is_silent or self.via.kind != Connection.Kind.SMPP:
            return None
        return suggested_ids(self.forms, self.via.hex_message_ids)

    @property
    def advice(self) -> str:
        """What to do, in one sentence; empty if nothing is wrong."""
        if self.suggestion is not None:
            field = Connection._meta.get_field("hex_message_ids")
            label = dict(field.flatchoices)[self.suggestion]
            return _(
                "The operator probably writes message ids otherwise in receipts than in answers. "
                "Set “message ids” of %(name)s to “%(label)s” and send a test."
            ) % {"name": self.via.name, "label": label}
        if self.is_silent:
            return _("Ask the operator whether it sends receipts, and where to.")
        if self.is_sparse:
            return _(
                "Fewer than half have a receipt. Some operators send a receipt before their own answer to the message; Kannel "
                "cannot know the message then, and the receipt is lost. Ask the operator to send receipts over the same "
                "session, and not before its answer (submit_sm_resp); where it cannot, to wait a second."
            )
        return ""


def suggested_ids(forms: IdForms, present: int) -> int | None:
    """What to try where no receipt finds its message: the other side is written the other way.

    Ids with letters in answers are hexadecimal, so receipts will be decimal, and the reverse. Where that is set already,
    or ids begin with zeros, both are read as numbers: capitals and zeros then make no difference.
    """
    if not forms.hexadecimal and not forms.decimal:
        return None
    wanted = HEX_IN_ANSWERS if forms.hexadecimal else HEX_IN_RECEIPTS
    if forms.leading_zero or present == wanted:
        wanted = HEX_IN_BOTH
    return wanted if wanted != present else None


def lines(now: datetime | None = None) -> list[Line]:
    """Every connection in use, in two statements."""
    now = now or timezone.now()
    with connection.cursor() as cursor:
        cursor.execute(REPORTS, [NEWEST])
        reports = {row[0]: row[1:] for row in cursor}
        cursor.execute(TAKEN, [now - LOOKED_AT, now - SILENT_AFTER])
        taken = {row[0]: row[1:] for row in cursor}
    found = []
    for via in Connection.objects.filter(is_enabled=True).select_related("operator"):
        count, receipts, since = taken.get(via.pk, (0, 0, None))
        unmatched, duplicates, early, *forms = reports.get(via.smsc_id, (0,) * 6)
        found.append(
            Line(
                via, int(count), int(receipts), since, unmatched, int(duplicates), int(early), IdForms(*forms)
            )
        )
    return found


def _silence(line: Line, minutes: int) -> str:
    sentence = _(
        "No receipt has come over %(name)s for %(minutes)s minutes, although %(operator)s took %(count)s messages."
    ) % {
        "name": line.via.name,
        "minutes": minutes,
        "operator": line.via.operator.name,
        "count": grouped(line.taken),
    }
    return f"{sentence} {line.advice}"


def tell_silence() -> None:
    """One alarm for each connection that takes messages and from which no receipt comes; it closes itself."""
    for line in lines():
        cause = f"no-receipts:{line.via.name}"
        if not line.is_silent or line.since is None:
            close_alert(cause)
            continue
        raise_alert(
            cause,
            Alert.Level.ALARM,
            partial(_silence, line, (timezone.now() - line.since) // timedelta(minutes=1)),
            link=reverse("standing:receipts"),
            groups=[OPERATOR_STAFF],
        )
