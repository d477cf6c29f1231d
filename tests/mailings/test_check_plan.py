"""A plan counted once: who gets it and why not, and the bill."""

from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.core.cache import cache
from django.db import connection
from django.db.models import Sum
from django.test.utils import CaptureQueriesContext

from backoffice.mailings.check.bill import bill_of
from backoffice.mailings.check.facts import (
    SHORTEST_GROUP,
    PlanFacts,
    facts_of,
    facts_of_all,
    group_length,
)
from backoffice.mailings.check.lines import lines_of
from backoffice.mailings.check.waterfall import Step, waterfall
from backoffice.mailings.models import Mailing, Message
from backoffice.message_templates.models import MessageTemplate
from kannel.models import Connection
from tests.mailings.conftest import MakeCustomer
from tests.mailings.repeating import Repeat

pytestmark = pytest.mark.django_db
Planned = Callable[[], Mailing]


@pytest.fixture(autouse=True)
def fresh() -> None:
    cache.clear()


@pytest.fixture
def crowd(north: Connection, south: Connection, make_customer: MakeCustomer) -> None:
    """Ten people: two refused, one never agreed, one has no number, and six can get it."""
    for _number in range(2):
        make_customer(consent="withdrawn")
    make_customer(consent=None)
    make_customer(phone="")
    for number in range(4):
        make_customer(first_name="Anna", time_zone="Europe/Moscow", phone=f"+7916000000{number}")
    make_customer(first_name="Анна", time_zone="Asia/Vladivostok")
    make_customer(first_name="Анна")


def named(steps: list[Step]) -> list[tuple[str, int]]:
    return [(step.label, step.people) for step in steps]


def test_the_waterfall_goes_from_the_audience_down_to_those_who_get_it(crowd: None, planned: Planned) -> None:
    mailing = planned()
    steps = waterfall(mailing, facts_of(mailing).fates)
    assert named(steps) == [
        ("in the audience", 10),
        ("opted out", 2),
        ("no consent", 1),
        ("no valid number", 1),
        ("get it", 6),
    ]
    assert [(step.left_percent, step.percent) for step in steps] == [
        (0, 100),
        (80, 20),
        (70, 10),
        (60, 10),
        (0, 60),
    ]


def test_each_bar_leads_to_its_people_and_names_some(crowd: None, planned: Planned) -> None:
    mailing = planned()
    steps = {step.label: step for step in waterfall(mailing, facts_of(mailing).fates)}
    page = f"/mailings/recipients/{mailing.pk}/"
    assert steps["in the audience"].url.endswith(page)
    assert steps["no consent"].url.endswith(f"{page}?state=excluded&reason=no_consent")
    assert steps["get it"].url.endswith(f"{page}?state=waiting")
    refused = Message.objects.filter(reason="opted_out").values_list("pk", flat=True)
    assert set(steps["opted out"].samples) == set(refused)
    assert 0 < len(steps["get it"].samples) <= 3


def test_the_hold_out_is_a_step_of_its_own(crowd: None, planned: Planned, mailing: Mailing) -> None:
    Mailing.objects.filter(pk=mailing.pk).update(holdout_percent=50)
    planned()
    held_out = Message.objects.filter(state="held_out").count()
    steps = named(waterfall(mailing, facts_of(mailing).fates))
    assert steps[-1] == ("get it", 6 - held_out)
    assert (("held out, to measure the effect", held_out) in steps) == (held_out > 0)


def test_nobody_in_the_audience_is_no_waterfall(north: Connection, planned: Planned) -> None:
    mailing = planned()
    facts = facts_of(mailing)
    assert waterfall(mailing, facts.fates) == []
    assert (facts.people, facts.recipients) == (0, 0)


def test_a_series_says_who_would_get_its_next_run(repeat: Repeat, make_customer: MakeCustomer) -> None:
    make_customer()
    series = repeat()
    steps = waterfall(series, facts_of(series).fates)
    assert named(steps) == [("in the audience", 1), ("would get the next run", 1)]
    assert steps[-1].url.endswith("?state=cancelled")


def test_what_a_run_was_chosen_for_is_said(mailing: Mailing) -> None:
    facts = PlanFacts()
    facts.fates["waiting", ""].people = 1
    mailing.trigger = "birthday"
    assert waterfall(mailing, facts.fates)[0].label == "in the audience, with an occasion"
    mailing.rest_of_id = 1
    assert waterfall(mailing, facts.fates)[0].label == "left for the best text"
    mailing.state = Mailing.State.FINISHED
    assert waterfall(mailing, facts.fates)[-1].label == "were meant to get it"


