"""Sentences that are kept and read later: in each language of the product, for each reader has one.

A sentence is made in all languages at the same moment, each with its own forms of numbers and days. It is kept in one
column of text: as it is where all languages agree (what a person wrote, and rows from before), else as JSON by language.
"""

import json
from collections.abc import Callable
from typing import Any, cast

from django.conf import settings
from django.db import models
from django.db.models.query_utils import DeferredAttribute
from django.utils import translation
from django.utils.functional import Promise, lazy

# A callable or something lazy is made anew in each language; a text is the same to all.
Sentence = str | Promise | Callable[[], str]
# How a sentence is put into words: now(), or stored() for whoever reads it later.
Say = Callable[[Sentence], str]
_KEPT_PREFIX = '{"'


def in_each_language(sentence: Sentence, length: int | None = None) -> dict[str, str]:
    """A sentence in each language of the product, by the language's code; each cut to ``length`` characters."""
    sentences = {}
    for code, _name in settings.LANGUAGES:
        with translation.override(code):
            sentences[code] = now(sentence)[:length]
    return sentences


def kept(sentence: Sentence) -> str:
    """The sentence in each language; wherever its text is needed later, it is the reader's."""
    return said(stored(sentence))


def stored(sentence: Sentence, length: int | None = None) -> str:
    """The sentence as a column or a cell keeps it."""
    sentences = in_each_language(sentence, length)
    first = sentences[settings.LANGUAGE_CODE]
    if set(sentences.values()) == {first} and not first.startswith(_KEPT_PREFIX):
        return first
    return json.dumps(sentences, ensure_ascii=False)


def now(sentence: Sentence) -> str:
    """The sentence in the language that is active now alone, for what one person reads at once."""
    return str(sentence() if callable(sentence) else sentence)


def refusal(clean: Callable[[], object]) -> str:
    """Why a value is refused, in the language that is active now: ``clean`` raises ValueError with the sentence."""
    try:
        clean()
    except ValueError as error:
        return str(error)
    return ""


def said(text: str) -> str:
    """What is stored, as something lazy that each reader reads in their own language."""
    return _in_language(text) if text.startswith(_KEPT_PREFIX) else text


def in_readers_language(text: str) -> str:
    """What is stored, in the language that is active now."""
    if not text.startswith(_KEPT_PREFIX):
        return text
    try:
        sentences = json.loads(text)
    except ValueError:
        return text
    return str(sentences.get(translation.get_language() or "") or sentences.get(settings.LANGUAGE_CODE, ""))


class Explained(Exception):
    """Why something is not done, and what to do: a sentence for whoever reads it, now or later."""

    def __init__(self, sentence: Sentence) -> None:
        super().__init__(kept(sentence))

    @property
    def sentence(self) -> str:
        """The sentence in each language."""
        return cast("str", self.args[0])


_in_language = lazy(in_readers_language, str)
_Kept = type(_in_language(""))


class _KeptAtOnce(DeferredAttribute):
    """What is set on an instance is made in each language then: what it speaks of may be gone when it is saved."""

    def __set__(self, instance: Any, value: Any) -> None:
        instance.__dict__[self.field.attname] = _kept_value(value)


class SentenceField(models.TextField[Sentence, str]):
    """A finished sentence for whoever reads the row. ``max_length`` holds in each language; what is longer is cut."""

    descriptor_class = _KeptAtOnce

    def to_python(self, value: Any) -> Any:
        return value if isinstance(value, _Kept) else super().to_python(_kept_value(value))

    def from_db_value(self, value: str | None, expression: Any, connection: Any) -> str | None:
        return said(value) if value else value

    def get_prep_value(self, value: Any) -> Any:
        if isinstance(value, str | Promise) or callable(value):
            return stored(value, self.max_length)
        return super().get_prep_value(value)


def _kept_value(value: Any) -> Any:
    if isinstance(value, _Kept) or not (isinstance(value, Promise) or callable(value)):
        return value
    return kept(value)
