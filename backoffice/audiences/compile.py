"""From a tree of conditions to one SQL condition, and to one sentence."""

from collections.abc import Iterable
from functools import reduce
from operator import and_, or_
from typing import Any

from django.db.models import Q
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
