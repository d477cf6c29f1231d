"""Mailings that repeat: each run is planned anew, starts within what was approved, and none is lost or made twice."""

from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pytest_django import Settings
from wagtail.models import ModelLogEntry

from backoffice.accounts.models import User
from backoffice.alerts.models import Alert
from backoffice.customers.models import Customer
from backoffice.mailings import ledger, lifecycle, planning, series, watch
from backoffice.mailings.claiming import claim
from backoffice.mailings.contact_rules import ContactRules
from backoffice.mailings.hours import Hours
from backoffice.mailings.models import LaunchOrder, Mailing, Message
from backoffice.mailings.progress import progress_of, sentence
from backoffice.mailings.repeat_models import check_repeating
from backoffice.mailings.routes.usage import usage
from backoffice.message_templates.models import MessageTemplate
from kannel.models import Connection
from tests.mailings.clock import clock_at
from tests.mailings.conftest import MakeCustomer
from tests.mailings.repeating import FRIDAY, MONDAY, Repeat, only_run, runs, work, work_at

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("no_limits")]
State = Mailing.State
WEEK = timedelta(days=7)


def test_a_series_that_is_approved_leaves_no_message_of_its_own(
    make_customer: MakeCustomer, repeat: Repeat, north: Connection
) -> None:
    make_customer()
    one = repeat()
    assert one.planned_cost == Decimal("2.50")
    assert list(Message.objects.values_list("state", flat=True)) == ["cancelled"]
    assert ledger.ledger(one.pk).balanced
    with clock_at(MONDAY - timedelta(days=1)):
        assert lifecycle.start_due() == []
        assert claim(north, 10) == []
    one.refresh_from_db()
    assert one.state == State.APPROVED


def test_a_run_is_made_shortly_before_its_moment_and_starts_at_it(
    make_customer: MakeCustomer, repeat: Repeat, north: Connection
) -> None:
    customer = make_customer(first_name="Oleg")
    one = repeat()
    work_at(MONDAY - timedelta(minutes=11))
    assert runs() == []
    work_at(MONDAY - timedelta(minutes=10))
    run = only_run()
    assert (run.state, run.series, run.run_at, run.starts_at) == (State.APPROVED, one, MONDAY, MONDAY)
    assert run.ends_at == MONDAY + timedelta(days=1)
    assert (run.name, run.created_by) == ("Autumn, 8 Mar 2027", one.created_by)
    work_at(MONDAY)
    with clock_at(MONDAY):
        [taken] = claim(north, 10)
    assert (taken.text, Message.objects.get(pk=taken.message_id).customer) == (
        "Dear Oleg, come in.",
        customer,
    )


def test_the_order_of_a_run_refers_to_the_approval_of_its_series(
    make_customer: MakeCustomer, repeat: Repeat, editor: User, approver: User
) -> None:
    make_customer()
    one = repeat()
    work_at(MONDAY)
    run = only_run()
    order = LaunchOrder.objects.get(mailing=run)
    assert order.series_order == LaunchOrder.objects.get(mailing=one)
    assert (order.requested_by, order.approved_by) == (editor, approver)
    assert order.content_hash == run.content_hash == lifecycle.content_hash(lifecycle.content(run))
    assert order.content["run_of"] == [one.pk, MONDAY.isoformat()]
    assert run.state == State.RUNNING


def test_a_short_link_of_a_run_leads_there_in_its_name(
    make_customer: MakeCustomer, repeat: Repeat, mailing: Mailing, settings: Settings
) -> None:
    settings.SHORT_LINKS_URL = "https://go.example/"
    make_customer()
    mailing.template.text = "Come: https://shop.example"
    mailing.template.save()
    repeat()
    work_at(MONDAY)
    run = only_run()
    assert run.state == State.RUNNING
    assert run.short_links.get().target.endswith(f"-{run.pk}")


