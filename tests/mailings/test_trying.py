"""Trying a mailing out on employees: texts as the plan has them, over operators that work, so many a day."""

from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.utils import timezone
from pytest_django import DjangoCaptureOnCommitCallbacks, Settings
from wagtail.models import ModelLogEntry

from backoffice.accounts.models import User
from backoffice.audiences.models import Audience
from backoffice.lib.said import in_readers_language
from backoffice.mailings import ledger, lifecycle, trial_texts, trying, trying_tasks
from backoffice.mailings.content import content, content_hash
from backoffice.mailings.lifecycle import Refused
from backoffice.mailings.models import Mailing, Message, ShortLink, Trial
from backoffice.mailings.routes.choosing import NoWay
from backoffice.mailings.shortlinks.codes import customer_of
from backoffice.mailings.trial_texts import Sample
from backoffice.mailings.trial_ways import Ways
from backoffice.mailings.trying import Planned
from backoffice.message_templates.models import MessageTemplate, TextVariant
from backoffice.operators.models import Network, PortedNumber
from kannel.models import Connection, TestMessage
from tests.mailings.conftest import MakeCustomer

pytestmark = pytest.mark.django_db
PlannedMailing = Callable[[], Mailing]
PHONE = "+79161234567"


@pytest.fixture
def anna(editor: User) -> User:
    User.objects.filter(pk=editor.pk).update(phone=PHONE)
    editor.refresh_from_db()
    return editor


def says(mailing: Mailing, text: str, **variants: str) -> None:
    MessageTemplate.objects.filter(pk=mailing.template_id).update(text=text)
    for language, words in variants.items():
        TextVariant.objects.create(template=mailing.template, language=language, text=words)
    mailing.refresh_from_db()


def samples(mailing: Mailing) -> list[Sample]:
    return trial_texts.samples_of(mailing, trial_texts.some_customers(mailing)[0])


def chosen(mailing: Mailing, person: User, count: int = 1) -> list[Planned]:
    """So many messages to one person, all with the first text, over the cheapest operator."""
    first = samples(mailing)[0]
    return [Planned(person, first, Ways(mailing).to(person.phone)[0])] * count


def test_the_text_is_that_of_the_plan(
    north: Connection, make_customer: MakeCustomer, mailing: Mailing, planned: PlannedMailing
) -> None:
    says(
        mailing,
        'Dear {first_name|default:"customer"}, until {mailing.ends_on|iso}.',
        ru="{first_name}, {mailing.name}!",
    )
    Mailing.objects.update(by_own_clock=True, ends_at=timezone.now() + timedelta(days=3))
    make_customer(first_name="Anna", language="en", time_zone="Asia/Vladivostok")
    make_customer(first_name="Анна", language="ru-RU", time_zone="Europe/Moscow")
    found = samples(planned())
    by_customer = dict(Message.objects.values_list("customer_id", "text"))
    assert {one.customer.pk: one.text for one in found} == by_customer
    assert sorted(one.version.code for one in found) == ["", "ru"]


def test_before_there_is_a_plan_it_is_what_the_plan_will_have(
    north: Connection, make_customer: MakeCustomer, mailing: Mailing, planned: PlannedMailing
) -> None:
    says(mailing, "{first_name}: {mailing.starts_on|iso}")
    make_customer(first_name="Anna")
    before = [one.text for one in samples(mailing)]
    assert before == [f"Anna: {timezone.localdate()}"]
    assert [one.text for one in samples(planned())] == before


def test_of_each_text_the_typical_the_longest_and_the_shortest_are_offered(
    north: Connection, make_customer: MakeCustomer, planned: PlannedMailing
) -> None:
    for name in ("Al", "Anna", "Maximiliana", "Olga", "Mary-Elizabeth"):
        make_customer(first_name=name)
    found = samples(planned())
    assert [one.customer.first_name for one in found] == ["Olga", "Mary-Elizabeth", "Al"]


def test_a_language_that_nobody_reads_is_shown_with_values_of_another_customer(
    north: Connection, make_customer: MakeCustomer, mailing: Mailing, planned: PlannedMailing
) -> None:
    says(mailing, "Hello, {first_name}.", ru="Привет, {first_name}.")
    make_customer(first_name="Anna", language="en")
    found = {one.version.code: one for one in samples(planned())}
    assert (found["ru"].text, found["ru"].is_own) == ("Привет, Anna.", False)
    assert (found[""].text, found[""].is_own) == ("Hello, Anna.", True)


def test_texts_that_are_compared_are_all_there(
    north: Connection, make_customer: MakeCustomer, mailing: Mailing, planned: PlannedMailing
) -> None:
    Mailing.objects.update(second_text=MessageTemplate.objects.create(name="Shorter", text="Come in."))
    make_customer(first_name="Anna")
    assert {one.text for one in samples(planned())} == {"Dear Anna, come in.", "Come in."}


