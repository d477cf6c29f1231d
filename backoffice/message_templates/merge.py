"""Merging texts: for one customer in memory, and as one SQL expression for millions of them. Both give the same text.

What may stand in a text is written in backoffice.message_templates.grammar.
"""

import re
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from backoffice.message_templates.facts import MailingFacts
from backoffice.message_templates.fields import LastAction, Recipient, Sql
from backoffice.message_templates.grammar import read
from backoffice.message_templates.languages import LANGUAGE_SQL, variant_for
from backoffice.message_templates.links import mistakes_in
from backoffice.message_templates.mistakes import MergeError
from backoffice.message_templates.pieces import Merged, Phrase, Piece, joined, joined_sql

if TYPE_CHECKING:
    from backoffice.customers.models import Customer

__all__ = [
    "MergeError",
    "Merged",
    "Phrase",
    "Recipient",
    "compile_gaps",
    "compile_sql",
    "compile_variants",
    "fields_of",
    "gaps_of",
    "parse",
    "problems",
    "render",
    "render_variant",
]

_IDENTIFIER = re.compile(r"[a-z_][a-z0-9_]*")


def parse(text: str) -> list[Piece]:
    """The pieces of a text: literal words, merge fields and phrases, in order.

    :raises MergeError: at the first thing that is wrong.
    """
    pieces, errors = _read(text)
    if errors:
        raise errors[0]
    return pieces


def problems(text: str) -> list[MergeError]:
    """Everything that is wrong in a text, in the order of the text; empty if it can be merged and its links lead somewhere."""
    return _read(text)[1]


def fields_of(text: str) -> list[str]:
    """Names of the merge fields of a text, those of conditions included, each once, in the order of the text."""
    names: list[str] = []
    for piece in parse(text):
        if isinstance(piece, Phrase):
            names.append(piece.condition.field.name)
        names += [merged.field.name for merged in _merged(piece)]
    return list(dict.fromkeys(names))


def gaps_of(text: str) -> list[Merged]:
    """Merge fields that leave a gap where a customer lacks the value: those without a default, outside of phrases.

    Within a phrase somebody has thought about who gets it.
    """
    return [piece for piece in parse(text) if isinstance(piece, Merged) and not piece.default]


def compile_sql(text: str, alias: str = "c", facts: MailingFacts | None = None) -> tuple[str, list[str]]:
    """One SQL expression that gives the merged text for the row of customers_customer named ``alias``.

    Literal words and defaults travel as parameters (``%s``, psycopg2); names of columns come from FIELDS alone.

    :raises MergeError: where the text cannot be merged.
    :raises FactsMissingError: where it speaks of its mailing and there are no ``facts``.
    """
    found = joined_sql(parse(text), _checked(alias), facts)
    return found.text, list(found.values)


def compile_variants(
    variants: Mapping[str, str], alias: str = "c", facts: MailingFacts | None = None
) -> tuple[str, list[str]]:
    """The same for a text with variants by language; the variant "" is for everybody else. Raises as compile_sql does."""
    return _by_language(
        {code: joined_sql(parse(text), _checked(alias), facts) for code, text in variants.items()},
        alias,
        "''",
    )


def compile_gaps(
    variants: Mapping[str, str], alias: str = "c", facts: MailingFacts | None = None
) -> tuple[str, list[str]]:
    """An SQL expression for how many gaps the text of a customer has. Raises as compile_sql does."""

    def count(text: str) -> Sql:
        values = [merged.value_sql(_checked(alias), facts) for merged in gaps_of(text)]
        terms = " + ".join(f"(({value.text}) IS NULL)::integer" for value in values)
        return Sql(f"({terms or '0'})", tuple(one for value in values for one in value.values))

    return _by_language({code: count(text) for code, text in variants.items()}, alias, "0")


def render(
    text: str,
    customer: "Customer",
    facts: MailingFacts | None = None,
    actions: Mapping[str, LastAction] | None = None,
) -> str:
    """The merged text for one customer: exactly what :func:`compile_sql` gives for the saved row.

    :param actions: what the customer did last, by kind; None: it is looked up.
    :raises MergeError: where the text cannot be merged.
    :raises FactsMissingError: where it speaks of its mailing and there are no ``facts``.
    """
    return joined(parse(text), Recipient(customer, facts, actions))


def render_variant(
    variants: Mapping[str, str],
    customer: "Customer",
    facts: MailingFacts | None = None,
    actions: Mapping[str, LastAction] | None = None,
) -> str:
    """The merged text for one customer in their language. Raises as render does."""
    text = variants.get(variant_for(variants, customer.language), "")
    return render(text, customer, facts, actions)


def _read(text: str) -> tuple[list[Piece], list[MergeError]]:
    """The pieces of a text, and what is wrong with its fields and its web addresses."""
    pieces, errors = read(text)
    return pieces, sorted([*errors, *mistakes_in(text)], key=lambda error: error.position)


def _merged(piece: Piece) -> Iterator[Merged]:
    if isinstance(piece, Merged):
        yield piece
    elif isinstance(piece, Phrase):
        yield from (one for one in (*piece.shown, *piece.otherwise) if isinstance(one, Merged))


def _checked(alias: str) -> str:
    if not _IDENTIFIER.fullmatch(alias):
        raise ValueError(f"{alias!r} is no alias of a table.")
    return alias


def _by_language(expressions: Mapping[str, Sql], alias: str, nothing: str) -> tuple[str, list[str]]:
    """A CASE over the customer's language."""
    otherwise = expressions.get("", Sql(nothing))
    whens = [(code, one) for code, one in expressions.items() if code]
    if not whens:
        return otherwise.text, list(otherwise.values)
    language = LANGUAGE_SQL.format(column=f"{_checked(alias)}.language")
    cases = " ".join(f"WHEN %s THEN {one.text}" for _code, one in whens)
    values = [value for code, one in whens for value in (code, *one.values)]
    return f"CASE {language} {cases} ELSE {otherwise.text} END", [*values, *otherwise.values]
