"""Raising and closing alerts. One cause has one open alert: it counts, and it closes when the cause is gone."""

import json
from collections.abc import Iterable
from typing import Any

from django.conf import settings
from django.contrib.auth.models import Group
from django.db import connection, transaction
from django.utils import timezone

from backoffice.alerts.models import Alert
from backoffice.lib.said import Sentence, in_each_language

# The open alert of a cause is one row (a partial unique index), whoever raises it at the same moment.
RAISE = """
INSERT INTO alerts_alert (cause, level, sentence, sentences, link, times, raised_at, last_at, comment)
VALUES (%(cause)s, %(level)s, %(sentence)s, %(sentences)s::jsonb, %(link)s, 1, %(now)s, %(now)s, '')
ON CONFLICT (cause) WHERE closed_at IS NULL DO UPDATE SET
    times = alerts_alert.times + 1,
    last_at = excluded.last_at,
    level = excluded.level,
    sentence = excluded.sentence,
    sentences = excluded.sentences,
    link = excluded.link,
    acknowledged_by_id = CASE WHEN {risen} THEN NULL ELSE alerts_alert.acknowledged_by_id END,
    acknowledged_at = CASE WHEN {risen} THEN NULL ELSE alerts_alert.acknowledged_at END
RETURNING id, times
""".format(
    risen="array_position(ARRAY['information', 'warning', 'alarm']::varchar[], excluded.level)"
    " > array_position(ARRAY['information', 'warning', 'alarm']::varchar[], alerts_alert.level)"
)


def raise_alert(
    cause: str, level: Alert.Level, sentence: Sentence, *, link: str = "", groups: Iterable[str] = ()
) -> Alert:
    """Tells the members of ``groups`` (names; none: everybody) about a cause, in one sentence that says what to do.

    The sentence is made in each language of the product, as each reader has one; a plain one is the same to all.
    An open alert of the same cause counts once more instead; it keeps its acknowledgement unless it has become worse.
    """
    sentences = sentences_of(sentence)
    values: dict[str, Any] = {
        "cause": cause,
        "level": level,
        "sentence": sentences[settings.LANGUAGE_CODE],
        "sentences": json.dumps(sentences),
        "link": link,
        "now": timezone.now(),
    }
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(RAISE, values)
        pk, times = cursor.fetchone()
        alert = Alert.objects.get(pk=pk)
        if times == 1:
            alert.groups.set(Group.objects.filter(name__in=list(groups)))
    return alert


def sentences_of(sentence: Sentence) -> dict[str, str]:
    """The sentence in each language of the product, as an alert keeps it."""
    return in_each_language(sentence, Alert._meta.get_field("sentence").max_length)


def close_alert(cause: str) -> None:
    """The cause is gone. Nothing happens if it has no open alert."""
    Alert.objects.filter(cause=cause).close()


def close_alerts(prefix: str) -> int:
    """All causes that begin like this are gone, for example those of one mailing. Gives the number closed."""
    return Alert.objects.filter(cause__startswith=prefix).close()
