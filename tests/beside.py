"""Two processes run the tests side by side. Each has a PostgreSQL database and a Redis database of its own.

PostgreSQL's is pytest-django's work. Redis is named in the environment before Django reads it, so this plugin is named
in pytest's own configuration. Within a process tests that empty the tables come last, as pytest-django orders them:
the order of groups, handed out one after the other, keeps that.
"""

import os
from urllib.parse import urlsplit, urlunsplit

import pytest

# Of pytest-xdist: gw0, gw1 …; not set where the tests run in one process.
WORKER = os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw")


def _redis_of_this_process() -> None:
    url = urlsplit(os.environ.get("REDIS_URL", ""))
    if url.netloc:
        os.environ["REDIS_URL"] = urlunsplit(url._replace(path=f"/{int(WORKER)}"))


_redis_of_this_process()


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What takes longest begins first, and a module stays in one process: its fixtures are dear."""
    items.sort(key=lambda item: item.get_closest_marker("drill") is None)


def pytest_itemcollected(item: pytest.Item) -> None:
    """A module goes to one process, in two pieces if some of its tests empty the tables; whole systems run one at a time."""
    if item.get_closest_marker("drill"):
        item.add_marker(pytest.mark.xdist_group("drills"))
        return
    marker = item.get_closest_marker("django_db")
    empties = {"transactional_db", "live_server"}.intersection(getattr(item, "fixturenames", []))
    module = item.nodeid.partition("::")[0]
    piece = " at the end" if empties or (marker and marker.kwargs.get("transaction")) else ""
    item.add_marker(pytest.mark.xdist_group(f"{module}{piece}"))
