"""Conditions on our messages: whom they take, whom they leave, what they say, which nonsense they refuse."""

import re
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
import time_machine
from django.core.exceptions import ValidationError
from django.db import connection
from django.db.models import Count, Q
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from pytest_django import Settings

from backoffice.audiences.criteria import Criterion, registry
from backoffice.audiences.criteria.base import MESSAGES
from backoffice.audiences.models import Audience
from backoffice.customers.models import Customer
from backoffice.mailings.contacts import rebuild
from backoffice.mailings.criteria import shapes
from backoffice.mailings.models import Mailing, Message
from backoffice.mailings.reasons import in_words
from kannel.monthly import ensure_partitions
from tests.mailings.conftest import MakeCustomer
from tests.mailings.history import sent

pytestmark = pytest.mark.django_db
State = Message.State
EVERYBODY = {"anna", "boris", "clara", "dora", "emil"}


@pytest.fixture(autouse=True)
def _moment() -> Any:
    with time_machine.travel(timezone.now(), tick=False):
        yield


def ago(days: float) -> Any:
    return timezone.now() - timedelta(days=days)


@pytest.fixture
def people(make_customer: MakeCustomer, mailing: Mailing) -> dict[str, Customer]:
    """Anna gets everything, Boris's number fails, nobody ever wrote to Clara, Dora is waiting, Emil is kept out."""
    Mailing.objects.update(state=Mailing.State.RUNNING, planned_count=4)
    other = Mailing.objects.create(
        name="Spring",
        template=mailing.template,
        audience=mailing.audience,
        created_by=mailing.created_by,
        planned_count=3,
        state=Mailing.State.FINISHED,
    )
    named = {name: make_customer(external_id=name) for name in sorted(EVERYBODY)}
    anna, boris, dora, emil = (named[name] for name in ("anna", "boris", "dora", "emil"))
    for days in (1, 10):
        sent(anna, mailing if days == 1 else other, state=State.DELIVERED, sent_at=ago(days), final_at=ago(days),
             parts=2, cost=Decimal("2.50"))  # fmt: skip
    sent(
        boris, other, state=State.DELIVERED, sent_at=ago(40), final_at=ago(40), parts=1, cost=Decimal("1.10")
    )
    sent(boris, mailing, state=State.UNDELIVERED, sent_at=ago(5), final_at=ago(5), error="err:011",
         parts=1, cost=Decimal("1.10"))  # fmt: skip
    sent(dora, mailing, state=State.WAITING)
    sent(dora, other, state=State.HELD_OUT)
    sent(emil, mailing, state=State.EXCLUDED, reason="no_consent")
    rebuild()
    return named


def block(name: str) -> Criterion:
    return registry[name]()


def cleaned(name: str, values: dict[str, Any]) -> tuple[Criterion, Any]:
    criterion = block(name)
    return criterion, criterion.clean(criterion.to_python(values))


def with_mailing(values: dict[str, Any]) -> dict[str, Any]:
    """Names of mailings in test cases become their ids."""
    return {
        name: str(Mailing.objects.get(name=value).pk) if name == "mailing" else value
        for name, value in values.items()
    }


def names(queryset: Any) -> set[str]:
    return set(queryset.values_list("external_id", flat=True))