def test_of_a_series_the_text_is_that_of_its_next_run(
    north: Connection, make_customer: MakeCustomer, mailing: Mailing
) -> None:
    says(mailing, "{mailing.starts_on|iso}")
    make_customer()
    until = timezone.localdate() + timedelta(days=2)
    Mailing.objects.update(repeats="daily", until=until)
    mailing.refresh_from_db()
    day = date.fromisoformat(samples(mailing)[0].text)
    assert timezone.localdate() <= day <= until


def test_only_customers_who_would_get_it_lend_their_values(
    north: Connection, make_customer: MakeCustomer, mailing: Mailing, planned: PlannedMailing
) -> None:
    anna, oleg = make_customer(first_name="Anna"), make_customer(first_name="Oleg", consent=None)
    found = planned()
    keys = [f"{mailing.template_id}::{one.pk}" for one in (anna, oleg)]
    wrong = ["", "x", f"{mailing.template_id}::", f"{mailing.template_id}:ru:{anna.pk}", f"9999::{anna.pk}"]
    kept = trial_texts.samples_by_key(found, [*keys, *wrong, f"{mailing.template_id}::{'9' * 30}"])
    assert [one.text for one in kept] == ["Dear Anna, come in."]
    assert kept[0].key == keys[0]


def test_without_a_plan_they_are_those_of_the_audience(mailing: Mailing, make_customer: MakeCustomer) -> None:
    anna = make_customer(first_name="Anna", city="Kazan")
    key = f"{mailing.template_id}::{anna.pk}"
    assert len(trial_texts.samples_by_key(mailing, [key])) == 1
    Audience.objects.update(rules=[{"type": "city", "value": {"is_or_not": "in", "names": "Perm"}}])
    mailing.refresh_from_db()
    assert trial_texts.samples_by_key(mailing, [key]) == []
    Audience.objects.update(rules=[{"type": "city", "value": {"is_or_not": "in", "names": ""}}])
    mailing.refresh_from_db()
    assert trial_texts.samples_by_key(mailing, [key]) == []
    ids, problem = trial_texts.some_customers(mailing)
    assert (ids, bool(problem)) == ([], True)


def test_where_nobody_would_get_it_that_is_said(
    north: Connection, make_customer: MakeCustomer, mailing: Mailing, planned: PlannedMailing
) -> None:
    said = "Nobody would receive this mailing, so there is nothing to try."
    assert trial_texts.some_customers(mailing) == ([], said)
    make_customer(consent=None)
    assert trial_texts.some_customers(planned()) == ([], said)


def test_after_the_last_customers_it_begins_anew(
    north: Connection, make_customer: MakeCustomer, planned: PlannedMailing
) -> None:
    anna = make_customer()
    assert trial_texts.some_customers(planned(), page=3) == ([anna.pk], "")


def test_the_rest_of_a_comparison_is_tried_once_it_is_planned(
    mailing: Mailing, make_customer: MakeCustomer, editor: User
) -> None:
    rest = Mailing.objects.create(
        name="Rest", template=mailing.template, audience=mailing.audience, created_by=editor, rest_of=mailing
    )
    assert trial_texts.some_customers(rest) == ([], "Plan it first: who gets it is known then.")


def test_a_test_goes_its_own_way_and_no_ledger_counts_it(
    north: Connection,
    make_customer: MakeCustomer,
    planned: PlannedMailing,
    anna: User,
    django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
) -> None:
    make_customer(first_name="Anna")
    mailing = planned()
    books, approved = ledger.ledger(mailing.pk), content_hash(content(mailing))
    with django_capture_on_commit_callbacks() as callbacks:
        batch = trying.send(mailing, anna, chosen(mailing, anna))
    assert len(callbacks) == 1
    message = TestMessage.objects.get()
    assert (message.phone, message.sender, message.text) == (PHONE, "Parley", "Dear Axxx, come in.")
    assert (message.connection, message.created_by) == (north, anna)
    trial = Trial.objects.get()
    assert (trial.batch, trial.to, trial.parts, trial.cost) == (batch, anna, 1, Decimal("1.1000"))
    assert ledger.ledger(mailing.pk) == books
    assert content_hash(content(Mailing.objects.get())) == approved
    entry = ModelLogEntry.objects.for_instance(mailing).get(action="mailings.tried")
    assert (entry.user, in_readers_language(entry.data["comment"])) == (anna, "1 message")


def test_so_many_a_day_and_no_more(
    north: Connection, make_customer: MakeCustomer, planned: PlannedMailing, anna: User
) -> None:
    make_customer()
    mailing = planned()
    trying.send(mailing, anna, chosen(mailing, anna, 18))
    with pytest.raises(Refused, match="would be 3 test messages, and you have 2 of 20 left today"):
        trying.send(mailing, anna, chosen(mailing, anna, 3))
    assert trying.left_words(anna) == "Of 20 test messages a day you have 2 left."
    Trial.objects.update(sent_at=timezone.now() - timedelta(days=1))
    assert trying.left_today(anna) == 20


