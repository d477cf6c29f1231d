"""Which columns a file of texts has, under which headings, and what they hold: the one definition of both ways.

Besides its main text, each text has a column for every language it has a variant in: text.ru, text.en and so on.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from import_export import fields, resources, widgets

from backoffice.customers.models import Purpose
from backoffice.customers.resources import Short
from backoffice.lib.senders import is_sender
from backoffice.message_templates import merge
from backoffice.message_templates.languages import LANGUAGES
from backoffice.message_templates.models import MAX_TEXT_LENGTH, MessageTemplate
from kannel.text_form import one_form

# Headings that Russian staff write; English ones are the field's name and its label.
RUSSIAN = {
    "name": "название",
    "folder": "папка",
    "purpose": "назначение",
    "sender": "отправитель",
    "text": "текст",
}
PURPOSES = {"offers": Purpose.MARKETING, "реклама": Purpose.MARKETING, "сервис": Purpose.SERVICE}
CODES = [code for code, _name in LANGUAGES]
_OF_LANGUAGE = re.compile(r"(?:text|текст)\W*[._( :-]\W*(?P<code>[a-z]{2})\W*")


class Name(Short):
    """What a text is called."""

    def clean(self, value: str, row: Any = None, **kwargs: Any) -> str:
        if not value:
            raise ValueError(_("The name is missing. Every text needs one of its own."))
        return super().clean(value, row, **kwargs)


class PurposeName(widgets.CharWidget):
    """A purpose by its name or its label; offers and news if nothing is said."""

    def clean(self, value: str, row: Any = None, **kwargs: Any) -> str:
        known = {str(label).lower(): name for name, label in Purpose.choices}
        known |= {name: name for name in Purpose.values} | PURPOSES | {"": Purpose.MARKETING}
        try:
            return str(known[value.lower()])
        except KeyError as error:
            names = ", ".join(Purpose.values)
            raise ValueError(
                _("There is no such purpose. Write one of: %(names)s.") % {"names": names}
            ) from error


class Sender(widgets.CharWidget):
    """Whom it comes from, or nothing."""

    def clean(self, value: str, row: Any = None, **kwargs: Any) -> str:
        try:
            if value:
                is_sender(value)
        except ValidationError as error:
            raise ValueError(error.message) from error
        return value


class Words(Short):
    """A text with merge fields, or nothing."""

    def clean(self, value: str, row: Any = None, **kwargs: Any) -> str:
        value = one_form(value)
        if mistakes := merge.problems(value):
            raise ValueError(
                _("%(sentence)s (At character %(position)s.)")
                % {"sentence": mistakes[0].sentence, "position": mistakes[0].place}
            )
        return super().clean(value, row, **kwargs)


class MainWords(Words):
    """The text for everybody who has no variant."""

    def clean(self, value: str, row: Any = None, **kwargs: Any) -> str:
        if not value:
            raise ValueError(_("The text is missing."))
        return super().clean(value, row, **kwargs)


def _field(name: str, widget: widgets.Widget) -> fields.Field:
    return fields.Field(attribute=name, column_name=name, widget=widget)


class TextResource(resources.ModelResource):
    """The columns of a file of texts, but for those of its languages."""

    name = _field("name", Name(120))
    folder = _field("folder", Short(60))
    purpose = _field("purpose", PurposeName())
    sender = _field("sender", Sender())
    text = _field("text", MainWords(MAX_TEXT_LENGTH))

    class Meta:
        model = MessageTemplate
        fields = tuple(RUSSIAN)
        import_id_fields = ("name",)


def cleaners() -> Mapping[str, Any]:
    """For each column: what turns its text into a value, or raises ValueError with a sentence."""
    own = {name: TextResource().fields[name].widget.clean for name in RUSSIAN}
    return own | {f"text.{code}": Words(MAX_TEXT_LENGTH).clean for code in CODES}


def column_of(heading: str) -> str | None:
    """The column that a heading means; None if it means none of ours. A language's own name means its texts."""
    words = heading.strip().lower()
    if found := _OF_LANGUAGE.fullmatch(words):
        return f"text.{found['code']}" if found["code"] in CODES else None
    labels = {
        str(field.verbose_name).lower(): field.name
        for field in MessageTemplate._meta.fields
        if field.name in RUSSIAN
    }
    names = {str(name).lower(): f"text.{code}" for code, name in LANGUAGES}
    known = (
        names
        | labels
        | {russian: name for name, russian in RUSSIAN.items()}
        | {name: name for name in RUSSIAN}
    )
    return known.get(words)


def heading_of(templates: Any) -> list[str]:
    """The columns that a file with these texts needs."""
    used = set(templates.order_by().values_list("language_variants__language", flat=True))
    return [*RUSSIAN, *(f"text.{code}" for code in CODES if code in used)]


def rows_of_texts(templates: Any, heading: list[str]) -> Iterator[list[str]]:
    """The texts as they were published, as rows of a file that can be uploaded again."""
    for template in templates.prefetch_related("language_variants"):
        variants = template.variants()
        yield [
            variants.get(column.partition(".")[2], "")
            if column.startswith("text")
            else getattr(template, column)
            for column in heading
        ]