CASES: list[tuple[str, dict[str, Any], set[str], str]] = [
    ("written_to", {"when": "within", "days": 1}, {"anna"}, "a message was sent to them within the last 1 day"),
    ("written_to", {"when": "within", "days": 5}, {"anna", "boris"}, "a message was sent to them within the last 5 days"),
    (
        "written_to", {"when": "before", "days": 4}, {"boris", "clara", "dora", "emil"},
        "no message was sent to them for 4 days, or ever",
    ),
    ("delivered", {"when": "within", "days": 39}, {"anna"}, "a message was delivered to them within the last 39 days"),
    (
        "delivered", {"when": "within", "days": 40}, {"anna", "boris"},
        "a message was delivered to them within the last 40 days",
    ),
    (
        "delivered", {"when": "before", "days": 39}, {"boris", "clara", "dora", "emil"},
        "no message was delivered to them for 39 days, or ever",
    ),
    ("latest_failed", {"whether": "yes"}, {"boris"}, "the latest message with a known end was not delivered"),
    (
        "latest_failed", {"whether": "no"}, {"anna", "clara", "dora", "emil"},
        "the latest message with a known end was delivered, or there is none",
    ),
    ("failed_with", {"why": "any", "days": 5}, {"boris"}, "a message to them failed within the last 5 days"),
    ("failed_with", {"why": "any", "days": 4}, set(), "a message to them failed within the last 4 days"),
    (
        "failed_with", {"why": "words", "words": " ERR:01 ", "days": 30}, {"boris"},
        "the latest failed message failed with “ERR:01” within the last 30 days",
    ),
    (
        "failed_with", {"why": "words", "words": "%", "days": 30}, set(),
        "the latest failed message failed with “%” within the last 30 days",
    ),
    (
        "failed_with", {"why": "refused", "days": 30}, set(),
        "the latest failed message was refused by the operator within the last 30 days",
    ),
    (
        "failed_with", {"why": "no_receipt", "days": 30}, set(),
        "the latest failed message got no receipt, within the last 30 days",
    ),
    (
        "messages_count", {"at_least": 2, "days": 10}, {"anna"},
        "the number of messages sent to them is at least 2 within the last 10 days",
    ),
    (
        "messages_count", {"at_least": 1, "at_most": 1, "days": 9}, {"anna", "boris"},
        "the number of messages sent to them is 1 within the last 9 days",
    ),
    (
        "messages_count", {"at_most": 1, "days": 10}, {"boris", "clara", "dora", "emil"},
        "the number of messages sent to them is at most 1 within the last 10 days",
    ),
    (
        "messages_count", {"at_least": 0, "at_most": 0, "days": 60}, {"clara", "dora", "emil"},
        "the number of messages sent to them is 0 within the last 60 days",
    ),
    (
        "message_parts", {"at_least": 2, "days": 1}, {"anna"},
        "the number of message parts sent to them is at least 2 within the last 1 day",
    ),
    (
        "messages_cost", {"at_least": "2.2", "at_most": "5", "days": 40}, {"anna", "boris"},
        "the cost of messages sent to them is from 2.2 to 5 RUB within the last 40 days",
    ),
    (
        "messages_cost", {"at_most": "2.19", "days": 40}, {"clara", "dora", "emil"},
        "the cost of messages sent to them is at most 2.19 RUB within the last 40 days",
    ),
    ("got_mailing", {"mailing": "Autumn"}, {"anna", "boris"}, "“Autumn” was sent to them"),
    (
        "got_mailing", {"mailing": "Autumn", "whether": "no"}, {"clara", "dora", "emil"},
        "“Autumn” was not sent to them",
    ),
    ("got_mailing", {"mailing": "Autumn", "fate": "delivered"}, {"anna"}, "“Autumn” was delivered to them"),
    (
        "got_mailing", {"mailing": "Autumn", "fate": "delivered", "whether": "no"}, {"boris", "clara", "dora", "emil"},
        "“Autumn” was not delivered to them, or not meant for them",
    ),
    (
        "got_mailing", {"mailing": "Autumn", "fate": "undelivered"}, {"boris"},
        "“Autumn” was to reach them and could not be delivered",
    ),
    ("got_mailing", {"mailing": "Autumn", "fate": "left_out"}, {"emil"}, "they were left out of “Autumn”"),
    ("got_mailing", {"mailing": "Spring", "fate": "held_out"}, {"dora"}, "they were held out of “Spring”"),
    ("waiting_elsewhere", {"whether": "yes"}, {"dora"}, "a message of another mailing waits to be sent to them"),
    (
        "waiting_elsewhere", {"whether": "no"}, EVERYBODY - {"dora"},
        "no message of another mailing waits to be sent to them",
    ),
]  # fmt: skip


