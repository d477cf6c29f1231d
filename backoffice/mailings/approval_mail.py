"""E-mails about approvals: each is a row until it has left. None holds a step up, and none says anything of a customer."""

from datetime import datetime, timedelta

import structlog
from django.conf import settings
from django.core.mail import send_mail
from django.db import transaction
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from backoffice.accounts import roles
from backoffice.accounts.models import User
from backoffice.accounts.names import name_of
from backoffice.alerts.feed import close_alert, raise_alert
from backoffice.alerts.models import Alert
from backoffice.mailings.approval_models import ApprovalMail
from backoffice.mailings.links import page_of
from backoffice.mailings.models import Mailing

logger = structlog.get_logger(__name__)

Kind = ApprovalMail.Kind
CAUSE = "approval-mail"
CONCERNED = (roles.EDITOR, roles.APPROVER, roles.OPERATOR_STAFF)
# A worker that dies with an e-mail in its hands leaves it to another one after so long.
HELD_FOR = timedelta(minutes=10)
# After the first failure, the second and so on; after the last one it is given up.
TRIED_AGAIN_AFTER = tuple(timedelta(minutes=minutes) for minutes in (1, 5, 15, 60, 60, 180, 180))
KEPT = timedelta(days=30)


def send_due() -> int:
    """Sends what is due, by any number of workers. Returns how many left. After a failure the rest waits for its turn."""
    sent = 0
    while mail := _claim(timezone.now()):
        if _is_overtaken(mail):
            mail.delete()
            continue
        try:
            _send(mail)
        except Exception as error:
            # The mail server, an address that no e-mail can have, or what nobody foresaw: the row counts its tries.
            _failed(mail, type(error).__name__)
            break
        ApprovalMail.objects.filter(pk=mail.pk).update(
            sent_at=timezone.now(), next_try_at=None, problem="", tries=mail.tries + 1
        )
        close_alert(CAUSE)
        sent += 1
    return sent


def forget_old() -> None:
    """Nobody asks for e-mails that are over."""
    ApprovalMail.objects.filter(next_try_at=None, made_at__lt=timezone.now() - KEPT).delete()


def subject_and_text(mail: ApprovalMail) -> tuple[str, str]:
    """What it says, in the language that is active: which mailing, what to do, and where."""
    mailing = mail.mailing
    words = {"name": " ".join(mailing.name.split()), "person": name_of(mailing.submitted_by)}
    said = {
        Kind.WAITS: (
            _("“%(name)s” waits for your approval"),
            _("%(person)s has submitted it. Look at it, then approve, return or refuse it."),
        ),
        Kind.SECOND: (
            _("“%(name)s” needs one more approver"),
            _("One approver has agreed to it. Look at it, then approve, return or refuse it."),
        ),
        Kind.APPROVED: (_("“%(name)s” was approved"), _("It starts when it is due.")),
        Kind.RETURNED: (
            _("“%(name)s” was returned to you"),
            _("Its page says what has to be changed. Plan and submit it again after that."),
        ),
        Kind.REFUSED: (_("“%(name)s” was refused"), _("It will not be sent. Its page says why.")),
    }
    subject, text = said[Kind(mail.kind)]
    address = settings.WAGTAILADMIN_BASE_URL.rstrip("/") + page_of(mailing)
    parts = [text % words, address]
    if mailing.author_note and mail.kind in (Kind.WAITS, Kind.SECOND):
        parts.insert(1, _("%(person)s writes: “%(note)s”") % (words | {"note": mailing.author_note}))
    return subject % words, "\n\n".join(parts) + "\n"


def _claim(now: datetime) -> ApprovalMail | None:
    with transaction.atomic():
        due = ApprovalMail.objects.filter(next_try_at__lte=now).order_by("next_try_at", "pk")
        mail = due.select_for_update(skip_locked=True).first()
        if mail is not None:
            ApprovalMail.objects.filter(pk=mail.pk).update(next_try_at=now + HELD_FOR)
    return mail


def _is_overtaken(mail: ApprovalMail) -> bool:
    """Whether nobody has to be asked any more: it was decided, withdrawn or changed before this could leave."""
    mailing = mail.mailing
    if mail.kind not in (Kind.WAITS, Kind.SECOND):
        return False
    asked_at = mailing.submitted_at
    return mailing.state != Mailing.State.SUBMITTED or asked_at is None or asked_at > mail.made_at


def _send(mail: ApprovalMail) -> None:
    with translation.override(_language_of(mail.to)):
        subject, text = subject_and_text(mail)
    send_mail(subject, text, None, [mail.to.email])


def _language_of(person: User) -> str:
    profile = getattr(person, "wagtail_userprofile", None)
    return str(profile.get_preferred_language()) if profile else settings.LANGUAGE_CODE


def _failed(mail: ApprovalMail, problem: str) -> None:
    """It is tried again later; the feed says that e-mails do not leave."""
    wait = TRIED_AGAIN_AFTER[mail.tries] if mail.tries < len(TRIED_AGAIN_AFTER) else None
    ApprovalMail.objects.filter(pk=mail.pk).update(
        tries=mail.tries + 1, problem=problem, next_try_at=timezone.now() + wait if wait else None
    )
    logger.warning("mail_failed", mail=mail.pk, error=problem, tries=mail.tries + 1)
    raise_alert(
        CAUSE,
        Alert.Level.WARNING,
        lambda: (
            _(
                "E-mails about approvals do not leave (%(problem)s). They are tried again; until then look here for what "
                "waits. The administrators can check the mail server."
            )
            % {"problem": problem}
        ),
        groups=CONCERNED,
    )
