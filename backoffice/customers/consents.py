"""A customer gives or withdraws consent: the new answer supersedes the old one, which stays as history."""

from datetime import datetime

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from backoffice.customers.models import Consent, Customer, Purpose


class SourceMissing(ValueError):
    """Nobody said where the consent comes from; it would prove nothing."""


def record(
    customer: Customer,
    purpose: Purpose,
    state: Consent.State,
    source: str,
    *,
    since: datetime | None = None,
) -> Consent:
    """Notes what the customer said, and where we have it from (152-FZ, article 9: we must be able to prove it).

    The same answer again changes nothing and returns the standing row. Raises SourceMissing.
    """
    source = source.strip()
    if not source:
        raise SourceMissing(_("Say where this comes from, for example a call, a letter or a form."))
    now = timezone.now()
    with transaction.atomic():
        # Two people, or a person and an import, must not both find the old answer.
        Customer.objects.select_for_update().only("pk").get(pk=customer.pk)
        standing = Consent.objects.filter(customer=customer, purpose=purpose, superseded_at=None).first()
        if standing and standing.state == state:
            return standing
        if standing:
            standing.superseded_at = now
            standing.save(update_fields=["superseded_at"])
        return Consent.objects.create(
            customer=customer, purpose=purpose, state=state, since=since or now, source=source[:80]
        )
