from dataclasses import dataclass
from typing import Any

from django import forms
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _
from wagtail.admin.widgets import AdminAutoHeightTextInput

from backoffice.message_templates import merge
from backoffice.message_templates.facts import example_facts
from backoffice.message_templates.fields import FIELDS, Field, Group
from backoffice.message_templates.samples import CYRILLIC, LATIN

# What most texts need; all others are one click further away.
FREQUENT = ("first_name", "city", "loyalty_points", "debt", "contract_ends_on", "mailing.ends_on")
# One example for each kind of thing that a text can do.
EXAMPLES = (
    _('{first_name|default:"customer"}'),
    "{balance|whole}",
    "{balance|en}",
    "{balance|ru}",
    "{contract_ends_on|day}",
    "{contract_ends_on|day-en}",
    "{mailing.ends_on|day-ru}",
    '{loyalty_points} {loyalty_points|plural:"point,points"}',
    '{loyalty_points} {loyalty_points|plural:"балл,балла,баллов"}',
    _("{if debt > 0}You owe {debt}.{end}"),
    _('{if city = "Kazan"}Visit us in Kazan.{else}Visit our site.{end}'),
)


@dataclass(frozen=True)
class FieldGroup:
    """The fields under one heading."""

    label: Any
    fields: list[Field]


@dataclass(frozen=True)
class Example:
    """What somebody writes, and what a customer reads."""

    source: str
    result: str


def field_groups() -> list[FieldGroup]:
    """All fields, by heading."""
    return [
        FieldGroup(group.label, [field for field in FIELDS.values() if field.group is group])
        for group in Group
    ]


def examples() -> list[Example]:
    """The ways to write things, each as the same made-up customer gets it."""
    facts, sample = example_facts(), CYRILLIC if get_language() == "ru" else LATIN
    sources = map(str, EXAMPLES)
    return [Example(one, merge.render(one, sample.customer, facts, sample.actions)) for one in sources]


class SmsTextarea(AdminAutoHeightTextInput):
    """A text field with buttons that insert merge fields at the cursor and a line that says how many parts it takes."""

    template_name = "message_templates/sms_textarea.html"

    def get_context(self, name: str, value: Any, attrs: dict[str, Any] | None) -> dict[str, Any]:
        context: dict[str, Any] = super().get_context(name, value, attrs)
        return context | {
            "frequent_fields": [FIELDS[one] for one in FREQUENT],
            "field_groups": field_groups(),
            "examples": examples(),
        }

    @property
    def media(self) -> forms.Media:
        return forms.Media(
            js=["message_templates/sms_editor.js"], css={"all": ["message_templates/message_templates.css"]}
        )


class SuggestingInput(forms.TextInput):
    """A line of text that offers what is there already. ``suggest`` is asked when it is shown."""

    template_name = "message_templates/suggesting_input.html"

    def __init__(self, suggest: Any, attrs: dict[str, Any] | None = None) -> None:
        super().__init__(attrs)
        self.suggest = suggest

    def get_context(self, name: str, value: Any, attrs: dict[str, Any] | None) -> dict[str, Any]:
        context: dict[str, Any] = super().get_context(name, value, attrs)
        context["widget"]["attrs"]["list"] = f"{context['widget']['attrs'].get('id', name)}-suggestions"
        return context | {"suggestions": self.suggest()}