def test_each_run_is_planned_anew(make_customer: MakeCustomer, repeat: Repeat) -> None:
    make_customer()
    repeat()
    work_at(MONDAY)
    make_customer()
    work_at(MONDAY + WEEK)
    assert [run.planned_count for run in runs()] == [1, 2]


@pytest.mark.parametrize(
    ("values", "reason"),
    [
        ({"run_recipients": 1}, "It has 2 recipients. A run of this series has at most 1."),
        ({"run_cost": Decimal("4.99")}, "It costs 5.00 RUB. A run of this series costs at most 4.99."),
        ({"run_cost": None}, "Every run of this series waits for an approver."),
        ({"run_recipients": None}, "Every run of this series waits for an approver."),
    ],
)
def test_a_run_outside_the_approved_limits_waits_for_a_person(
    values: dict[str, Any],
    reason: str,
    make_customer: MakeCustomer,
    repeat: Repeat,
    editor: User,
    approver: User,
) -> None:
    make_customer()
    make_customer()
    repeat(**values)
    work_at(MONDAY)
    run = only_run()
    assert (run.state, run.problem, run.submitted_by) == (State.SUBMITTED, reason, editor)
    assert not LaunchOrder.objects.filter(mailing=run).exists()
    alert = Alert.objects.get(cause=f"series-waits:{run.pk}")
    assert alert.sentence == (
        f"“Autumn, 8 Mar 2027” waits for an approver. {reason} Look at it, then approve or return it."
    )
    with clock_at(MONDAY), pytest.raises(lifecycle.Refused, match="Somebody else"):
        lifecycle.approve(run, editor)
    with clock_at(MONDAY):
        lifecycle.approve(run, approver)
        assert lifecycle.start_due() == [run]


def test_exactly_at_its_limits_a_run_starts_by_itself(make_customer: MakeCustomer, repeat: Repeat) -> None:
    make_customer()
    repeat(run_recipients=1, run_cost=Decimal("2.50"))
    work_at(MONDAY)
    assert only_run().state == State.RUNNING


def test_a_text_changed_after_the_approval_waits_for_a_person(
    make_customer: MakeCustomer, repeat: Repeat
) -> None:
    make_customer()
    repeat()
    MessageTemplate.objects.update(text="Something else.")
    work_at(MONDAY)
    run = only_run()
    assert run.state == State.SUBMITTED
    assert run.problem == (
        "Its text, its audience or its rules are not as they were when the series was approved."
    )


def test_an_audience_changed_after_the_approval_waits_for_a_person(
    make_customer: MakeCustomer, repeat: Repeat
) -> None:
    make_customer()
    one = repeat()
    one.audience.match = "any"
    one.audience.save()
    work_at(MONDAY)
    assert only_run().state == State.SUBMITTED


def test_limits_that_somebody_raised_behind_the_approval_do_not_count(
    make_customer: MakeCustomer, repeat: Repeat
) -> None:
    make_customer()
    make_customer()
    one = repeat(run_recipients=1)
    Mailing.objects.filter(pk=one.pk).update(run_recipients=100)
    work_at(MONDAY)
    assert only_run().state == State.SUBMITTED


def test_a_text_changed_between_plan_and_start_is_not_sent(
    make_customer: MakeCustomer, repeat: Repeat, north: Connection
) -> None:
    make_customer()
    repeat()
    work_at(MONDAY - timedelta(minutes=10))
    MessageTemplate.objects.update(text="Something else.")
    work_at(MONDAY)
    run = only_run()
    assert run.state == State.DRAFT
    assert "changed after its approval" in run.problem
    work_at(MONDAY + timedelta(minutes=5))  # asks for another plan
    work_at(MONDAY + timedelta(minutes=6))
    assert only_run().state == State.SUBMITTED


def test_no_run_is_made_twice(make_customer: MakeCustomer, repeat: Repeat) -> None:
    make_customer()
    one = repeat()
    for _ in range(3):
        Mailing.objects.filter(pk=one.pk).update(next_run_at=None)
        work_at(MONDAY)
    assert len(runs()) == 1
    run = only_run()
    with pytest.raises(IntegrityError), transaction.atomic():
        series.run_for(one, MONDAY).save()
    assert only_run() == run


