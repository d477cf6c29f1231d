"""Mailings through a real Kannel, our application and an operator of each shape, counted by the operators' records."""

import pytest

from kannel.models import Event
from tests.kannel.house import listening, until
from tests.kannel_adapters.house import ACCEPTED, DELIVERED, AdapterHouse, push, reports_of

MESSAGES = 1000


@pytest.mark.parametrize("shape", ["form", "json", "xml"])
def test_a_mailing_of_1000_is_carried_with_all_receipts(shape: str, house: AdapterHouse) -> None:
    house.saved()
    before = house.record(shape)
    with listening(house.gateway):
        ids = push(house.gateway, shape, MESSAGES)
        until(lambda: reports_of(ids) == {ACCEPTED: MESSAGES, DELIVERED: MESSAGES}, 60)
    taken = house.record(shape).since(before)
    assert (taken.messages.total(), len(taken.messages), taken.doubled) == (MESSAGES, MESSAGES, 0)
    assert Event.objects.count() == 2 * MESSAGES
