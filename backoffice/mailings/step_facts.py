"""What the six steps have to be told: of a form what is wrong in it, of a mailing its plan and its approvers."""

from collections.abc import Mapping
from typing import Any

from django.forms import BaseForm
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from backoffice.accounts.names import name_of
from backoffice.audiences.models import UnusableAudienceError
from backoffice.lib.numbers import grouped
from backoffice.mailings.approvers import who_may_approve
from backoffice.mailings.audience_size import size_words
from backoffice.mailings.check import span
from backoffice.mailings.ledger import Ledger
from backoffice.mailings.models import Mailing
from backoffice.mailings.steps import Known

State = Mailing.State
APPROVED = frozenset({State.APPROVED, State.RUNNING, State.PAUSED, State.FINISHED, State.CANCELLED})


def known_of_form(form: BaseForm, mailing: Mailing, step_of: Mapping[str, str]) -> Known:
    """For the page with the form, whose errors are said at the step of their field."""
    problems: dict[str, str] = {}
    for name, errors in form.errors.as_data().items():
        if name in form.fields:
            problems.setdefault(step_of[name], _said(form, name, errors[0]))
    size, unusable = _size(mailing)
    if unusable:
        problems.setdefault("audience", unusable)
    # What is being typed has no plan yet.
    return Known(problems, size, leaves="" if form.is_bound else span.moments(mailing))


def known_of_page(mailing: Mailing, books: Ledger) -> Known:
    """For the page of a saved mailing."""
    size, unusable = _planned_size(books) if books.planned is not None else _size(mailing)
    return Known(
        problems={"audience": unusable} if unusable else {},
        size=size,
        recipients=books.to_send,
        leaves=span.moments(mailing),
        approvers=who_may_approve(mailing) if mailing.state == State.SUBMITTED else (),
        approved_by=_approved_by(mailing) if mailing.state in APPROVED else "",
    )


def _said(form: BaseForm, name: str, error: Any) -> str:
    if error.code == "required":
        return _("“%(field)s” is empty. Fill it in.") % {"field": form.fields[name].label}
    return str(error.messages[0])


def _size(mailing: Mailing) -> tuple[str, str]:
    """How many the audience are, and what is wrong with it."""
    if not mailing.audience_id:
        return "", ""
    try:
        return size_words(mailing.audience), ""
    except UnusableAudienceError as error:
        return "", str(error)


def _planned_size(books: Ledger) -> tuple[str, str]:
    planned = books.planned or 0
    words = ngettext("%(count)s customer", "%(count)s customers", planned) % {"count": grouped(planned)}
    return words, ""


def _approved_by(mailing: Mailing) -> str:
    orders = mailing.launch_orders.filter(content_hash=mailing.content_hash).select_related("approved_by")
    order = orders.order_by("pk").last()
    return name_of(order.approved_by) if order else ""