def test_after_a_day_without_the_system_a_run_whose_time_is_not_over_starts_late(
    make_customer: MakeCustomer, repeat: Repeat
) -> None:
    make_customer()
    repeat(run_hours=48)
    work_at(MONDAY + timedelta(days=1))
    run = only_run()
    assert (run.state, run.run_at) == (State.RUNNING, MONDAY)
    assert Message.objects.get(mailing=run).latest_at == MONDAY + timedelta(hours=48)
    assert Alert.objects.get(cause=f"series-late:{run.pk}").sentence == (
        "“Autumn, 8 Mar 2027” starts late: it should have started on 8 March, 10:00."
    )


def test_a_run_whose_time_is_over_is_told_and_not_sent(make_customer: MakeCustomer, repeat: Repeat) -> None:
    make_customer()
    one = repeat()
    work_at(MONDAY + timedelta(days=2))
    assert runs() == []
    alert = Alert.objects.get(cause__startswith=f"series-missed:{one.pk}")
    assert alert.level == Alert.Level.ALARM
    assert alert.sentence == (
        "“Autumn” did not run on 8 March, 10:00, because nothing worked here until its time was over. Nobody was "
        "written to. Copy it if it shall still go."
    )
    one.refresh_from_db()
    assert one.next_run_at == MONDAY + WEEK
    work_at(MONDAY + timedelta(days=2, minutes=1))
    alert.refresh_from_db()
    assert alert.times == 1


def test_a_run_with_time_but_no_permitted_hour_left_is_told(
    make_customer: MakeCustomer, repeat: Repeat
) -> None:
    make_customer()
    one = repeat(local_from=time(10), local_to=time(12), run_hours=10)
    work_at(MONDAY + timedelta(hours=3))
    assert runs() == []
    assert Alert.objects.filter(cause__startswith=f"series-missed:{one.pk}").exists()


def test_of_several_runs_that_are_due_the_last_one_goes_and_the_others_are_told(
    make_customer: MakeCustomer, repeat: Repeat
) -> None:
    make_customer()
    one = repeat(repeats="daily", run_hours=72)
    work_at(MONDAY + timedelta(hours=1))
    assert only_run().run_at == MONDAY
    assert (
        "did not run 2 times from 6 March, 10:00 to 7 March, 10:00"
        in Alert.objects.get(cause__startswith=f"series-missed:{one.pk}").sentence
    )


def told(one: Mailing) -> int:
    """How many runs of a series are told as missed in its history."""
    entries = ModelLogEntry.objects.for_instance(one).filter(action="mailings.run_missed")
    return sum(len(entry.data["moments"]) for entry in entries)


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    pauses=st.lists(st.floats(0.01, 3.0), min_size=3, max_size=10),
    run_hours=st.integers(1, 60),
)
def test_whenever_the_system_works_each_due_moment_runs_once_or_is_told(
    pauses: list[float], run_hours: int, repeat: Repeat, make_customer: MakeCustomer
) -> None:
    """Every day at ten, and the machine works at arbitrary moments only, up to three days apart."""
    with transaction.atomic():
        make_customer()
        one = repeat(repeats="daily", run_hours=run_hours)
        moment = FRIDAY
        for days in pauses:
            moment += timedelta(days=days)
            work_at(moment)
        first, due = datetime(2027, 3, 6, 7, tzinfo=UTC), 0
        while first + timedelta(days=due) - series.LEAD <= moment:
            due += 1
        moments = [run.run_at for run in runs()]
        assert len(set(moments)) == len(moments)
        assert len(moments) + told(one) == due
        transaction.set_rollback(True)


def test_a_series_that_was_stopped_makes_no_more_runs(
    make_customer: MakeCustomer, repeat: Repeat, editor: User
) -> None:
    make_customer()
    one = repeat()
    with clock_at(MONDAY - timedelta(days=1)):
        lifecycle.withdraw(one, editor)
    work_at(MONDAY)
    assert runs() == []


