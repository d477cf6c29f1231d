from collections.abc import Iterator

import pytest
from pytest_django import Settings

from tests.kannel.house import Kannel, kannel_in

DLR_SECRET = "a secret of tests"


@pytest.fixture(scope="session")
def running_kannel(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Kannel]:
    """One Kannel for all tests: it takes seconds to start."""
    with kannel_in(tmp_path_factory.mktemp("kannel")) as kannel:
        yield kannel


@pytest.fixture
def kannel(running_kannel: Kannel, transactional_db: None, settings: Settings) -> Kannel:
    """The running Kannel."""
    settings.KANNEL_EVENTS_COMMITTED = {}  # the tests look for themselves
    if "bearerbox" not in running_kannel.processes:
        running_kannel.start_bearerbox()
    return running_kannel
