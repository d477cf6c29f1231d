"""Some processes run the tests side by side. Each has a PostgreSQL database and a Redis database of its own.

PostgreSQL's is pytest-django's work. Redis is named in the environment before Django reads it, so this plugin is named
in pytest's own configuration. Within a process tests that empty the tables come last, as pytest-django orders them:
the order of modules, handed out one after the other, keeps that.
"""

import os
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import pytest
from xdist.scheduler import LoadScopeScheduling

# Of pytest-xdist: gw0, gw1 …; not set where the tests run in one process.
WORKER = os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw")


def _redis_of_this_process() -> None:
    url = urlsplit(os.environ.get("REDIS_URL", ""))
    if url.netloc:
        os.environ["REDIS_URL"] = urlunsplit(url._replace(path=f"/{int(WORKER)}"))


_redis_of_this_process()


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What takes longest begins first."""
    items.sort(key=lambda item: item.get_closest_marker("drill") is None)


def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> LoadScopeScheduling:
    return InOrder(config, log)


class InOrder(LoadScopeScheduling):
    """Hands out modules one after the other, whole: their fixtures are dear, and whole systems run one at a time.

    A module that stands in two places of the order, because some of its tests empty the tables, is two pieces.
    """

    pieces: dict[str, str]

    def schedule(self) -> None:
        if self.collection is None:
            number, before = 0, ""
            self.pieces = {}
            for test in next(iter(self.registered_collections.values())):
                module = test.partition("::")[0]
                number, before = number + (module != before), module
                self.pieces[test] = f"{number} {module}"
        super().schedule()

    def _split_scope(self, nodeid: str) -> str:
        return self.pieces[nodeid]
