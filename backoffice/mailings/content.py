"""What an approver approves of a mailing, as plain values, and its hash. A launch order keeps both."""

import hashlib
import json
from decimal import Decimal
from typing import Any

from backoffice.lib.amounts import PRICE_PLACES
from backoffice.mailings.compare_models import comparing_content
from backoffice.mailings.models import EXTRA_PERCENT, Mailing


def content(mailing: Mailing) -> dict[str, Any]:
    """What an approver approves: text, recipients, time, bill; JSON of plain values.

    The audience is the one of the plan. Whatever becomes of its conditions later, the plan and its approval stay.
    """
    # Mailings planned before audiences were kept have none; what was approved of them must stay the same.
    audience = {"planned_audience": mailing.planned_audience} if mailing.planned_audience else {}
    return {
        "mailing": mailing.pk,
        "purpose": mailing.purpose,
        "sender": mailing.sender,
        "variants": mailing.template.variants(),
        "audience": mailing.audience_id,
        **audience,
        "starts_at": mailing.starts_at and mailing.starts_at.isoformat(),
        "ends_at": mailing.ends_at and mailing.ends_at.isoformat(),
        "local_hours": [mailing.local_from.isoformat(), mailing.local_to.isoformat()],
        "validity_seconds": int(mailing.validity.total_seconds()),
        "priority": mailing.priority,
        "holdout_percent": mailing.holdout_percent,
        "cap": [mailing.cap_messages, mailing.cap_days],
        "budget": mailing.budget is not None and str(mailing.budget),
        **_said_otherwise(mailing),
        "uncertain_policy": mailing.uncertain_policy,
        "planned_count": mailing.planned_count,
        "planned_cost": f"{_exact(mailing.planned_cost)} {mailing.currency}",
        "plan_digest": mailing.plan_digest,
    }


def content_hash(values: dict[str, Any]) -> str:
    """SHA-256 of the canonical JSON, in hex."""
    canonical = json.dumps(values, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(canonical.encode()).hexdigest()


def _exact(amount: Decimal) -> str:
    """With the four decimals that approvals were given for, or with all it has."""
    return f"{amount:.4f}" if amount == round(amount, 4) else f"{amount:.{PRICE_PLACES}f}"


def _said_otherwise(mailing: Mailing) -> dict[str, Any]:
    """What differs from the usual. The usual is left out, so that what was approved before it existed stays the same."""
    found: dict[str, Any] = {}
    if links := {link.address: link.target for link in mailing.short_links.order_by("pk")}:
        found["links"] = links
    if mailing.extra_percent != EXTRA_PERCENT:
        found["extra_percent"] = mailing.extra_percent
    if mailing.max_price is not None:
        found["max_price"] = _exact(mailing.max_price)
    if mailing.by_own_clock:
        found["by_own_clock"] = True
    if mailing.spread_hours:
        found["spread_hours"] = mailing.spread_hours
    if mailing.is_series:
        found["repeating"] = mailing.repeating_content()
    found |= comparing_content(mailing)
    if mailing.trigger:
        found["trigger"] = [
            mailing.trigger,
            mailing.trigger_days,
            mailing.trigger_action,
            mailing.trigger_mailing_id,
        ]
    if mailing.rest_of_id is not None:
        found["rest_of"] = mailing.rest_of_id
    if mailing.series_id is not None and mailing.run_at is not None:
        found["run_of"] = [mailing.series_id, mailing.run_at.isoformat()]
    return found