def test_a_run_that_was_made_does_not_start_when_its_series_is_stopped(
    make_customer: MakeCustomer, repeat: Repeat, editor: User
) -> None:
    make_customer()
    one = repeat()
    work_at(MONDAY - timedelta(minutes=10))
    with clock_at(MONDAY - timedelta(minutes=5)):
        lifecycle.cancel(one, editor)
    work_at(MONDAY)
    assert only_run().state == State.DRAFT
    work_at(MONDAY + timedelta(minutes=5))  # asks for another plan
    work_at(MONDAY + timedelta(minutes=6))
    run = only_run()
    assert (run.state, run.problem) == (
        State.CANCELLED,
        "Its series was stopped or changed before this run began.",
    )
    assert "did not run" in Alert.objects.get(cause=f"series-failed:{run.pk}", closed_at=None).sentence


def test_the_last_run_ends_the_series(make_customer: MakeCustomer, repeat: Repeat) -> None:
    make_customer()
    one = repeat(until=date(2027, 3, 15))
    work_at(MONDAY)
    one.refresh_from_db()
    assert (one.state, one.next_run_at) == (State.APPROVED, MONDAY + WEEK)
    work_at(MONDAY + WEEK - timedelta(minutes=5))
    one.refresh_from_db()
    assert one.state == State.FINISHED
    assert sentence(one) == "Its last run was made on 15 March, 09:55."
    work_at(MONDAY + WEEK)
    assert [run.state for run in runs()] == [State.RUNNING, State.RUNNING]


def test_a_run_for_nobody_ends_without_ado(make_customer: MakeCustomer, repeat: Repeat) -> None:
    customer = make_customer()
    repeat()
    Customer.objects.filter(pk=customer.pk).update(is_blocked=True)
    work_at(MONDAY)
    run = only_run()
    assert (run.state, run.problem) == (State.CANCELLED, "Nobody was to receive it.")
    assert not Alert.objects.exists()


def test_a_run_for_whose_recipients_no_hour_is_left_is_told(
    make_customer: MakeCustomer, repeat: Repeat
) -> None:
    """At eight in the evening in Moscow it is five in the morning in Kamchatka."""
    make_customer(time_zone="Asia/Kamchatka")
    repeat(time_of_day=time(20), local_from=time(10), local_to=time(21), run_hours=1)
    work_at(MONDAY + timedelta(hours=10))
    run = only_run()
    assert (run.state, run.problem) == (State.CANCELLED, "Nobody was to receive it.")
    assert Alert.objects.get(cause=f"series-empty:{run.pk}").sentence == (
        "“Autumn, 8 Mar 2027” writes to nobody: no permitted hour was left for its recipients (1). Copy it if it shall "
        "still go."
    )


def test_whoever_comes_second_does_nothing(make_customer: MakeCustomer, repeat: Repeat, editor: User) -> None:
    make_customer()
    one = repeat()
    work_at(MONDAY - timedelta(minutes=10))
    run = only_run()
    with clock_at(MONDAY):
        series._decide(run)
        assert only_run().state == State.APPROVED
        lifecycle.withdraw(one, editor)
        assert series._catch_up(one.pk, MONDAY + WEEK) is None
    assert len(runs()) == 1


def test_a_run_that_cannot_be_planned_is_told_and_tried_again(
    make_customer: MakeCustomer, repeat: Repeat, north: Connection
) -> None:
    make_customer()
    repeat()
    Connection.objects.update(status="dead")
    work_at(MONDAY - timedelta(minutes=10))
    run = only_run()
    assert run.state == State.DRAFT
    alert = Alert.objects.get(cause=f"series-failed:{run.pk}")
    assert "No operator is connected" in alert.sentence
    assert "It is tried again every few minutes." in alert.sentence
    Connection.objects.update(status="online")
    work_at(MONDAY - timedelta(minutes=6))
    assert only_run().state == State.DRAFT
    work_at(MONDAY - timedelta(minutes=5))  # asks for the plan
    work_at(MONDAY)
    assert only_run().state == State.RUNNING
    alert.refresh_from_db()
    assert alert.closed_at is not None


