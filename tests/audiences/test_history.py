"""An audience remembers who changed what, can be compared with its past and go back to it."""

from typing import Any

import pytest
from django.contrib.auth.models import Permission
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from backoffice.accounts.models import User
from backoffice.audiences.models import Audience
from backoffice.mailings.models import Mailing
from backoffice.message_templates.models import MessageTemplate
from tests.audiences.test_screens import KAZAN, form

pytestmark = pytest.mark.django_db
PERM = ("city", {"is_or_not": "in", "names": "Perm"})
WOMEN = ("gender", {"who": "f"})


def save(pages: Client, audience: Audience, *rules: tuple[str, dict[str, Any]], **values: Any) -> None:
    page = pages.post(f"/audiences/edit/{audience.pk}/", form(*rules, **values))
    assert page.status_code == 302, page.content.decode()
    audience.refresh_from_db()


@pytest.fixture
def audience(pages: Client) -> Audience:
    """Kazan at first, Perm and women now."""
    pages.post("/audiences/new/", form(KAZAN))
    found = Audience.objects.get()
    save(pages, found, PERM, WOMEN)
    return found


def test_the_history_says_who_changed_what_in_sentences(pages: Client, audience: Audience) -> None:
    page = pages.get(f"/audiences/history/{audience.pk}/").content.decode()
    assert "Added: “they are women”." in page
    assert "Removed: “the city is Kazan”." in page
    assert "editor" in page
    assert "Compare with previous version" in page


def test_the_comparison_reads_as_sentences(pages: Client, audience: Audience) -> None:
    first, second = audience.revisions.order_by("id")
    page = pages.get(
        f"/audiences/history/{audience.pk}/revisions/compare/{first.pk}...{second.pk}/"
    ).content.decode()
    assert "The city is Kazan." in page
    assert "The city is Perm, and they are women." in page
    assert '<span class="deletion">the city is Kazan</span>' in page
    assert "names" not in page.partition("<main")[2].partition("audience-versions")[2]
    assert ", editor" in page


@pytest.mark.parametrize("pair", ["earliest...latest", "earliest...live"])
def test_versions_are_compared_by_their_words_too(pair: str, pages: Client, audience: Audience) -> None:
    page = pages.get(f"/audiences/history/{audience.pk}/revisions/compare/{pair}/").content.decode()
    assert '<span class="addition">they are women</span>' in page


def test_going_back_to_an_old_version_is_a_new_version(pages: Client, audience: Audience) -> None:
    first = audience.revisions.order_by("id").first()
    address = f"/audiences/history/{audience.pk}/revisions/{first.pk}/revert/"
    shown = pages.get(address).content.decode()
    assert "Kazan" in shown
    assert pages.post(address, form(KAZAN)).status_code == 302
    audience.refresh_from_db()
    assert audience.sentence() == "The city is Kazan."
    assert audience.revisions.count() == 3


def test_the_first_change_of_an_audience_without_versions_keeps_what_was_there(pages: Client) -> None:
    old = Audience.objects.create(name="Somebody", rules=[{"type": KAZAN[0], "value": KAZAN[1]}])
    before = old.updated_at
    save(pages, old, PERM)
    first, second = old.revisions.order_by("id")
    assert (first.created_at, first.user, second.user.username) == (before, None, "editor")
    page = pages.get(f"/audiences/history/{old.pk}/").content.decode()
    assert "the city is Kazan" in page
    compared = pages.get(f"/audiences/history/{old.pk}/revisions/compare/{first.pk}...latest/")
    assert "nobody in particular" in compared.content.decode()


def test_nothing_is_saved_while_somebody_types(pages: Client, audience: Audience) -> None:
    for address in ("/audiences/new/", f"/audiences/edit/{audience.pk}/"):
        assert "data-w-autosave-interval-value" not in pages.get(address).content.decode(), address


