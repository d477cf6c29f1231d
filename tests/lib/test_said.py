"""Sentences that are stored are kept in every language of the product, and each reader reads their own."""

import ast
from pathlib import Path
from typing import Any

import pytest
from django.apps import apps
from django.db import connection, models
from django.utils.translation import gettext, gettext_lazy, override

from backoffice.lib.said import Explained, SentenceField, in_readers_language, kept, refusal, stored
from backoffice.message_templates.models import TextRun

ROOT = Path(__file__).parents[2]
FILE = gettext_lazy("The file is empty.")
# What else is long enough for a sentence: typed by people, sent by machines, or a name. Whoever adds one here says that
# Parley itself writes no sentence into it.
TYPED_BY_PEOPLE = {
    "accounts.user": {"password", "username", "first_name", "last_name", "email"},
    "audiences.audience": {"name", "description"},
    "audiences.customerlist": {"name", "description", "frozen_from"},
    "customers.attributedefinition": {"choices"},
    "customers.customer": {"email"},
    "alerts.alert": {"comment"},
    "mailings.approval": {"comment"},
    "mailings.launchorder": {"comment"},
    "mailings.mailing": {"name", "author_note"},
    "message_templates.messagetemplate": {"name", "text"},
    "message_templates.textvariant": {"text"},
    "operators.errorcode": {"sentence", "advice"},
    "operators.operator": {"contact"},
    "replies.reply": {"text"},
}
NO_SENTENCES = {
    "accounts.accessrecord": {"page"},
    # The one sentence of an alert from before; it has another column for each language.
    "alerts.alert": {"cause", "link", "sentence"},
    # The class of an error.
    "mailings.approvalmail": {"problem"},
    "mailings.message": {"text"},
    "mailings.rehearsal": {"folder"},
    "mailings.shortlink": {"address", "target"},
}


def _is_long(field: Any) -> bool:
    if isinstance(field, SentenceField | models.FileField) or getattr(field, "choices", None):
        return False
    return isinstance(field, models.TextField) or (
        isinstance(field, models.CharField) and (field.max_length or 1000) >= 100
    )


def test_no_model_keeps_a_sentence_in_one_language() -> None:
    unknown = []
    for model in apps.get_models():
        label = model._meta.label_lower
        is_run = any(one.__name__ == "Run" for one in model.__mro__)
        known = TYPED_BY_PEOPLE.get(label, set()) | NO_SENTENCES.get(label, set())
        known |= {"name"} if is_run else set()
        # What Kannel and operators are told and tell; it has no words of ours.
        if model.__module__.startswith("kannel") or not model.__module__.startswith(
            ("backoffice", "reports")
        ):
            continue
        unknown += [
            f"{label}.{field.name}"
            for field in model._meta.local_fields
            if _is_long(field) and field.name not in known
        ]
    assert unknown == []


def test_nothing_that_explains_is_raised_with_a_sentence_in_one_language() -> None:
    kinds = {one.__name__ for one in _below(Explained)}
    wrong = []
    for room in ("backoffice", "reports"):
        for path in (ROOT / room).rglob("*.py"):
            for node in ast.walk(ast.parse(path.read_text())):
                if not (isinstance(node, ast.Raise) and isinstance(node.exc, ast.Call) and node.exc.args):
                    continue
                called, said = node.exc.func, node.exc.args[0]
                name = getattr(called, "id", getattr(called, "attr", ""))
                is_translated = isinstance(said, ast.Call) and "_(" in ast.unparse(said)
                is_joined = isinstance(said, ast.BinOp | ast.JoinedStr)
                if name in kinds and (is_translated or is_joined):
                    wrong.append(f"{path.relative_to(ROOT)}:{node.lineno}")
    assert wrong == []


def _below(kind: type) -> list[type]:
    return [kind, *(one for below in kind.__subclasses__() for one in _below(below))]


@pytest.mark.django_db
def test_what_is_stored_in_one_language_is_read_in_another() -> None:
    with override("ru"):
        run = TextRun.objects.create(problem=FILE)
    run.refresh_from_db()
    with override("en"):
        assert run.problem == "The file is empty."
    with override("ru"):
        assert run.problem == "Файл пуст." == f"{run.problem}"


@pytest.mark.django_db
def test_a_set_of_rows_keeps_every_language_too() -> None:
    run = TextRun.objects.create()
    TextRun.objects.filter(pk=run.pk).update(problem=lambda: gettext("The file is empty."))
    run.refresh_from_db()
    with override("ru"):
        assert run.problem == "Файл пуст."


@pytest.mark.django_db
def test_saving_again_loses_no_language() -> None:
    run = TextRun.objects.create(problem=FILE)
    run.refresh_from_db()
    with override("ru"):
        run.save()
    run.refresh_from_db()
    with override("en"):
        assert run.problem == "The file is empty."


@pytest.mark.django_db
@pytest.mark.parametrize("words", ["", "It is too late.", '{"en": "no JSON of ours"}', '{"broken'])
def test_what_a_person_wrote_is_read_as_it_is(words: str) -> None:
    run = TextRun.objects.create(problem=words)
    run.refresh_from_db()
    for language in ("en", "ru"):
        with override(language):
            assert str(run.problem) == words


@pytest.mark.django_db
def test_a_row_from_before_is_read_as_it_was_written() -> None:
    run = TextRun.objects.create()
    with connection.cursor() as cursor:
        cursor.execute("UPDATE message_templates_textrun SET problem = 'Old words.' WHERE id = %s", [run.pk])
    run.refresh_from_db()
    assert run.problem == "Old words."


@pytest.mark.django_db
def test_a_sentence_is_cut_in_each_language() -> None:
    run = TextRun.objects.create(problem=lambda: gettext("The file is empty.") * 100)
    run.refresh_from_db()
    for language in ("en", "ru"):
        with override(language):
            assert len(str(run.problem)) == 400


def test_a_sentence_within_another_is_in_the_same_language() -> None:
    inner = kept(FILE)
    whole = stored(lambda: f"{gettext('Row %(row)d: %(why)s') % {'row': 3, 'why': inner}}")
    with override("ru"):
        assert "Файл пуст." in in_readers_language(whole)
    with override("en"):
        assert in_readers_language(whole) == "Row 3: The file is empty."


def test_an_error_is_told_in_the_language_of_whoever_reads_it() -> None:
    with override("en"):
        error = Explained(lambda: gettext("The file is empty."))
    with override("ru"):
        assert str(error) == "Файл пуст." == error.sentence


def test_what_looks_kept_and_is_not_is_shown_as_it_is() -> None:
    assert in_readers_language('{"no JSON') == '{"no JSON'


def test_a_value_that_is_not_refused_has_no_reason() -> None:
    assert refusal(lambda: 1) == ""
