"""What changed between two versions of an audience, in sentences."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from django.core.exceptions import ValidationError
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from wagtail.admin.compare import FieldComparison, register_comparison_class

from backoffice.audiences.blocks import GROUP, MATCH, RulesField
from backoffice.audiences.compile import rule_sentence
from backoffice.audiences.models import Audience


@dataclass(frozen=True)
class Change:
    """One condition that was added, removed or changed; in words, "" where there was none."""

    before: str
    after: str
    is_in_group: bool = False

    @property
    def label(self) -> str:
        kinds = {
            (False, False): _("Changed"),
            (True, False): _("Added"),
            (False, True): _("Removed"),
        }
        in_group = {
            (False, False): _("Changed in a group"),
            (True, False): _("Added to a group"),
            (False, True): _("Removed from a group"),
        }
        return (in_group if self.is_in_group else kinds)[not self.before, not self.after]

    @property
    def sentence(self) -> str:
        if self.before and self.after:
            became = _("“%(before)s” became “%(after)s”.") % {"before": self.before, "after": self.after}
            return f"{self.label}: {became}"
        return f"{self.label}: “{self.before or self.after}”."


def changes(old: Audience, new: Audience) -> list[str]:
    """Every difference as one sentence; none for versions that say the same."""
    sentences = []
    if old.name != new.name:
        sentences.append(_("The name was “%(before)s”.") % {"before": old.name})
    if old.description != new.description:
        sentences.append(_("What it is for was changed."))
    if old.match != new.match:
        words = {"before": dict(MATCH).get(old.match, ""), "after": dict(MATCH).get(new.match, "")}
        sentences.append(_("Customers met “%(before)s”, and now meet “%(after)s”.") % words)
    found = rule_changes(old.rules, new.rules)
    sentences += [change.sentence for change in found]
    if not found and _order(old.rules) != _order(new.rules):
        sentences.append(_("The order of the conditions was changed."))
    return sentences


def rule_changes(old: Iterable[Any], new: Iterable[Any], *, in_group: bool = False) -> list[Change]:
    """What was removed, then what changed or was added, in the order of the new version."""
    before, after = list(old), list(new)
    pairs = dict(_pairs(before, after))
    kept = set(pairs.values())
    found = [Change(_words(rule), "", in_group) for place, rule in enumerate(before) if place not in kept]
    for place, rule in enumerate(after):
        if place not in pairs:
            found.append(Change("", _words(rule), in_group))
        else:
            found += _changes_of(before[pairs[place]], rule, in_group)
    return found


def _changes_of(old: Any, new: Any, in_group: bool) -> list[Change]:
    if _words(old) == _words(new):
        return []
    if old.block_type == new.block_type == GROUP and old.value["match"] == new.value["match"]:
        return rule_changes(old.value["rules"], new.value["rules"], in_group=True)
    return [Change(_words(old), _words(new), in_group)]


def _pairs(before: list[Any], after: list[Any]) -> Iterator[tuple[int, int]]:
    """Places of the same condition, new to old: those with one id, and of the rest those with one meaning."""
    left = dict(enumerate(before))
    rest = []
    for place, rule in enumerate(after):
        same = next((old for old, other in left.items() if rule.id and rule.id == other.id), None)
        if same is None:
            rest.append((place, rule))
        else:
            del left[same]
            yield place, same
    for place, rule in rest:
        same = next((old for old, other in left.items() if _words(other) == _words(rule)), None)
        if same is not None:
            del left[same]
            yield place, same


def _words(rule: Any) -> str:
    try:
        rule.block.clean(rule.value)
    except ValidationError:
        return _("a condition that is not complete")
    return rule_sentence(rule)


def _order(rules: Iterable[Any]) -> list[str]:
    return [_words(rule) for rule in rules]


class RulesComparison(FieldComparison):
    """How Wagtail's page of comparison shows conditions."""

    def htmldiff(self) -> SafeString:
        found = rule_changes(self.val_a, self.val_b)
        if not found:
            return format_html("<p>{}</p>", _("The order of the conditions was changed."))
        return format_html("<ul>{}</ul>", format_html_join("", "<li>{}: {}</li>", map(_as_html, found)))

    def has_changed(self) -> bool:
        return _order(self.val_a) != _order(self.val_b)


def _as_html(change: Change) -> tuple[str, SafeString]:
    words = [("deletion", change.before), ("addition", change.after)]
    shown = [(kind, sentence) for kind, sentence in words if sentence]
    return change.label, format_html_join(" ", '<span class="{}">{}</span>', shown)


register_comparison_class(RulesField, comparison_class=RulesComparison)
