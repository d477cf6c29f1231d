"""What the CRM wrote under an attribute, read by PostgreSQL as a text, a number or a day. No value breaks a statement."""

from typing import Any

from django.db.models import DateField, DecimalField, F, Func, Q, TextField, Value
from django.db.models.functions import Coalesce


class TextOf(Func):
    """An attribute as text, without blanks around it; NULL if there is none. Its name may consist of digits."""

    template = "btrim(%(expressions)s)"
    arg_joiner = " ->> "
    output_field = TextField()

    def __init__(self, key: str) -> None:
        super().__init__(F("attributes"), Value(key))


class NumberOf(Func):
    """A text as a number, written 1234.5, 1 234,5 or -7; NULL if it is none."""

    # substring() gives NULL where the pattern does not match, so nothing else is ever cast.
    template = "substring(translate(%(expressions)s, ', \u00a0', '.'), '^[+-]?[0-9]{1,30}(?:\\.[0-9]{1,30})?$')::numeric"
    output_field = DecimalField(max_digits=60, decimal_places=30)


# Only a day that exists: casting 2026-02-30 would break the whole statement.
_DAY = (
    "^(?!0000)(?:[0-9]{4}-(?:0?[13578]|1[02])-(?:0?[1-9]|[12][0-9]|3[01])"
    "|[0-9]{4}-(?:0?[469]|11)-(?:0?[1-9]|[12][0-9]|30)"
    "|[0-9]{4}-0?2-(?:0?[1-9]|1[0-9]|2[0-8])"
    "|(?:[0-9]{2}(?:0[48]|[2468][048]|[13579][26])|(?:[02468][048]|[13579][26])00)-0?2-29)$"
)


class DayOf(Func):
    """A text as a day, written 2026-11-24, with a time behind it or not, or 24.11.2026; NULL if it is none."""

    template = (
        "substring(regexp_replace(regexp_replace(%(expressions)s, '[T ].*$', ''),"
        f" '^([0-9]{{1,2}})[./]([0-9]{{1,2}})[./]([0-9]{{4}})$', '\\3-\\2-\\1'), '{_DAY}')::date"
    )
    output_field = DateField()


def text_of(key: str) -> Coalesce:
    """An attribute as text, empty if there is none."""
    return Coalesce(TextOf(key), Value(""), output_field=TextField())


def certainly(condition: Any) -> Q:
    """A condition for which "not known" means no, also under NOT."""
    return Q(Coalesce(condition, Value(False)))
