from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal

import pytest
import time_machine
from django.db import connection
from django.utils import timezone

from backoffice.accounts.models import User
from backoffice.customers.models import Consent, Purpose
from backoffice.mailings import ledger, lifecycle, planning
from backoffice.mailings.models import Mailing, Message
from backoffice.message_templates.models import TextVariant
from kannel.models import Connection
from tests.mailings.conftest import MakeCustomer, message_to

pytestmark = pytest.mark.django_db
Planned = Callable[[], Mailing]
State = Message.State


def test_each_customer_gets_a_row_with_text_parts_route_and_price(
    north: Connection, south: Connection, make_customer: MakeCustomer, planned: Planned
) -> None:
    anna = make_customer("+79161234567", first_name="Анна")
    planned()
    message = message_to(anna)
    assert message.state == State.WAITING
    assert message.text == "Dear Анна, come in."
    assert (message.coding, message.parts) == (2, 1)
    assert (message.connection, message.cost) == (north, Decimal("1.10"))
    assert message.earliest_at is not None
    assert message.latest_at is not None
    assert message.latest_at - message.earliest_at == timedelta(days=1)


def test_a_plan_after_months_without_anybody_finds_its_month(
    north: Connection, make_customer: MakeCustomer, planned: Planned
) -> None:
    anna = make_customer()
    with time_machine.travel(timezone.now() + timedelta(days=400)):
        Connection.objects.update(seen_at=timezone.now())
        planned()
        assert message_to(anna).state == State.WAITING


def test_the_longest_prefix_decides_the_cheapest_operator(
    north: Connection, south: Connection, make_customer: MakeCustomer, planned: Planned
) -> None:
    special, other = make_customer("+79160000001"), make_customer("+79170000001")
    planned()
    assert message_to(special).connection == north
    assert message_to(other).connection == south


def test_an_operator_that_is_not_connected_gets_nothing(
    north: Connection, south: Connection, make_customer: MakeCustomer, planned: Planned
) -> None:
    Connection.objects.filter(pk=north.pk).update(status=Connection.Status.RECONNECTING)
    special = make_customer("+79160000001")
    planned()
    assert (message_to(special).connection, message_to(special).cost) == (south, Decimal("1.50"))


def test_without_any_connection_the_plan_says_whom_to_ask(
    north: Connection, make_customer: MakeCustomer, planned: Planned
) -> None:
    Connection.objects.update(status=Connection.Status.DEAD)
    make_customer()
    mailing = planned()
    assert mailing.state == Mailing.State.DRAFT
    assert "Ask the operator staff" in mailing.problem


@pytest.mark.parametrize(
    ("values", "reason"),
    [
        ({"consent": "withdrawn"}, "opted_out"),
        ({"is_blocked": True}, "opted_out"),
        ({"consent": None}, "no_consent"),
        ({"phone": ""}, "invalid_number"),
        ({"phone": "+7"}, "invalid_number"),
        ({"phone": "+74951234567"}, "not_mobile"),
        ({"phone": "+78005553535"}, "not_mobile"),
        ({"phone": "+447911123456"}, "no_route"),
        ({"phone": "", "consent": None}, "no_consent"),
    ],
)
def test_who_cannot_be_written_to_is_excluded_with_the_one_reason(
    values: dict[str, object], reason: str, north: Connection, make_customer: MakeCustomer, planned: Planned
) -> None:
    customer = make_customer(**values)
    planned()
    message = message_to(customer)
    assert (message.state, message.reason, message.text, message.parts) == (State.EXCLUDED, reason, "", 0)


def test_a_number_that_somebody_opted_out_with_is_not_written_to_under_another_name(
    north: Connection, make_customer: MakeCustomer, planned: Planned
) -> None:
    make_customer("+79050000099", consent="withdrawn")
    namesake = make_customer("+79050000099")
    planned()
    assert message_to(namesake).reason == "opted_out"


