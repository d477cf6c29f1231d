"""Who is told that something waits for approval and how it was decided: in the feed, and by e-mail that may fail."""

from datetime import timedelta

import pytest
from django.contrib.auth.models import Group
from django.core import mail
from django.core.checks import Error
from django.core.checks import Warning as CheckWarning
from django.core.mail import EmailMessage
from django.core.mail.backends.locmem import EmailBackend
from django.utils import timezone
from pytest_django import DjangoCaptureOnCommitCallbacks, Settings
from wagtail.users.models import UserProfile

from backoffice.accounts.models import User
from backoffice.accounts.roles import APPROVER, EDITOR
from backoffice.alerts.models import Alert
from backoffice.mailings import approval_mail, approval_tasks, checks, lifecycle
from backoffice.mailings.models import ApprovalMail, ApprovalRules, Mailing
from tests.mailings.in_state import add_messages, put

pytestmark = pytest.mark.django_db
State = Mailing.State


class Refusing(EmailBackend):
    """A mail server that is away."""

    def send_messages(self, messages: list[EmailMessage]) -> int:
        raise ConnectionRefusedError


AWAY = f"{__name__}.Refusing"


def person(name: str, role: str, email: str = "") -> User:
    user = User.objects.create_user(name, email or f"{name}@example.org")
    user.groups.set([Group.objects.get(name=role)])
    return user


@pytest.fixture(autouse=True)
def _with_mail(settings: Settings) -> None:
    settings.EMAIL_ENABLED = True
    settings.WAGTAILADMIN_BASE_URL = "https://parley.example.org/"


@pytest.fixture
def anna(db: None) -> User:
    return person("anna", EDITOR)


@pytest.fixture
def olga(db: None) -> User:
    return person("olga", APPROVER)


@pytest.fixture
def planned_one(mailing: Mailing, anna: User) -> Mailing:
    """Written by Anna; two messages wait."""
    Mailing.objects.update(created_by=anna)
    add_messages(mailing, "waiting", "waiting")
    return put(mailing, State.PLANNED, anna)


@pytest.fixture
def submitted(planned_one: Mailing, anna: User, olga: User) -> Mailing:
    lifecycle.submit(planned_one, anna)
    return planned_one


def open_alerts() -> dict[str, tuple[str, list[str]]]:
    """Sentence and groups by the kind of their cause."""
    return {
        alert.cause.partition(":")[0]: (
            alert.sentence,
            list(alert.groups.order_by("name").values_list("name", flat=True)),
        )
        for alert in Alert.objects.open()
    }


def test_what_waits_is_told_to_approvers(submitted: Mailing) -> None:
    assert open_alerts() == {
        "approval-waits": (
            "“Autumn” waits for an approver: 2 recipients, 0.00 RUB. anna has submitted it.",
            [APPROVER],
        )
    }


@pytest.mark.parametrize(
    ("step", "words", "sentence"),
    [
        ("approve", {"comment": "Fine."}, "“Autumn” was approved by olga."),
        (
            "send_back",
            {"comment": "Shorter."},
            "“Autumn” was returned by olga. Its page says what to change.",
        ),
        (
            "refuse",
            {"comment": "No."},
            "“Autumn” was refused by olga and will not be sent. Its page says why.",
        ),
    ],
)
def test_a_decision_closes_it_and_is_told_to_the_authors_group(
    step: str, words: dict[str, str], sentence: str, submitted: Mailing, olga: User
) -> None:
    getattr(lifecycle, step)(submitted, olga, **words)
    assert open_alerts() == {"approval-decided": (sentence, [EDITOR])}


@pytest.mark.parametrize("step", ["withdraw", "cancel", "edited"])
def test_what_waits_no_longer_is_not_told_any_more(step: str, submitted: Mailing, editor: User) -> None:
    getattr(lifecycle, step)(submitted, editor)
    assert open_alerts() == {}


