from collections.abc import Iterator

import pytest
from django.db import connection
from pytest_django import Settings

from tests.kannel_adapters.house import AdapterHouse, house_in


@pytest.fixture(scope="module")
def running_house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[AdapterHouse]:
    with house_in(tmp_path_factory.mktemp("adapters")) as house:
        yield house


@pytest.fixture
def house(running_house: AdapterHouse, transactional_db: None, settings: Settings) -> AdapterHouse:
    """The running parts, with empty tables."""
    settings.KANNEL_EVENTS_COMMITTED = {}
    with connection.cursor() as cursor:
        cursor.execute("TRUNCATE kannel_event, mailings_message")
    return running_house
