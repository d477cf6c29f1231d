"""Our measure of a text against what a real bearerbox sends for it."""

import random
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

import pytest

from kannel.simulator.behaviour import Behaviour, Decision, Outcome
from kannel.simulator.http import HttpOperator
from kannel.simulator.record import Record
from kannel.simulator.septets import to_text
from kannel.simulator.smpp import SmppOperator
from kannel.text import GSM_BASIC, GSM_EXTENSION, encode, measure
from tests.kannel.simulator.box import Box
from tests.kannel.simulator.gateway import bearerbox, free_ports
from tests.kannel.simulator.operators import running, wait_for

TEXTS = 3_000
OTHER_LETTERS = "ЖабвгдеêçЁ“”—…ع語"
PICTURES = "😀🎁👍"


class Listening(SmppOperator):
    """An operator that keeps the octets of every part by number."""

    def __init__(self, folder: Path) -> None:
        super().__init__("north", Behaviour(), Record(folder / "north.record"), 0)
        self.heard: defaultdict[str, list[bytes]] = defaultdict(list)

    def judge(self, destination: str, body: bytes, *, is_too_fast: bool = False) -> tuple[Outcome, Decision]:
        self.heard[destination].append(body)
        return super().judge(destination, body)


def random_text(chance: random.Random) -> str:
    """Any length near and between the limits of parts, of any mixture of plain, escaped and other characters."""
    limit = chance.choice([70, 134, 160, 201, 306, 459, 612])
    length = max(1, limit + chance.randint(-8, 8) if chance.random() < 0.6 else chance.randint(1, limit))
    letters = [chance.choice(GSM_BASIC) for _ in range(length)]
    for alphabet, share in (
        (GSM_EXTENSION, chance.choice([0, 0, 0.02, 0.3, 1])),
        (OTHER_LETTERS, chance.choice([0, 0, 0.1])),
        (PICTURES, chance.choice([0, 0, 0, 0.2])),
    ):
        letters = [chance.choice(alphabet) if chance.random() < share else letter for letter in letters]
    return "".join(letters)


def escapes_at_the_edges() -> list[str]:
    """Texts whose escape pairs lie across, before and after the edge of the first and the second part."""
    return [
        "a" * before + "€" * escapes + "b" * after
        for before in range(149, 156)
        for escapes in (1, 2, 5, 80)
        for after in (0, 7, 150, 153)
    ]


@pytest.fixture
def operator(tmp_path: Path) -> Listening:
    return Listening(tmp_path)


@pytest.fixture
def box(tmp_path: Path, operator: Listening) -> Iterator[Box]:
    ports = free_ports()
    south = HttpOperator("south", Behaviour(), Record(None), 0)
    with running(operator), running(south), bearerbox(tmp_path, ports, operator.port, south.port) as box:
        yield box


def test_kannel_sends_every_text_whole_and_in_as_many_parts_as_measured(
    box: Box, operator: Listening
) -> None:
    chance = random.Random(338)
    texts = [GSM_BASIC, GSM_EXTENSION, *escapes_at_the_edges()]
    texts += [random_text(chance) for _ in range(TEXTS)]
    numbers = {f"+7912{number:07}": text for number, text in enumerate(texts)}

    for number, text in numbers.items():
        box.send("north", number, *encode(text), "none", 0)
    expected_parts = sum(measure(text).parts for text in texts)

    def everything_came() -> bool:
        box.read(0.05)
        return len(box.acks) == len(texts) and sum(map(len, operator.heard.values())) >= expected_parts

    wait_for(everything_came, 50)
    assert set(box.acks) <= {0, 3}
    wrong = [
        text
        for number, text in numbers.items()
        if len(operator.heard[number]) != measure(text).parts
        or decoded(operator.heard[number], measure(text).coding) != text
    ]
    assert wrong == []


def decoded(parts: list[bytes], coding: int) -> str:
    octets = b"".join(parts)
    return octets.decode("utf-16-be", "replace") if coding else to_text(octets)
