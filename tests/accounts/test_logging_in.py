"""Logging in and out: what is tried too often is locked, what nobody is at ends, and the privacy officer can read it."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.conf import settings as django_settings
from django.contrib.auth.models import Group
from django.contrib.auth.password_validation import validate_password
from django.core import mail
from django.core.exceptions import ValidationError
from django.http import HttpResponse
from django.test import Client, RequestFactory
from django.urls import reverse
from django.utils import timezone

from backoffice.accounts import access_log, password_reset
from backoffice.accounts.client_address import client_address
from backoffice.accounts.models import AccessRecord, User
from backoffice.accounts.roles import PRIVACY_OFFICER

pytestmark = pytest.mark.django_db
PASSWORD = "correct horse battery"
Kind = AccessRecord.Kind


@pytest.fixture(autouse=True)
def _static_files_as_they_are(settings: Any) -> None:
    settings.STORAGES = {
        **settings.STORAGES,
        "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
    }


@pytest.fixture
def boris() -> User:
    user: User = User.objects.create_user("boris", email="boris@example.org", password=PASSWORD)
    user.groups.set(Group.objects.filter(name="Employee"))
    return user


@pytest.fixture
def clock() -> Iterator[Any]:
    with time_machine.travel(timezone.now(), tick=False) as clock:
        yield clock


def log_in(client: Client, password: str = PASSWORD, username: str = "boris", **headers: Any) -> HttpResponse:
    return client.post(reverse("wagtailadmin_login"), {"username": username, "password": password}, **headers)


def is_in(client: Client) -> bool:
    return client.get("/").status_code == 200


def kinds() -> list[str]:
    return list(AccessRecord.objects.order_by("id").values_list("kind", flat=True))


class TestLockOut:
    def test_the_right_password_is_refused_after_five_wrong_ones(self, client: Client, boris: User) -> None:
        for _try in range(5):
            log_in(client, "wrong")
        answer = log_in(client)
        assert answer.status_code == 429
        assert "closed from here for 15 minutes" in answer.content.decode()
        assert not is_in(client)

    def test_it_is_said_in_the_language_of_the_browser(self, client: Client, boris: User) -> None:
        for _try in range(6):
            answer = log_in(client, "wrong", headers={"accept-language": "ru"})
        assert "Слишком много попыток" in answer.content.decode()

    def test_after_a_quarter_of_an_hour_it_goes_on(self, client: Client, boris: User, clock: Any) -> None:
        for _try in range(6):
            log_in(client, "wrong")
        clock.shift(timedelta(minutes=16))
        log_in(client)
        assert is_in(client)

    def test_others_and_other_addresses_go_on(self, client: Client, boris: User) -> None:
        for _try in range(6):
            log_in(client, "wrong")
        assert log_in(client, REMOTE_ADDR="192.0.2.7").status_code == 302
        User.objects.create_user("anna", password=PASSWORD)
        assert log_in(Client(), username="anna").status_code == 302


@pytest.mark.parametrize(
    ("proxies", "said", "address"),
    [
        (0, "", "192.0.2.1"),
        (0, "198.51.100.9", "192.0.2.1"),  # nobody of ours said so
        (1, "198.51.100.9", "198.51.100.9"),
        (1, "203.0.113.5, 198.51.100.9", "198.51.100.9"),  # the first was made up
        (2, "203.0.113.5, 198.51.100.9, 10.0.0.1", "198.51.100.9"),
        (1, "", "192.0.2.1"),
        (1, "no address", ""),
        (1, "2001:DB8::1", "2001:db8::1"),
    ],
)
def test_who_asks_is_told_by_our_own_proxies_alone(
    settings: Any, proxies: int, said: str, address: str
) -> None:
    settings.TRUSTED_PROXIES = proxies
    headers = {"X-Forwarded-For": said} if said else {}
    assert client_address(RequestFactory(headers=headers).get("/", REMOTE_ADDR="192.0.2.1")) == address


class TestSessions:
    def test_a_session_ends_after_an_hour_without_anybody(
        self, client: Client, boris: User, clock: Any
    ) -> None:
        log_in(client)
        assert is_in(client)
        clock.shift(timedelta(minutes=61))
        assert not is_in(client)
        assert kinds() == [Kind.LOGIN, Kind.ENDED]

    def test_somebody_who_works_stays_in_until_the_working_day_is_over(
        self, client: Client, boris: User, clock: Any
    ) -> None:
        log_in(client)
        for _half_hour in range(24):
            assert is_in(client)
            clock.shift(timedelta(minutes=30))
        clock.shift(timedelta(minutes=1))
        assert not is_in(client)

    @pytest.mark.parametrize("path", ["/alerts/bell/", "/home/"])
    def test_a_page_that_keeps_itself_fresh_keeps_nobody_in(
        self, client: Client, boris: User, clock: Any, path: str
    ) -> None:
        log_in(client)
        is_in(client)
        for _minutes in range(3):
            clock.shift(timedelta(minutes=21))
            client.get(path, headers={"x-unattended": "yes"})
        assert not is_in(client)

    def test_the_cookie_lasts_a_working_day(self) -> None:
        assert django_settings.SESSION_COOKIE_AGE == 12 * 60 * 60


class TestLeaving:
    def test_a_get_asks_and_leaves_everything_as_it_is(self, client: Client, boris: User) -> None:
        log_in(client)
        answer = client.get(reverse("wagtailadmin_logout"))
        assert "You are still logged in" in answer.content.decode()
        assert is_in(client)

    def test_a_post_ends_the_session_also_for_who_has_kept_its_cookie(
        self, client: Client, boris: User
    ) -> None:
        log_in(client)
        kept = client.cookies["sessionid"].value
        client.post(reverse("wagtailadmin_logout"))
        client.cookies["sessionid"] = kept
        assert not is_in(client)
        assert kinds() == [Kind.LOGIN, Kind.LOGOUT]

    def test_who_is_not_logged_in_comes_to_the_login(self, client: Client) -> None:
        assert client.get(reverse("wagtailadmin_logout")).headers["Location"] == reverse("wagtailadmin_login")


@pytest.mark.parametrize(
    "password", ["12345678", "short-one", "eleven-char", "123456789012", "passwordpassword1"[:9]]
)
def test_short_and_simple_passwords_are_refused(password: str) -> None:
    with pytest.raises(ValidationError):
        validate_password(password)


class TestPasswordReset:
    def test_it_says_so_when_no_email_is_sent(self, client: Client, boris: User) -> None:
        assert "No e-mail is sent from here" in client.get("/password_reset/").content.decode()
        assert "Forgotten password?" not in client.get("/login/").content.decode()

    def test_known_and_unknown_addresses_get_one_answer_and_nobody_is_written_to_meanwhile(
        self, client: Client, boris: User, settings: Any, clean_redis: Any, django_assert_num_queries: Any
    ) -> None:
        settings.EMAIL_ENABLED = settings.WAGTAIL_PASSWORD_RESET_ENABLED = True
        answers = []
        for email in ("boris@example.org", "stranger@example.org"):
            with django_assert_num_queries(0):
                answers.append(client.post("/password_reset/", {"email": email}).headers["Location"])
        assert answers[0] == answers[1]
        assert mail.outbox == []

    def test_a_worker_writes_to_whoever_has_the_address(self, boris: User) -> None:
        password_reset.send("boris@example.org", "parley.example", "en", is_secure=True)
        password_reset.send("stranger@example.org", "parley.example", "en", is_secure=True)
        assert [one.to for one in mail.outbox] == [["boris@example.org"]]


class TestRecord:
    def test_wrong_passwords_are_kept_with_who_was_meant_and_from_where(
        self, client: Client, boris: User
    ) -> None:
        log_in(client, "wrong", REMOTE_ADDR="192.0.2.7")
        log_in(client, "wrong", username="my secret password")
        rows = AccessRecord.objects.order_by("id").values_list("kind", "user", "client_address")
        assert list(rows) == [(Kind.FAILED, boris.pk, "192.0.2.7"), (Kind.FAILED, None, "127.0.0.1")]

    def test_a_lock_out_is_told_apart(self, client: Client, boris: User) -> None:
        for _try in range(7):
            log_in(client, "wrong")
        assert kinds()[-1] == Kind.LOCKED
        assert kinds().count(Kind.FAILED) in (4, 5)

    def test_refusals_are_kept_with_the_page_and_without_its_row(self, client: Client, boris: User) -> None:
        client.force_login(boris)
        client.get(reverse("customers:card", args=[4711]))
        row = AccessRecord.objects.get(kind=Kind.REFUSED)
        assert (row.user, row.page) == (boris, "customers:card")
        assert "4711" not in row.page

    def test_the_privacy_officer_reads_it_and_takes_it_along(self, client: Client, boris: User) -> None:
        log_in(client, "wrong", REMOTE_ADDR="192.0.2.7")
        vera = User.objects.create_user("vera", password=PASSWORD, first_name="=1+1", last_name="x")
        vera.groups.set(Group.objects.filter(name=PRIVACY_OFFICER))
        client.force_login(vera)
        page = client.get(reverse("access_records:index")).content.decode()
        assert "Wrong login or password" in page
        assert "192.0.2.7" in page
        table = b"".join(client.get(reverse("access_records:index") + "?export=csv").streaming_content)
        assert b"192.0.2.7" in table

    def test_it_is_kept_for_a_year(self, boris: User) -> None:
        for days in (364, 366):
            row = AccessRecord.objects.create(kind=Kind.LOGIN, user=boris)
            AccessRecord.objects.filter(pk=row.pk).update(at=timezone.now() - timedelta(days=days))
        assert access_log.prune() == 1
        assert AccessRecord.objects.count() == 1