def test_what_tests_cost_is_added_up(
    north: Connection, make_customer: MakeCustomer, planned: PlannedMailing, anna: User
) -> None:
    make_customer()
    mailing = planned()
    assert trying.so_far_words(mailing) == ""
    assert trying.cost_words([]) == ""
    two = chosen(mailing, anna, 2)
    assert trying.cost_words(two) == "2 test messages, parts: 2, about 2.20 RUB."
    trying.send(mailing, anna, two)
    assert trying.so_far_words(mailing) == (
        "So far 2 test messages of this mailing have cost about 2.20 RUB."
    )


def test_whoever_neither_writes_nor_submits_sends_no_test(
    north: Connection, make_customer: MakeCustomer, planned: PlannedMailing, anna: User
) -> None:
    make_customer()
    mailing = planned()
    with pytest.raises(Refused, match="role"):
        trying.send(mailing, User.objects.create_user("stranger"), chosen(mailing, anna))
    with pytest.raises(Refused, match="at least one"):
        trying.send(mailing, anna, [])


@pytest.mark.parametrize("state", ["planning", "finished", "cancelled"])
def test_what_is_over_is_not_tried(
    state: str, north: Connection, make_customer: MakeCustomer, planned: PlannedMailing, anna: User
) -> None:
    make_customer()
    mailing = planned()
    wanted = chosen(mailing, anna)
    Mailing.objects.update(state=state)
    with pytest.raises(Refused, match="not possible"):
        trying.send(mailing, anna, wanted)
    assert not TestMessage.objects.exists()


def test_only_employees_with_a_number_are_written_to(anna: User) -> None:
    without = User.objects.create_user("without")
    gone = User.objects.create_user("gone", phone=PHONE, is_active=False)
    olga = User.objects.create_user("olga", first_name="Olga", last_name="Petrova", phone=PHONE)
    assert trying.people([anna.pk, without.pk, gone.pk, 10**6]) == [anna]
    assert trying.find_people("petr ol") == [olga]
    assert trying.find_people("petr an") == []


def test_operators_are_offered_the_cheapest_first(
    north: Connection, south: Connection, mailing: Mailing
) -> None:
    Mailing.objects.update(max_price=Decimal("0.01"))
    mailing.refresh_from_db()
    ways = Ways(mailing)
    assert [(one.connection, one.price) for one in ways.to(PHONE)] == [
        (north, Decimal("1.10")),
        (south, Decimal("1.50")),
    ]
    assert ways.to("+4915112345678") == []


def test_a_number_that_was_taken_along_costs_what_its_network_costs(
    north: Connection, south: Connection, mailing: Mailing
) -> None:
    network = Network.objects.create(name="Other", prefix="+7903")
    PortedNumber.objects.create(phone=PHONE, network=network)
    ways = Ways(mailing)
    ways.know([PHONE])
    assert [one.price for one in ways.to(PHONE)] == [Decimal("2.00"), Decimal("2.50")]


def test_without_an_operator_that_is_said(north: Connection, mailing: Mailing) -> None:
    Connection.objects.update(status="dead")
    with pytest.raises(NoWay):
        Ways(mailing)


def test_links_of_a_test_lead_there_in_nobodys_name(
    north: Connection,
    make_customer: MakeCustomer,
    mailing: Mailing,
    planned: PlannedMailing,
    anna: User,
    settings: Settings,
) -> None:
    settings.SHORT_LINKS_URL = "https://go.example.com/"
    says(mailing, "Look: https://shop.example.com/sale now.")
    make_customer()
    trying.send(mailing, anna, chosen(mailing, anna))
    first = TestMessage.objects.get().text
    found = planned()
    link = ShortLink.objects.get()
    code = first.removeprefix("Look: https://go.example.com/").removesuffix(" now.")
    assert (len(code), customer_of(code, bytes(link.key))) == (12, 0)
    approved = content_hash(content(found))
    trying.send(found, anna, chosen(found, anna))
    assert list(TestMessage.objects.values_list("text", flat=True)) == [first, first]
    assert len(Message.objects.get().text) == len(first) == len(samples(found)[0].text)
    assert content_hash(content(Mailing.objects.get())) == approved


def test_a_test_takes_no_approval_away(
    north: Connection, make_customer: MakeCustomer, planned: PlannedMailing, anna: User, approver: User
) -> None:
    make_customer()
    mailing = planned()
    lifecycle.submit(mailing, anna)
    trying.send(mailing, anna, chosen(mailing, anna))
    lifecycle.approve(mailing, approver)
    assert lifecycle.start_due() == [mailing]


def test_after_a_month_text_and_number_are_forgotten(
    north: Connection, make_customer: MakeCustomer, planned: PlannedMailing, anna: User
) -> None:
    make_customer()
    mailing = planned()
    trying.send(mailing, anna, chosen(mailing, anna))
    alone = TestMessage.objects.create(connection=north, phone=PHONE, sender="Parley", text="Test")
    trying_tasks.forget_trials.call_local()
    assert Trial.objects.count() == 1
    Trial.objects.update(sent_at=timezone.now() - timedelta(days=31))
    trying_tasks.forget_trials.call_local()
    assert not Trial.objects.exists()
    assert list(TestMessage.objects.all()) == [alone]
