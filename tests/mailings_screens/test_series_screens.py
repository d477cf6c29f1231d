"""How somebody makes a mailing that repeats, and what its page and the pages of its runs show."""

from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal

import pytest
from django.core.cache import cache
from django.urls import reverse
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from backoffice.mailings.models import Mailing
from kannel.models import Connection
from tests.mailings.conftest import MakeCustomer
from tests.mailings_screens.conftest import As
from tests.mailings_screens.test_screens import form_values, page_of

pytestmark = pytest.mark.django_db
Planned = Callable[[], Mailing]


@pytest.fixture(autouse=True)
def fresh() -> None:
    cache.clear()


def test_an_editor_makes_a_mailing_for_every_monday(as_role: As, mailing: Mailing) -> None:
    values = form_values(
        mailing,
        name="Weekly",
        repeats="weekly",
        repeat_weekdays=["1", "4"],
        time_of_day="11:30",
        zone="Asia/Kamchatka",
        country="RU",
        on_holiday="next",
        run_recipients="1000",
        run_cost="2500.50",
    )
    as_role("Editor").post(reverse("mailings:add"), values)
    made = Mailing.objects.get(name="Weekly")
    assert (made.repeats, made.repeat_weekdays, f"{made.time_of_day:%H:%M}") == ("weekly", [1, 4], "11:30")
    assert (made.zone, made.country, made.on_holiday) == ("Asia/Kamchatka", "RU", "next")
    assert (made.run_recipients, made.run_cost) == (1000, Decimal("2500.50"))


def test_a_form_that_repeats_on_no_day_says_what_to_do_and_keeps_the_rest(
    as_role: As, mailing: Mailing
) -> None:
    values = form_values(mailing, name="Weekly", repeats="weekly", run_cost="2500.50")
    page = as_role("Editor").post(reverse("mailings:add"), values).content.decode()
    assert "Choose at least one day." in page
    assert 'value="2500.50"' in page
    assert not Mailing.objects.filter(name="Weekly").exists()


def test_a_zone_that_does_not_exist_is_refused(as_role: As, mailing: Mailing) -> None:
    values = form_values(mailing, name="Weekly", repeats="daily", zone="Mars/Olympus", country="XX")
    page = as_role("Editor").post(reverse("mailings:add"), values).content.decode()
    assert "Choose a time zone from the list." in page
    assert "Choose a country from the list." in page


def test_the_form_offers_days_zones_and_countries_by_name(as_role: As) -> None:
    page = as_role("Editor").get(reverse("mailings:add")).content.decode()
    assert "every week, on the days chosen below" in page
    assert '<option value="America/New_York">America/New York</option>' in page
    assert '<option value="RU">Russia</option>' in page
    assert "A mailing that repeats is approved once." in page


def make_runs(one: Mailing, count: int) -> list[Mailing]:
    now = timezone.now()
    return [
        Mailing.objects.create(
            name=f"Run {number}",
            template=one.template,
            audience=one.audience,
            created_by=one.created_by,
            series=one,
            run_at=now - timedelta(days=number),
            state=Mailing.State.CANCELLED,
            problem="Nobody was to receive it.",
        )
        for number in range(count)
    ]


def test_the_page_of_a_series_lists_its_runs_and_a_run_leads_back(as_role: As, mailing: Mailing) -> None:
    Mailing.objects.update(repeats="daily")
    [run] = make_runs(mailing, 1)
    editor = as_role("Editor")
    page = editor.get(page_of(mailing)).content.decode()
    assert f'<a href="{page_of(run)}">' in page
    assert "Nobody was to receive it." in page
    assert "Every day at 10:00." in editor.get(reverse("mailings:index")).content.decode()
    assert f'<a href="{page_of(mailing)}">Autumn</a>' in editor.get(page_of(run)).content.decode()


def test_the_page_of_a_series_asks_the_database_no_more_with_many_runs(
    as_role: As, mailing: Mailing, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    Mailing.objects.update(repeats="daily")
    editor = as_role("Editor")
    make_runs(mailing, 1)
    editor.get(page_of(mailing))
    cache.clear()
    with django_assert_max_num_queries(200) as few:
        editor.get(page_of(mailing))
    Mailing.objects.filter(series=mailing).delete()
    make_runs(mailing, 15)
    cache.clear()
    with django_assert_max_num_queries(len(few)):
        editor.get(page_of(mailing))


def test_the_plan_of_a_series_is_shown_as_a_sample(
    as_role: As, north: Connection, make_customer: MakeCustomer, planned: Planned, mailing: Mailing
) -> None:
    make_customer(first_name="Oleg")
    Mailing.objects.update(repeats="daily")
    page = as_role("Editor").get(page_of(planned())).content.decode()
    assert "Would get the next run" in page
    assert "Dear Oxxx, come in." in page
    assert "Planned. Look at it, then submit it for approval. Every day at 10:00." in page
    listed = as_role("Editor").get(reverse("mailings:index")).content.decode()
    assert "0.00 RUB" not in listed
    assert "Every day at 10:00." in listed
