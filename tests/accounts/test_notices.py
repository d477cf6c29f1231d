"""What stands on top of the next page, and the zones that an employee may choose."""

import pytest
from django.contrib import messages
from django.contrib.messages.middleware import MessageMiddleware
from django.contrib.sessions.middleware import SessionMiddleware
from django.http import HttpRequest, HttpResponse
from django.test import Client, RequestFactory
from wagtail.admin.localization import get_available_admin_time_zones

from backoffice.accounts.models import User


@pytest.fixture
def request_with_messages() -> HttpRequest:
    request = RequestFactory().get("/")
    SessionMiddleware(lambda _request: HttpResponse()).process_request(request)
    MessageMiddleware(lambda _request: HttpResponse()).process_request(request)
    return request


@pytest.mark.django_db
def test_the_same_sentence_waits_once_and_others_beside_it(request_with_messages: HttpRequest) -> None:
    for _attempt in range(3):
        messages.error(request_with_messages, "Not allowed.")
    messages.warning(request_with_messages, "Not allowed.")
    messages.error(request_with_messages, "Nor this.")
    shown = [(one.level_tag, one.message) for one in messages.get_messages(request_with_messages)]
    assert shown == [("error", "Not allowed."), ("warning", "Not allowed."), ("error", "Nor this.")]


def test_pages_that_are_refused_leave_one_bar(client: Client, db: None) -> None:
    client.force_login(User.objects.create_user("nobody", is_staff=True))
    for _attempt in range(4):
        client.get("/images/")
        client.get("/users/")
    waiting = [str(one.message) for one in messages.get_messages(client.get("/users/").wsgi_request)]
    assert len(waiting) == len(set(waiting)) <= 1


def test_only_zones_that_browsers_know_are_offered() -> None:
    offered = get_available_admin_time_zones()
    assert {"Europe/Moscow", "Asia/Vladivostok", "UTC"} <= set(offered)
    assert not {"localtime", "Factory", "posixrules"} & set(offered)
