"""All messages of a mailing as a table: read in pages by key, the same memory for any number of rows.

Names and texts are not in it. A number is written without its "+", which an office program takes for a formula.
"""

from collections.abc import Callable, Iterator
from typing import IO, Any

from django.utils.translation import gettext as _

from backoffice.customers.models import Customer
from backoffice.lib.masking import masked_phone
from backoffice.lib.numbers import plain_price
from backoffice.lib.spreadsheets import csv_pieces, reader_zone, workbook_of
from backoffice.mailings.models import Mailing, Message
from backoffice.mailings.reasons import NOT_ARRIVED, in_words

PAGE_ROWS = 5000
FIELDS = [
    "id",
    "customer_id",
    "connection__operator__name",
    "connection__name",
    "state",
    "reason",
    "parts",
    "cost",
    "earliest_at",
    "submitted_at",
    "sent_at",
    "final_at",
    "error",
]


def heading(mailing: Mailing) -> list[str]:
    return [
        _("message"),
        _("number in the CRM"),
        _("phone number"),
        _("operator"),
        _("connection"),
        _("state"),
        _("reason"),
        _("parts"),
        _("cost, %(currency)s") % {"currency": mailing.currency},
        *(
            f"{title} ({reader_zone()})"
            for title in (_("not before"), _("handed over"), _("taken by the operator"), _("ended"))
        ),
        _("operator's code"),
    ]


def rows_of_messages(mailing: Mailing, *, reveals: bool) -> Iterator[list[Any]]:
    """One row for each message, in the order of the plan. ``reveals`` shows full numbers."""
    shown: Callable[[str], str] = str if reveals else masked_phone
    last = 0
    while True:
        messages = Message.objects.of(mailing).filter(id__gt=last).order_by("id")
        page = list(messages.values(*FIELDS)[:PAGE_ROWS])
        if not page:
            return
        # Not a join: a message outlives a customer who was erased.
        people = {
            pk: (external_id, phone)
            for pk, external_id, phone in Customer.objects.filter(
                pk__in={row["customer_id"] for row in page}
            ).values_list("pk", "external_id", "phone")
        }
        for row in page:
            external_id, phone = people.get(row["customer_id"], ("", ""))
            yield _row(row, external_id, shown(phone).lstrip("+"))
        last = page[-1]["id"]


def _row(row: dict[str, Any], external_id: str, phone: str) -> list[Any]:
    state = Message.State(row["state"])
    if state in NOT_ARRIVED:
        why = in_words(state, row["reason"], row["error"])
    else:
        why = str(Message.Reason(row["reason"]).label) if row["reason"] else ""
    moments = [row[name] for name in ("earliest_at", "submitted_at", "sent_at", "final_at")]
    return [
        str(row["id"]),
        external_id,
        phone,
        row["connection__operator__name"] or "",
        row["connection__name"] or "",
        str(state.label),
        why,
        row["parts"],
        plain_price(row["cost"]),
        *moments,
        row["error"],
    ]


def csv_of_messages(mailing: Mailing, *, reveals: bool, delimiter: str | None = None) -> Iterator[str]:
    """Pieces of a CSV file, about a page each."""
    return csv_pieces(heading(mailing), rows_of_messages(mailing, reveals=reveals), delimiter)


def xlsx_of_messages(mailing: Mailing, *, reveals: bool) -> IO[bytes]:
    """A temporary workbook, at its beginning."""
    return workbook_of(heading(mailing), rows_of_messages(mailing, reveals=reveals), mailing.name)