@pytest.mark.usefixtures("people")
@pytest.mark.parametrize(("name", "values", "expected", "sentence"), CASES)
def test_a_condition_takes_exactly_those_who_fit_and_its_opposite_the_others(
    name: str, values: dict[str, Any], expected: set[str], sentence: str
) -> None:
    criterion, value = cleaned(name, with_mailing(values))
    assert names(Customer.objects.filter(criterion.to_q(value))) == expected
    assert names(Customer.objects.filter(~criterion.to_q(value))) == EVERYBODY - expected
    assert criterion.sentence(value) == sentence


@pytest.mark.usefixtures("people")
@pytest.mark.parametrize(("name", "values", "expected", "sentence"), CASES)
def test_a_condition_can_be_counted_and_stand_inside_another_query(
    name: str, values: dict[str, Any], expected: set[str], sentence: str
) -> None:
    criterion, value = cleaned(name, with_mailing(values))
    q = criterion.to_q(value)
    assert Customer.objects.aggregate(fitting=Count("pk", filter=q))["fitting"] == len(expected)
    inner = Customer.objects.filter(q).values("pk")
    assert names(Customer.objects.filter(pk__in=inner)) == expected


def test_every_condition_of_this_room_is_tried_here() -> None:
    of_this_room = {
        name
        for name, criterion in registry.items()
        if criterion.__module__.startswith("backoffice.mailings.")
    }
    assert {case[0] for case in CASES} | {"clicked"} == of_this_room  # links: tests/shortlinks
    assert {registry[name]().meta.group for name in of_this_room} == {MESSAGES}


ANSWERS = [
    ("written_to", {"days": 1}, "clara", "never"),
    ("delivered", {"days": 1}, "dora", "never"),
    ("latest_failed", {}, "clara", "last delivered: never, last failed: never"),
    ("failed_with", {"days": 1}, "anna", "never"),
    ("messages_count", {"at_least": 1, "days": 10}, "anna", "2"),
    ("messages_count", {"at_least": 1, "days": 10}, "clara", "0"),
    ("message_parts", {"at_least": 1, "days": 10}, "anna", "4"),
    ("message_parts", {"at_least": 1, "days": 10}, "clara", "0"),
    ("messages_cost", {"at_least": 1, "days": 40}, "boris", "2.20 RUB"),
    ("got_mailing", {"mailing": "Autumn"}, "anna", "delivered"),
    ("got_mailing", {"mailing": "Autumn"}, "emil", "excluded: no consent"),
    ("got_mailing", {"mailing": "Autumn"}, "clara", "not among its recipients"),
    ("waiting_elsewhere", {}, "dora", "“Autumn”"),
    ("waiting_elsewhere", {}, "anna", "in none"),
]


@pytest.mark.parametrize(("name", "values", "who", "answer"), ANSWERS)
def test_a_condition_says_what_is_known_of_one_customer(
    name: str, values: dict[str, Any], who: str, answer: str, people: dict[str, Customer]
) -> None:
    criterion, value = cleaned(name, with_mailing(values))
    assert criterion.answer(value, people[who]) == answer


def test_moments_are_told_on_the_companys_clock(people: dict[str, Customer]) -> None:
    moment = shapes.moment_words(ago(5))
    for name, values, answer in [
        ("written_to", {"days": 1}, moment),
        ("latest_failed", {}, f"last delivered: {shapes.moment_words(ago(40))}, last failed: {moment}"),
        (
            "failed_with",
            {"days": 1},
            f"{moment}: The customer's line does not have SMS switched on.",
        ),
    ]:
        criterion, value = cleaned(name, values)
        assert criterion.answer(value, people["boris"]) == answer


@pytest.mark.unbalanced
@pytest.mark.parametrize(
    ("state", "reason", "error", "values"),
    [
        (State.REJECTED, "", "NACK/11/Invalid Destination", {"why": "refused"}),
        (State.EXPIRED, "no_receipt", "", {"why": "no_receipt"}),
    ],
)
def test_a_failure_is_found_by_its_reason(
    state: str, reason: str, error: str, values: dict[str, Any], people: dict[str, Customer], mailing: Mailing
) -> None:
    sent(people["clara"], mailing, state=state, reason=reason, error=error, final_at=ago(1))
    rebuild()
    criterion, value = cleaned("failed_with", {**values, "days": 2})
    assert names(Customer.objects.filter(criterion.to_q(value))) == {"clara"}
    words = "no receipt came in time" if reason else in_words(State.UNDELIVERED, "", error)
    assert criterion.answer(value, people["clara"]).endswith(f": {words}")


