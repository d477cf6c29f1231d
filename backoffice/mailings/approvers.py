"""Who could approve a mailing now, by name: so that its author knows whom to ask."""

from collections.abc import Sequence

from django.db.models import QuerySet
from django.utils.text import get_text_list
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from backoffice.accounts.models import User
from backoffice.accounts.names import name_of
from backoffice.lib.numbers import grouped
from backoffice.mailings.approving import first_of
from backoffice.mailings.four_eyes import who_wrote
from backoffice.mailings.models import Mailing

RIGHT = "mailings.approve_mailing"
BACKEND = "django.contrib.auth.backends.ModelBackend"
# More of them are counted instead of named.
NAMED = 3


def those_who_may(mailing: Mailing, *, include_superusers: bool = False) -> QuerySet[User]:
    """Those who have the right, wrote nothing of it and did not approve it already."""
    people = User.objects.with_perm(RIGHT, backend=BACKEND, include_superusers=include_superusers)
    first = first_of(mailing)
    return people.exclude(pk__in=who_wrote(mailing) | ({first.approver_id} if first else set()))


def who_may_approve(mailing: Mailing) -> list[str]:
    """Their names. Administrators only where nobody else can."""
    found = those_who_may(mailing, include_superusers=True)
    people = list(found.order_by("last_name", "first_name", "username"))
    return [name_of(person) for person in people if not person.is_superuser] or list(map(name_of, people))


def waiting_words(names: Sequence[str]) -> str:
    """For whom it waits, as a sentence."""
    if not names:
        return _("Nobody else may approve it. Ask the administrators to give somebody the role.")
    if len(names) <= NAMED:
        return _("Waiting for %(people)s.") % {"people": get_text_list(list(names), _("or"))}
    return ngettext(
        "Waiting for one of %(count)s approver.", "Waiting for one of %(count)s approvers.", len(names)
    ) % {"count": grouped(len(names))}


def can_words(names: Sequence[str]) -> str:
    """Who can act, as a sentence for the top of its page."""
    if len(names) == 1:
        return _("%(people)s can approve it.") % {"people": names[0]}
    if 1 < len(names) <= NAMED:
        return _("Any of these can approve it: %(people)s.") % {"people": ", ".join(names)}
    return "" if names else waiting_words(names)
