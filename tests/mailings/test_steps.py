"""The six steps of a mailing: how each stands in every state, what it says, and where it leads."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.utils import timezone

from backoffice.accounts.models import User
from backoffice.audiences.models import Audience
from backoffice.mailings import lifecycle
from backoffice.mailings.ledger import ledger
from backoffice.mailings.models import Mailing
from backoffice.mailings.step_facts import known_of_page
from backoffice.mailings.step_panels import STEP_OF
from backoffice.mailings.steps import (
    NAMES,
    Known,
    Step,
    places_from_form,
    places_from_page,
    price_words,
    rules_words,
    steps_of,
    text_words,
    when_words,
)
from backoffice.message_templates.models import MessageTemplate, TextVariant
from kannel.models import Connection
from tests.mailings.conftest import MakeCustomer
from tests.mailings.in_state import add_messages, put

pytestmark = pytest.mark.django_db
State = Mailing.State


def way_of(mailing: Mailing, **known: Any) -> dict[str, Step]:
    return {step.name: step for step in steps_of(mailing, Known(**known), lambda name: f"#{name}")}


def standings(mailing: Mailing, **known: Any) -> list[str]:
    return [step.standing.value for step in way_of(mailing, **known).values()]


def current(mailing: Mailing, **known: Any) -> list[str]:
    return [step.name for step in way_of(mailing, **known).values() if step.is_current]


def on_its_page(mailing: Mailing) -> dict[str, Step]:
    mailing.refresh_from_db()
    known = known_of_page(mailing, ledger(mailing.pk))
    return {step.name: step for step in steps_of(mailing, known, places_from_page(mailing, may_edit=True))}


def test_a_new_mailing_asks_for_text_and_audience_and_has_the_rest(db: None) -> None:
    way = way_of(Mailing())
    assert list(way) == list(NAMES)
    assert way["text"].says == "Choose the text that customers get."
    assert way["audience"].says == "Choose who gets it."
    assert way["when"].says == "Once approved, 10:00 – 21:00"
    assert way["rules"].says == "The usual ones: no budget, nobody held out."
    assert way["check"].says == "Comes when nothing is missing before it."
    assert standings(Mailing()) == ["now", "now", "done", "done", "later", "later"]
    assert current(Mailing()) == ["text"]


def test_a_text_without_a_name_asks_for_the_name(mailing: Mailing) -> None:
    mailing.name = ""
    assert way_of(mailing)["text"].says == "Give the mailing a name, so that colleagues find it."


def test_a_draft_is_to_be_planned_next(mailing: Mailing) -> None:
    way = way_of(mailing, size="5,000 customers")
    assert way["text"].says == "Autumn offer"
    assert way["audience"].says == "Everybody, 5,000 customers"
    assert way["check"].says == "Plan it to see who gets it and what it costs."
    assert standings(mailing) == ["done", "done", "done", "done", "now", "later"]
    assert current(mailing) == ["check"]


@pytest.mark.parametrize("name", ["text", "audience", "when", "rules"])
def test_what_is_wrong_stands_at_its_step_and_the_check_waits(name: str, mailing: Mailing) -> None:
    way = way_of(mailing, problems={name: "This is too long."})
    assert (way[name].standing, way[name].says) == ("missing", "This is too long.")
    assert way["check"].standing == "later"
    assert current(mailing, problems={name: "This is too long."}) == [name]


@pytest.mark.parametrize(
    ("state", "check", "approval", "now"),
    [
        (State.PLANNING, "now", "later", ["check"]),
        (State.PLANNED, "done", "now", ["approval"]),
        (State.SUBMITTED, "done", "now", ["approval"]),
        (State.APPROVED, "done", "done", []),
        (State.RUNNING, "done", "done", []),
        (State.PAUSED, "done", "done", []),
        (State.FINISHED, "done", "done", []),
        (State.CANCELLED, "done", "done", []),
    ],
)
def test_check_and_approval_stand_in_every_state_as_it_says(
    state: str,
    check: str,
    approval: str,
    now: list[str],
    mailing: Mailing,
    north: Connection,
    editor: User,
    approver: User,
) -> None:
    add_messages(mailing, "waiting")
    put(mailing, State.APPROVED, editor, approver)
    Mailing.objects.update(state=state)
    way = on_its_page(mailing)
    assert (way["check"].standing, way["approval"].standing) == (check, approval)
    assert [step.name for step in way.values() if step.is_current] == now


def test_a_plan_says_its_recipients_and_its_bill(
    make_customer: MakeCustomer, north: Connection, planned: Callable[[], Mailing]
) -> None:
    make_customer()
    make_customer(consent=None)
    way = on_its_page(planned())
    assert way["check"].says == "1 recipient, 2.50 RUB"
    assert way["audience"].says == "Everybody, 2 customers"
    assert way["approval"].says == "Submit it, so that somebody else looks at it."


def test_a_plan_for_nobody_is_not_to_be_submitted(
    make_customer: MakeCustomer, north: Connection, planned: Callable[[], Mailing]
) -> None:
    make_customer(consent=None)
    way = on_its_page(planned())
    assert (way["check"].standing, way["check"].says) == (
        "missing",
        "Nobody would get it. See below who is left out and why.",
    )


def test_a_plan_above_its_budget_says_so(
    make_customer: MakeCustomer, north: Connection, planned: Callable[[], Mailing]
) -> None:
    make_customer()
    mailing = planned()
    Mailing.objects.update(budget=Decimal("1.00"))
    assert on_its_page(mailing)["check"].says == "It costs more than its budget. Raise it, or choose fewer."


def test_what_could_not_be_planned_says_why_at_the_check(mailing: Mailing) -> None:
    mailing.problem = "The end of the mailing is over. Choose a later one."
    way = way_of(mailing)
    assert (way["check"].standing, way["check"].says) == ("missing", mailing.problem)
    assert way["approval"].standing == "later"


def test_what_came_back_says_the_comment_at_the_approval(
    mailing: Mailing, north: Connection, editor: User, approver: User
) -> None:
    add_messages(mailing, "waiting")
    Mailing.objects.update(planned_at=timezone.now() - timedelta(minutes=1))
    mailing.refresh_from_db()
    put(mailing, State.SUBMITTED, editor)
    lifecycle.send_back(mailing, approver, "Shorter, please.")
    way = on_its_page(mailing)
    assert (way["approval"].standing, way["approval"].says) == ("missing", "Shorter, please.")
    assert way["check"].says == "Plan it to see who gets it and what it costs."


def test_an_approved_mailing_says_who_approved_it(
    mailing: Mailing, north: Connection, editor: User, approver: User
) -> None:
    User.objects.filter(pk=approver.pk).update(first_name="Olga", last_name="Petrova")
    add_messages(mailing, "waiting")
    put(mailing, State.APPROVED, editor, approver)
    assert on_its_page(mailing)["approval"].says == "Approved by Olga Petrova."


def test_what_was_cancelled_before_its_approval_says_so(
    mailing: Mailing, north: Connection, editor: User
) -> None:
    add_messages(mailing, "waiting")
    put(mailing, State.CANCELLED, editor)
    assert on_its_page(mailing)["approval"].says == "It was cancelled before anybody approved it."


def test_a_draft_with_conditions_that_are_not_complete_says_what_to_mend(mailing: Mailing) -> None:
    broken = Audience.objects.create(name="Debtors", rules=[{"type": "city", "value": {"names": ""}}])
    Mailing.objects.update(audience=broken)
    way = on_its_page(mailing)
    assert way["audience"].standing == "missing"
    assert "has conditions that are not complete" in way["audience"].says


def test_languages_of_a_text_are_named(mailing: Mailing) -> None:
    for language in ("ru", "en"):
        TextVariant.objects.create(template=mailing.template, language=language, text="Come in.")
    mailing.refresh_from_db()
    assert text_words(mailing) == "Autumn offer, also in English and Russian"


def test_compared_texts_are_named_with_their_shares(mailing: Mailing) -> None:
    mailing.second_text = MessageTemplate.objects.create(name="Winter offer", text="Come in.")
    mailing.second_percent = 30
    assert text_words(mailing) == "Compared: Autumn offer 70 %, Winter offer 30 %"


def test_when_names_start_hours_clock_and_spread(mailing: Mailing) -> None:
    mailing.starts_at = datetime(2026, 11, 27, 7, tzinfo=UTC)  # 10:00 by the clock of Moscow
    mailing.local_from, mailing.local_to = mailing.local_from.replace(10), mailing.local_to.replace(21)
    mailing.by_own_clock, mailing.spread_hours = True, 3
    assert (
        when_words(mailing)
        == "27 November, 10:00, 10:00 – 21:00, by each customer's own clock, spread over 3 hours"
    )


def test_when_of_a_series_is_how_often_and_for_whom(mailing: Mailing) -> None:
    mailing.repeats, mailing.trigger = "daily", "birthday"
    assert when_words(mailing) == "Every day at 10:00. To customers on their birthday."


def test_rules_name_what_differs_from_the_usual(mailing: Mailing) -> None:
    mailing.holdout_percent, mailing.budget = 5, Decimal("20000")
    assert rules_words(mailing) == "Hold-out 5 %, budget 20,000.00 RUB"
    mailing.holdout_percent, mailing.budget = 0, None
    mailing.max_price, mailing.extra_percent = Decimal("1.2000"), 0
    mailing.cap_messages, mailing.cap_days, mailing.priority = 2, 7, Mailing.Priority.HIGH
    assert rules_words(mailing) == (
        "A message costs at most 1.20 RUB, at most 2 messages within 7 days, 0 % more than planned at most,"
        " priority: before others"
    )


def test_a_price_has_the_digits_that_it_needs() -> None:
    assert [price_words(Decimal(price)) for price in ("1.2000", "0.0125", "3")] == ["1.20", "0.0125", "3.00"]


def test_every_field_of_the_form_belongs_to_a_step() -> None:
    editable = {field.name for field in Mailing._meta.concrete_fields if field.editable}
    assert set(STEP_OF) == editable - {"id", "state_at", "created_at"}
    assert STEP_OF["second_text"] == "text"
    assert STEP_OF["trigger_mailing"] == "when"


def test_a_form_leads_within_itself_and_to_the_page_once_there_is_one(mailing: Mailing) -> None:
    new = places_from_form(Mailing())
    assert (new("when"), new("check")) == ("#panel-step_when-section", "")
    saved = places_from_form(mailing)
    assert (saved("text"), saved("check")) == (
        "#panel-step_text-section",
        f"/mailings/inspect/{mailing.pk}/#check",
    )


def test_a_page_leads_to_the_form_unless_nothing_can_be_changed(mailing: Mailing) -> None:
    open_one = places_from_page(mailing, may_edit=True)
    assert open_one("rules") == f"/mailings/edit/{mailing.pk}/#panel-step_rules-section"
    assert open_one("approval") == "#approval"
    assert places_from_page(mailing, may_edit=False)("rules") == "#what"


def test_each_standing_has_a_word_for_those_who_see_no_colours(mailing: Mailing) -> None:
    assert [step.standing_words for step in way_of(mailing).values()] == ["done"] * 4 + ["next", "later"]
