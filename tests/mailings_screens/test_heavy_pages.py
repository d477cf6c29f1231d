"""The pages that everybody opens ask the database for a bounded number of things, however much there is of everything.

What they cost in the web process is measured by ``deploy/bench pages``.
"""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from backoffice.accounts.models import User
from backoffice.accounts.roles import APPROVER, EDITOR
from backoffice.audiences.models import Audience
from backoffice.customers.models import Customer
from backoffice.mailings import live, progress
from backoffice.mailings.hours import MIDNIGHT
from backoffice.mailings.models import Mailing
from backoffice.message_templates.models import MessageTemplate, TextVariant
from kannel.models import Connection
from tests.mailings.in_state import add_messages, put
from tests.mailings_screens.conftest import As

pytestmark = pytest.mark.django_db
State = Mailing.State
STATES = (State.DRAFT, State.RUNNING, State.FINISHED, State.APPROVED, State.SUBMITTED, State.PLANNED)
# Session, person and their settings are three of each page's.
BOUNDS = {
    (EDITOR, "mailings:add", None): 10,
    (EDITOR, "mailings:edit", State.DRAFT): 19,
    (EDITOR, "wagtailadmin_home", None): 13,
    (APPROVER, "wagtailadmin_home", None): 15,
    (EDITOR, "mailings:index", None): 11,
    (EDITOR, "mailings:inspect", State.DRAFT): 11,
    (EDITOR, "mailings:inspect", State.PLANNED): 22,
    (APPROVER, "mailings:inspect", State.SUBMITTED): 33,
    (EDITOR, "mailings:inspect", State.RUNNING): 19,
    (EDITOR, "mailings:inspect", State.FINISHED): 17,
    (EDITOR, "customers:index", None): 8,
    (EDITOR, "text_chooser:choose", None): 8,
    (EDITOR, "audience_chooser:choose", None): 7,
}


@pytest.fixture
def fill(
    north: Connection, as_role: As, clean_redis: Any, monkeypatch: pytest.MonkeyPatch
) -> Callable[[int], None]:
    """Makes that many customers, and as many texts, audiences and mailings in each state."""
    # A slow machine takes longer for two looks than these are kept.
    monkeypatch.setattr(progress, "CACHED_SECONDS", 60)
    monkeypatch.setattr(live, "OUTLOOK_SECONDS", 60)
    as_role(EDITOR), as_role(APPROVER)
    author, approver = (User.objects.get(username=f"{role} by role") for role in (EDITOR, APPROVER))

    def make(several: int) -> None:
        for _ in range(several):
            number = Mailing.objects.count()
            Customer.objects.create(external_id=f"C{number}", first_name="Anna", city="Kazan")
            text = MessageTemplate.objects.create(name=f"Text {number}", text="Dear {first_name}.")
            TextVariant.objects.create(template=text, language="ru", text="Приходите.")
            debt = {"type": "debt", "value": {"at_least": 100}}
            audience = Audience.objects.create(name=f"Audience {number}", rules=[debt])
            for state in STATES:
                mailing = Mailing.objects.create(
                    name=f"Mailing in {state}",
                    template=text,
                    audience=audience,
                    created_by=author,
                    starts_at=timezone.now() + timedelta(hours=1),
                    local_from=MIDNIGHT,  # by day a page looks for other reasons why nothing leaves than at night
                    local_to=MIDNIGHT,
                )
                if state != State.DRAFT:
                    add_messages(mailing, "waiting", "sent", "delivered", connection=north)
                    put(mailing, state, author, approver)

    return make


def asked(client: Client, name: str, state: str | None) -> list[str]:
    """The statements of a page that was opened before."""
    pk = Mailing.objects.filter(state=state).latest("pk").pk if state else 0
    address = reverse(name, args=[pk] if state else [])
    client.get(address)
    with CaptureQueriesContext(connection) as seen:
        assert client.get(address).status_code == 200
    return [one["sql"] for one in seen.captured_queries]


@pytest.mark.parametrize(
    ("page", "bound"),
    BOUNDS.items(),
    ids=lambda one: " ".join(map(str, one)) if isinstance(one, tuple) else "",
)
def test_a_page_asks_for_no_more_than_its_bound_however_much_there_is(
    page: tuple[str, str, str | None], bound: int, fill: Callable[[int], None], as_role: As
) -> None:
    role, name, state = page
    client = as_role(role)
    fill(2)
    few = asked(client, name, state)
    assert len(few) <= bound, "\n".join([str(len(few)), *few])
    fill(6)
    many = asked(client, name, state)
    assert len(many) <= bound, "\n".join(many)


def test_no_page_asks_for_pages_of_a_web_site(fill: Callable[[int], None], as_role: As) -> None:
    client = as_role(EDITOR)
    client.get(reverse("mailings:index"))
    tables = ("wagtailcore_page", "wagtailcore_grouppagepermission", "wagtailcore_groupcollectionpermission")
    assert [sql for sql in asked(client, "mailings:index", None) if any(one in sql for one in tables)] == []
