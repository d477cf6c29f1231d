"""How an employee is called on screens."""

from typing import TYPE_CHECKING

from django.utils.translation import gettext as _

if TYPE_CHECKING:
    from backoffice.accounts.models import User


def name_of(user: "User | None") -> str:
    """First and last name, or the login where there is none; Parley itself where it was nobody."""
    if user is None:
        return _("Parley")
    return user.get_full_name() or user.get_username()
