"""A real bearerbox: what it holds for a dead operator comes back, urgent messages overtake, ids in two forms are noticed."""

import re
from dataclasses import replace
from datetime import timedelta

import pytest
import requests
from django.conf import settings
from django.utils import timezone

from backoffice.accounts.models import User
from backoffice.mailings import lifecycle, planning, receipt_desk, receipts
from backoffice.mailings.carriers import carrier_of
from backoffice.mailings.claiming import claim
from backoffice.mailings.contact_rules import ContactRules
from backoffice.mailings.models import Cohort, Mailing, Message
from backoffice.mailings.recalling import recall
from backoffice.mailings.sending import kannel_id, send
from backoffice.operators import standing
from kannel import administration
from kannel.models import Connection
from kannel.simulator import control
from kannel.simulator.record import counts, read
from tests.kannel.house import Kannel, listening, until
from tests.mailings.test_sending import Launch, launch, north, states  # noqa: F401  a mailing over the real line North


def back_in_the_queue(kannel: Kannel) -> int:
    """Messages that the link has given back to Kannel's own queue after it tried to connect again."""
    url = f"http://127.0.0.1:{kannel.ports.admin}/status.xml"
    text = requests.get(url, params={"password": settings.KANNEL_STATUS_PASSWORD}, timeout=5).text
    found = re.search(r"<sms>.*?<sent><total>\d+</total><queued>(\d+)</queued>", text, re.DOTALL)
    assert found, text
    return int(found[1])


def hand_over(texts: str) -> None:
    """All that is due, with this text, as a sender does it; nobody notes the answers but as taken."""
    carrier = carrier_of(north())
    claims = [replace(one, text=texts) for one in claim(north(), 40)]
    carrier.hand_over([(kannel_id(one.message_id, one.attempt), one) for one in claims])
    taken: list[object] = []
    until(lambda: taken.extend(carrier.answers(0.2).taken) or len(taken) == len(claims))
    Message.objects.update(state="accepted")


@pytest.mark.parametrize("text", ["One part.", "Two parts. " * 20])
def test_what_kannel_holds_for_a_dead_operator_comes_back_and_goes_out_later(
    kannel: Kannel,
    launch: Launch,  # noqa: F811
    text: str,
) -> None:
    """Texts of several parts, too, that wait for a link which has tried to connect again: stopping it would end bearerbox."""
    launch(12)
    before = counts(kannel.folder / "north.record")
    process = kannel.processes["bearerbox"]
    # It answers nothing: one window is under way, and the rest waits in the queue of the link, parts of longer texts split.
    control.set_behaviour(kannel.controls["north"], unanswered=1.0)
    try:
        with listening(north().gateway):
            hand_over(text)
            control.cut(kannel.controls["north"])
            until(lambda: back_in_the_queue(kannel) > 0, 40)
            assert not recall(north()), "only what was left is called back"
            standing.leave(north(), "It is dead.")
            assert recall(north())
            assert set(administration.poll(north().gateway).connections) == {"south-1"}
            until(lambda: (receipts.apply_events() and False) or states() == {"waiting": 12}, 40)
            assert set(Message.objects.values_list("reason", flat=True)) == {"again"}
            assert recall(north())
            assert set(administration.poll(north().gateway).connections) == {"north-1", "south-1"}
            assert not recall(north()), "there is nothing left to call back"
    finally:
        control.restore(kannel.controls["north"])
        control.set_behaviour(kannel.controls["north"], unanswered=0.0)
    standing.trust(north(), "It works.")
    with listening(north().gateway):
        until(lambda: send(north().pk, for_seconds=2) or states().get("waiting", 0) == 0, 40)
        until(lambda: (receipts.apply_events() and False) or states() == {"delivered": 12}, 40)
    arrived = counts(kannel.folder / "north.record").since(before)
    assert len(arrived.messages) == 12
    assert arrived.doubled <= north().window
    assert set(Message.objects.values_list("attempt", flat=True)) == {2}
    assert process.poll() is None, "bearerbox lives"


def copy_of(mailing: Mailing, **values: object) -> Mailing:
    """Another running mailing to the same people."""
    author, approver = User.objects.get(username="author"), User.objects.get(username="approver")
    other = Mailing.objects.get(pk=mailing.pk)
    for name, value in (
        {"pk": None, "state": "draft", "planned_at": None, "started_at": None} | values
    ).items():
        setattr(other, name, value)
    other.save()
    lifecycle.request_plan(other, author)
    planning.plan(other)
    lifecycle.submit(other, author)
    lifecycle.approve(other, approver)
    lifecycle.start_due()
    other.refresh_from_db()
    assert other.state == Mailing.State.RUNNING, other.problem
    return other


def texts_in_order(kannel: Kannel, since: float) -> list[str]:
    """Checksums of the texts as the operator got them."""
    return [part.checksum for part in read(kannel.folder / "north.record") if part.time >= since]


def test_an_urgent_mailing_overtakes_one_that_is_on_its_way(
    kannel: Kannel,
    launch: Launch,  # noqa: F811
) -> None:
    """What Kannel holds of the large one is at most a few seconds of traffic; of the rest the urgent ones go first."""
    large = launch(400)
    since = timezone.now().timestamp()
    with listening(north().gateway):
        Connection.objects.filter(name="north-1").update(throughput_per_second=20)
        via = north()
        assert 0 < send(via.pk, for_seconds=0.3) < 400
        gone = 400 - Message.objects.waiting().count()
        template = large.template
        template.pk, template.name, template.text = None, "Urgent", "Urgent."
        template.save()
        values = {"one_mailing_a_day": False, "cap_messages": 0}
        ContactRules.objects.update_or_create(purpose="marketing", defaults=values)
        urgent = copy_of(large, template=template, priority=3)
        Message.objects.filter(
            mailing=urgent, id__gt=Message.objects.filter(mailing=urgent).order_by("id")[59].pk
        ).update(state="cancelled")
        until(
            lambda: (
                (send(via.pk, for_seconds=1), receipts.apply_events())
                and not Message.objects.waiting().exists()
            ),
            60,
        )
    arrived = texts_in_order(kannel, since)
    urgent_text = (
        arrived[-1] if arrived.count(arrived[0]) == 60 else next(one for one in arrived if one != arrived[0])
    )
    last_urgent = len(arrived) - 1 - arrived[::-1].index(urgent_text)
    assert arrived.count(urgent_text) == 60
    ahead_of_the_last = arrived[: last_urgent + 1].count(arrived[0])
    assert ahead_of_the_last <= gone + 60


def test_ids_in_two_forms_are_noticed_and_the_right_setting_is_suggested(
    kannel: Kannel,
    launch: Launch,  # noqa: F811
) -> None:
    """The operator answers in hexadecimal and writes receipts in decimal: Kannel finds no message and drops them."""
    control.set_behaviour(kannel.controls["north"], hex_answer_ids=True)
    try:
        launch(110)
        with listening(north().gateway):
            send(north().pk, for_seconds=4)
            until(lambda: (receipts.apply_events() and False) or states() == {"sent": 110})
    finally:
        control.set_behaviour(kannel.controls["north"], hex_answer_ids=False)
    Cohort.objects.update(at=timezone.now() - timedelta(minutes=6))
    [line] = [one for one in receipt_desk.lines() if one.via.name == "north-1"]
    assert (line.taken, line.receipts, line.unmatched) == (110, 0, 0)
    assert line.is_silent
    assert line.suggestion == receipt_desk.HEX_IN_ANSWERS
    assert "Set “message ids” of north-1 to “hex in answers”" in line.advice