def bill(mailing: Mailing) -> Any:
    facts = facts_of(mailing)
    return bill_of(facts.charges, lines_of({key[0] for key in facts.charges}))


def test_the_bill_is_what_the_plan_costs_to_the_last_kopeck(crowd: None, planned: Planned) -> None:
    mailing = planned()
    assert bill(mailing).cost == mailing.planned_cost
    assert mailing.planned_cost > 0


def test_the_hold_out_is_not_on_the_bill(crowd: None, planned: Planned, mailing: Mailing) -> None:
    Mailing.objects.filter(pk=mailing.pk).update(holdout_percent=50)
    mailing = planned()
    found = bill(mailing)
    sent = Message.objects.filter(state="waiting").aggregate(parts=Sum("parts"), cost=Sum("cost"))
    assert found.cost == mailing.planned_cost == (sent["cost"] or 0)
    assert found.parts == (sent["parts"] or 0)


def test_the_bill_has_a_line_for_each_operator_and_kind_of_letters(crowd: None, planned: Planned) -> None:
    found = bill(planned())
    assert [(line.operator, line.letters, line.messages, line.parts, line.cost) for line in found.lines] == [
        ("North", "letters of a plain SMS", 4, 4, Decimal("4.40")),
        ("South", "other letters or signs", 2, 2, Decimal("4.00")),
    ]
    assert (found.lines[0].least, found.lines[0].most) == (Decimal("1.10"), Decimal("1.10"))
    assert (found.messages, found.parts) == (6, 6)


def test_long_texts_are_counted_by_their_parts(
    north: Connection, make_customer: MakeCustomer, planned: Planned
) -> None:
    MessageTemplate.objects.update(text="{first_name}, " + "come in. " * 18)
    make_customer("+79160000001", first_name="A")
    make_customer("+79170000001", first_name="Ж")
    found = bill(planned())
    assert [(size.parts, size.messages) for size in found.sizes] == [(2, 1), (3, 1)]
    assert {(line.letters, line.parts, line.least) for line in found.lines} == {
        ("letters of a plain SMS", 2, Decimal("1.10")),
        ("other letters or signs", 3, Decimal("2.50")),
    }


def test_an_operator_with_two_prices_shows_the_range(
    north: Connection, make_customer: MakeCustomer, planned: Planned
) -> None:
    make_customer("+79160000001")
    make_customer("+79170000001")
    [line] = bill(planned()).lines
    assert (line.least, line.most) == (Decimal("1.10"), Decimal("2.50"))


def test_a_connection_that_was_removed_still_has_its_line(crowd: None, planned: Planned) -> None:
    mailing = planned()
    found = bill_of(facts_of(mailing).charges, {})
    assert [line.operator for line in found.lines] == ["an operator that is gone"] * 2
    assert found.cost == mailing.planned_cost


def test_messages_are_grouped_by_line_zone_and_time(crowd: None, planned: Planned) -> None:
    facts = facts_of(planned())
    assert sorted((one.time_zone, one.messages) for one in facts.leaving) == [
        ("", 1),
        ("Asia/Vladivostok", 1),
        ("Europe/Moscow", 4),
    ]
    assert sum(one.parts for one in facts.leaving) == 6
    assert facts.data_of is not None


def test_a_plan_is_counted_once_and_anew_when_it_is_made_anew(
    crowd: None, planned: Planned, make_customer: MakeCustomer
) -> None:
    mailing = planned()
    facts_of(mailing)
    with CaptureQueriesContext(connection) as again:
        facts = facts_of(mailing)
    assert len(again) == 0
    assert facts.people == 10
    make_customer()
    assert facts_of(planned()).people == 11


def test_several_plans_take_one_statement(crowd: None, planned: Planned, editor: Any) -> None:
    first = planned()
    second = Mailing.objects.get(pk=first.pk)
    second.pk, second.plan_digest = first.pk + 1000, "another"
    with CaptureQueriesContext(connection) as queries:
        found = facts_of_all([first, second])
    assert len(queries) == 1
    assert (found[first.pk].people, found[second.pk].people) == (10, 0)


def test_messages_spread_over_a_time_are_counted_in_a_hundred_groups_at_most(mailing: Mailing) -> None:
    assert group_length([mailing]) == SHORTEST_GROUP
    mailing.spread_hours = 96
    assert group_length([mailing]) == timedelta(hours=1)
    assert group_length([]) == SHORTEST_GROUP
