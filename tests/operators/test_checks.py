import pytest
from pytest_django import Settings

from backoffice.operators.checks import check_passwords

LONG, OTHER = "a-long-password-1", "a-long-password-2"


@pytest.mark.parametrize(
    ("admin", "status", "ids"),
    [
        (LONG, OTHER, []),
        ("", OTHER, ["operators.W001"]),
        ("bar", "short", ["operators.W001", "operators.W002"]),
        (LONG, LONG, ["operators.W003"]),
    ],
)
def test_a_weak_password_of_kannel_is_warned_about(
    admin: str, status: str, ids: list[str], settings: Settings
) -> None:
    settings.KANNEL_ADMIN_PASSWORD, settings.KANNEL_STATUS_PASSWORD = admin, status
    found = check_passwords()
    assert [one.id for one in found] == ids
    assert all(one.hint for one in found)
    assert not any(word and word in str(one) for one in found for word in (LONG, "bar "))
