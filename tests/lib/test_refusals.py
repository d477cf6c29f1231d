"""What cannot be answered says why, in the reader's language, leads on, and gives back what was typed."""

import html
import re
from typing import Any

import pytest
from django.contrib.sessions.models import Session
from django.core.exceptions import PermissionDenied, RequestDataTooBig, SuspiciousOperation
from django.core.files.uploadedfile import SimpleUploadedFile
from django.http import Http404, HttpRequest, HttpResponse
from django.test import Client, RequestFactory
from django.urls import path
from wagtail.users.models import UserProfile

from backoffice import urls as ours
from backoffice.accounts.models import User
from backoffice.message_templates.models import MessageTemplate
from tests.message_templates.test_screens import form

pytestmark = pytest.mark.django_db
SITE = {"HTTP_ORIGIN": "http://testserver", "HTTP_SEC_FETCH_DEST": "document"}
FAILURES: dict[str, tuple[Exception, int]] = {
    "unclear": (SuspiciousOperation(), 400),
    "much": (RequestDataTooBig(), 413),
    "forbidden": (PermissionDenied(), 403),
    "gone": (Http404(), 404),
    "broken": (ZeroDivisionError(), 500),
}


def _failing(error: Exception) -> Any:
    def view(request: HttpRequest) -> HttpResponse:
        raise error

    return view


urlpatterns = [
    *(path(f"fails/{name}/", _failing(error), name="health") for name, (error, _) in FAILURES.items()),
    *ours.urlpatterns,
]
handler400, handler403, handler404, handler500 = (
    ours.handler400,
    ours.handler403,
    ours.handler404,
    ours.handler500,
)


@pytest.fixture
def strict() -> Client:
    """A browser of an administrator that is asked for tokens, and whose failures are answered."""
    client = Client(enforce_csrf_checks=True, raise_request_exception=False)
    client.force_login(User.objects.create_superuser("root", "root@example.org", "a long password"))
    return client


def in_form(page: str) -> dict[str, list[str]]:
    """The fields of the form that is to be sent again."""
    found: dict[str, list[str]] = {}
    for name, value in re.findall(r'<textarea name="([^"]*)" hidden>\n(.*?)</textarea>', page, re.DOTALL):
        found.setdefault(html.unescape(name), []).append(html.unescape(value))
    token = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', page)
    assert token
    return {**found, "csrfmiddlewaretoken": [token[1]]}


@pytest.mark.urls(__name__)
@pytest.mark.parametrize("language", ["en", "ru"])
@pytest.mark.parametrize("name", FAILURES)
def test_each_failure_has_a_page_of_ours_with_a_way_on(name: str, language: str) -> None:
    client = Client(raise_request_exception=False, headers={"Accept-Language": language})
    answer = client.get(f"/fails/{name}/")
    page = answer.content.decode()
    assert answer.status_code == FAILURES[name][1]
    assert f'<html lang="{language}"' in page
    assert "parley-logo" in page
    assert 'href="/"' in page
    assert "<script" not in page


def test_the_language_of_the_account_goes_before_that_of_the_browser(strict: Client) -> None:
    UserProfile.objects.create(user=User.objects.get(), preferred_language="ru")
    answer = strict.get("/nowhere/at/all/", headers={"Accept-Language": "en"})
    assert answer.status_code == 404
    assert "Здесь ничего нет." in answer.content.decode()


@pytest.mark.parametrize(
    "typed", ["\nYou owe {debt}\r\n<b>now</b>", "a & b", "</textarea>", "  two  blanks "]
)
def test_a_form_with_an_old_token_is_sent_again_as_it_was(strict: Client, typed: str) -> None:
    posted = {**form(text=typed, name="Held"), "languages": ["ru", "en"], "csrfmiddlewaretoken": "x" * 64}
    answer = strict.post("/texts/add/", posted, **SITE)
    assert answer.status_code == 403
    assert "no-store" in answer.headers["Cache-Control"]
    kept = in_form(answer.content.decode())
    assert kept["text"] == [typed]
    assert kept["languages"] == ["ru", "en"]
    assert set(kept) == set(posted)


def test_what_is_sent_again_is_taken(strict: Client) -> None:
    posted = form(name="Held", **{"action-publish": "1", "csrfmiddlewaretoken": "x" * 64})
    kept = in_form(strict.post("/texts/add/", posted, **SITE).content.decode())
    assert strict.post("/texts/add/", kept, **SITE).status_code == 302
    assert MessageTemplate.objects.get().text == "You owe {debt}"


def test_a_form_sent_after_the_login_has_ended_is_kept_with_a_way_to_log_in(client: Client) -> None:
    client.force_login(User.objects.create_superuser("root", "root@example.org", "a long password"))
    Session.objects.all().delete()
    answer = client.post("/texts/add/", form(name="Held"), **SITE)
    page = answer.content.decode()
    assert answer.status_code == 403
    assert 'href="/login/" target="_blank"' in page
    assert in_form(page)["name"] == ["Held"]


def test_files_are_asked_for_again(strict: Client) -> None:
    file = SimpleUploadedFile("guests.csv", b"phone\n")
    page = strict.post(
        "/texts/add/", {"file": file, "csrfmiddlewaretoken": "x" * 64}, **SITE
    ).content.decode()
    assert "guests.csv" in page
    assert 'type="file"' in page


@pytest.mark.parametrize(
    "headers",
    [
        {"HTTP_ORIGIN": "https://elsewhere.example"},
        {"HTTP_ORIGIN": "null"},
        {},
        {**SITE, "HTTP_SEC_FETCH_DEST": "empty"},
        {**SITE, "HTTP_X_REQUESTED_WITH": "XMLHttpRequest"},
    ],
)
def test_what_another_site_or_a_script_sends_is_not_kept(strict: Client, headers: dict[str, str]) -> None:
    answer = strict.post("/texts/add/", {"name": "planted"}, **headers)  # type: ignore[arg-type]
    assert answer.status_code == 403
    assert "planted" not in answer.content.decode()


def test_an_old_page_of_the_login_is_loaded_anew_and_gives_no_password_back() -> None:
    answer = Client(enforce_csrf_checks=True).post(
        "/login/", {"username": "root", "password": "secret words"}, **SITE
    )
    assert answer.status_code == 302
    assert answer.headers["Location"] == "/login/"


def test_who_asks_in_the_background_without_a_login_is_only_refused(client: Client) -> None:
    headers = {**SITE, "HTTP_SEC_FETCH_DEST": "empty"}
    assert client.post("/texts/add/", {"name": "kept"}, **headers).status_code == 302  # type: ignore[arg-type]


def test_a_request_without_a_reader_gets_a_page_too() -> None:
    from backoffice.lib.refusals import failed

    assert failed(RequestFactory().get("/")).status_code == 500
