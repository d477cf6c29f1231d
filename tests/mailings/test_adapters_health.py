"""The health address says whether the application of adapters lives, where a connection needs it."""

import pytest
import redis

from backoffice.mailings.health import adapters
from kannel.adapters import health
from kannel.models import Connection

pytestmark = pytest.mark.django_db


def test_nobody_needs_it_without_a_connection_through_an_adapter(
    north: Connection, clean_redis: "redis.Redis[bytes]"
) -> None:
    assert adapters() == {"ok": True, "beat_age_seconds": None}


def test_a_connection_through_an_adapter_needs_it(
    north: Connection, clean_redis: "redis.Redis[bytes]"
) -> None:
    Connection.objects.update(kind="adapter")
    assert adapters()["ok"] is False
    health.beat()
    assert adapters()["ok"] is True
