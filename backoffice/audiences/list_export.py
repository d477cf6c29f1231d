"""Everybody on a list as a table: read in pages by key, the same memory for any number of customers.

A number is written without its "+", which an office program takes for a formula. The table can be uploaded again.
"""

from collections.abc import Callable, Iterator

from django.utils.translation import gettext as _

from backoffice.audiences.models import CustomerList, ListMember
from backoffice.lib.masking import masked_phone

PAGE_ROWS = 10_000


def heading() -> list[str]:
    return [_("number in the CRM"), _("phone number")]


def rows_of(customer_list: CustomerList, *, reveals: bool) -> Iterator[list[str]]:
    """One row for each customer, in the order in which we came to know them. ``reveals`` shows full numbers."""
    shown: Callable[[str], str] = str if reveals else masked_phone
    members = ListMember.objects.filter(customer_list=customer_list).order_by("customer_id")
    last = 0
    while True:
        page = list(
            members.filter(customer_id__gt=last).values_list(
                "customer_id", "customer__external_id", "customer__phone"
            )[:PAGE_ROWS]
        )
        for _customer, external_id, phone in page:
            yield [external_id, shown(phone).lstrip("+")]
        if len(page) < PAGE_ROWS:
            return
        last = page[-1][0]
