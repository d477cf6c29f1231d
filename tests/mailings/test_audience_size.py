"""How many an audience are, in words; also where nobody can say it exactly."""

from typing import Any

import pytest

from backoffice.audiences import counting, draw
from backoffice.audiences.limits import CountTooSlowError
from backoffice.audiences.models import Audience
from backoffice.mailings import audience_size
from backoffice.mailings.audience_size import size_words
from tests.mailings.conftest import MakeCustomer

pytestmark = pytest.mark.django_db


@pytest.fixture
def everybody(clean_redis: Any) -> Audience:
    return Audience.objects.create(name="Everybody")


def test_few_are_counted_and_the_number_is_kept_for_a_while(
    everybody: Audience, make_customer: MakeCustomer
) -> None:
    make_customer()
    assert size_words(everybody) == "1 customer"
    make_customer()
    assert size_words(everybody) == "1 customer"


def test_many_are_estimated(
    everybody: Audience, make_customer: MakeCustomer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(draw, "SMALL", 0)
    monkeypatch.setattr(counting, "draw", lambda _look_ups: draw.Draw(2))
    for _ in range(20):
        make_customer()
    assert size_words(everybody).startswith("about ")


def test_where_counting_takes_too_long_that_is_said(
    everybody: Audience, monkeypatch: pytest.MonkeyPatch
) -> None:
    def too_slow(*_args: object) -> None:
        raise CountTooSlowError

    monkeypatch.setattr(audience_size, "reach", too_slow)
    assert size_words(everybody) == "too many to be counted at once"