def test_whoever_may_only_look_sees_the_history_without_ways_to_change_it(
    client: Client, audience: Audience
) -> None:
    reader = User.objects.create_user("reader", password="x")
    reader.user_permissions.set(Permission.objects.filter(codename__in=["access_admin", "view_audience"]))
    client.force_login(reader)
    page = client.get(f"/audiences/history/{audience.pk}/").content.decode()
    assert "Added: “they are women”." in page
    assert "revert" not in page
    compared = client.get(f"/audiences/history/{audience.pk}/revisions/compare/earliest...latest/")
    assert compared.status_code == 200
    assert client.get(f"/audiences/edit/{audience.pk}/").status_code == 302


def test_the_history_takes_as_many_queries_for_many_versions_as_for_few(
    pages: Client, audience: Audience, django_assert_num_queries: Any
) -> None:
    address = f"/audiences/history/{audience.pk}/"
    pages.get(address)
    with CaptureQueriesContext(connection) as few:
        pages.get(address)
    count = len(few)  # a later request empties the log
    for number in range(6):
        save(pages, audience, KAZAN, description=str(number))
    with django_assert_num_queries(count):
        pages.get(address)


def mailing(audience: Audience, name: str, state: str) -> Mailing:
    template, _ = MessageTemplate.objects.get_or_create(name="Offer", text="Come in.")
    author = User.objects.get(username="editor")
    return Mailing.objects.create(
        name=name, template=template, audience=audience, created_by=author, state=state
    )


@pytest.fixture
def sees_mailings(editor: User) -> None:
    editor.groups.get().permissions.add(Permission.objects.get(codename="view_mailing"))


def test_the_page_of_an_audience_names_the_mailings_that_use_it(
    pages: Client, audience: Audience, sees_mailings: None
) -> None:
    page = pages.get(f"/audiences/edit/{audience.pk}/").content.decode()
    assert "No mailing uses it yet." in page
    autumn, winter = mailing(audience, "Autumn", "approved"), mailing(audience, "Winter", "draft")
    page = pages.get(f"/audiences/edit/{audience.pk}/").content.decode()
    for one, state in ((autumn, "approved"), (winter, "draft")):
        assert f'<a href="/mailings/inspect/{one.pk}/">{one.name}</a>' in page
        assert f">{state}</span>" in page


def test_changing_an_audience_says_which_mailings_keep_what_they_were_planned_with(
    pages: Client, audience: Audience, sees_mailings: None
) -> None:
    mailing(audience, "Winter", "draft")
    assert (
        "keeps what it was planned with" not in pages.get(f"/audiences/edit/{audience.pk}/").content.decode()
    )
    mailing(audience, "Autumn", "approved")
    page = pages.get(f"/audiences/edit/{audience.pk}/").content.decode()
    assert "One mailing was planned with this audience and keeps what it was planned with:" in page
    mailing(audience, "Spring", "running")
    page = pages.get(f"/audiences/edit/{audience.pk}/").content.decode()
    assert "2 mailings were planned with this audience and keep what they were planned with:" in page


def test_who_may_not_see_mailings_is_not_told_their_names(pages: Client, audience: Audience) -> None:
    mailing(audience, "Autumn", "approved")
    assert "Autumn" not in pages.get(f"/audiences/edit/{audience.pk}/").content.decode()


def test_the_page_takes_as_many_queries_for_many_mailings_as_for_one(
    pages: Client, audience: Audience, sees_mailings: None, django_assert_num_queries: Any
) -> None:
    address = f"/audiences/edit/{audience.pk}/"
    mailing(audience, "Autumn", "approved")
    pages.get(address)
    with CaptureQueriesContext(connection) as few:
        pages.get(address)
    for number in range(6):
        mailing(audience, f"Autumn {number}", "approved")
    with django_assert_num_queries(len(few)):
        pages.get(address)


def test_a_copy_starts_with_a_history_of_its_own(pages: Client, audience: Audience) -> None:
    pages.post(f"/audiences/copy/{audience.pk}/", form(PERM, WOMEN, name="The same"))
    copy = Audience.objects.get(name="The same")
    assert copy.revisions.count() == 1
    assert copy.is_as_in(audience.snapshot())
