from typing import Any

import pytest
from django.test import override_settings

from backoffice.mailings.pace import AT_FIRST, AT_LEAST, AT_MOST, Pace, keep_departures, kept_departures


def test_a_fast_line_gets_three_seconds_of_what_leaves() -> None:
    pace = Pace(throughput_per_second=5000)
    pace.update(0, now=10.0)
    pace.handed_over(1500)
    pace.update(1000, now=12.0)
    assert pace.limit == 750
    pace.departures_per_second = 0.0
    pace.handed_over(0)
    pace.update(500, now=13.0)
    assert pace.departures_per_second == 500
    assert pace.limit == 1500
    assert pace.room() == 1000


def test_the_line_is_never_filled_beyond_what_kannel_takes() -> None:
    pace = Pace(throughput_per_second=50_000)
    pace.update(0, now=10.0)
    pace.handed_over(9000)
    pace.update(0, now=12.0)
    assert pace.limit == AT_MOST


def test_a_slow_contract_keeps_three_seconds_of_its_own_rate() -> None:
    pace = Pace(throughput_per_second=20)
    pace.update(0, now=10.0)
    pace.update(0, now=12.0)
    assert pace.limit == 60


def test_a_line_on_which_nothing_leaves_is_narrowed_to_the_least() -> None:
    pace = Pace(throughput_per_second=500)
    pace.update(0, now=10.0)
    pace.handed_over(200)
    pace.update(200, now=12.0)
    assert pace.limit == AT_LEAST
    assert pace.room() < 0


def test_what_kannel_gave_back_is_no_longer_inside() -> None:
    pace = Pace(throughput_per_second=500)
    pace.handed_over(50)
    pace.returned(20)
    assert pace.inside == 30


def test_a_measurement_is_due_twice_a_second() -> None:
    pace = Pace(throughput_per_second=500)
    assert pace.is_due()
    pace.update(0)
    assert not pace.is_due()


def test_until_the_first_receipts_can_have_come_the_contract_is_believed() -> None:
    pace = Pace(throughput_per_second=5000)
    pace.update(0, now=10.0)
    pace.handed_over(900)
    pace.update(900, now=11.0)
    assert pace.limit == AT_FIRST


def test_a_turn_goes_on_as_the_one_before_it() -> None:
    pace = Pace(throughput_per_second=5000, departures_per_second=1400)
    pace.update(4000, now=10.0)
    assert pace.limit == 4200
    assert pace.room() == 200


def test_after_a_quiet_turn_the_contract_is_believed() -> None:
    assert Pace(throughput_per_second=5000, departures_per_second=3).limit == AT_FIRST


def test_a_slow_contract_is_kept_to_whatever_was_measured() -> None:
    assert Pace(throughput_per_second=20, departures_per_second=900).limit == 60


def test_departures_are_kept_for_the_next_turn_of_the_same_connection(clean_redis: Any) -> None:
    keep_departures(7, 1234.5)
    assert (kept_departures(7), kept_departures(8)) == (1234.5, 0.0)


@pytest.mark.usefixtures("clean_redis")
def test_without_redis_a_turn_begins_slowly() -> None:
    nowhere = {"BACKEND": "django.core.cache.backends.redis.RedisCache", "LOCATION": "redis://127.0.0.1:1"}
    with override_settings(CACHES={"default": nowhere}):
        keep_departures(7, 1234.5)
        assert kept_departures(7) == 0.0
