"""Whether a mailing takes one approver or two, by what its frozen plan may send and cost."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from backoffice.lib.numbers import grouped
from backoffice.mailings.approval_models import ApprovalRules
from backoffice.mailings.models import LaunchOrder, Mailing, Message
from backoffice.mailings.rest_limit import cost_limit


@dataclass(frozen=True)
class Size:
    """What leaves by an approval without anybody being asked again, at most."""

    recipients: int
    cost: Decimal


def size_of(mailing: Mailing) -> Size:
    """Of a series, what one of its runs may be; of a comparison, with the rest that gets the best text later."""
    if mailing.is_series:
        limits = mailing.run_recipients, mailing.run_cost
        # Without both limits every run is approved by itself.
        return Size(0, Decimal(0)) if limits[0] is None or limits[1] is None else Size(limits[0], limits[1])
    messages = Message.objects.of(mailing)
    size = Size(messages.waiting().count(), mailing.planned_cost)
    if not mailing.has_test:
        return size
    kept = messages.filter(reason=Message.Reason.FOR_WINNER).count()
    return Size(size.recipients + kept, size.cost + cost_limit(mailing))


def reasons(mailing: Mailing, size: Size | None = None) -> list[str]:
    """Why it takes a second approver, as parts of a sentence; empty if one is enough.

    :param size: of it, where that has been counted already.
    """
    rules = ApprovalRules.current()
    if rules.second_above_recipients is None and rules.second_above_cost is None:
        return []
    size, found = size or size_of(mailing), []
    if rules.second_above_recipients is not None and size.recipients > rules.second_above_recipients:
        count = grouped(rules.second_above_recipients)
        found.append(
            ngettext(
                "more than %(count)s recipient",
                "more than %(count)s recipients",
                rules.second_above_recipients,
            )
            % {"count": count}
        )
    if rules.second_above_cost is not None and size.cost > rules.second_above_cost:
        words = {"cost": grouped(rules.second_above_cost, 2), "currency": mailing.currency}
        found.append(_("more than %(cost)s %(currency)s") % words)
    return found


def in_words(found: Sequence[str]) -> str:
    """The reasons in one row."""
    return _(" and ").join(found)


def lacking(run: Mailing, order: LaunchOrder) -> str:
    """Why what was made by an approval needs another one: the rules have become stricter. Empty if it needs none."""
    if order.first_approved_by_id is not None:
        return ""
    found = reasons(run)
    return _("It takes two approvers now: %(why)s.") % {"why": in_words(found)} if found else ""
