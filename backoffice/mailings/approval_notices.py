"""Who is told about approvals, in the feed and by e-mail. Called within the step, so that no step goes untold."""

from collections.abc import Iterable

from django.conf import settings
from django.db import transaction
from django.utils import timezone
from django.utils.text import Truncator
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from backoffice.accounts import roles
from backoffice.accounts.models import User
from backoffice.accounts.names import name_of
from backoffice.alerts.feed import raise_alert
from backoffice.alerts.models import Alert
from backoffice.lib.numbers import grouped
from backoffice.lib.said import Sentence
from backoffice.mailings import approval_needs, approval_tasks
from backoffice.mailings.approval_models import ApprovalMail, ApprovalRules
from backoffice.mailings.approvers import those_who_may
from backoffice.mailings.links import page_of
from backoffice.mailings.models import Mailing

Kind = ApprovalMail.Kind
# Of a note, in a sentence of the feed, which has 400 characters at most.
NOTE_SHOWN = 150
GOES_ON = frozenset({Mailing.State.APPROVED, Mailing.State.RUNNING, Mailing.State.PAUSED})
# Those of them an author may have; nobody else is told what became of a mailing.
ROLES_OF_AUTHORS = (roles.EDITOR, roles.APPROVER)


def tell_waits(mailing: Mailing) -> None:
    """It waits for approvers; once it is decided the notice closes by itself."""
    size = approval_needs.size_of(mailing)

    def said() -> str:
        words = {
            "name": mailing.name,
            "person": name_of(mailing.submitted_by),
            "count": grouped(size.recipients),
            "cost": grouped(size.cost, 2),
            "currency": mailing.currency,
        }
        sentence = ngettext(
            "“%(name)s” waits for an approver: %(count)s recipient, %(cost)s %(currency)s. %(person)s has submitted it.",
            "“%(name)s” waits for an approver: %(count)s recipients, %(cost)s %(currency)s. %(person)s has submitted it.",
            size.recipients,
        )
        if mailing.is_series:
            sentence = _("“%(name)s”, which repeats, waits for an approver. %(person)s has submitted it.")
        return f"{sentence % words} {note_words(mailing)}".strip()

    _raise(_waits(mailing), Alert.Level.WARNING, said, mailing, [roles.APPROVER])
    mail_approvers(mailing)


def tell_second(mailing: Mailing, first: User) -> None:
    """One of two has approved it. The notice that it waits stays open and says so."""

    def said() -> str:
        words = {
            "name": mailing.name,
            "person": name_of(first),
            "why": approval_needs.in_words(approval_needs.reasons(mailing)),
        }
        sentence = _("“%(name)s” needs one more approver: %(why)s. %(person)s has approved it.")
        return sentence % words

    _raise(_waits(mailing), Alert.Level.WARNING, said, mailing, [roles.APPROVER])
    _mail(mailing, Kind.SECOND, those_who_may(mailing).order_by("pk"))


def tell_decided(mailing: Mailing, outcome: str, by: User) -> None:
    """It was approved, returned or refused: for the author's group, until the mailing goes on. The page has the comment."""
    kind = Kind(outcome)

    def said() -> str:
        words = {"name": mailing.name, "person": name_of(by)}
        sentences = {
            Kind.APPROVED: _("“%(name)s” was approved by %(person)s."),
            Kind.RETURNED: _("“%(name)s” was returned by %(person)s. Its page says what to change."),
            Kind.REFUSED: _("“%(name)s” was refused by %(person)s and will not be sent. Its page says why."),
        }
        return sentences[kind] % words

    groups = mailing.created_by.groups.filter(name__in=ROLES_OF_AUTHORS).values_list("name", flat=True)
    _raise(_decided(mailing), Alert.Level.INFORMATION, said, mailing, list(groups) or [roles.EDITOR])
    _mail(mailing, kind, [mailing.created_by])


def note_words(mailing: Mailing) -> str:
    """How what whoever submitted it says to the approver begins; its page has the whole. Empty if they say nothing."""
    note = Truncator(mailing.author_note).chars(NOTE_SHOWN)
    words = {"person": name_of(mailing.submitted_by), "note": note}
    return _("%(person)s writes: “%(note)s”") % words if mailing.author_note else ""


def mail_approvers(mailing: Mailing) -> None:
    """By e-mail alone: a run that waits for a person has its own notice in the feed."""
    _mail(mailing, Kind.WAITS, those_who_may(mailing).order_by("pk"))


def close(mailing: Mailing) -> None:
    """The mailing has taken a step: it waits no longer. How it was decided is said until it is over or begun anew."""
    causes = [_waits(mailing), f"series-waits:{mailing.pk}"]
    if mailing.state not in GOES_ON:
        causes.append(_decided(mailing))
    Alert.objects.filter(cause__in=causes).close()


def _mail(mailing: Mailing, kind: Kind, people: Iterable[User]) -> None:
    if not settings.EMAIL_ENABLED or not ApprovalRules.current().sends_mail:
        return
    now = timezone.now()
    ApprovalMail.objects.bulk_create(
        ApprovalMail(mailing=mailing, to=one, kind=kind, made_at=now, next_try_at=now)
        for one in people
        if one.email
    )
    # Without Redis it waits for the minute in which the rest is looked for.
    transaction.on_commit(_wake, robust=True)


def _wake() -> None:
    approval_tasks.send_mails()


def _raise(cause: str, level: Alert.Level, sentence: Sentence, mailing: Mailing, groups: list[str]) -> None:
    raise_alert(cause, level, sentence, link=page_of(mailing), groups=groups)


def _waits(mailing: Mailing) -> str:
    return f"approval-waits:{mailing.pk}"


def _decided(mailing: Mailing) -> str:
    return f"approval-decided:{mailing.pk}"
