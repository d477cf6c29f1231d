"""What operator staff and analysts ask about prices, and what is shown of the ways of a mailing."""

from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from backoffice.mailings.models import Mailing, Message, RouteChoice, WhatIf
from backoffice.mailings.routes.forms import question_words
from backoffice.mailings.routes.measuring import measure
from backoffice.mailings.routes.screens import answer_words
from backoffice.mailings.routes.tasks import answer_question
from backoffice.mailings.routes.usage import month_of
from backoffice.operators.models import Operator
from kannel.models import Connection
from tests.mailings.conftest import MakeCustomer
from tests.mailings_screens.conftest import As

pytestmark = pytest.mark.django_db
Planned = Callable[[], Mailing]


@pytest.fixture(autouse=True)
def _files(settings: Any, tmp_path: Path) -> None:
    settings.MEDIA_ROOT = tmp_path


@pytest.fixture
def sent(north: Connection, south: Connection, make_customer: MakeCustomer, planned: Planned) -> Mailing:
    """Two messages over South at 2.00 each."""
    make_customer()
    make_customer()
    mailing = planned()
    Message.objects.update(state="delivered", sent_at=timezone.now(), attempt=1)
    Mailing.objects.update(started_at=timezone.now(), state=Mailing.State.FINISHED)
    measure()
    mailing.refresh_from_db()
    return mailing


def ask(client: Client, **values: object) -> tuple[WhatIf | None, str]:
    """The question, if it was understood, answered; and the page that is shown."""
    answer = client.post(reverse("whatif:ask"), values, follow=True)
    question = WhatIf.objects.first()
    if question:
        answer_question.call_local(question.pk)
        answer = client.get(reverse("whatif:run", args=[question.pk]))
    return question, answer.content.decode()


@pytest.mark.parametrize("role", ["Operator staff", "Analyst"])
def test_a_question_is_answered_in_a_sentence_and_by_operator(
    role: str, as_role: As, sent: Mailing, north: Connection
) -> None:
    question, page = ask(as_role(role), mailing=sent.pk, operator=north.operator_id, percent="50")
    assert question is not None
    assert question.name == "“Autumn”, with North at 50 % of its prices"
    assert "It would have cost 2.50 RUB instead of 4.00: 1.50 less, which is 37.5 %." in page
    assert "South" in page


def test_a_month_and_one_more_operator_can_be_asked_about(as_role: As, sent: Mailing) -> None:
    month = month_of(timezone.now())
    file = SimpleUploadedFile("offer.csv", b"prefix,price_per_part\n+7,3.00\n")
    question, page = ask(as_role("Analyst"), month=month.isoformat(), added="East", file=file)
    assert question is not None
    assert question.name.endswith("with East at the prices of offer.csv")
    assert "It would have cost the same: 4.00 RUB." in page


def test_a_file_that_holds_no_prices_is_refused_at_its_field(as_role: As, sent: Mailing) -> None:
    file = SimpleUploadedFile("offer.csv", b"prefix,price_per_part\n+7,cheap\n")
    question, page = ask(as_role("Analyst"), mailing=sent.pk, added="East", file=file)
    assert question is None
    assert "Row 2: This is no amount." in page


@pytest.mark.parametrize(
    ("values", "sentence"),
    [
        ({}, "Choose a mailing or a month, one of the two."),
        ({"mailing": "sent"}, "Choose an operator or name one more, one of the two."),
        ({"mailing": "sent", "operator": "north"}, "Write a percentage or give a file, one of the two."),
        ({"mailing": "sent", "added": "East", "percent": "90"}, "One more operator has no prices yet."),
        ({"mailing": "sent", "operator": "north", "percent": "0"}, "greater than or equal to 1"),
    ],
)
def test_a_question_that_is_not_complete_says_what_is_missing(
    values: dict[str, str], sentence: str, as_role: As, sent: Mailing, north: Connection
) -> None:
    known = {"sent": sent.pk, "north": north.operator_id}
    question, page = ask(
        as_role("Analyst"), **{name: known.get(value, value) for name, value in values.items()}
    )
    assert question is None
    assert sentence in page


def test_dearer_prices_are_said_to_be_dearer() -> None:
    said = answer_words({"cost": 4.0, "cost_then": 5.0})
    assert said == "It would have cost 5.00 RUB instead of 4.00: 1.00 more, which is 25.0 %."
    assert answer_words({}) == ""


def test_a_percentage_is_written_plainly(north: Connection) -> None:
    values = {"mailing": None, "month": month_of(timezone.now()), "operator": north.operator, "added": ""}
    assert "at 100 % of" in question_words(values | {"percent": Decimal("100.00"), "file": None})


