"""Handing one test message to its gateway, and finding its reports among the events."""

import re
import time
import uuid
from collections.abc import Iterable

import requests
import structlog
from django.utils import timezone

from kannel import sendsms
from kannel.dlr_urls import dlr_url
from kannel.link import Link, LinkBroken
from kannel.models import Event, Gateway, TestMessage
from kannel.sendsms import Outcome, Submission
from kannel.text import UCS2_CODING, coding_of
from kannel.wire import Nack, Sms, SmsType

logger = structlog.get_logger(__name__)

Answer = TestMessage.Answer
SENDER_SHAPE = re.compile(r"[A-Za-z0-9 ._-]{1,11}|\+?[0-9]{3,14}")
VALID_MINUTES = 10
DLR_MASK = 27
# Bearerbox takes one new box connection in a second, and the box link is made for this message alone.
ANSWER_WITHIN_SECONDS = 8.0
URGENT = 3
NACKS = {
    Nack.SUCCESS: Answer.TAKEN,
    Nack.BUFFERED: Answer.TAKEN,
    Nack.FAILED: Answer.REFUSED,
    Nack.FAILED_FOR_NOW: Answer.NOT_NOW,
}
OUTCOMES = {
    Outcome.TAKEN: Answer.TAKEN,
    Outcome.REFUSED: Answer.REFUSED,
    Outcome.NOT_NOW: Answer.NOT_NOW,
    Outcome.UNKNOWN: Answer.UNKNOWN,
}


def send(message_id: int) -> None:
    """Hands a test message over once. Whoever comes second, or after a death, finds it handed over and leaves it."""
    fresh = TestMessage.objects.filter(pk=message_id, handed_over_at=None)
    if not fresh.update(handed_over_at=timezone.now()):
        return
    message = TestMessage.objects.select_related("connection__gateway").get(pk=message_id)
    is_http = message.connection.gateway.transport == Gateway.Transport.SENDSMS
    message.answer = _by_sendsms(message) if is_http else _by_box(message)
    message.answered_at = timezone.now()
    message.save(update_fields=["answer", "answered_at"])
    logger.info("test_message", connection=message.connection.name, answer=str(message.answer))


def _by_box(message: TestMessage) -> Answer:
    gateway = message.connection.gateway
    link = Link(gateway.host, gateway.box_port, f"test-{message.pk}")
    try:
        link.connect()
        link.submit_many([_sms(message)])
        answer = _answer(link, message.kannel_id)
    except LinkBroken as broken:
        return Answer.UNKNOWN if broken.unanswered else Answer.NOT_NOW
    finally:
        link.close()
    return answer


def _answer(link: Link, kannel_id: uuid.UUID) -> Answer:
    deadline = time.monotonic() + ANSWER_WITHIN_SECONDS
    while time.monotonic() < deadline:
        for found, nack in link.answers(0.5):
            if found == kannel_id:
                return NACKS.get(Nack(nack), Answer.UNKNOWN)
    return Answer.UNKNOWN


def _sms(message: TestMessage) -> Sms:
    gateway, coding = message.connection.gateway, coding_of(message.text)
    now = int(time.time())
    return Sms(
        sender=message.sender.encode(),
        receiver=message.phone.encode(),
        msgdata=message.text.encode("utf-16-be" if coding == UCS2_CODING else "utf-8"),
        time=now,
        smsc_id=message.connection.name.encode(),
        service=b"parley",
        id=message.kannel_id,
        sms_type=SmsType.PUSH,
        coding=coding,
        validity=now + VALID_MINUTES * 60,
        dlr_mask=DLR_MASK,
        dlr_url=dlr_url(message.pk, 0, for_smsbox=bool(gateway.smsbox_id)).encode(),
        boxc_id=gateway.reports_to.encode(),
        priority=URGENT,
    )


def _by_sendsms(message: TestMessage) -> Answer:
    submission = Submission(
        sender=message.sender,
        receiver=message.phone,
        text=message.text,
        coding=coding_of(message.text),
        connection_name=message.connection.name,
        dlr_url=dlr_url(message.pk, 0, for_smsbox=True),
        validity_minutes=VALID_MINUTES,
        priority=URGENT,
    )
    with requests.Session() as session:
        return OUTCOMES[sendsms.submit(message.connection.gateway, submission, session)]


def reports_of(message: TestMessage) -> list[Event]:
    """What has come back about it, in the order in which it came. Nobody else needs to look at it again."""
    return reports_of_all([message])[message.pk]


def reports_of_all(messages: Iterable[TestMessage]) -> dict[int, list[Event]]:
    """The same for several test messages, by their ids."""
    found: dict[int, list[Event]] = {message.pk: [] for message in messages}
    events = Event.objects.filter(message_id__in=list(found), kind=Event.Kind.REPORT)
    events.filter(applied_at=None).update(applied_at=timezone.now())
    for event in events.order_by("received_at", "id"):
        assert event.message_id is not None
        found[event.message_id].append(event)
    return found
