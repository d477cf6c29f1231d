"""A plan played to simulated operators through a real bearerbox: what arrives is what was planned, or it is found."""

import subprocess
from collections.abc import Callable
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path

import pytest
from django.db.models import Sum

from backoffice.accounts.models import User
from backoffice.customers.disguise import disguised
from backoffice.mailings.carriers import Answers, Batch
from backoffice.mailings.lifecycle import Refused
from backoffice.mailings.models import Mailing, Message, Rehearsal
from backoffice.mailings.rehearsal import lanes, words
from backoffice.mailings.rehearsal.arrived import Way
from backoffice.mailings.rehearsal.comparing import Comparison
from backoffice.mailings.rehearsal.playing import CannotRehearse, Player
from backoffice.mailings.rehearsal.size import counted, to_rehearse
from backoffice.message_templates.models import MessageTemplate
from kannel import dry_start
from kannel.adapters.presets import preset
from kannel.models import Connection, Gateway
from kannel.private_gateway import PrivateGateway
from kannel.simulator.record import read
from kannel.simulator.witness import Seen
from tests.kannel.simulator.operators import wait_for
from tests.mailings.rehearsing import add_customers, asked, played

pytestmark = pytest.mark.django_db
Planned = Callable[[], Mailing]
TEXT = 'Dear {first_name|default:"customer"} {last_name}, 20 % off {city} until Sunday at our shop: come in and look.'


@pytest.fixture
def quick(north: Connection, south: Connection) -> None:
    """Both lines are fast, and their accounts are real ones that nobody may use here."""
    Connection.objects.update(
        throughput_per_second=1000, host="sms.operator.example", username="us", password="swordfish"
    )
    Connection.objects.filter(pk=south.pk).update(
        path="/api", success_regex="^0:", message_id_regex="^0:(.*)$"
    )


@pytest.fixture
def plan(quick: None, mailing: Mailing, planned: Planned, clean_redis: object) -> Callable[[int], Mailing]:
    """Plans the mailing to so many customers."""

    def go(count: int) -> Mailing:
        add_customers(count)
        MessageTemplate.objects.update(text=TEXT)
        mailing.refresh_from_db()
        found = planned()
        assert found.state == Mailing.State.PLANNED, found.problem
        return found

    return go


def test_everything_arrives_as_planned_and_nobody_is_in_the_records(
    plan: Callable[[int], Mailing], editor: User, tmp_path: Path
) -> None:
    mailing = plan(300)
    rehearsal = asked(mailing, editor)
    told = played(rehearsal, tmp_path)

    assert (rehearsal.faults, rehearsal.examples, rehearsal.different) == ({}, [], 0)
    assert (rehearsal.messages, rehearsal.handed_over, rehearsal.taken) == (300, 300, 300)
    assert rehearsal.delivered == 300
    assert rehearsal.cost == mailing.planned_cost
    assert rehearsal.parts == Message.objects.aggregate(parts=Sum("parts"))["parts"] > 450
    assert rehearsal.is_as_planned
    by_line = {line["connection"]: line["messages"] for line in rehearsal.lines}
    assert by_line == {"north-1": 150, "south-1": 150}
    assert words.outcome(rehearsal).startswith("All 300 messages arrived as planned")
    assert told[-1]["lines"]

    kept = b"".join(path.read_bytes() for path in tmp_path.rglob("*") if path.is_file())
    numbers = Message.objects.values_list("customer__phone", flat=True)
    assert not [phone for phone in numbers if phone.lstrip("+").encode() in kept]
    assert b"swordfish" not in kept
    assert b"operator.example" not in kept
    arrived = {part.destination for path in tmp_path.glob("*.record") for part in read(path)}
    assert len(arrived) == 300
    assert {number[:5] for number in arrived} == {"+7916", "+7000"}
    assert {len(number) for number in arrived} == {16}


def test_an_adapter_is_played_too(
    plan: Callable[[int], Mailing], editor: User, north: Connection, tmp_path: Path
) -> None:
    adapter = preset("json")
    adapter.save()
    Connection.objects.filter(pk=north.pk).update(kind="adapter", adapter=adapter)
    mailing = plan(30)
    rehearsal = asked(mailing, editor)
    played(rehearsal, tmp_path)
    assert rehearsal.faults == {}
    assert (rehearsal.taken, rehearsal.delivered) == (30, 30)
    assert rehearsal.is_as_planned


