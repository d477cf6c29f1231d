"""Test messages: the form, and the page that follows one."""

import uuid
from datetime import timedelta

import pytest
from django.db import connection as database
from django.urls import reverse
from django.utils import timezone

from backoffice.accounts.models import User
from kannel.events import NewEvent, write
from kannel.models import Connection, Event, TestMessage
from tests.mailings_screens.conftest import As

pytestmark = pytest.mark.django_db
STAFF = "Operator staff"


@pytest.fixture
def message(north: Connection) -> TestMessage:
    now = timezone.now()
    return TestMessage.objects.create(
        connection=north,
        phone="+79161234567",
        sender="Parley",
        text="Test",
        handed_over_at=now,
        answered_at=now + timedelta(seconds=1),
        answer="taken",
    )


def report(message: TestMessage, dlr_type: int, text: str = "") -> None:
    write(
        [
            NewEvent(
                gateway_id=message.connection.gateway_id,
                kind=Event.Kind.REPORT,
                kannel_id=uuid.uuid4(),
                connection_name="north-1",
                text=text,
                occurred_at=timezone.now(),
                message_id=message.pk,
                dlr_type=dlr_type,
            )
        ]
    )


def followed(as_role: As, message: TestMessage) -> str:
    url = reverse("operators:test_message", args=[message.pk])
    return as_role(STAFF).get(url, {"part": 1}).content.decode()


def test_the_own_number_stands_there_already(as_role: As, north: Connection) -> None:
    client = as_role(STAFF)
    User.objects.update(phone="+79161234567")
    assert "+79161234567" in client.get(reverse("operators:test", args=[north.pk])).content.decode()


def test_a_test_is_kept_without_its_number_in_the_clear(as_role: As, north: Connection) -> None:
    values = {"phone": "8 (916) 123-45-67", "sender": "Parley", "text": "Test"}
    page = as_role(STAFF).post(reverse("operators:test", args=[north.pk]), values, follow=True)
    message = TestMessage.objects.get()
    assert (message.phone, message.handed_over_at) == ("+79161234567", None)
    with database.cursor() as cursor:
        cursor.execute("SELECT row_to_json(one)::text FROM kannel_testmessage one")
        assert "79161234567" not in cursor.fetchone()[0]
    text = page.content.decode()
    assert "+7 916 ••• •• 67" in text
    assert "79161234567" not in text


@pytest.mark.parametrize(
    ("values", "sentence"),
    [
        ({"phone": "12"}, "No such phone number exists."),
        ({"phone": "me"}, "This is not a phone number."),
        ({"sender": "A name far too"}, "Use up to 11 Latin letters and digits"),
        ({"sender": "Имя"}, "Use up to 11 Latin letters and digits"),
        ({"text": "x" * 71}, "at most 70 characters"),
    ],
)
def test_a_test_that_cannot_be_sent_is_refused_at_its_field(
    values: dict[str, str], sentence: str, as_role: As, north: Connection
) -> None:
    fields = {"phone": "+79161234567", "sender": "Parley", "text": "Test", **values}
    page = as_role(STAFF).post(reverse("operators:test", args=[north.pk]), fields)
    assert sentence in page.content.decode()
    assert not TestMessage.objects.exists()


def test_a_line_that_is_down_says_so_before_anything_is_sent(as_role: As, north: Connection) -> None:
    Connection.objects.update(status="dead", fault="account")
    page = as_role(STAFF).get(reverse("operators:test", args=[north.pk])).content.decode()
    assert "This connection is not online" in page
    assert "The operator refused the user name" in page


def test_each_step_appears_with_its_time(as_role: As, message: TestMessage) -> None:
    page = followed(as_role, message)
    assert page.count("not yet") == 2
    assert "data-live-ended" not in page
    report(message, 8)
    assert followed(as_role, message).count("not yet") == 1
    report(message, 1, "id:1 stat:DELIVRD err:000")
    page = followed(as_role, message)
    assert "delivered: id:1 stat:DELIVRD err:000" in page
    assert "data-live-ended" in page
    assert not Event.objects.filter(applied_at=None).exists()


@pytest.mark.parametrize(
    ("dlr_type", "text", "word"),
    [
        (16, "NACK/0x0000000b/Invalid Destination Address", "refused: NACK/0x0000000b"),
        (2, "stat:UNDELIV", "not delivered: stat:UNDELIV"),
        (34, "", "expired"),
        (2, "stat:EXPIRED", "expired: stat:EXPIRED"),
    ],
)
def test_a_bad_end_says_what_the_operator_said(
    dlr_type: int, text: str, word: str, as_role: As, message: TestMessage
) -> None:
    report(message, 4)
    report(message, dlr_type, text)
    page = followed(as_role, message)
    assert word in page
    assert "data-live-ended" in page


@pytest.mark.parametrize(
    ("answer", "word"), [("refused", "Refused"), ("not_now", "Not now"), ("unknown", "No answer")]
)
def test_what_kannel_did_not_take_ends_there(
    answer: str, word: str, as_role: As, message: TestMessage
) -> None:
    TestMessage.objects.update(answer=answer)
    page = followed(as_role, message)
    assert word in page
    assert "data-live-ended" in page


@pytest.mark.parametrize("role", ["Editor", "Analyst", "Employee"])
def test_others_send_no_tests(role: str, as_role: As, message: TestMessage) -> None:
    client = as_role(role)
    client.post(reverse("operators:test", args=[message.connection_id]), {"phone": "+79161234567"})
    assert TestMessage.objects.count() == 1
    assert client.get(reverse("operators:test_message", args=[message.pk])).status_code in (302, 403)
