"""Who may read what is said to customers."""

from backoffice.accounts.models import User


def may_read_texts(user: User) -> bool:
    """Analysts and operator staff see numbers, not what is said to customers."""
    return user.has_perm("mailings.submit_mailing") or user.has_perm("mailings.approve_mailing")
