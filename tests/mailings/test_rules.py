"""The rules for everybody: who is left out of a plan, and who of a claim."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.utils import timezone

from backoffice.audiences.models import CustomerList, ListMember
from backoffice.customers.models import Consent, Contact, Customer, Purpose
from backoffice.mailings.claiming import claim
from backoffice.mailings.contact_rules import ContactRules
from backoffice.mailings.models import Mailing, Message
from backoffice.message_templates.models import MessageTemplate
from kannel.models import Connection
from kannel.monthly import first_id
from tests.mailings.conftest import MakeCustomer

pytestmark = pytest.mark.django_db
Planned = Callable[[], Mailing]
NOW = timezone.now()
MARKETING = ContactRules.objects.filter(purpose=Purpose.MARKETING)


def reason_of(customer: Customer, mailing: Mailing) -> str:
    return Message.objects.get(customer=customer, mailing=mailing).reason


def another(mailing: Mailing, state: str = "running", **values: Any) -> Mailing:
    """Another mailing of the same kind."""
    return Mailing.objects.create(
        name="Before",
        template=mailing.template,
        audience=mailing.audience,
        created_by=mailing.created_by,
        state=state,
        planned_at=NOW,
        **values,
    )


def wrote(mailing: Mailing, customer: Customer, state: str = "delivered", **values: Any) -> None:
    """A message of that mailing to the customer."""
    last = Message.objects.order_by("-id").values_list("id", flat=True).first()
    moment = {"state_at": NOW, "earliest_at": NOW, "latest_at": NOW + timedelta(hours=2)}
    Message.objects.create(
        id=(last or first_free_id()) + 1,
        mailing=mailing,
        customer=customer,
        state=state,
        **(moment | values),
    )


def first_free_id() -> int:
    # Far from what the sequence of the table gives out in a test.
    return first_id(NOW.date()) + 500_000


def exclude(customer: Customer) -> CustomerList:
    never, _ = CustomerList.objects.get_or_create(name="Journalists", kind=CustomerList.Kind.EXCLUSION)
    ListMember.objects.create(customer_list=never, customer=customer)
    return never


def test_offers_and_service_messages_start_with_rules_of_their_own() -> None:
    marketing, service = ContactRules.of("marketing"), ContactRules.of("service")
    assert (marketing.cap_messages, marketing.cap_days, marketing.one_mailing_a_day) == (2, 7, True)
    assert (service.cap_messages, service.one_mailing_a_day, service.unreachable_days) == (0, False, 0)
    assert marketing.needs_consent
    assert service.leaves_out_lists


def test_without_a_row_the_usual_rules_apply() -> None:
    stored = ContactRules.of("marketing").sentences()
    ContactRules.objects.all().delete()
    assert ContactRules.of("marketing").sentences() == stored


def test_rules_are_told_in_sentences() -> None:
    assert ContactRules.of("marketing").sentences() == [
        "Never to those who refused or are blocked.",
        "Not to those on a list of customers never to write to.",
        "Only to those who agreed.",
        "Not to numbers where nothing arrived for 30 days; they are tried again after 90.",
        "Not to those whom another mailing reaches on the same day.",
        "At most 2 messages within 7 days.",
        "One message to a number.",
    ]


def test_the_law_does_not_let_offers_go_to_people_who_did_not_agree() -> None:
    with pytest.raises(ValidationError, match="only to people who agreed"):
        ContactRules(purpose=Purpose.MARKETING, needs_consent=False).clean()
    ContactRules(purpose=Purpose.SERVICE, needs_consent=False).clean()


def test_who_is_on_an_exclusion_list_is_left_out(
    north: Connection, make_customer: MakeCustomer, planned: Planned
) -> None:
    listed, other = make_customer(), make_customer()
    exclude(listed)
    mailing = planned()
    assert (reason_of(listed, mailing), reason_of(other, mailing)) == ("excluded_list", "")


def test_an_exclusion_list_means_the_number_under_whatever_name(
    north: Connection, make_customer: MakeCustomer, planned: Planned
) -> None:
    MARKETING.update(once_a_number=False)
    listed, twin = make_customer("+79050000099"), make_customer("+79050000099")
    exclude(listed)
    mailing = planned()
    assert (reason_of(listed, mailing), reason_of(twin, mailing)) == ("excluded_list", "excluded_list")


def test_without_a_number_an_exclusion_list_means_the_customer_alone(
    north: Connection, make_customer: MakeCustomer, planned: Planned
) -> None:
    listed, other, reached = make_customer(""), make_customer(""), make_customer()
    exclude(listed)
    mailing = planned()
    assert [reason_of(one, mailing) for one in (listed, other, reached)] == [
        "excluded_list",
        "invalid_number",
        "",
    ]


def test_other_lists_leave_nobody_out(
    north: Connection, make_customer: MakeCustomer, planned: Planned
) -> None:
    customer = make_customer()
    ListMember.objects.create(customer_list=CustomerList.objects.create(name="Friends"), customer=customer)
    assert reason_of(customer, planned()) == ""


def test_a_rule_that_is_switched_off_leaves_nobody_out(
    north: Connection, make_customer: MakeCustomer, planned: Planned
) -> None:
    MARKETING.update(leaves_out_lists=False, once_a_number=False)
    listed, twin = make_customer("+79050000099"), make_customer("+79050000099")
    exclude(listed)
    mailing = planned()
    assert (reason_of(listed, mailing), reason_of(twin, mailing)) == ("", "")


def test_service_messages_may_need_no_consent_but_respect_a_refusal(
    north: Connection, make_customer: MakeCustomer, planned: Planned, mailing: Mailing
) -> None:
    ContactRules.objects.filter(purpose=Purpose.SERVICE).update(needs_consent=False)
    Mailing.objects.filter(pk=mailing.pk).update(purpose=Purpose.SERVICE)
    MessageTemplate.objects.update(purpose=Purpose.SERVICE)
    silent, refused = make_customer(consent=None), make_customer(consent="withdrawn")
    Consent.objects.update(purpose=Purpose.SERVICE)
    mailing = planned()
    assert (reason_of(silent, mailing), reason_of(refused, mailing)) == ("", "opted_out")


@pytest.mark.parametrize(
    ("delivered_days_ago", "failed_days_ago", "known_days", "reason"),
    [
        (40, 1, 400, "unreachable"),
        (None, 1, 400, "unreachable"),
        (10, 1, 400, ""),  # nothing arrives, but not for long enough
        (None, 1, 10, ""),  # we have hardly met
        (1, 40, 400, ""),  # it came through again
        (200, 100, 400, ""),  # time to try again
        (40, None, 400, ""),  # nothing ever failed
    ],
)
def test_numbers_where_nothing_arrives_are_left_out_until_it_is_time_to_try_again(
    delivered_days_ago: int | None,
    failed_days_ago: int | None,
    known_days: int,
    reason: str,
    north: Connection,
    make_customer: MakeCustomer,
    planned: Planned,
) -> None:
    def ago(days: int | None) -> Any:
        return None if days is None else NOW - timedelta(days=days)

    customer = make_customer()
    Customer.objects.update(created_at=ago(known_days))
    Contact.objects.create(
        customer=customer, last_delivered_at=ago(delivered_days_ago), last_failed_at=ago(failed_days_ago)
    )
    assert reason_of(customer, planned()) == reason


@pytest.mark.parametrize(
    ("state", "values", "reason"),
    [
        ("delivered", {"sent_at": timedelta()}, "other_mailing"),
        ("waiting", {}, "other_mailing"),
        ("submitting", {"submitted_at": timedelta()}, "other_mailing"),
        ("delivered", {"sent_at": timedelta(days=-2)}, ""),
        ("waiting", {"earliest_at": timedelta(days=2)}, ""),
        ("excluded", {}, ""),
        ("cancelled", {}, ""),
    ],
)
def test_whom_another_mailing_reaches_today_is_left_out(
    state: str,
    values: dict[str, timedelta],
    reason: str,
    north: Connection,
    make_customer: MakeCustomer,
    planned: Planned,
    mailing: Mailing,
) -> None:
    customer, stranger = make_customer(), make_customer()
    # Not NOW: midnight may have passed since this module was read.
    now = timezone.now()
    wrote(another(mailing), customer, state, **{name: now + after for name, after in values.items()})
    mailing = planned()
    assert (reason_of(customer, mailing), reason_of(stranger, mailing)) == (reason, "")


@pytest.mark.parametrize(
    "values", [{"state": "planned"}, {"state": "draft"}, {"purpose": "service"}, {"state": "finished"}]
)
def test_a_plan_that_nobody_submitted_or_of_another_purpose_or_long_over_stops_nobody(
    values: dict[str, Any],
    north: Connection,
    make_customer: MakeCustomer,
    planned: Planned,
    mailing: Mailing,
) -> None:
    customer = make_customer()
    long_ago = {"finished_at": NOW - timedelta(days=60)} if values.get("state") == "finished" else {}
    wrote(another(mailing, **values, **long_ago), customer, "waiting")
    assert reason_of(customer, planned()) == ""


def test_the_day_that_counts_is_the_one_of_the_start(
    north: Connection, make_customer: MakeCustomer, planned: Planned, mailing: Mailing
) -> None:
    customer = make_customer()
    wrote(another(mailing), customer, sent_at=NOW)
    starts = NOW + timedelta(days=2)
    Mailing.objects.filter(pk=mailing.pk).update(starts_at=starts, ends_at=starts + timedelta(hours=3))
    assert reason_of(customer, planned()) == ""


def test_the_cap_for_everybody_counts_messages_of_the_purpose(
    north: Connection, make_customer: MakeCustomer, planned: Planned, mailing: Mailing
) -> None:
    MARKETING.update(one_mailing_a_day=False)
    had_two, had_one, served = make_customer(), make_customer(), make_customer()
    offer = another(mailing, "finished", finished_at=NOW)
    service = another(mailing, "finished", finished_at=NOW, purpose=Purpose.SERVICE)
    for _time in range(2):
        wrote(offer, had_two, sent_at=NOW - timedelta(days=3))
        wrote(service, served, sent_at=NOW - timedelta(days=3))
    wrote(offer, had_one, sent_at=NOW - timedelta(days=3))
    wrote(offer, had_one, sent_at=NOW - timedelta(days=8))
    wrote(offer, had_one, "failed")
    mailing = planned()
    assert [reason_of(one, mailing) for one in (had_two, had_one, served)] == ["capped", "", ""]


def test_what_had_left_before_a_mailing_was_cancelled_counts(
    north: Connection, make_customer: MakeCustomer, planned: Planned, mailing: Mailing
) -> None:
    MARKETING.update(one_mailing_a_day=False, cap_messages=1)
    customer = make_customer()
    wrote(another(mailing, "cancelled", finished_at=NOW), customer, "sent", sent_at=NOW)
    assert reason_of(customer, planned()) == "capped"


def test_service_messages_are_not_capped(
    north: Connection, make_customer: MakeCustomer, planned: Planned, mailing: Mailing
) -> None:
    customer = make_customer()
    Consent.objects.update(purpose=Purpose.SERVICE)
    Mailing.objects.filter(pk=mailing.pk).update(purpose=Purpose.SERVICE)
    MessageTemplate.objects.update(purpose=Purpose.SERVICE)
    for _time in range(5):
        wrote(another(mailing, purpose=Purpose.SERVICE), customer, sent_at=NOW)
    assert reason_of(customer, planned()) == ""


@pytest.mark.parametrize(("own", "reason"), [(1, "capped"), (0, "")])
def test_the_cap_of_a_mailing_comes_beside_the_one_for_everybody(
    own: int,
    reason: str,
    north: Connection,
    make_customer: MakeCustomer,
    planned: Planned,
    mailing: Mailing,
) -> None:
    customer = make_customer()
    wrote(another(mailing, "finished", finished_at=NOW), customer, sent_at=NOW - timedelta(days=20))
    Mailing.objects.filter(pk=mailing.pk).update(cap_messages=own, cap_days=30)
    assert reason_of(customer, planned()) == reason


def test_a_cap_that_allows_more_than_the_rules_is_refused(mailing: Mailing) -> None:
    mailing.cap_messages, mailing.cap_days = 3, 7
    with pytest.raises(ValidationError, match="At most 2 messages within 7 days"):
        mailing.clean()
    mailing.cap_messages = 1
    mailing.clean()
    mailing.cap_messages, mailing.cap_days = 3, 30
    mailing.clean()


def test_who_was_put_on_an_exclusion_list_after_planning_is_not_written_to(
    north: Connection, make_customer: MakeCustomer, running: Planned
) -> None:
    listed, other = make_customer(), make_customer()
    mailing = running()
    exclude(listed)
    assert [taken.phone for taken in claim(north, 10)] == [other.phone]
    assert reason_of(listed, mailing) == "excluded_list"


def test_a_claim_knows_a_listed_number_under_another_name(
    north: Connection, make_customer: MakeCustomer, running: Planned
) -> None:
    MARKETING.update(once_a_number=False)
    customer = make_customer("+79050000099")
    mailing = running()
    exclude(make_customer("+79050000099"))
    assert claim(north, 10) == []
    assert reason_of(customer, mailing) == "excluded_list"


def test_a_claim_leaves_listed_people_alone_only_where_the_rules_say_so(
    north: Connection, make_customer: MakeCustomer, running: Planned
) -> None:
    MARKETING.update(leaves_out_lists=False)
    exclude(make_customer())
    running()
    assert len(claim(north, 10)) == 1


def test_a_claim_follows_the_usual_rules_where_nobody_set_any(
    north: Connection, make_customer: MakeCustomer, running: Planned
) -> None:
    listed, silent = make_customer(), make_customer()
    mailing = running()
    ContactRules.objects.all().delete()
    exclude(listed)
    Consent.objects.filter(customer=silent).delete()
    assert claim(north, 10) == []
    assert (reason_of(listed, mailing), reason_of(silent, mailing)) == ("excluded_list", "no_consent")