def test_two_customers_with_one_number_get_one_message(
    north: Connection, make_customer: MakeCustomer, planned: Planned
) -> None:
    first, second = make_customer("+79050000099"), make_customer("+79050000099")
    planned()
    assert message_to(first).state == State.WAITING
    assert (message_to(second).state, message_to(second).reason) == (State.EXCLUDED, "duplicate")


def test_whoever_had_enough_messages_lately_is_left_out(
    north: Connection, make_customer: MakeCustomer, planned: Planned, mailing: Mailing
) -> None:
    tired, fresh = make_customer(), make_customer()
    planned()
    before = Mailing.objects.create(
        name="Summer",
        template=mailing.template,
        audience=mailing.audience,
        created_by=mailing.created_by,
        state=Mailing.State.FINISHED,
        finished_at=timezone.now() - timedelta(days=2),
    )
    Message.objects.filter(customer=tired).update(
        mailing=before, state=State.DELIVERED, sent_at=timezone.now() - timedelta(days=2)
    )
    Mailing.objects.filter(pk=mailing.pk).update(cap_messages=1, cap_days=7)
    planned()
    assert Message.objects.get(customer=tired, mailing=mailing).reason == "capped"
    assert Message.objects.get(customer=fresh, mailing=mailing).state == State.WAITING


def test_a_text_that_would_be_empty_is_not_sent(
    north: Connection, make_customer: MakeCustomer, planned: Planned, mailing: Mailing
) -> None:
    type(mailing.template).objects.update(text="{first_name}")
    nameless = make_customer()
    planned()
    assert message_to(nameless).reason == "empty_text"


def test_no_permitted_hour_before_the_end_excludes(
    north: Connection, make_customer: MakeCustomer, planned: Planned, mailing: Mailing
) -> None:
    now = timezone.now()
    local = timezone.localtime(now)
    Mailing.objects.filter(pk=mailing.pk).update(
        local_from=(local + timedelta(hours=3)).time(),
        local_to=(local + timedelta(hours=4)).time(),
        ends_at=now + timedelta(hours=1),
    )
    if (local + timedelta(hours=4)).time() < (local + timedelta(hours=3)).time():
        Mailing.objects.filter(pk=mailing.pk).update(
            local_from=(local - timedelta(hours=4)).time(), local_to=(local - timedelta(hours=3)).time()
        )
    customer = make_customer()
    planned()
    assert message_to(customer).reason == "out_of_hours"


def test_the_holdout_takes_its_share_and_always_the_same_people(
    north: Connection, make_customer: MakeCustomer, planned: Planned, mailing: Mailing
) -> None:
    for _ in range(200):
        make_customer()
    Mailing.objects.filter(pk=mailing.pk).update(holdout_percent=50)
    planned()
    held_out = set(Message.objects.filter(state=State.HELD_OUT).values_list("customer_id", flat=True))
    assert 70 < len(held_out) < 130
    planned()
    assert set(Message.objects.filter(state=State.HELD_OUT).values_list("customer_id", flat=True)) == held_out


def test_each_customer_gets_the_text_of_their_language(
    north: Connection, make_customer: MakeCustomer, planned: Planned, mailing: Mailing
) -> None:
    TextVariant.objects.create(template=mailing.template, language="ru", text="Приходите.")
    russian, german = make_customer(language="ru-RU"), make_customer(language="de")
    planned()
    assert message_to(russian).text == "Приходите."
    assert message_to(german).text == "Dear customer, come in."


def test_the_plan_counts_what_it_wrote_and_what_it_will_cost(
    north: Connection, make_customer: MakeCustomer, planned: Planned
) -> None:
    make_customer("+79160000001")
    make_customer("+79050000001")
    make_customer(consent=None)
    mailing = planned()
    assert (mailing.state, mailing.planned_count, mailing.planned_cost) == ("planned", 3, Decimal("3.60"))
    books = ledger.ledger(mailing.pk)
    assert (books.planned, books.counts[State.WAITING], books.counts[State.EXCLUDED], books.balanced) == (
        3,
        2,
        1,
        True,
    )
    assert ledger.exclusions(mailing.pk) == [("no_consent", "no consent", 1)]


