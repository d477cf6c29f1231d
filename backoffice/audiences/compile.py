"""From a tree of conditions to one SQL condition, and to words: one sentence, or an indented list."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import reduce
from operator import and_, or_
from typing import Any

from django.db.models import BooleanField, Case, Expression, Q, Value, When
from django.utils.text import capfirst
from django.utils.translation import gettext as _

from backoffice.audiences.blocks import GROUP


def rule_to_q(rule: Any) -> Q:
    """The condition of one rule: a criterion or a group."""
    if rule.block_type == GROUP:
        return rules_to_q(rule.value["match"], rule.value["rules"])
    return rule.block.to_q(rule.value)  # type: ignore[no-any-return]


def rules_to_q(match: str, rules: Iterable[Any]) -> Q:
    """All, any or none of some rules; no rule at all means everybody."""
    conditions = [rule_to_q(rule) for rule in rules]
    if not conditions:
        return Q()
    if match == "all":
        return reduce(and_, conditions)
    together = reduce(or_, conditions)
    return ~together if match == "none" else together


def holds(q: Q) -> Expression:
    """Whether a condition holds, as a column that is never NULL; an empty one always does."""
    if not q:
        return Value(True, output_field=BooleanField())
    return Case(When(q, then=Value(True)), default=Value(False), output_field=BooleanField())


def rule_sentence(rule: Any) -> str:
    """One rule in words, without a full stop."""
    if rule.block_type == GROUP:
        return f"({rules_words(rule.value['match'], rule.value['rules'])})"
    return str(rule.block.sentence(rule.value))


def rules_words(match: str, rules: Iterable[Any]) -> str:
    """Some rules in words, without a full stop."""
    words = [rule_sentence(rule) for rule in rules]
    if match == "none":
        return _("not one of these holds: ") + "; ".join(words)
    return (_(", and ") if match == "all" else _(", or ")).join(words)


def rules_sentence(match: str, rules: Iterable[Any]) -> str:
    """The whole tree as one sentence."""
    return f"{capfirst(rules_words(match, rules) or _('everybody'))}."


@dataclass(frozen=True)
class Phrase:
    """One line of the indented list: a condition, or the heading of a group with its conditions below."""

    words: str
    children: tuple["Phrase", ...] = ()

    @property
    def is_nested(self) -> bool:
        """Whether any line below has lines of its own: only then a list is easier to read than one sentence."""
        return any(child.children for child in self.children)


def rules_phrase(match: str, rules: Sequence[Any]) -> Phrase:
    """The whole tree as an indented list; what one sentence says well has no children."""
    phrase = _group_phrase(match, rules)
    return phrase if len(phrase.children) > 1 or phrase.is_nested else Phrase(rules_sentence(match, rules))


def _group_phrase(match: str, rules: Sequence[Any]) -> Phrase:
    return Phrase(match_words(match, len(rules)), tuple(rule_phrase(rule) for rule in rules))


def rule_phrase(rule: Any) -> Phrase:
    """One rule as a line of the list, a group with its lines below."""
    if rule.block_type == GROUP:
        return _group_phrase(rule.value["match"], rule.value["rules"])
    return Phrase(capfirst(rule_sentence(rule)))


def match_words(match: str, count: int = 2) -> str:
    """The heading of a group of so many conditions."""
    if count == 1 and match != "none":
        return _("This holds:")
    return {
        "all": _("All of these hold:"),
        "any": _("At least one of these holds:"),
        "none": _("None of these holds:"),
    }[match]
