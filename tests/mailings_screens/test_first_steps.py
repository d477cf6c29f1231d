"""Pages on which nothing stands yet say what they are for and offer the first step; flags are words, changes have a title."""

import pytest
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import translation

from backoffice.operators.connections.words import title_of
from tests.mailings_screens.conftest import As


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("name", "explanation", "step"),
    [
        ("whatif:index", "sends nothing and changes nothing", "whatif:ask"),
        ("whatif:commitments", "Some contracts owe a sum each month", "operator:index"),
        ("error_codes:index", "The usual codes are known without any entry.", "error_codes:add"),
        ("network:index", "it is priced by its first digits", "porting:upload"),
    ],
)
def test_an_empty_page_explains_itself_and_offers_the_first_step(
    name: str, explanation: str, step: str, as_role: As
) -> None:
    page = as_role("Operator staff").get(reverse(name)).content.decode()
    assert explanation in page
    assert f'href="{reverse(step)}"' in page


@pytest.mark.parametrize(
    ("language", "value", "word"),
    [("en", True, "yes"), ("en", False, "no"), ("en", None, "not known"), ("ru", True, "да")],
)
def test_a_flag_is_a_word_in_the_readers_language(language: str, value: bool | None, word: str) -> None:
    with translation.override(language):
        cell = render_to_string("wagtailadmin/tables/boolean_cell.html", {"value": value, "column": None})
    assert word in cell
    assert str(value) not in cell


def test_the_title_of_a_change_says_what_changed() -> None:
    changes = [
        {"what": "changed", "name": f"north-{number}", "kind": "smpp", "keys": []} for number in range(4)
    ]
    assert title_of(changes[:2]) == "north-0 changes; north-1 changes"
    assert title_of(changes) == "north-0 changes; north-1 changes; north-2 changes; …"
    assert title_of([]) == ""
