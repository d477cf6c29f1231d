"""Mailings on an occasion: each run finds who has one, and writes to each of them once."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.utils import timezone

from backoffice.accounts.models import User
from backoffice.customers.models import Action, Contact, Customer
from backoffice.mailings import lifecycle, planning, series
from backoffice.mailings.models import Mailing, Message, Occasion
from backoffice.mailings.progress import sentence
from backoffice.mailings.trigger_models import check_trigger, trigger_words
from kannel.models import Connection
from tests.mailings.clock import clock_at
from tests.mailings.conftest import MakeCustomer
from tests.mailings.repeating import FRIDAY, MONDAY, Repeat, runs, work_at

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("no_limits")]
State = Mailing.State
DAY = timedelta(days=1)
SATURDAY = MONDAY - 2 * DAY
EVERY_DAY: dict[str, Any] = {"repeats": "daily"}


def got(run: Mailing) -> set[Customer]:
    """To whom a run writes."""
    return {message.customer for message in Message.objects.of(run).filter(state="waiting")}


def by_day() -> dict[int, set[Customer]]:
    return {run.run_at.day: got(run) for run in runs() if run.run_at and got(run)}


def every_day(first: datetime, count: int) -> None:
    for number in range(count):
        work_at(first + number * DAY)


def test_each_customer_is_congratulated_on_the_day(make_customer: MakeCustomer, repeat: Repeat) -> None:
    anna = make_customer(birth_date=date(1990, 3, 7))
    oleg = make_customer(birth_date=date(1985, 3, 8))
    make_customer(birth_date=date(1985, 4, 8))
    make_customer()
    repeat(**EVERY_DAY, trigger="birthday")
    every_day(SATURDAY, 4)
    assert by_day() == {7: {anna}, 8: {oleg}}


def test_a_birthday_on_29_february_is_kept_on_the_28th(make_customer: MakeCustomer, repeat: Repeat) -> None:
    leap = make_customer(birth_date=date(1996, 2, 29))
    one = repeat(**EVERY_DAY, trigger="birthday")
    with clock_at(datetime(2027, 2, 28, 7, tzinfo=UTC)):
        run = series.run_for(one, timezone.now())
        run.state = State.PLANNING
        run.save()
        planning.plan(run)
        run.refresh_from_db()
    assert got(run) == {leap}


def test_after_a_weekend_without_runs_monday_makes_up_for_it(
    make_customer: MakeCustomer, repeat: Repeat
) -> None:
    customers = {make_customer(birth_date=date(1990, 3, day)) for day in (6, 7, 8)}
    repeat(repeats="weekly", repeat_weekdays=[1, 2, 3, 4, 5], trigger="birthday")
    one = Mailing.objects.get(repeats="weekly")
    with clock_at(FRIDAY):
        friday = series.run_for(one, FRIDAY - timedelta(hours=2))
        friday.planned_at, friday.runs_itself = FRIDAY, False
        friday.save()
    work_at(MONDAY)
    assert by_day() == {8: customers}


def test_what_an_outage_left_out_is_made_up_for_once(make_customer: MakeCustomer, repeat: Repeat) -> None:
    saturday, sunday, monday = (make_customer(birth_date=date(1990, 3, day)) for day in (6, 7, 8))
    repeat(**EVERY_DAY, trigger="birthday")
    work_at(SATURDAY)
    every_day(MONDAY, 3)
    assert by_day() == {6: {saturday}, 8: {sunday, monday}}


def test_a_contract_that_ends_soon(make_customer: MakeCustomer, repeat: Repeat) -> None:
    soon = make_customer(contract_ends_on=date(2027, 3, 22))
    make_customer(contract_ends_on=date(2027, 5, 22))
    make_customer()
    repeat(**EVERY_DAY, trigger="contract_end", trigger_days=14)
    every_day(SATURDAY, 4)
    assert by_day() == {8: {soon}}
    assert Occasion.objects.get().occasion == "contract 2027-03-22"


def test_a_contract_with_a_new_end_is_a_new_occasion(make_customer: MakeCustomer, repeat: Repeat) -> None:
    customer = make_customer(contract_ends_on=date(2027, 3, 20))
    repeat(**EVERY_DAY, trigger="contract_end", trigger_days=14)
    work_at(SATURDAY)
    Customer.objects.update(contract_ends_on=date(2027, 3, 22))
    every_day(SATURDAY + DAY, 3)
    assert by_day() == {6: {customer}, 8: {customer}}


def test_some_days_after_a_purchase(make_customer: MakeCustomer, repeat: Repeat) -> None:
    bought, paid = make_customer(), make_customer()
    at = datetime(2027, 3, 5, 20, 59, tzinfo=UTC)  # the last minute of Friday in Moscow
    Action.objects.create(customer=bought, kind="purchase", at=at)
    Action.objects.create(customer=bought, kind="purchase", at=at - timedelta(hours=3))
    Action.objects.create(customer=paid, kind="payment", at=at)
    repeat(**EVERY_DAY, trigger="action", trigger_action="purchase", trigger_days=3)
    every_day(SATURDAY, 4)
    assert by_day() == {8: {bought}}


def test_after_another_mailing_without_a_reply(
    make_customer: MakeCustomer,
    repeat: Repeat,
    mailing: Mailing,
) -> None:
    silent, replied, not_reached = make_customer(), make_customer(), make_customer()
    other = Mailing.objects.create(
        name="Before", template=mailing.template, audience=mailing.audience, created_by=mailing.created_by
    )
    values = {"mailing": other, "state": "delivered", "state_at": FRIDAY}
    with clock_at(FRIDAY):
        for number, (customer, sent_at) in enumerate(
            [(silent, FRIDAY), (replied, FRIDAY), (not_reached, None)]
        ):
            row = Message(id=(326 << 40) + 900 + number, customer=customer, sent_at=sent_at, **values)
            row.save(force_insert=True)
    Contact.objects.create(customer=replied, last_reply_at=FRIDAY + timedelta(hours=1))
    Contact.objects.create(customer=silent, last_reply_at=FRIDAY - timedelta(hours=1))
    repeat(**EVERY_DAY, trigger="no_reply", trigger_mailing=other, trigger_days=2)
    every_day(SATURDAY, 3)
    assert by_day() == {7: {silent}}


def test_runs_of_another_series_count_too(
    make_customer: MakeCustomer,
    repeat: Repeat,
    mailing: Mailing,
) -> None:
    customer = make_customer()
    values = {"template": mailing.template, "audience": mailing.audience, "created_by": mailing.created_by}
    other = Mailing.objects.create(name="Before", repeats="daily", **values)
    run = Mailing.objects.create(
        name="Before, Friday", series=other, run_at=FRIDAY, state="finished", **values
    )
    with clock_at(FRIDAY):
        row = Message(
            id=(326 << 40) + 900,
            mailing=run,
            customer=customer,
            state="delivered",
            sent_at=FRIDAY,
            state_at=FRIDAY,
        )
        row.save(force_insert=True)
    one = repeat(**EVERY_DAY, trigger="no_reply", trigger_mailing=other, trigger_days=1)
    work_at(SATURDAY)
    assert got(one.runs.get()) == {customer}


def test_a_plan_that_is_made_again_finds_the_same_people(make_customer: MakeCustomer, repeat: Repeat) -> None:
    customer = make_customer(birth_date=date(1990, 3, 6))
    repeat(**EVERY_DAY, trigger="birthday")
    work_at(SATURDAY)
    [run] = runs()
    Mailing.objects.filter(pk=run.pk).update(state=State.PLANNING)
    with clock_at(SATURDAY):
        planning.plan(run)
    assert got(Mailing.objects.get(pk=run.pk)) == {customer}
    assert list(Occasion.objects.values_list("customer", "occasion", "run")) == [
        (customer.pk, "birthday 2027", run.pk)
    ]


def test_who_is_left_out_has_not_had_the_occasion(make_customer: MakeCustomer, repeat: Repeat) -> None:
    make_customer(birth_date=date(1990, 3, 6), consent=None)
    repeat(**EVERY_DAY, trigger="birthday")
    work_at(SATURDAY)
    [run] = runs()
    assert (run.planned_count, run.state) == (1, State.CANCELLED)
    assert not Occasion.objects.exists()


def test_the_sample_of_a_series_shows_the_people_of_its_next_run(
    make_customer: MakeCustomer, repeat: Repeat
) -> None:
    make_customer(birth_date=date(1990, 3, 6))
    make_customer(birth_date=date(1990, 3, 7))
    one = repeat(**EVERY_DAY, trigger="birthday")
    assert one.planned_count == 1
    assert not Occasion.objects.exists()


def test_a_series_for_which_nobody_has_an_occasion_today_can_be_submitted(
    make_customer: MakeCustomer,
    repeat: Repeat,
) -> None:
    make_customer()
    assert repeat(**EVERY_DAY, trigger="birthday").state == State.APPROVED


@pytest.mark.parametrize(
    ("values", "field", "said"),
    [
        (
            {"trigger": "birthday", "repeats": ""},
            "repeats",
            "Choose how often it looks for such customers, for example every day.",
        ),
        ({"trigger": "action"}, "trigger_action", "Choose what the customer did."),
        ({"trigger": "no_reply"}, "trigger_mailing", "Choose the other mailing."),
    ],
)
def test_an_occasion_that_is_not_described_is_refused_at_its_field(
    values: dict[str, Any], field: str, said: str, mailing: Mailing
) -> None:
    for name, value in {"repeats": "daily", **values}.items():
        setattr(mailing, name, value)
    with pytest.raises(ValidationError) as refused:
        check_trigger(mailing)
    assert refused.value.message_dict == {field: [said]}


def test_a_mailing_is_no_occasion_for_itself(mailing: Mailing) -> None:
    mailing.repeats, mailing.trigger, mailing.trigger_mailing = "daily", "no_reply", mailing
    with pytest.raises(ValidationError, match="Choose another mailing than this one"):
        check_trigger(mailing)


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({}, ""),
        ({"trigger": "birthday"}, "To customers on their birthday."),
        ({"trigger": "contract_end", "trigger_days": 14}, "To customers whose contract ends in 14 days."),
        (
            {"trigger": "action", "trigger_action": "purchase", "trigger_days": 3},
            "To customers 3 days after this: purchase.",
        ),
    ],
)
def test_an_occasion_in_words(values: dict[str, Any], words: str, mailing: Mailing) -> None:
    for name, value in values.items():
        setattr(mailing, name, value)
    assert trigger_words(mailing) == words


def test_the_page_says_to_whom_it_goes(mailing: Mailing) -> None:
    mailing.state, mailing.repeats, mailing.trigger = State.PLANNED, "daily", "no_reply"
    mailing.trigger_mailing, mailing.trigger_days = mailing, 2
    assert sentence(mailing).endswith(
        "Every day at 10:00. To customers who got “Autumn” 2 days ago and did not reply."
    )


def test_the_occasion_is_part_of_what_is_approved(mailing: Mailing) -> None:
    assert "trigger" not in lifecycle.content(mailing)
    mailing.trigger, mailing.trigger_days = "contract_end", 14
    assert lifecycle.content(mailing)["trigger"] == ["contract_end", 14, "", None]


def test_a_mailing_that_is_no_run_remembers_nothing(
    north: Connection, make_customer: MakeCustomer, mailing: Mailing, editor: User
) -> None:
    make_customer()
    lifecycle.request_plan(mailing, editor)
    assert planning.plan(mailing) == 1
    assert not Occasion.objects.exists()
