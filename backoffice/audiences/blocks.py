"""The tree of conditions as a StreamField: criteria, and one level of groups of them."""

from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from wagtail import blocks
from wagtail.blocks.struct_block import StructBlockValidationError
from wagtail.fields import StreamField

from backoffice.audiences.criteria import registry
from backoffice.audiences.criteria.base import GROUPS

GROUP = "group"

MATCH = [
    ("all", gettext_lazy("all of these conditions")),
    ("any", gettext_lazy("at least one of these conditions")),
]
GROUP_MATCH = [*MATCH, ("none", gettext_lazy("none of these conditions"))]


def criterion_blocks() -> list[tuple[str, blocks.Block]]:
    """A fresh block for each known criterion, by its name, in the order in which the picker offers its groups."""
    fresh = [(name, criterion()) for name, criterion in registry.items()]
    return sorted(fresh, key=lambda named: GROUPS.index(named[1].meta.group))


class GroupBlock(blocks.StructBlock):
    """Conditions that count as one."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(
            [
                (
                    "match",
                    blocks.ChoiceBlock(choices=GROUP_MATCH, default="any", label=gettext_lazy("they meet")),
                ),
                (
                    "rules",
                    blocks.StreamBlock(criterion_blocks(), required=False, label=gettext_lazy("conditions")),
                ),
            ],
            **kwargs,
        )

    class Meta:
        label = gettext_lazy("A group of conditions")
        label_format = "{label}: {match}"
        icon = "folder-inverse"
        group = gettext_lazy("Groups")
        form_classname = "criterion criterion--group"

    def clean(self, value: Any) -> Any:
        cleaned = super().clean(value)
        if not cleaned["rules"]:
            raise StructBlockValidationError(
                non_block_errors=[_("Add a condition to this group, or remove the group.")]
            )
        return cleaned


def rules_block() -> blocks.StreamBlock:
    """What an audience's rules are made of."""
    return blocks.StreamBlock([*criterion_blocks(), (GROUP, GroupBlock())], required=False)


class RulesField(StreamField):
    """A StreamField whose migrations do not know its blocks: a new criterion needs no migration."""

    def deconstruct(self) -> Any:
        name, path, _args, kwargs = super().deconstruct()
        kept = {key: value for key, value in kwargs.items() if key not in ("block_lookup", "block_types")}
        return name, path, [[]], kept
