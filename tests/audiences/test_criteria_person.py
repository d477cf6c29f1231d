"""Conditions on who the customers are, at their edges."""

from datetime import UTC, date, datetime
from typing import Any

import pytest
import time_machine
from django.core.exceptions import ValidationError
from django.utils import timezone

from backoffice.customers.models import Customer
from tests.audiences.trying import Case, answer, check, fits, make_people, value_of

pytestmark = pytest.mark.django_db

CASES: list[Case] = [
    ("birthday_month", {"months": ["11"]}, {"anna"}, "the birthday is in November"),
    ("birthday_month", {"months": ["2", "11"]}, {"anna", "boris"}, "the birthday is in February or November"),
    ("birthday_month", {"months": ["1"]}, set(), "the birthday is in January"),
    ("known", {"what": "first_name", "known": "known"}, {"anna"}, "the first name is known"),
    ("known", {"what": "birth_date", "known": "not"}, {"clara"}, "the date of birth is not known"),
    ("known", {"what": "city", "known": "not"}, {"clara"}, "the city is not known"),
    ("time_zone", {"names": "asia/omsk"}, {"boris"}, "the time zone is asia/omsk"),
    (
        "time_zone", {"is_or_not": "not", "names": "Asia/Omsk"}, {"anna", "clara"},
        "the time zone is not Asia/Omsk, or is not known",
    ),
    (
        "region", {"is_or_not": "not", "names": "Moscow"}, {"anna", "clara"},
        "the region is not Moscow, or is not known",
    ),
    (
        "language", {"is_or_not": "not", "names": "en"}, {"anna", "clara"},
        "the language is not en, or is not known",
    ),
]  # fmt: skip


@pytest.mark.usefixtures("noon")
@pytest.mark.parametrize("case", CASES, ids=lambda case: case[3])
def test_a_condition_takes_exactly_those_who_fit(case: Case) -> None:
    make_people()
    check(case)


@pytest.mark.parametrize(
    ("moment", "years"),
    [
        (datetime(2026, 11, 25, 20, 59, 59, tzinfo=UTC), 35),  # 23:59:59 in Moscow
        (datetime(2026, 11, 25, 21, 0, tzinfo=UTC), 36),  # midnight there: the birthday
    ],
)
def test_people_grow_older_at_midnight_of_the_companys_zone(moment: datetime, years: int) -> None:
    Customer.objects.create(external_id="anna", birth_date=date(1990, 11, 26))
    with time_machine.travel(moment, tick=False):
        assert fits("age", at_least=years, at_most=years) == {"anna"}
        assert answer("age", "anna", at_least=1) == f"{years} years"


@pytest.mark.parametrize("chosen", ["Asia/Vladivostok", "America/New_York"])
def test_the_readers_own_zone_changes_nothing(chosen: str) -> None:
    Customer.objects.create(external_id="anna", birth_date=date(1990, 11, 26))
    with (
        time_machine.travel(datetime(2026, 11, 25, 21, 0, tzinfo=UTC), tick=False),
        timezone.override(chosen),
    ):
        assert fits("age", at_least=36) == {"anna"}
        assert fits("birthday", days=0) == {"anna"}


def test_a_birthday_today_is_found_until_midnight() -> None:
    Customer.objects.create(external_id="anna", birth_date=date(1990, 11, 26))
    with time_machine.travel(datetime(2026, 11, 26, 20, 59, 59, tzinfo=UTC), tick=False):
        assert fits("birthday", days=0) == {"anna"}
    with time_machine.travel(datetime(2026, 11, 26, 21, 0, tzinfo=UTC), tick=False):
        assert fits("birthday", days=0) == set()


def test_in_a_leap_year_a_birthday_on_29_february_is_that_day() -> None:
    Customer.objects.create(external_id="leap", birth_date=date(1992, 2, 29))
    with time_machine.travel(datetime(2028, 2, 28, 9, 0, tzinfo=UTC), tick=False):
        assert fits("birthday", days=0) == set()
        assert fits("birthday", days=1) == {"leap"}


@pytest.mark.usefixtures("noon")
@pytest.mark.parametrize(
    ("name", "values", "anna", "clara"),
    [
        ("age", {"at_least": 1}, "35 years", "no date of birth"),
        ("birthday", {"days": 1}, "26 November 1990", "no date of birth"),
        ("birthday_month", {"months": ["1"]}, "November", "no date of birth"),
        ("gender", {"who": "f"}, "woman", "not known"),
        ("known", {"what": "first_name", "known": "known"}, "known", "not known"),
        ("city", {"names": "x"}, "Kazan", "no city"),
        ("region", {"names": "x"}, "Tatarstan", "no region"),
        ("language", {"names": "x"}, "ru", "no language"),
        ("time_zone", {"names": "x"}, "Europe/Moscow", "no time zone"),
    ],
)
def test_a_customer_is_told_in_words(name: str, values: dict[str, Any], anna: str, clara: str) -> None:
    make_people()
    assert (answer(name, "anna", **values), answer(name, "clara", **values)) == (anna, clara)


def test_a_birthday_in_no_month_is_refused() -> None:
    with pytest.raises(ValidationError) as caught:
        value_of("birthday_month", {"months": []})
    assert "Choose at least one month." in str(caught.value.block_errors)  # type: ignore[attr-defined]