def test_how_it_was_decided_stays_until_it_begins_anew(submitted: Mailing, anna: User, olga: User) -> None:
    lifecycle.approve(submitted, olga)
    lifecycle.start_due()
    assert list(open_alerts()) == ["approval-decided"]
    put(submitted, State.DRAFT, anna)
    lifecycle.request_plan(submitted, anna)
    assert open_alerts() == {}


def test_after_the_first_of_two_it_still_waits_and_says_for_whom(submitted: Mailing, olga: User) -> None:
    ApprovalRules.objects.update(second_above_recipients=1)
    lifecycle.approve(submitted, olga)
    assert open_alerts()["approval-waits"] == (
        "“Autumn” needs one more approver: more than 1 recipient. olga has approved it.",
        [APPROVER],
    )


def test_a_series_names_no_recipients(planned_one: Mailing, anna: User) -> None:
    Mailing.objects.update(repeats="daily")
    lifecycle.submit(Mailing.objects.get(), anna)
    assert open_alerts()["approval-waits"][0] == (
        "“Autumn”, which repeats, waits for an approver. anna has submitted it."
    )


def test_an_author_without_a_role_is_told_with_the_editors(
    submitted: Mailing, olga: User, editor: User
) -> None:
    Mailing.objects.update(created_by=editor)
    lifecycle.send_back(Mailing.objects.get(), olga, "Shorter.")
    assert open_alerts()["approval-decided"][1] == [EDITOR]


def test_approvers_who_may_approve_it_get_an_e_mail_with_the_way_there(
    submitted: Mailing, olga: User
) -> None:
    assert approval_mail.send_due() == 1
    sent = mail.outbox[0]
    assert (sent.to, sent.subject) == (["olga@example.org"], "“Autumn” waits for your approval")
    assert sent.body.startswith("anna has submitted it. Look at it, then approve, return or refuse it.")
    assert f"https://parley.example.org/mailings/inspect/{submitted.pk}/" in sent.body
    assert ApprovalMail.objects.get().sent_at is not None


def test_nobody_is_asked_who_wrote_it_or_has_no_address(planned_one: Mailing, anna: User) -> None:
    anna.groups.add(Group.objects.get(name=APPROVER))
    User.objects.filter(pk=person("without", APPROVER).pk).update(email="")
    User.objects.filter(pk=person("gone", APPROVER).pk).update(is_active=False)
    lifecycle.submit(planned_one, anna)
    assert not ApprovalMail.objects.exists()


def test_the_other_approvers_are_asked_for_the_second_approval(submitted: Mailing, olga: User) -> None:
    ApprovalRules.objects.update(second_above_recipients=1)
    person("igor", APPROVER)
    ApprovalMail.objects.all().delete()
    lifecycle.approve(submitted, olga)
    approval_mail.send_due()
    assert [(one.to, one.subject) for one in mail.outbox] == [
        (["igor@example.org"], "“Autumn” needs one more approver")
    ]


@pytest.mark.parametrize(
    ("step", "words", "subject"),
    [
        ("approve", {}, "“Autumn” was approved"),
        ("send_back", {"comment": "Shorter."}, "“Autumn” was returned to you"),
        ("refuse", {"comment": "No."}, "“Autumn” was refused"),
    ],
)
def test_the_author_gets_the_decision_without_the_comment(
    step: str, words: dict[str, str], subject: str, submitted: Mailing, olga: User
) -> None:
    getattr(lifecycle, step)(submitted, olga, **words)
    approval_mail.send_due()
    # The question to Olga is overtaken by her answer.
    assert [(one.to, one.subject) for one in mail.outbox] == [(["anna@example.org"], subject)]
    assert words.get("comment", "nothing") not in mail.outbox[0].body
    assert ApprovalMail.objects.count() == 1