def test_a_run_that_could_not_be_planned_in_time_is_told(make_customer: MakeCustomer, repeat: Repeat) -> None:
    make_customer()
    repeat()
    Connection.objects.update(status="dead")
    work_at(MONDAY)
    work_at(MONDAY + timedelta(days=1))
    run = only_run()
    assert run.state == State.CANCELLED
    assert (
        "did not run. No operator is connected" in Alert.objects.get(cause=f"series-failed:{run.pk}").sentence
    )


def test_a_run_that_a_person_changed_is_theirs(
    make_customer: MakeCustomer, repeat: Repeat, editor: User
) -> None:
    make_customer()
    repeat()
    work_at(MONDAY - timedelta(minutes=10))
    with clock_at(MONDAY - timedelta(minutes=9)):
        assert lifecycle.edited(only_run(), editor)
    work_at(MONDAY)
    run = only_run()
    assert (run.state, run.runs_itself) == (State.DRAFT, False)


def test_another_mailing_submitted_meanwhile_has_a_run_planned_once_more(
    make_customer: MakeCustomer, repeat: Repeat, mailing: Mailing
) -> None:
    ContactRules.objects.update(one_mailing_a_day=True)
    busy, free = make_customer(), make_customer()
    one = repeat()
    with clock_at(MONDAY - timedelta(minutes=10)):
        series.make_due()
        run = only_run()
        planning.plan(run)
        other = Mailing.objects.create(
            name="Other",
            template=one.template,
            audience=one.audience,
            created_by=one.created_by,
            state=State.RUNNING,
            planned_at=MONDAY,
            planned_count=1,
            submitted_at=MONDAY,
        )
        message = Message.objects.get(mailing=run, customer=busy)
        message.pk, message.mailing = message.pk + 1000, other
        message.save(force_insert=True)
        series.follow()
        assert only_run().state == State.PLANNING
        work()
    run = only_run()
    assert run.state == State.APPROVED
    assert list(Message.objects.of(run).waiting().values_list("customer", flat=True)) == [free.pk]


def test_a_sample_takes_no_room_from_other_mailings(make_customer: MakeCustomer, repeat: Repeat) -> None:
    make_customer()
    repeat()
    assert usage(FRIDAY, starts=FRIDAY, ends=MONDAY + WEEK).promised == {}


def test_three_zones_get_it_at_ten_on_their_own_clock_across_a_daylight_change(
    make_customer: MakeCustomer, repeat: Repeat, north: Connection
) -> None:
    """Every day at ten. On 14 March New York's clocks go forward; those of Moscow and Kamchatka never do."""
    names = ["America/New_York", "Europe/Moscow", "Asia/Kamchatka"]
    zones = {make_customer(time_zone=name).pk: ZoneInfo(name) for name in names}
    repeat(
        repeats="daily",
        by_own_clock=True,
        until=date(2027, 3, 16),
        starts_at=datetime(2027, 3, 13, tzinfo=UTC),
    )
    got: dict[str, list[str]] = {name: [] for name in names}
    moment, ends = datetime(2027, 3, 12, 12, tzinfo=UTC), datetime(2027, 3, 17, 12, tzinfo=UTC)
    with clock_at(moment) as clock:
        while moment < ends:
            clock.move_to(moment)
            work()
            for one in claim(north, 10):
                zone = zones[Message.objects.get(pk=one.message_id).customer_id]
                got[zone.key].append(f"{moment.astimezone(zone):%d %H:%M}")
                Message.objects.filter(pk=one.message_id).update(
                    state="delivered", sent_at=moment, final_at=moment
                )
            watch.finish_ended()
            moment += timedelta(minutes=30)
    assert got == {name: ["13 10:00", "14 10:00", "15 10:00", "16 10:00"] for name in names}
    assert {run.state for run in runs()} == {State.FINISHED}
    assert not Alert.objects.filter(cause__startswith="series-").exists()


