"""People, as in the tests of mailings."""

from tests.mailings.conftest import editor  # noqa: F401
