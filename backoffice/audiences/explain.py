"""Why is this customer in it, or not: the tree of conditions, each with whether it holds and what is known of them."""

import re
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.db.models import Q
from django.utils.text import capfirst

from backoffice.audiences.blocks import GROUP
from backoffice.audiences.compile import holds, match_words, rule_sentence, rule_to_q, rules_to_q
from backoffice.audiences.everyone import rules_for
from backoffice.customers.models import Customer
from backoffice.lib.phones import normalise

# A family shares a phone; more than so many cannot be told apart on one page anyway.
FOUND = 20
_DIGITS = re.compile(r"\d{1,18}")


@dataclass(frozen=True)
class Node:
    """A condition or a group. ``is_good``: it speaks for the customer's being in the audience.

    The two differ below "none of these": there a condition that holds is what keeps the customer out.
    """

    words: str
    holds: bool
    is_good: bool
    answer: str = ""
    children: tuple["Node", ...] = ()


@dataclass(frozen=True)
class Obstacle:
    """A rule for everybody, and whether it keeps us from writing to the customer."""

    label: str
    stops: bool


@dataclass(frozen=True)
class Verdict:
    """Whether a customer fits, why, and what else would keep us from writing."""

    tree: Node
    obstacles: list[Obstacle]

    @property
    def fits(self) -> bool:
        return self.tree.holds

    @property
    def is_written_to(self) -> bool:
        return self.fits and not any(obstacle.stops for obstacle in self.obstacles)


def found_customers(words: str) -> list[Customer]:
    """Customers with exactly this number in the CRM, or this phone number in any form, or this id: the first that fits."""
    words = words.strip()
    ways = [Q(external_id=words)] if words else []
    with suppress(ValueError):
        ways.append(Q(phone=normalise(words, settings.DEFAULT_REGION)))
    if _DIGITS.fullmatch(words):
        ways.append(Q(pk=int(words)))
    for way in ways:
        if found := list(Customer.objects.filter(way).order_by("pk")[:FOUND]):
            return found
    return []


def explain(match: str, rules: Sequence[Any], customer: Customer, purpose: str) -> Verdict:
    """Judges one customer by complete rules and by the rules for a mailing of that purpose: one statement for all of it."""
    nodes = [rules_to_q(match, rules)]
    _collect(rules, nodes)
    everyone = rules_for(purpose, nodes[0])
    conditions = [*nodes, *(rule.condition for rule in everyone)]
    flags = {f"f{number}": holds(condition) for number, condition in enumerate(conditions)}
    answers = iter(Customer.objects.filter(pk=customer.pk).annotate(**flags).values_list(*flags).get())
    tree = _group(match, rules, answers, customer, False)
    return Verdict(tree, [Obstacle(rule.label, next(answers)) for rule in everyone])


def _collect(rules: Sequence[Any], into: list[Q]) -> None:
    """The condition of every node below, each group before its own, in the order in which _group asks for them."""
    for rule in rules:
        into.append(rule_to_q(rule))
        if rule.block_type == GROUP:
            _collect(rule.value["rules"], into)


def _group(match: str, rules: Sequence[Any], answers: Any, customer: Customer, is_negated: bool) -> Node:
    fits = next(answers)
    is_negated_below = is_negated != (match == "none")
    children = tuple(_node(rule, answers, customer, is_negated_below) for rule in rules)
    return Node(match_words(match, len(rules)), fits, fits != is_negated, children=children)


def _node(rule: Any, answers: Any, customer: Customer, is_negated: bool) -> Node:
    if rule.block_type == GROUP:
        return _group(rule.value["match"], rule.value["rules"], answers, customer, is_negated)
    fits = next(answers)
    return Node(capfirst(rule_sentence(rule)), fits, fits != is_negated, _answer(rule, customer))


def _answer(rule: Any, customer: Customer) -> str:
    try:
        return str(rule.block.answer(rule.value, customer))
    except NotImplementedError:
        return ""