def test_the_clock_of_a_named_zone_is_kept_across_a_daylight_change(
    make_customer: MakeCustomer, repeat: Repeat
) -> None:
    make_customer()
    repeat(zone="Europe/Berlin")
    for week in range(4):
        work_at(MONDAY + week * WEEK + timedelta(hours=3))
    assert [run.run_at for run in runs()] == [
        datetime(2027, 3, 8, 9, tzinfo=UTC),
        datetime(2027, 3, 15, 9, tzinfo=UTC),
        datetime(2027, 3, 22, 9, tzinfo=UTC),
        datetime(2027, 3, 29, 8, tzinfo=UTC),
    ]


def test_a_series_that_never_runs_cannot_be_planned(
    mailing: Mailing, editor: User, north: Connection
) -> None:
    Mailing.objects.update(repeats="daily", until=date(2027, 1, 1))
    mailing.refresh_from_db()
    with clock_at(FRIDAY):
        lifecycle.request_plan(mailing, editor)
        planning.plan(mailing)
    mailing.refresh_from_db()
    assert mailing.problem == "It would never go out. Choose other days, or a later last day."


def test_what_repeats_is_part_of_what_is_approved(mailing: Mailing) -> None:
    assert "repeating" not in lifecycle.content(mailing)
    mailing.repeats, mailing.repeat_weekdays, mailing.run_cost = "weekly", [4, 1], Decimal(100)
    assert lifecycle.content(mailing)["repeating"] == {
        "repeats": "weekly",
        "weekdays": [1, 4],
        "month_day": 1,
        "time_of_day": "10:00:00",
        "zone": "",
        "until": None,
        "country": "",
        "on_holiday": "send",
        "run_hours": 24,
        "run_recipients": None,
        "run_cost": "100.00",
    }


@pytest.mark.parametrize(
    ("values", "field", "sentence_said"),
    [
        ({"repeats": "weekly", "repeat_weekdays": []}, "repeat_weekdays", "Choose at least one day."),
        ({"on_holiday": "next"}, "country", "Choose the country whose holidays count."),
        (
            {"ends_at": FRIDAY},
            "ends_at",
            "Leave this empty: a mailing that repeats goes on until the day given below.",
        ),
        (
            {"starts_at": FRIDAY, "until": date(2027, 3, 4)},
            "until",
            "The last day must not lie before the start.",
        ),
        (
            {"spread_hours": 25},
            "spread_hours",
            "A run ends before all of its messages have left. Spread them over fewer hours.",
        ),
        ({"time_of_day": time(22)}, "time_of_day", "This is outside the permitted hours."),
    ],
)
def test_nonsense_about_repeating_is_refused_at_its_field(
    values: dict[str, Any], field: str, sentence_said: str, mailing: Mailing
) -> None:
    for name, value in {"repeats": "daily", **values}.items():
        setattr(mailing, name, value)
    with pytest.raises(ValidationError) as refused:
        check_repeating(mailing, Hours(time(10), time(21)))
    assert refused.value.message_dict == {field: [sentence_said]}


def test_the_page_says_when_it_runs_next(make_customer: MakeCustomer, repeat: Repeat) -> None:
    make_customer()
    one = repeat(by_own_clock=True)
    work_at(FRIDAY)
    one.refresh_from_db()
    assert sentence(one) == (
        "Approved since 5 March, 12:00. Every week on Monday at 10:00. That is by each customer's own clock. "
        "The next run is on 8 March, 10:00."
    )
    one.by_own_clock, one.zone = False, "America/New_York"
    assert "That is by the clock of America/New York." in sentence(one)
    assert [segment.label for segment in progress_of(one)["segments"]] == ["would get the next run"]
