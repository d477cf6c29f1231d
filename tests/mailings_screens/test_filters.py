"""The list of mailings: what it can be narrowed down by is to be seen, and stays in the address."""

import pytest
from django.test import Client

from backoffice.mailings.models import Mailing
from tests.mailings_screens.conftest import As

pytestmark = pytest.mark.django_db


@pytest.fixture
def editor_pages(as_role: As) -> Client:
    return as_role("Editor")


def test_the_filters_stand_above_the_list(editor_pages: Client, mailing: Mailing) -> None:
    page = editor_pages.get("/mailings/?state=draft").content.decode()
    assert '<label for="id_state">State</label>' in page
    assert '<option value="draft" selected>draft</option>' in page
    assert "All purposes</option>" in page
    assert "filters-drilldown" not in page
    assert mailing.name in page


@pytest.mark.parametrize("query", ["state=running", "purpose=service", "q=winter"])
def test_what_does_not_fit_is_not_shown(query: str, editor_pages: Client, mailing: Mailing) -> None:
    for address in (f"/mailings/?{query}", f"/mailings/results/?{query}"):
        page = editor_pages.get(address).content.decode()
        assert mailing.name not in page, address
        assert 'No mailing is like that. <a href="/mailings/">Show all mailings.</a>' in page


@pytest.mark.parametrize("query", ["state=draft", "purpose=marketing", "q=autumn", "state=draft&q=autumn"])
def test_what_fits_is_shown(query: str, editor_pages: Client, mailing: Mailing) -> None:
    assert mailing.name in editor_pages.get(f"/mailings/results/?{query}").content.decode()


def test_without_any_mailing_the_list_offers_the_first_step(editor_pages: Client) -> None:
    assert "Why not" in editor_pages.get("/mailings/").content.decode()
