"""The tree of conditions as a StreamField: criteria, and groups of them, nested three deep."""

from typing import Any

from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from wagtail import blocks
from wagtail.blocks.struct_block import StructBlockValidationError
from wagtail.fields import StreamField

from backoffice.audiences.criteria import registry
from backoffice.audiences.criteria.base import GROUPS

GROUP = "group"
GROUPS_DEEP = 3

MATCH = [
    ("all", gettext_lazy("all of these conditions")),
    ("any", gettext_lazy("at least one of these conditions")),
    ("none", gettext_lazy("none of these conditions")),
]


def criterion_blocks() -> list[tuple[str, blocks.Block]]:
    """A fresh block for each known criterion, by its name, in the order in which the picker offers its groups.

    Groups that rooms above bring stand last.
    """
    fresh = [(name, criterion()) for name, criterion in registry.items()]
    places = {group: place for place, group in enumerate(GROUPS)}
    return sorted(fresh, key=lambda named: places.get(named[1].meta.group, len(places)))


class GroupBlock(blocks.StructBlock):
    """Conditions that count as one. ``choices`` are the blocks that may stand in it."""

    def __init__(self, choices: Any = (), **kwargs: Any) -> None:
        super().__init__(
            [
                ("match", blocks.ChoiceBlock(choices=MATCH, default="any", label=gettext_lazy("they meet"))),
                ("rules", blocks.StreamBlock(choices, required=False, label=gettext_lazy("conditions"))),
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
    """What an audience's rules are made of. Every level shares the blocks of the criteria, so the page names each once."""
    criteria = criterion_blocks()
    choices = criteria
    for _level in range(GROUPS_DEEP):
        choices = [*criteria, (GROUP, GroupBlock(choices))]
    return blocks.StreamBlock(choices, required=False)


class RulesField(StreamField):
    """A StreamField of every registered criterion. Its migrations do not know them: a new criterion needs no migration.

    Its blocks are made when they are first asked for, after the rooms above have registered their criteria, too.
    """

    def __init__(self, block_types: Any = (), **kwargs: Any) -> None:
        super().__init__([], **kwargs)

    @cached_property
    def stream_block(self) -> blocks.StreamBlock:
        block = rules_block()
        block.set_meta_options(self.block_opts)
        return block

    def deconstruct(self) -> Any:
        name, path, _args, kwargs = super().deconstruct()
        kept = {key: value for key, value in kwargs.items() if key not in ("block_lookup", "block_types")}
        return name, path, [[]], kept
