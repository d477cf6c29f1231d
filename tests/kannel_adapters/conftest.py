from collections.abc import Iterator

import pytest
from pytest_django import Settings

from tests.kannel_adapters.house import AdapterHouse, house_in


@pytest.fixture(scope="module")
def running_house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[AdapterHouse]:
    with house_in(tmp_path_factory.mktemp("adapters")) as house:
        yield house


@pytest.fixture
def house(running_house: AdapterHouse, transactional_db: None, settings: Settings) -> AdapterHouse:
    """The running parts."""
    settings.KANNEL_EVENTS_COMMITTED = {}
    return running_house
