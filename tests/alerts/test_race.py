from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection

from backoffice.alerts.feed import raise_alert
from backoffice.alerts.models import Alert


def _raise_and_hang_up(number: int) -> None:
    try:
        raise_alert("link-down:mts-1", Alert.Level.ALARM, f"Seen by worker {number}.")
    finally:
        connection.close()


@pytest.mark.django_db(transaction=True)
def test_eight_workers_that_see_the_same_cause_raise_one_alert() -> None:
    with ThreadPoolExecutor(8) as workers:
        list(workers.map(_raise_and_hang_up, range(8)))
    assert Alert.objects.get().times == 8
