"""Who may do what with a list. Who is never written to is changed under a right of its own, whoever may change lists."""

from typing import TYPE_CHECKING

from backoffice.audiences.models import CustomerList

if TYPE_CHECKING:
    from django.contrib.auth.models import AnonymousUser

    from backoffice.accounts.models import User

VIEW = "audiences.view_customerlist"
EXCLUSION = "audiences.change_exclusion"
MAKES_CUSTOMERS = "customers.add_customer"
Kind = CustomerList.Kind


def right_to(verb: str, kind: str) -> str:
    """The right that is needed to add, change or delete a list of a kind."""
    return EXCLUSION if kind == Kind.EXCLUSION else f"audiences.{verb}_customerlist"


def may(user: "User | AnonymousUser", verb: str, customer_list: CustomerList) -> bool:
    """Whether somebody may change or delete a list. A frozen result is never changed: it says who fitted then."""
    if verb == "change" and customer_list.kind == Kind.FROZEN:
        return False
    return user.has_perm(right_to(verb, customer_list.kind))


def kinds_to_add(user: "User | AnonymousUser") -> list[str]:
    """The kinds of lists that somebody may make by hand."""
    return [kind for kind in (Kind.MEMBERS, Kind.EXCLUSION) if user.has_perm(right_to("add", kind))]


def sees_full_numbers(user: "User | AnonymousUser") -> bool:
    """Whether somebody's download of a list shows numbers in full."""
    return user.has_perm("customers.reveal_customer") and user.has_perm("customers.export_customer")
