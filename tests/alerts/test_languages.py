"""Alerts are told in each reader's language, whoever caused them and whichever language was theirs."""

import ast
from pathlib import Path

import pytest
from django.urls import reverse
from django.utils import translation

from backoffice.alerts.models import Alert
from backoffice.mailings.late import tell_not_started
from backoffice.mailings.models import Mailing
from tests.mailings_screens.conftest import As

ROOT = Path(__file__).parents[2]


def _said_at(path: Path) -> list[str]:
    """Places where an alert is raised with a sentence that is already in one language."""
    wrong, tree = [], ast.parse(path.read_text())
    made = {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)}
    passed_on = {
        one.arg
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef)
        for one in node.args.args
        if isinstance(one.annotation, ast.Name) and one.annotation.id == "Sentence"
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "raise_alert":
            said = node.args[2]
            is_made_anew = (
                isinstance(said, ast.Lambda)
                or (isinstance(said, ast.Name) and said.id in made | passed_on)
                or (isinstance(said, ast.Call) and ast.unparse(said.func) == "partial")
            )
            if not is_made_anew:
                wrong.append(f"{path.relative_to(ROOT)}:{node.lineno} {ast.unparse(said)}")
    return wrong


def test_every_alert_is_raised_with_a_sentence_for_each_language() -> None:
    rooms = [path for room in ("backoffice", "reports") for path in (ROOT / room).rglob("*.py")]
    assert [place for path in rooms for place in _said_at(path)] == []


@pytest.mark.django_db
def test_an_alert_caused_in_russian_is_read_in_english(mailing: Mailing, as_role: As) -> None:
    with translation.override("ru"):
        tell_not_started(mailing, "No customer fits.")
    alert = Alert.objects.get()
    assert "was due and did not start" in alert.sentences["en"]
    assert "was due" not in alert.sentences["ru"]
    page = as_role("Editor").get(reverse("alerts:feed"), headers={"Accept-Language": "en"}).content.decode()
    assert "was due and did not start" in page


@pytest.mark.django_db
def test_each_reader_reads_the_feed_in_their_own_language(mailing: Mailing, as_role: As) -> None:
    tell_not_started(mailing, "")
    reader = as_role("Editor")
    said = Alert.objects.get().sentences
    for language in ("en", "ru"):
        page = reader.get(reverse("alerts:feed"), headers={"Accept-Language": language}).content.decode()
        assert said[language].split("»")[-1].split("”")[-1].strip() in page