@pytest.mark.unbalanced
def test_what_kannel_gave_back_was_refused_by_nobody(people: dict[str, Customer], mailing: Mailing) -> None:
    sent(people["clara"], mailing, state=State.REJECTED, error="NACK/no SMSC", final_at=ago(1))
    sent(people["boris"], mailing, state=State.REJECTED, error="NACK/", final_at=ago(1))
    rebuild()
    criterion, value = cleaned("failed_with", {"why": "refused", "days": 2})
    assert names(Customer.objects.filter(criterion.to_q(value))) == {"boris"}
    assert criterion.answer(value, people["clara"]).endswith(
        "Its line was down, and it could leave no other way in time."
    )


def test_a_message_that_may_have_been_received_counts_as_sent(
    people: dict[str, Customer], mailing: Mailing
) -> None:
    Message.objects.filter(customer=people["dora"], mailing=mailing).update(state=State.UNCERTAIN)
    criterion, value = cleaned("got_mailing", with_mailing({"mailing": "Autumn"}))
    assert "dora" in names(Customer.objects.filter(criterion.to_q(value)))


@pytest.mark.unbalanced
def test_a_message_that_was_planned_in_an_earlier_month_is_counted(
    people: dict[str, Customer], mailing: Mailing
) -> None:
    planned = ago(31).date()
    with time_machine.travel(ago(31), tick=False):
        ensure_partitions("mailings_message", months_ahead=0)
    sent(people["clara"], mailing, month=planned, sent_at=ago(0))
    rebuild()
    criterion, value = cleaned("messages_count", {"at_least": 1, "at_most": 1, "days": 1})
    assert "clara" in names(Customer.objects.filter(criterion.to_q(value)))


def test_only_mailings_on_their_way_keep_people_waiting(people: dict[str, Customer]) -> None:
    criterion, value = cleaned("waiting_elsewhere", {})
    for state, expected in (
        ("paused", {"dora"}),
        ("approved", {"dora"}),
        ("planned", set()),
        ("cancelled", set()),
    ):
        Mailing.objects.filter(name="Autumn").update(state=state)
        assert names(Customer.objects.filter(criterion.to_q(value))) == expected


@pytest.mark.parametrize(
    ("name", "values", "field"),
    [
        ("written_to", {"days": None}, "days"),
        ("written_to", {"days": 0}, "days"),
        ("delivered", {"days": 36_501}, "days"),
        ("failed_with", {"why": "words", "words": " ", "days": 1}, "words"),
        ("failed_with", {"days": None}, "days"),
        ("messages_count", {"at_least": 1, "days": None}, "days"),
        ("messages_count", {"days": 5}, "at_least"),
        ("messages_count", {"at_least": 0, "days": 5}, "at_least"),
        ("messages_count", {"at_least": 3, "at_most": 2, "days": 5}, "at_most"),
        ("message_parts", {"at_least": -1, "days": 5}, "at_least"),
        ("messages_cost", {"at_most": -1, "days": 5}, "at_most"),
        ("got_mailing", {"mailing": ""}, "mailing"),
        ("got_mailing", {"mailing": "12345"}, "mailing"),
        ("got_mailing", {"mailing": "9" * 30}, "mailing"),
        ("got_mailing", {"mailing": "Autumn"}, "mailing"),
    ],
)
def test_nonsense_is_refused_at_its_field(name: str, values: dict[str, Any], field: str) -> None:
    criterion = block(name)
    with pytest.raises(ValidationError) as caught:
        criterion.clean(criterion.to_python(values))
    assert field in caught.value.block_errors  # type: ignore[attr-defined]


