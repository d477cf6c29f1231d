"""The word that fits a number: two forms follow the English rule (point, points), three the Russian one (балл, балла, баллов)."""

from collections.abc import Sequence

from backoffice.message_templates.fields import Sql

ENGLISH_FORMS = 2
RUSSIAN_FORMS = 3

# Unicode CLDR, plural rules of English and Russian for whole numbers.
_ENGLISH = "CASE WHEN n IS NULL THEN NULL WHEN n = 1 THEN %s::text ELSE %s::text END"
_RUSSIAN = (
    "CASE WHEN n IS NULL THEN NULL WHEN MOD(n, 10) = 1 AND MOD(n, 100) <> 11 THEN %s::text"
    " WHEN MOD(n, 10) BETWEEN 2 AND 4 AND MOD(n, 100) NOT BETWEEN 12 AND 14 THEN %s::text ELSE %s::text END"
)


def fitting(forms: Sequence[str], number: int) -> str:
    """The form for a number; a minus makes no difference."""
    number = abs(number)
    if len(forms) == ENGLISH_FORMS:
        return forms[0] if number == 1 else forms[1]
    last, last_two = number % 10, number % 100
    if last == 1 and last_two != 11:
        return forms[0]
    return forms[1] if 2 <= last <= 4 and not 12 <= last_two <= 14 else forms[2]


def fitting_sql(forms: Sequence[str], number: Sql) -> Sql:
    """The same in SQL; NULL where there is no number."""
    rule = _ENGLISH if len(forms) == ENGLISH_FORMS else _RUSSIAN
    return Sql(
        f"(SELECT {rule} FROM (SELECT ABS(({number.text})::numeric) AS n OFFSET 0) AS one)",
        (*forms, *number.values),
    )
