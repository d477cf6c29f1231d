"""What a past mailing or month would have cost at other prices."""

from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from django.core.files.base import ContentFile
from django.utils import timezone

from backoffice.customers.models import Customer
from backoffice.mailings.models import Carried, Mailing, Message, RouteChoice, WhatIf
from backoffice.mailings.routes.tasks import answer_question, runner, sweep_questions
from backoffice.mailings.routes.usage import month_of
from backoffice.operators.models import Network, Operator, PortedNumber
from kannel.models import Connection
from tests.mailings.conftest import MakeCustomer

pytestmark = pytest.mark.django_db
Planned = Callable[[], Mailing]


@pytest.fixture(autouse=True)
def _files(settings: Any, tmp_path: Path) -> None:
    settings.MEDIA_ROOT = tmp_path


@pytest.fixture
def sent(north: Connection, south: Connection, make_customer: MakeCustomer, planned: Planned) -> Mailing:
    """Four messages over South at 2.00, one over North at 1.10."""
    for _ in range(4):
        make_customer()
    make_customer("+79160000001")
    mailing = planned()
    Message.objects.update(state="delivered", sent_at=timezone.now(), attempt=1)
    Mailing.objects.filter(pk=mailing.pk).update(started_at=timezone.now(), state=Mailing.State.FINISHED)
    mailing.refresh_from_db()
    return mailing


def asked(**values: Any) -> WhatIf:
    """The answered question."""
    question = WhatIf.objects.create(name="What if", state=WhatIf.State.WAITING, **values)
    runner.run(question.pk)
    question.refresh_from_db()
    return question


def lines(question: WhatIf) -> dict[str, tuple[float, float, float]]:
    """Parts it would have carried, what it cost, what it would have cost, by operator."""
    return {
        line["operator"]: (line["parts_then"], line["cost"], line["cost_then"])
        for line in question.answer["lines"]
    }


def test_cheaper_prices_of_an_operator_draw_the_messages(sent: Mailing, north: Connection) -> None:
    question = asked(mailing=sent, operator=north.operator, percent=Decimal(50))
    assert lines(question) == {"South": (0.0, 8.0, 0.0), "North": (5.0, 1.1, 5.55)}
    assert (question.answer["cost"], question.answer["cost_then"]) == (9.1, 5.55)
    assert question.rows_read == 5


def test_unchanged_prices_change_nothing(sent: Mailing, south: Connection) -> None:
    question = asked(mailing=sent, operator=south.operator, percent=Decimal(100))
    assert question.answer["cost"] == question.answer["cost_then"] == 9.1


def test_one_more_operator_takes_what_it_prices_lower_by_longer_prefixes(sent: Mailing) -> None:
    file = ContentFile(b"prefix;price_per_part\n+7905000000;0,50\n", name="offer.csv")
    question = asked(mailing=sent, added="East", file=file, delivery_percent=90.0)
    assert lines(question)[""] == (4.0, 0.0, 2.0)
    assert question.answer["cost_then"] == 3.1


def test_a_file_replaces_the_prices_of_an_operator(sent: Mailing, south: Connection) -> None:
    file = ContentFile(b"prefix;price_per_part\n+7916;0.10\n", name="new.csv")
    found = lines(asked(mailing=sent, operator=south.operator, file=file))
    assert found == {"South": (1.0, 8.0, 0.1), "North": (4.0, 1.1, 10.0)}


def test_a_month_is_asked_about_with_its_minimums(sent: Mailing, south: Connection) -> None:
    Operator.objects.filter(pk=south.operator_id).update(commitment_per_month=100)
    question = asked(month=month_of(timezone.now()), operator=south.operator, percent=Decimal(100))
    [south_line] = [line for line in question.answer["lines"] if line["operator"] == "South"]
    assert (south_line["cost"], south_line["owed"]) == (8.0, 100.0)
    assert question.answer["cost"] == 101.1
    # What is owed anyway carries everything.
    assert question.answer["cost_then"] == 100.0


def test_a_mailing_comes_on_top_of_what_else_its_month_carried(sent: Mailing, north: Connection) -> None:
    Operator.objects.filter(pk=north.operator_id).update(commitment_per_month=100)
    other = Mailing.objects.create(
        name="Other", template=sent.template, audience=sent.audience, created_by=sent.created_by
    )
    way = RouteChoice.objects.create(
        mailing=other,
        prefix="+7",
        operator=north.operator,
        price_per_part=1,
        factor=1,
        delivery_rate=1,
        share=1,
        reason=1,
    )
    question = asked(mailing=sent, operator=north.operator, percent=Decimal(100))
    assert lines(question)["North"][0] == 5.0
    month = month_of(timezone.now())
    Carried.objects.create(route=way, month=month, messages=1, parts=1, cost=100, ended=0, delivered=0)
    question = asked(mailing=sent, operator=north.operator, percent=Decimal(100))
    assert lines(question)["North"][0] == 1.0


def test_ported_numbers_and_erased_customers_are_told_apart(sent: Mailing, north: Connection) -> None:
    PortedNumber.objects.create(
        phone="+79050000001", network=Network.objects.create(name="N", prefix="+7916")
    )
    Customer.objects.filter(phone="+79050000002").delete()
    question = asked(mailing=sent, operator=north.operator, percent=Decimal(100))
    assert question.answer["without_price"] == 1
    assert lines(question)["North"][0] == 2.0


def test_numbers_that_nobody_prices_are_counted_apart(sent: Mailing, north: Connection) -> None:
    Customer.objects.filter(phone="+79160000001").update(phone="+375291000004")
    question = asked(mailing=sent, operator=north.operator, percent=Decimal(100))
    assert question.answer["without_price"] == 1


def test_where_nothing_was_sent_there_is_no_answer(mailing: Mailing, north: Connection) -> None:
    Mailing.objects.filter(pk=mailing.pk).update(planned_at=timezone.now() - timedelta(days=1))
    mailing.refresh_from_db()
    question = asked(mailing=mailing, operator=north.operator, percent=Decimal(90))
    assert (question.state, question.answer) == ("failed", {})
    assert question.problem == "Nothing was sent then, so there is nothing to compare."


def test_what_a_dead_worker_left_is_answered(sent: Mailing, north: Connection) -> None:
    question = WhatIf.objects.create(
        name="What if", state="running", mailing=sent, operator=north.operator, percent=90
    )
    sweep_questions.call_local()
    question.refresh_from_db()
    assert question.state == "done"
    answer_question.call_local(question.pk)
    question.refresh_from_db()
    assert question.state == "done"