def test_a_question_at_work_and_one_that_was_stopped(as_role: As, sent: Mailing, north: Connection) -> None:
    client = as_role("Analyst")
    question = WhatIf.objects.create(
        name="What if", state="waiting", mailing=sent, operator=north.operator, percent=50
    )
    url = reverse("whatif:run", args=[question.pk])
    assert reverse("whatif:progress", args=[question.pk]) in client.get(url).content.decode()
    assert b"Waiting for its turn." in client.get(reverse("whatif:progress", args=[question.pk])).content
    client.post(reverse("whatif:stop", args=[question.pk]))
    assert b"Stopped before there was an answer." in client.get(url).content


def test_a_question_without_an_answer_says_why(as_role: As, sent: Mailing, north: Connection) -> None:
    Message.objects.update(sent_at=None)
    _question, page = ask(as_role("Analyst"), mailing=sent.pk, operator=north.operator_id, percent="50")
    assert "Nothing was sent then, so there is nothing to compare." in page


def test_minimums_are_shown_with_what_will_be_paid_for_nothing(
    as_role: As, sent: Mailing, south: Connection
) -> None:
    client, url = as_role("Operator staff"), reverse("whatif:commitments")
    assert b"No operator has a monthly minimum." in client.get(url).content
    Operator.objects.filter(pk=south.operator_id).update(commitment_per_month=100_000)
    page = client.get(url).content.decode()
    assert "1 minimum will not be reached if things go on like this." in page
    assert "South: 4 of 100,000 RUB are used." in page
    Operator.objects.filter(pk=south.operator_id).update(commitment_per_month=1)
    assert "Every minimum will be reached" in client.get(url).content.decode()


def test_the_ways_of_a_mailing_say_why(as_role: As, sent: Mailing) -> None:
    client = as_role("Editor")
    url = reverse("whatif:routes", args=[sent.pk])
    assert url in client.get(reverse("mailings:inspect", args=[sent.pk])).content.decode()
    page = client.get(url).content.decode()
    assert "It costs least for what is delivered" in page
    assert "South" in page
    assert "100 %" in page
    RouteChoice.objects.update(factor=Decimal("0.5"))
    assert "tariff 2" in client.get(url).content.decode()
    RouteChoice.objects.all().delete()
    assert "Nobody gets this mailing" in client.get(url).content.decode()


def test_recipients_show_why_they_go_that_way(as_role: As, sent: Mailing) -> None:
    page = as_role("Editor").get(reverse("mailings:recipients", args=[sent.pk])).content.decode()
    assert page.count("it costs least for what is delivered") == 2


def test_a_draft_has_no_link_to_ways(as_role: As, mailing: Mailing) -> None:
    page = as_role("Editor").get(reverse("mailings:inspect", args=[mailing.pk])).content.decode()
    assert "Ways and prices" not in page


@pytest.mark.parametrize("name", ["whatif:index", "whatif:commitments", "whatif:routes"])
def test_pages_take_the_same_queries_for_more_rows(
    name: str, as_role: As, sent: Mailing, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    client = as_role("Operator staff" if name != "whatif:routes" else "Editor")
    url = reverse(name, args=[sent.pk] if name == "whatif:routes" else [])
    Operator.objects.update(commitment_per_month=5)
    WhatIf.objects.create(name="First", answer={"cost": 1.0, "cost_then": 2.0})
    client.get(url)
    with CaptureQueriesContext(connection) as few:
        client.get(url)
    [way] = RouteChoice.objects.all()
    for number in range(4):
        WhatIf.objects.create(name=f"Question {number}", created_by=sent.created_by)
        operator = Operator.objects.create(
            name=f"O{number}", receipt_margin=way.operator.receipt_margin, commitment_per_month=1
        )
        way.pk, way.operator = None, operator
        way.save()
    with django_assert_num_queries(len(few)):
        assert client.get(url).status_code == 200


@pytest.mark.parametrize("name", ["whatif:index", "whatif:ask", "whatif:commitments"])
def test_others_ask_nothing(name: str, as_role: As) -> None:
    assert as_role("Editor").get(reverse(name)).status_code in (302, 403)


def test_the_menu_of_an_analyst_leads_to_questions(as_role: As) -> None:
    page = as_role("Analyst").get(reverse("wagtailadmin_home")).content.decode()
    assert reverse("whatif:index") in page
    assert reverse("tariff:index") not in page


def test_the_ways_of_a_mailing_say_why_an_operator_carries_nothing_of_it(as_role: As, sent: Mailing) -> None:
    Operator.objects.create(name="West", receipt_margin=timedelta(hours=1), currency="EUR")
    page = as_role("Editor").get(reverse("whatif:routes", args=[sent.pk])).content.decode()
    assert "<strong>West</strong>: It bills in EUR, and bills here are in RUB" in page
    assert "It has no price." in page