def test_planning_again_replaces_the_plan(
    north: Connection, make_customer: MakeCustomer, planned: Planned
) -> None:
    make_customer()
    planned()
    make_customer()
    mailing = planned()
    assert (mailing.planned_count, Message.objects.filter(mailing=mailing).count()) == (2, 2)


def test_an_end_in_the_past_is_said_and_nothing_is_planned(
    north: Connection, make_customer: MakeCustomer, planned: Planned, mailing: Mailing
) -> None:
    Mailing.objects.filter(pk=mailing.pk).update(ends_at=timezone.now() - timedelta(minutes=1))
    assert planned().problem == "The end of the mailing is over. Choose a later one."


def test_a_text_with_a_wrong_field_is_said(
    north: Connection, make_customer: MakeCustomer, planned: Planned, mailing: Mailing
) -> None:
    type(mailing.template).objects.update(text="Dear {frist_name}")
    assert "The text cannot be used" in planned().problem


def test_a_text_that_was_given_another_purpose_since_is_not_sent(
    make_customer: MakeCustomer, north: Connection, planned: Planned, mailing: Mailing
) -> None:
    make_customer()
    type(mailing.template).objects.update(purpose="service", sender="Bank")
    assert planned().problem == (
        "The text “Autumn offer” is for “Service messages”. Choose that, or another text. "
        "The text “Autumn offer” may only come from “Bank”. Choose that sender, or another text."
    )
    assert not Message.objects.exists()


def test_a_text_that_was_never_published_is_not_sent(
    north: Connection, make_customer: MakeCustomer, planned: Planned, mailing: Mailing
) -> None:
    type(mailing.template).objects.update(live=False)
    assert "not published" in planned().problem


def test_a_mailing_that_is_not_to_be_planned_is_left_alone(mailing: Mailing, north: Connection) -> None:
    assert planning.plan(mailing) is None
    assert mailing.state == Mailing.State.DRAFT


def test_samples_show_texts_as_they_will_leave(
    north: Connection, make_customer: MakeCustomer, planned: Planned, editor: User
) -> None:
    make_customer(first_name="Oleg")
    make_customer(consent=None)
    mailing = planned()
    assert [message.text for message in planning.samples(mailing.pk)] == ["Dear Oxxx, come in."]


def test_consent_for_another_purpose_does_not_count(
    north: Connection, make_customer: MakeCustomer, planned: Planned, mailing: Mailing
) -> None:
    customer = make_customer()
    Consent.objects.update(purpose=Purpose.SERVICE)
    planned()
    assert message_to(customer).reason == "no_consent"


def test_a_digest_tells_when_a_row_of_the_plan_was_touched(
    north: Connection, make_customer: MakeCustomer, planned: Planned, editor: User, approver: User
) -> None:
    make_customer()
    mailing = planned()
    lifecycle.submit(mailing, editor)
    lifecycle.approve(mailing, approver)
    Message.objects.filter(mailing=mailing).update(text="Something else")
    assert lifecycle.start_due() == []
    mailing.refresh_from_db()
    assert mailing.state == Mailing.State.DRAFT
    assert "changed after its approval" in mailing.problem


def test_postgresql_is_told_at_once_what_a_large_plan_has_written(
    north: Connection, make_customer: MakeCustomer, planned: Planned, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(planning, "MANY_ROWS", 2)
    make_customer("+79160000001")
    make_customer("+79160000002")

    mailing = planned()

    assert mailing.planned_at is not None
    with connection.cursor() as cursor:
        table = f"mailings_message_{mailing.planned_at:%Y_%m}"
        cursor.execute("SELECT reltuples FROM pg_class WHERE relname = %s", [table])
        assert cursor.fetchone()[0] == Message.objects.of(mailing).count() == 2
