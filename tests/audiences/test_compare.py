"""Two audiences side by side."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from backoffice.accounts.models import User
from backoffice.audiences import compare as comparing
from backoffice.audiences import draw, screens
from backoffice.audiences.compare import compare
from backoffice.audiences.limits import CountTooSlowError
from backoffice.audiences.models import Audience
from backoffice.customers.models import Customer

pytestmark = pytest.mark.django_db

WOMEN = {"type": "gender", "value": {"who": "f"}}
KAZAN = {"type": "city", "value": {"names": "Kazan", "is_or_not": "in"}}


@pytest.fixture
def women() -> Audience:
    Customer.objects.create(external_id="anna", city="Kazan", gender="f", phone="+79160000001")
    Customer.objects.create(external_id="boris", city="Kazan", gender="m")
    Customer.objects.create(external_id="clara", gender="f")
    Customer.objects.create(external_id="dora", gender="f")
    Customer.objects.create(external_id="egor")
    return Audience.objects.create(name="Women", rules=[WOMEN])


@pytest.fixture
def kazan(women: Audience) -> Audience:
    return Audience.objects.create(name="Kazan", rules=[KAZAN])


def test_the_overlap_is_counted_with_some_of_each_part(women: Audience, kazan: Audience) -> None:
    found = compare(women, kazan)
    parts = (found.both, found.only_first, found.only_second)
    assert [part.customers for part in parts] == [1, 2, 1]
    assert [part.share for part in parts] == [0.25, 0.5, 0.25]
    assert (found.first, found.second, found.either, found.first_share) == (3, 2, 4, 0.75)
    assert [{person.external_id for person in part.people} for part in parts] == [
        {"anna"},
        {"clara", "dora"},
        {"boris"},
    ]


def test_two_audiences_of_nobody_have_no_share(women: Audience, kazan: Audience) -> None:
    Customer.objects.all().delete()
    assert compare(women, kazan).both.share == 0


def test_many_customers_are_counted_exactly_all_the_same(
    women: Audience, kazan: Audience, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(draw, "SMALL", 2)
    found = compare(women, kazan)
    assert (found.is_exact, found.both.customers, found.first) == (True, 1, 3)


def test_what_takes_too_long_is_estimated(
    women: Audience, kazan: Audience, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(draw, "SMALL", 2)
    real, asked = comparing.within, []

    def second_is_too_slow(timeout: timedelta, statement: Any) -> Any:
        asked.append(statement)
        if len(asked) == 2:
            raise CountTooSlowError
        return real(timeout, statement)

    monkeypatch.setattr(comparing, "within", second_is_too_slow)
    assert not compare(women, kazan).is_exact


def test_the_page_shows_the_parts_and_both_sentences(pages: Client, women: Audience, kazan: Audience) -> None:
    page = pages.get(f"/audiences/compare/?first={women.pk}&second={kazan.pk}").content.decode()
    assert "4 customers are in at least one of the two, and 1 of them (25.0 %) in both." in page
    assert "Only in “Women”" in page
    assert "They are women." in page
    assert "The city is Kazan." in page
    assert "+7 916 ••• •• 01" in page
    assert "9160000001" not in page


def test_the_page_asks_for_two_different_audiences(pages: Client, women: Audience) -> None:
    assert "There must be two audiences" in pages.get("/audiences/compare/").content.decode()
    Audience.objects.create(name="Everybody")
    assert "Choose two audiences to see" in pages.get("/audiences/compare/?first=x").content.decode()
    page = pages.get(f"/audiences/compare/?first={women.pk}&second={women.pk}").content.decode()
    assert "Choose two different audiences." in page


def test_an_audience_that_cannot_be_used_is_named(pages: Client, women: Audience) -> None:
    broken = Audience.objects.create(name="Broken", rules=[{"type": "age", "value": {}}])
    page = pages.get(f"/audiences/compare/?first={women.pk}&second={broken.pk}").content.decode()
    assert "The audience “Broken” has conditions that are not complete." in page


def test_a_comparison_that_never_ends_says_so(
    pages: Client, women: Audience, kazan: Audience, monkeypatch: pytest.MonkeyPatch
) -> None:
    def too_slow(*_: Any) -> None:
        raise CountTooSlowError

    monkeypatch.setattr(screens, "compare", too_slow)
    page = pages.get(f"/audiences/compare/?first={women.pk}&second={kazan.pk}").content.decode()
    assert "took too long and was stopped" in page


def test_who_may_not_see_audiences_compares_none(client: Client, editor: User, women: Audience) -> None:
    editor.groups.clear()
    client.force_login(editor)
    assert client.get("/audiences/compare/").status_code == 302


def test_the_list_and_the_editor_lead_to_the_comparison(pages: Client, women: Audience) -> None:
    assert "/audiences/compare/" in pages.get("/audiences/").content.decode()
    page = pages.get(f"/audiences/edit/{women.pk}/").content.decode()
    assert f"/audiences/compare/?first={women.pk}" in page