def test_the_latest_mailings_are_offered_and_those_that_an_audience_names(
    people: dict[str, Customer], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shapes, "MAILINGS_OFFERED", 1)
    autumn, spring = (str(Mailing.objects.get(name=name).pk) for name in ("Autumn", "Spring"))
    assert [pk for pk, _label in shapes.mailings_offered()] == [spring]
    audience = Audience.objects.get()
    rule = {"type": "got_mailing", "value": {"mailing": autumn, "whether": "yes", "fate": "written"}}
    audience.rules = audience.rules.stream_block.to_python([rule])
    audience.save()
    assert [pk for pk, _label in shapes.mailings_offered()] == [spring, autumn]


def test_a_mailing_that_is_too_old_to_be_offered_can_still_be_named(
    people: dict[str, Customer], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shapes, "MAILINGS_OFFERED", 0)
    criterion, value = cleaned("got_mailing", with_mailing({"mailing": "Autumn"}))
    assert names(Customer.objects.filter(criterion.to_q(value))) == {"anna", "boris"}


def test_drafts_are_not_offered(mailing: Mailing) -> None:
    assert shapes.mailings_offered() == []


def test_a_mailing_that_was_deleted_is_said_to_be_gone(people: dict[str, Customer]) -> None:
    criterion, value = cleaned("got_mailing", with_mailing({"mailing": "Autumn"}))
    Message.objects.filter(mailing__name="Autumn").delete()
    Mailing.objects.filter(name="Autumn").delete()
    assert criterion.sentence(value) == "“a mailing that is no longer there” was sent to them"


def test_the_list_of_mailings_costs_one_query_however_many_there_are(people: dict[str, Customer]) -> None:
    with CaptureQueriesContext(connection) as queries:
        assert len(shapes.mailings_offered()) == 2
    assert len(queries) == 1


def sql_of(q: Any) -> str:
    return str(Customer.objects.filter(q).query)


def test_all_conditions_on_contacts_share_one_join() -> None:
    q = Q()
    for name, values in (
        ("written_to", {"days": 9}),
        ("delivered", {"when": "before", "days": 3}),
        ("latest_failed", {}),
    ):
        criterion, value = cleaned(name, values)
        q &= criterion.to_q(value)
    assert sql_of(q).count("JOIN") == 1
    assert "SELECT" not in sql_of(q).removeprefix("SELECT")


def test_amounts_are_read_from_histories_and_not_from_messages() -> None:
    for name in ("messages_count", "message_parts", "messages_cost"):
        criterion, value = cleaned(name, {"at_least": 2, "at_most": 5, "days": 9})
        sql = sql_of(criterion.to_q(value))
        assert sql.count("SELECT") == 2
        assert "mailings_senthistory" in sql
        assert "mailings_message" not in sql


def test_a_mailing_is_looked_for_in_its_own_month_only(people: dict[str, Customer]) -> None:
    Mailing.objects.update(planned_at=timezone.now())
    criterion, value = cleaned("got_mailing", with_mailing({"mailing": "Autumn"}))
    plan = Customer.objects.filter(criterion.to_q(value)).explain()
    assert len(set(re.findall(r"mailings_message_\d{4}_\d{2}", plan))) == 1
    assert names(Customer.objects.filter(criterion.to_q(value))) == {"anna", "boris"}


@pytest.mark.unbalanced
def test_the_editor_offers_mailings_with_as_many_queries_however_many_there_are(
    admin_client: Client, people: dict[str, Customer], settings: Settings
) -> None:
    settings.STORAGES = {
        **settings.STORAGES,
        "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
    }

    def queries() -> int:
        with CaptureQueriesContext(connection) as captured:
            page = admin_client.get("/audiences/new/").content.decode()
        assert "Our messages" in page
        assert "Autumn" in page
        return sum("mailings_mailing" in query["sql"] for query in captured)

    queries()
    few = queries()
    for _ in range(5):
        more = Mailing.objects.get(name="Spring")
        more.pk = None
        more.name = "Winter"
        more.save()
    assert queries() == few <= 4
