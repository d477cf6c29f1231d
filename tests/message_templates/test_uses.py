"""Who uses a text is told by the rooms above."""

import pytest

from backoffice.accounts.models import User
from backoffice.message_templates import uses
from backoffice.message_templates.uses import Use, register_uses, use_counts, uses_of


@pytest.fixture(autouse=True)
def _own_providers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(uses, "_providers", [])


def test_all_rooms_are_asked_and_their_numbers_add_up() -> None:
    first, second = Use("A", "draft", "hollow", "/a/"), Use("B", "draft", "hollow", "/b/")
    register_uses(lambda text, reader: [first], lambda texts: {1: 2})
    register_uses(lambda text, reader: [second], lambda texts: {1: 1, 2: 5})
    assert uses_of(1, User()) == [first, second]
    assert use_counts([1, 2, 3]) == {1: 3, 2: 5, 3: 0}