def test_it_is_in_the_language_of_whoever_gets_it(submitted: Mailing, olga: User) -> None:
    UserProfile.objects.create(user=olga, preferred_language="en")
    assert approval_mail._language_of(User.objects.get(pk=olga.pk)) == "en"
    approval_mail.send_due()
    assert mail.outbox[0].subject == "“Autumn” waits for your approval"


@pytest.mark.parametrize("switch", ["rules", "settings"])
def test_without_e_mail_only_the_feed_says_so(
    switch: str, planned_one: Mailing, anna: User, olga: User, settings: Settings
) -> None:
    if switch == "rules":
        ApprovalRules.objects.update(sends_mail=False)
    settings.EMAIL_ENABLED = switch == "rules"
    lifecycle.submit(planned_one, anna)
    assert not ApprovalMail.objects.exists()
    assert list(open_alerts()) == ["approval-waits"]


def test_a_server_that_is_away_stops_no_step_and_is_told(submitted: Mailing, settings: Settings) -> None:
    settings.EMAIL_BACKEND = AWAY
    assert approval_mail.send_due() == 0
    waiting = ApprovalMail.objects.get()
    assert (waiting.tries, waiting.problem, waiting.sent_at) == (1, "ConnectionRefusedError", None)
    assert waiting.next_try_at is not None
    assert waiting.next_try_at > timezone.now()
    assert "(ConnectionRefusedError)" in open_alerts()["approval-mail"][0]
    assert approval_mail.send_due() == 0, "not before its time"
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
    ApprovalMail.objects.update(next_try_at=timezone.now())
    approval_tasks.send_mails_again.call_local()
    assert len(mail.outbox) == 1
    assert "approval-mail" not in open_alerts()


def test_after_many_tries_it_is_given_up(submitted: Mailing, settings: Settings) -> None:
    settings.EMAIL_BACKEND = AWAY
    ApprovalMail.objects.update(tries=len(approval_mail.TRIED_AGAIN_AFTER))
    approval_mail.send_due()
    assert ApprovalMail.objects.get().next_try_at is None


def test_an_e_mail_leaves_right_after_the_step(
    planned_one: Mailing,
    anna: User,
    olga: User,
    django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
) -> None:
    with django_capture_on_commit_callbacks() as callbacks:
        lifecycle.submit(planned_one, anna)
    assert len(callbacks) == 1
    approval_tasks.send_mails.call_local()
    assert len(mail.outbox) == 1


def test_old_e_mails_are_forgotten(submitted: Mailing) -> None:
    approval_mail.send_due()
    approval_tasks.forget_mails.call_local()
    assert ApprovalMail.objects.count() == 1
    ApprovalMail.objects.update(made_at=timezone.now() - timedelta(days=31))
    approval_tasks.forget_mails.call_local()
    assert not ApprovalMail.objects.exists()


@pytest.mark.parametrize(
    ("values", "found"),
    [
        ({"EMAIL_ENABLED": False, "EMAIL_HOST": ""}, []),
        ({"EMAIL_HOST": "", "DEFAULT_FROM_EMAIL": "a@example.org"}, ["mailings.E001"]),
        ({"EMAIL_HOST": "mail", "DEFAULT_FROM_EMAIL": "a@example.org"}, []),
        ({"EMAIL_HOST": "mail", "DEFAULT_FROM_EMAIL": "parley@localhost"}, ["mailings.W003"]),
        (
            {
                "EMAIL_HOST": "mail",
                "DEFAULT_FROM_EMAIL": "a@example.org",
                "EMAIL_USE_TLS": True,
                "EMAIL_USE_SSL": True,
            },
            ["mailings.E002"],
        ),
    ],
)
def test_wrong_settings_are_said_when_parley_starts(
    values: dict[str, object], found: list[str], settings: Settings
) -> None:
    settings.EMAIL_BACKEND = checks.SMTP
    for name, value in values.items():
        setattr(settings, name, value)
    said = checks.check_mail()
    assert [one.id for one in said] == found
    assert all(isinstance(one, Error | CheckWarning) and one.hint for one in said)
