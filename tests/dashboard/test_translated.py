"""Everything that is said is said in Russian as well."""

import ast
import re

import pytest

from tests.dashboard import said

# Said by Wagtail, and not in its own Russian.
WAGTAILS = {"Actions (footer)"}
CATALOGUE = said.ROOT / "backoffice" / "locale" / "ru" / "LC_MESSAGES" / "django.po"
FIELD = re.compile(
    r'^(msgctxt|msgid|msgid_plural|msgstr(?:\[\d\])?) ((?:"(?:[^"\\]|\\.)*"\n?)+)', re.MULTILINE
)


def entries(catalogue: str) -> dict[said.Said, list[str]]:
    """Each text with its translations, as many as it has forms."""
    found: dict[said.Said, list[str]] = {}
    for entry in re.split(r"\n{2,}", catalogue):
        fields = [
            (name, "".join(map(ast.literal_eval, value.split("\n")[: value.count("\n") or None])))
            for name, value in FIELD.findall(entry + "\n")
        ]
        known = dict(fields)
        if known.get("msgid"):
            words = [value for name, value in fields if name.startswith("msgstr")]
            found[known.get("msgctxt"), known["msgid"]] = words
    return found


@pytest.fixture(scope="module")
def catalogue() -> str:
    return CATALOGUE.read_text()


@pytest.fixture(scope="module")
def sources() -> dict[said.Said, str]:
    return said.of_sources()


def test_every_text_of_the_sources_has_its_translation(catalogue: str, sources: dict[said.Said, str]) -> None:
    known = entries(catalogue)
    missing = {text: place for (context, text), place in sources.items() if not known.get((context, text))}
    assert missing == {}


def test_every_form_of_each_text_is_translated(catalogue: str) -> None:
    assert [text for (_, text), forms in entries(catalogue).items() if not all(forms)] == []


def test_no_text_is_said_alone_that_is_one_of_several_forms_elsewhere() -> None:
    """Alone it would be looked up as the first of the forms, with a place for a number that nobody fills in."""
    counted = set(said.of_sources(lambda called: called in said.PLURAL))
    alone = said.of_sources(lambda called: called not in said.PLURAL)
    assert {text: place for text, place in alone.items() if text in counted} == {}


def test_no_translation_is_guessed(catalogue: str) -> None:
    assert re.findall(r"^#,.*fuzzy.*$", catalogue, re.MULTILINE) == []


def test_no_translation_is_of_what_nobody_says_any_more(
    catalogue: str, sources: dict[said.Said, str]
) -> None:
    known = {*sources, *((None, text) for text in WAGTAILS)}
    assert [text for context, text in entries(catalogue) if (context, text) not in known] == []
    assert "#~" not in catalogue


@pytest.mark.parametrize(
    "source",
    [
        "from django.utils.translation import gettext as _gettext\n_gettext('Say it.')",
        "from django.utils.translation import gettext_lazy as lazily\nlazily('Say ' 'it.')",
        "from django.utils import translation\ntranslation.gettext('Say it.')",
        "from django.utils.translation import ngettext as n\nn('Say it.', 'Say them.', 2)",
    ],
)
def test_a_text_is_found_under_any_name_of_its_function(source: str) -> None:
    assert list(said.of_module(source)) == [(None, "Say it.")]


def test_the_texts_of_a_template_are_found() -> None:
    source = '{% load i18n %}{% trans "Say it." %}{% blocktrans count n=2 %}one{% plural %}{{ n }} of them{% endblocktrans %}'
    assert list(said.of_template(source)) == [(None, "Say it."), (None, "one")]


def test_makemessages_finds_what_is_imported_under_another_name() -> None:
    """It knows gettext and its relatives by their own names and as `_`."""
    renamed = {
        str(path.relative_to(said.ROOT)): name
        for room in said.ROOMS
        for path in (said.ROOT / room).rglob("*.py")
        for name in re.findall(r"\bn?p?gettext\w* as (?!_$)(?!_\b)\w+", path.read_text())
    }
    assert renamed == {}
