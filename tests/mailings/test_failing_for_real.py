"""A real bearerbox: what it holds for a dead operator comes back, urgent messages overtake, ids in two forms are noticed."""

from datetime import timedelta

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
from kannel.models import Connection
from kannel.simulator import control
from kannel.simulator.record import counts, read
from tests.kannel.house import Kannel, listening, until
from tests.mailings.test_sending import Launch, launch, north, states  # noqa: F401  a mailing over the real line North


def test_what_kannel_holds_for_a_dead_operator_comes_back_and_goes_out_later(
    kannel: Kannel,
    launch: Launch,  # noqa: F811
) -> None:
    launch(12)
    before = counts(kannel.folder / "north.record").messages
    control.cut(kannel.controls["north"])
    try:
        with listening(north().gateway):
            carrier = carrier_of(north())
            claims = claim(north(), 12)
            carrier.hand_over([(kannel_id(one.message_id, one.attempt), one) for one in claims])
            until(lambda: carrier.answers(0.2).taken)
            Message.objects.update(state="accepted")
            assert recall(north()) == 0, "only what was left is called back"
            standing.leave(north(), "It is dead.")
            assert recall(north()) == 12
            assert states() == {"waiting": 12}
            assert set(Message.objects.values_list("reason", flat=True)) == {"again"}
    finally:
        control.restore(kannel.controls["north"])
    standing.trust(north(), "It works.")
    with listening(north().gateway):
        until(lambda: send(north().pk, for_seconds=2) or states().get("waiting", 0) == 0, 40)
        until(lambda: (receipts.apply_events() and False) or states() == {"delivered": 12}, 40)
    arrived = counts(kannel.folder / "north.record").messages - before
    assert sorted(arrived.values()) == [1] * 12
    assert set(Message.objects.values_list("attempt", flat=True)) == {2}


def test_a_stopped_link_is_called_back_from_too(kannel: Kannel, launch: Launch) -> None:  # noqa: F811
    launch(1)
    standing.leave(north(), "It is dead.")
    assert recall(north()) == 0
    with listening(north().gateway):
        until(lambda: kannel.north.binds() == 1)


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