def test_a_coding_changed_in_the_database_is_found_in_what_arrives(
    plan: Callable[[int], Mailing], editor: User, tmp_path: Path
) -> None:
    """Kannel replaces what plain texts lack by question marks, without a word; an HTTP operator gets it as it is."""
    mailing = plan(20)
    changed = [
        Message.objects.filter(coding=2, connection__name=name).earliest("id")
        for name in ("north-1", "south-1")
    ]
    Message.objects.filter(pk__in=[one.pk for one in changed]).update(coding=0)
    rehearsal = asked(mailing, editor)
    played(rehearsal, tmp_path)
    assert (rehearsal.different, rehearsal.faults["text"]) == (2, 2)
    assert not rehearsal.is_as_planned
    found = {one["message_id"]: one["arrived"] for one in rehearsal.examples if one["fault"] == "text"}
    assert found[changed[0].pk] == "U+003F"
    assert found.keys() == {one.pk for one in changed}
    assert "2 of 20 messages differ from the plan." in words.outcome(rehearsal)
    shown = [one.text for one in words.examples_of(rehearsal) if one.sentence.startswith("Another text")]
    assert sorted(shown) == sorted(disguised(one.text, one.customer) for one in changed)


def test_a_text_changed_after_planning_is_found_before_anything_is_played(
    plan: Callable[[int], Mailing], editor: User, tmp_path: Path
) -> None:
    mailing = plan(4)
    Message.objects.filter(pk=Message.objects.earliest("id").pk).update(text="Send us money.")
    with pytest.raises(CannotRehearse, match="The messages are not those that were planned"):
        played(asked(mailing, editor), tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_a_bill_that_is_not_the_sum_of_its_messages_is_found(
    plan: Callable[[int], Mailing], editor: User, tmp_path: Path
) -> None:
    mailing = plan(4)
    Mailing.objects.update(planned_cost=Decimal("1.00"))
    mailing.refresh_from_db()
    with pytest.raises(CannotRehearse, match=r"cost 8\.20, the plan says 1\.00 RUB"):
        played(asked(mailing, editor), tmp_path)


def test_a_plan_made_anew_is_not_taken_for_the_one_that_was_asked_for(
    plan: Callable[[int], Mailing], editor: User, tmp_path: Path
) -> None:
    rehearsal = asked(plan(4), editor)
    Rehearsal.objects.update(plan_digest="123")
    rehearsal.refresh_from_db()
    with pytest.raises(CannotRehearse, match="planned anew meanwhile"):
        played(rehearsal, tmp_path)


def test_without_kannel_the_row_says_what_is_missing(
    plan: Callable[[int], Mailing], editor: User, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rehearsal = asked(plan(4), editor)
    monkeypatch.setattr(dry_start, "PROGRAMS", ())
    with pytest.raises(CannotRehearse, match="There is no Kannel on the host that rehearses"):
        played(rehearsal, tmp_path)


def test_a_kannel_that_does_not_start_is_told(
    plan: Callable[[int], Mailing], editor: User, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rehearsal = asked(plan(4), editor)
    monkeypatch.setattr(dry_start, "PROGRAMS", ("/bin/false",))
    with pytest.raises(CannotRehearse, match="did not start"):
        played(rehearsal, tmp_path)


def test_a_connection_that_cannot_be_written_down_is_named(
    plan: Callable[[int], Mailing], editor: User, north: Connection, tmp_path: Path
) -> None:
    rehearsal = asked(plan(4), editor)
    Connection.objects.filter(pk=north.pk).update(kind="adapter", adapter=None)
    with pytest.raises(CannotRehearse, match="The connection north-1 cannot be played"):
        played(rehearsal, tmp_path)


def test_a_sample_is_drawn_evenly_and_always_the_same(plan: Callable[[int], Mailing], editor: User) -> None:
    mailing = plan(400)
    half = to_rehearse(mailing, 0.5)
    assert 150 < half.count() < 250
    assert {line.messages > 50 for line in counted(half)} == {True}
    assert set(half.values_list("pk")) == set(to_rehearse(mailing, 0.5).values_list("pk"))
    rehearsal = asked(mailing, editor, 100)
    assert (rehearsal.share, rehearsal.is_sample, rehearsal.planned) == (0.25, True, 400)


def test_a_mailing_is_rehearsed_once_at_a_time(plan: Callable[[int], Mailing], editor: User) -> None:
    mailing = plan(2)
    asked(mailing, editor)
    with pytest.raises(Refused, match="It is being rehearsed already"):
        asked(mailing, editor)


def test_the_rows_of_others_are_not_touched(
    plan: Callable[[int], Mailing], editor: User, tmp_path: Path
) -> None:
    """Playing changes nothing of the plan, of the connections and of the mailing."""
    mailing = plan(6)
    before = list(Message.objects.values()), list(Connection.objects.values()), mailing.plan_digest
    rehearsal = asked(mailing, editor)
    played(rehearsal, tmp_path)
    mailing.refresh_from_db()
    assert (list(Message.objects.values()), list(Connection.objects.values()), mailing.plan_digest) == before


def test_a_plan_without_messages_has_nothing_to_play(
    plan: Callable[[int], Mailing], editor: User, tmp_path: Path
) -> None:
    mailing = plan(2)
    rehearsal = asked(mailing, editor)
    Message.objects.update(state="held_out")
    digest = Message.objects.of(mailing).digest()
    Mailing.objects.update(plan_digest=digest)
    Rehearsal.objects.update(plan_digest=digest)
    rehearsal.refresh_from_db()
    with pytest.raises(CannotRehearse, match="there is nothing to rehearse"):
        played(rehearsal, tmp_path)


@dataclass
class Full:
    """A way to Kannel whose queue is full at first."""

    batches: list[Batch] = field(default_factory=list)
    unanswered: int = 0

    def hand_over(self, batch: Batch) -> None:
        self.batches.append(batch)

    def answers(self, timeout_seconds: float) -> Answers:
        ids = [one for one, _ in self.batches[-1]]
        if len(self.batches) == 1:
            return Answers(taken=ids[:1], not_now=ids[1:2], refused=ids[2:])
        return Answers(taken=ids)


def test_what_kannel_does_not_take_now_is_handed_over_again(
    plan: Callable[[int], Mailing], editor: User, north: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lanes, "AGAIN_AFTER_SECONDS", 0.1)
    rehearsal = asked(plan(6), editor)
    comparison = Comparison("Parley", 3, {"north-1": Way(north.pk, "smpp")})
    kannel = PrivateGateway(Gateway(), {}, (), subprocess.Popen(["true"]))
    player = Player(rehearsal, kannel, comparison, [north], lambda values: None)
    lane, carrier = player.lanes[north.pk], Full()
    player.hand_over(lane, carrier)
    player.take_answers(carrier)
    assert (player.handed_over, comparison.faults["refused"], lane.is_done) == (1, 1, False)
    player.hand_over(lane, carrier)
    assert len(carrier.batches) == 1, "a full queue gets a moment"
    wait_for(lambda: player.hand_over(lane, carrier) or len(carrier.batches) == 2)
    player.take_answers(carrier)
    assert [len(batch) for batch in carrier.batches] == [3, 1]
    assert (player.handed_over, lane.is_done, comparison.on_the_way) == (2, True, 2)


def test_records_that_say_something_else_are_not_believed(
    plan: Callable[[int], Mailing], editor: User, north: Connection
) -> None:
    comparison = Comparison("Parley", 3, {"north-1": Way(north.pk, "smpp")})
    kannel = PrivateGateway(Gateway(), {}, (), subprocess.Popen(["true"]))
    player = Player(asked(plan(2), editor), kannel, comparison, [north], lambda values: None)
    player.check_records()
    comparison.see(Seen("north-1", "+7", "Parley", 0, 1, 1, b""))
    with pytest.raises(CannotRehearse, match="records differ from what they told"):
        player.check_records()
