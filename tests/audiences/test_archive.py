"""Audiences and lists that were used go into the archive: out of the way, whole, and back again."""

import pytest
from django.contrib.auth.models import Group
from django.test import Client
from django.urls import reverse
from pytest_django import Settings
from wagtail.models import ModelLogEntry, Revision

from backoffice.accounts.models import User
from backoffice.audiences.criteria.membership import archived_lists, choices_of, list_names
from backoffice.audiences.models import Audience, CustomerList
from backoffice.mailings.forms import offered_audiences
from backoffice.mailings.models import Mailing
from tests.mailings.conftest import editor, mailing  # noqa: F401

pytestmark = pytest.mark.django_db


@pytest.fixture
def pages(settings: Settings) -> Client:
    settings.STORAGES = {
        **settings.STORAGES,
        "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
    }
    user = User.objects.create_user("ed")
    user.groups.set(Group.objects.filter(name__in=["Editor", "Privacy officer"]))
    client = Client()
    client.force_login(user)
    return client


def put_away(pages: Client, row: Audience | CustomerList, wanted: str = "yes") -> str:
    """The page that follows."""
    room = "audiences" if isinstance(row, Audience) else "lists"
    address = reverse(f"{room}:archive", args=[row.pk])
    assert row.name in pages.get(address).content.decode()
    page = pages.post(address, {"is_archived": wanted}, follow=True).content.decode()
    row.refresh_from_db()
    return page


def rules_on(made: CustomerList) -> list[dict[str, object]]:
    return [{"type": "on_list", "value": {"is_or_not": "in", "lists": [str(made.pk)]}}]


@pytest.mark.parametrize(
    ("room", "make"),
    [
        ("audiences", lambda: Audience.objects.create(name="Old ones")),
        ("lists", lambda: CustomerList.objects.create(name="Old ones")),
    ],
)
def test_what_is_in_the_archive_leaves_the_list_and_comes_back(
    pages: Client, room: str, make: object
) -> None:
    row = make()  # type: ignore[operator]
    index = reverse(f"{room}:index")
    link = f"/{row.pk}/"
    assert "“Old ones” is in the archive." in put_away(pages, row)
    assert row.is_archived
    assert link not in pages.get(index).content.decode().partition("<table")[2]
    assert link in pages.get(f"{index}?standing=archive").content.decode().partition("<table")[2]
    put_away(pages, row, "no")
    put_away(pages, row, "no")
    assert not row.is_archived
    assert link in pages.get(index).content.decode().partition("<table")[2]
    actions = set(ModelLogEntry.objects.values_list("action", flat=True))
    assert actions == {f"{room}.archive", f"{room}.restore"}


def test_new_mailings_cannot_choose_an_audience_in_the_archive(mailing: Mailing) -> None:  # noqa: F811
    old = Audience.objects.create(name="Old ones", is_archived=True)
    Audience.objects.filter(pk=mailing.audience_id).update(is_archived=True)
    chosen = offered_audiences(mailing)
    assert old not in chosen
    assert mailing.audience in chosen  # what was chosen before stays


def test_a_list_that_an_audience_names_stays_out_of_the_archive(pages: Client) -> None:
    made = CustomerList.objects.create(name="Guests")
    audience = Audience.objects.create(name="Invited", rules=rules_on(made))
    assert "These audiences name “Guests” in a condition: Invited." in put_away(pages, made)
    assert not made.is_archived
    put_away(pages, audience)
    put_away(pages, made)
    assert made.is_archived


def test_an_audience_that_another_one_names_stays_out_of_the_archive(pages: Client) -> None:
    inner = Audience.objects.create(name="Inner")
    rule = {"type": "in_audience", "value": {"audience": str(inner.pk), "is_or_not": "in"}}
    Audience.objects.create(name="Outer", rules=[rule])
    assert "These audiences name “Inner” in a condition: Outer." in put_away(pages, inner)
    assert not inner.is_archived


def test_who_is_never_written_to_cannot_be_put_away(pages: Client) -> None:
    never = CustomerList.objects.create(name="Never", kind=CustomerList.Kind.EXCLUSION)
    assert "Every mailing leaves out who is on this list" in put_away(pages, never)
    assert not never.is_archived


def test_conditions_of_before_still_name_what_is_in_the_archive(pages: Client) -> None:
    made = CustomerList.objects.create(name="Guests")
    audience = Audience.objects.create(name="Invited", rules=rules_on(made), is_archived=True)
    put_away(pages, made)
    audience.check_rules()
    assert audience.sentence() == "They are on the list “Guests”."
    assert choices_of(list_names(), archived_lists()) == [(str(made.pk), "Guests (in the archive)")]


def test_an_old_version_does_not_bring_an_audience_out_of_the_archive() -> None:
    audience = Audience.objects.create(name="Old ones")
    revision = audience.save_revision(clean=False)
    Audience.objects.filter(pk=audience.pk).update(is_archived=True)
    assert Revision.objects.get(pk=revision.pk).as_object().is_archived
