"""Lists in the browser's order: make, upload, look, start, use, download, delete; and who may do what."""

import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import Group, Permission
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from huey.contrib.djhuey import HUEY
from python_calamine import CalamineWorkbook
from wagtail.models import ModelLogEntry

from backoffice.accounts.models import User
from backoffice.accounts.reading_log import REVEAL
from backoffice.audiences import list_views, tasks
from backoffice.audiences.models import Audience, CustomerList, ListMember, ListRun
from backoffice.customers.models import Customer
from tests.showing import show

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("clean_redis")]
Person = Callable[..., Client]
ANNA, BORIS = "+79161234567", "+79161234568"


@pytest.fixture(autouse=True)
def _files_in_a_folder_of_their_own(settings: Any, tmp_path: Path) -> None:
    settings.MEDIA_ROOT = tmp_path


@pytest.fixture
def person(db: None) -> Person:
    """Somebody logged in, with a role or with these rights only."""

    def make(*rights: str, role: str = "", name: str = "somebody") -> Client:
        user: User = User.objects.create_user(name, password="x")
        user.user_permissions.set(Permission.objects.filter(codename__in=["access_admin", *rights]))
        user.groups.set(Group.objects.filter(name=role))
        client = Client()
        client.force_login(user)
        return client

    return make


@pytest.fixture
def pages(person: Person) -> Client:
    return person(role="Editor", name="olga")


@pytest.fixture
def vip(db: None) -> CustomerList:
    """Anna is on it, Boris is not."""
    vip = CustomerList.objects.create(name="VIP", members_count=1)
    anna = Customer.objects.create(external_id="C1", phone=ANNA, city="Kazan")
    Customer.objects.create(external_id="C2", phone=BORIS)
    ListMember.objects.create(customer_list=vip, customer=anna)
    return vip


def text(response: Any) -> str:
    content: str = response.content.decode()
    return content


def file_of(*lines: str) -> SimpleUploadedFile:
    return SimpleUploadedFile("vip.csv", "\n".join(lines).encode())


def work() -> ListRun:
    """Does the newest run, as a worker would."""
    run = ListRun.objects.latest("pk")
    tasks.runner.run(run.pk)
    run.refresh_from_db()
    return run


def test_a_list_is_made_and_leads_to_its_customers(pages: Client) -> None:
    assert "There are no lists yet." in text(pages.get("/audiences/lists/"))
    page = pages.post(
        "/audiences/lists/new/", {"name": "VIP", "description": "for spring", "kind": "members"}, follow=True
    )
    made = CustomerList.objects.get()
    assert page.redirect_chain[-1][0] == f"/audiences/lists/{made.pk}/put/"
    assert (made.kind, made.created_by) == ("members", User.objects.get(username="olga"))
    assert ModelLogEntry.objects.get(action="wagtail.create").object_id == str(made.pk)


def test_a_second_list_of_the_same_name_is_refused_and_nothing_typed_is_lost(
    pages: Client, vip: CustomerList
) -> None:
    page = text(
        pages.post("/audiences/lists/new/", {"name": "VIP", "description": "for spring", "kind": "members"})
    )
    assert "already exists" in page
    assert "for spring" in page


def test_an_upload_is_shown_as_it_is_read_then_started(pages: Client, vip: CustomerList) -> None:
    file = file_of("name;phone", "Boris;8 916 123-45-68", "Nobody;9990000000", "Broken;12")
    page = text(pages.post(f"/audiences/lists/{vip.pk}/put/", {"file": file, "pasted": ""}, follow=True))
    assert "Of the first 3, 1 name a customer we know." in page
    assert "8 •••68" in page
    assert "123-45-68" not in page
    assert "Boris" not in page
    run = ListRun.objects.get()
    assert (run.column, run.identity, run.has_heading, run.state) == (1, "phone", True, "uploaded")
    reading = {"column": "1", "identity": "phone", "has_heading": "on"}
    pages.post(f"/audiences/lists/runs/{run.pk}/start/", reading)
    pages.post(f"/audiences/lists/runs/{run.pk}/start/", reading)
    assert HUEY.pending_count() == 1
    assert "Waiting for its turn." in text(pages.get(f"/audiences/lists/runs/{run.pk}/"))
    assert "data-live-reload" not in text(pages.get(f"/audiences/lists/runs/{run.pk}/progress/"))
    assert "It is being changed now" in text(pages.get(f"/audiences/lists/{vip.pk}/"))
    work()
    assert "data-live-reload" in text(pages.get(f"/audiences/lists/runs/{run.pk}/progress/"))
    page = text(pages.get(f"/audiences/lists/runs/{run.pk}/"))
    assert "2 customers are on “VIP” now." in page
    assert "<td>99•••00</td>" in page
    assert "No customer has this number." in page
    bad = b"".join(pages.get(f"/audiences/lists/runs/{run.pk}/bad-rows/").streaming_content)  # type: ignore[attr-defined]
    assert bad.decode().splitlines()[1:] == [
        "3,No customer has this number.,9990000000",
        "4,No such phone number exists. Check its digits and the country code.,12",
    ]


def test_another_column_can_be_chosen_and_looked_at(pages: Client, vip: CustomerList) -> None:
    file = file_of("C2;+79990000000", "C9;+79990000001")
    pages.post(f"/audiences/lists/{vip.pk}/put/", {"file": file, "pasted": ""})
    run = ListRun.objects.get()
    assert run.identity == "phone"
    reading = {"column": "0", "identity": "external_id", "look": "yes"}
    page = text(pages.post(f"/audiences/lists/runs/{run.pk}/start/", reading, follow=True))
    assert "Of the first 2, 1 name a customer we know." in page
    run.refresh_from_db()
    assert (run.state, run.column, run.identity) == ("uploaded", 0, "external_id")


def test_nonsense_about_the_column_starts_nothing(pages: Client, vip: CustomerList) -> None:
    pages.post(f"/audiences/lists/{vip.pk}/put/", {"pasted": BORIS})
    run = ListRun.objects.get()
    pages.post(f"/audiences/lists/runs/{run.pk}/start/", {"column": "7", "identity": "phone"})
    run.refresh_from_db()
    assert run.state == "uploaded"


def test_pasted_numbers_are_taken_off(pages: Client, vip: CustomerList) -> None:
    pages.post(f"/audiences/lists/{vip.pk}/take/", {"pasted": "8 916 123-45-67, 8 916 123-45-68"})
    run = ListRun.objects.get()
    assert "These rows are taken off “VIP”." in text(pages.get(f"/audiences/lists/runs/{run.pk}/"))
    pages.post(f"/audiences/lists/runs/{run.pk}/start/", {"column": "0", "identity": "phone"})
    run = work()
    assert (run.name, run.removed, run.unchanged) == ("Pasted numbers", 1, 1)
    assert "Were not on it" in text(pages.get(f"/audiences/lists/runs/{run.pk}/"))


@pytest.mark.parametrize(
    ("posted", "words"),
    [
        ({"pasted": ""}, "Choose a file, or paste numbers below."),
        ({"pasted": ANNA, "file": file_of(ANNA)}, "not both."),
        ({"pasted": " ,;\n, "}, "The file is empty."),
        ({"file": SimpleUploadedFile("x.xlsx", b"PK nonsense")}, "no Excel workbook"),
    ],
)
def test_what_cannot_be_read_is_refused_at_its_field(
    pages: Client, vip: CustomerList, posted: dict[str, Any], words: str
) -> None:
    page = text(pages.post(f"/audiences/lists/{vip.pk}/put/", posted))
    assert words in page
    assert not ListRun.objects.exists()


def test_new_customers_are_made_only_where_the_right_allows(person: Person, vip: CustomerList) -> None:
    for name, rights, made in (("without", (), 0), ("with", ("add_customer",), 1)):
        client = person("view_customerlist", "change_customerlist", *rights, name=name)
        client.post(f"/audiences/lists/{vip.pk}/put/", {"pasted": "9990000000"})
        run = ListRun.objects.latest("pk")
        page = text(client.get(f"/audiences/lists/runs/{run.pk}/"))
        assert ("Make new customers" in page) == bool(made)
        reading = {"column": "0", "identity": "phone", "makes_customers": "on"}
        client.post(f"/audiences/lists/runs/{run.pk}/start/", reading)
        assert work().created == made


def test_another_persons_file_is_not_shown_nor_started(
    person: Person, pages: Client, vip: CustomerList
) -> None:
    pages.post(f"/audiences/lists/{vip.pk}/put/", {"pasted": f"{BORIS}, 12"})
    run = ListRun.objects.get()
    other = person(role="Editor", name="other")
    page = text(other.get(f"/audiences/lists/runs/{run.pk}/"))
    assert "Only whoever uploaded this file" in page
    assert BORIS not in page
    other.post(f"/audiences/lists/runs/{run.pk}/start/", {"column": "0", "identity": "phone"})
    run.refresh_from_db()
    assert run.state == "uploaded"
    tasks.runner.start(run)
    work()
    assert other.get(f"/audiences/lists/runs/{run.pk}/bad-rows/").status_code == 302


def test_a_file_that_is_gone_says_so(pages: Client, vip: CustomerList) -> None:
    pages.post(f"/audiences/lists/{vip.pk}/put/", {"pasted": BORIS})
    run = ListRun.objects.get()
    Path(run.file.path).unlink()
    assert "not there any more" in text(pages.get(f"/audiences/lists/runs/{run.pk}/"))
    pages.post(f"/audiences/lists/runs/{run.pk}/start/", {"column": "0", "identity": "phone"})
    run.refresh_from_db()
    assert run.state == "uploaded"


def test_stop_leaves_the_list_as_it_was(pages: Client, vip: CustomerList) -> None:
    pages.post(f"/audiences/lists/{vip.pk}/put/", {"pasted": BORIS})
    run = ListRun.objects.get()
    tasks.runner.start(run)
    page = text(pages.post(f"/audiences/lists/runs/{run.pk}/stop/", follow=True))
    assert "Stopped. Nothing was changed." in page
    assert work().state == "stopped"
    assert vip.members.count() == 1


def test_the_page_of_a_list_shows_masked_numbers_and_who_uses_it(pages: Client, vip: CustomerList) -> None:
    rule = {"type": "on_list", "value": {"is_or_not": "in", "lists": [str(vip.pk)]}}
    Audience.objects.create(name="Spring", rules=[rule])
    page = text(pages.get(f"/audiences/lists/{vip.pk}/"))
    assert "<strong>1</strong> customer is on this list." in page
    assert "+7 916 ••• •• 67" in page
    assert ANNA not in page
    assert "the audience “Spring”" in page
    assert "“Spring”" in text(pages.get("/audiences/lists/"))


def test_the_page_shows_full_numbers_where_the_right_allows(person: Person, vip: CustomerList) -> None:
    client = person("view_customerlist", "reveal_customer")
    page = f"/audiences/lists/{vip.pk}/"
    assert ANNA not in text(client.get(page))
    assert ANNA in text(show(client, f"audiences.customerlist:{vip.pk}", page))


def test_a_list_in_use_is_not_deleted(pages: Client, vip: CustomerList) -> None:
    rule = {"type": "on_list", "value": {"is_or_not": "in", "lists": [str(vip.pk)]}}
    Audience.objects.create(name="Spring", rules=[rule])
    page = text(pages.post(f"/audiences/lists/{vip.pk}/delete/", follow=True))
    assert "“VIP” was not deleted, because these audiences name it in a condition: Spring." in page
    assert CustomerList.objects.exists()


def test_a_list_that_is_being_changed_is_not_deleted(pages: Client, vip: CustomerList) -> None:
    ListRun.objects.create(customer_list=vip, verb="empty", state="waiting")
    page = text(pages.post(f"/audiences/lists/{vip.pk}/delete/", follow=True))
    assert "This list is being changed." in page
    assert CustomerList.objects.exists()


def test_a_list_is_deleted_and_its_customers_stay(pages: Client, vip: CustomerList) -> None:
    assert "its 1 entry are deleted" in text(pages.get(f"/audiences/lists/{vip.pk}/delete/"))
    page = text(pages.post(f"/audiences/lists/{vip.pk}/delete/", follow=True))
    assert "The list “VIP” was deleted." in page
    assert (CustomerList.objects.count(), ListMember.objects.count(), Customer.objects.count()) == (0, 0, 2)
    assert ModelLogEntry.objects.filter(action="wagtail.delete").exists()


def test_a_large_list_is_emptied_only_with_its_number_typed(
    pages: Client, vip: CustomerList, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(list_views, "TYPED_FROM", 1)
    assert "Type the number" in text(pages.get(f"/audiences/lists/{vip.pk}/empty/"))
    page = text(pages.post(f"/audiences/lists/{vip.pk}/empty/", {"typed": "2"}))
    assert "Type the number of customers exactly" in page
    assert 'value="2"' in page
    pages.post(f"/audiences/lists/{vip.pk}/empty/", {"typed": "1"})
    assert work().removed == 1
    assert not ListMember.objects.exists()


def test_a_list_gets_another_name(pages: Client, vip: CustomerList) -> None:
    assert "VIP" in text(pages.get(f"/audiences/lists/{vip.pk}/rename/"))
    pages.post(f"/audiences/lists/{vip.pk}/rename/", {"name": "Best", "description": ""})
    vip.refresh_from_db()
    assert vip.name == "Best"
    page = text(pages.post(f"/audiences/lists/{vip.pk}/rename/", {"name": "", "description": "kept"}))
    assert "This field is required." in page
    assert "kept" in page


# Sets and freezing


def test_a_list_is_combined_into_a_new_one(pages: Client, vip: CustomerList) -> None:
    other = CustomerList.objects.create(name="Other")
    wish = {"verb": "union", "other": f"list:{other.pk}", "into": "new", "name": "Both"}
    assert "Other" in text(pages.get(f"/audiences/lists/{vip.pk}/combine/"))
    pages.post(f"/audiences/lists/{vip.pk}/combine/", wish)
    work()
    both = CustomerList.objects.get(name="Both")
    assert (both.members_count, both.kind) == (1, "members")


def test_a_list_takes_away_who_fits_an_audience(pages: Client, vip: CustomerList) -> None:
    kazan = Audience.objects.create(name="Kazan", rules=[{"type": "city", "value": {"names": "Kazan"}}])
    wish = {"verb": "subtract", "other": f"audience:{kazan.pk}", "into": "this", "name": ""}
    page = text(pages.post(f"/audiences/lists/{vip.pk}/combine/", wish, follow=True))
    assert "Waiting for its turn." in page
    assert work().removed == 1
    assert "“VIP”, “Kazan”" in text(pages.get(f"/audiences/lists/{vip.pk}/"))


@pytest.mark.parametrize(
    ("name", "words"), [("", "Give the new list a name."), ("VIP", "There is a list of this name already.")]
)
def test_a_new_list_needs_a_name_of_its_own(pages: Client, vip: CustomerList, name: str, words: str) -> None:
    other = CustomerList.objects.create(name="Other")
    wish = {"verb": "union", "other": f"list:{other.pk}", "into": "new", "name": name}
    assert words in text(pages.post(f"/audiences/lists/{vip.pk}/combine/", wish))
    assert not ListRun.objects.exists()


def test_an_audience_is_frozen_from_its_own_page(pages: Client, vip: CustomerList) -> None:
    kazan = Audience.objects.create(name="Kazan", rules=[{"type": "city", "value": {"names": "Kazan"}}])
    assert f"/audiences/lists/freeze/{kazan.pk}/" in text(pages.get(f"/audiences/edit/{kazan.pk}/"))
    assert "The city is Kazan." in text(pages.get(f"/audiences/lists/freeze/{kazan.pk}/"))
    pages.post(f"/audiences/lists/freeze/{kazan.pk}/", {"name": "Kazan now", "description": ""})
    work()
    frozen = CustomerList.objects.get(kind="frozen")
    assert frozen.members_count == 1
    page = text(pages.get(f"/audiences/lists/{frozen.pk}/"))
    assert "They fitted the audience “Kazan” then" in page
    assert "The city is Kazan." in page
    assert "Add customers" not in page
    page = text(pages.get(f"/audiences/lists/{frozen.pk}/put/", follow=True))
    assert "A frozen result stays as it is." in page


def test_freezing_needs_a_name_and_an_audience_that_can_be_used(pages: Client) -> None:
    broken = Audience.objects.create(name="Broken", rules=[{"type": "city", "value": {"names": ""}}])
    page = text(pages.get(f"/audiences/lists/freeze/{broken.pk}/"))
    assert "not complete" in page
    assert "Freeze now" not in page
    everybody = Audience.objects.create(name="Everybody")
    page = text(pages.post(f"/audiences/lists/freeze/{everybody.pk}/", {"name": "", "description": "why"}))
    assert "This field is required." in page
    assert "why" in page


# Downloads


def test_the_download_masks_numbers_without_the_rights(pages: Client, vip: CustomerList) -> None:
    response = pages.get(f"/audiences/lists/{vip.pk}/csv/")
    table = b"".join(response.streaming_content).decode("utf-8-sig")  # type: ignore[attr-defined]
    assert table.splitlines() == ["number in the CRM,phone number", "C1,7 916 ••• •• 67"]
    assert not ModelLogEntry.objects.filter(action=REVEAL).exists()


def test_the_download_of_full_numbers_is_noted(person: Person, vip: CustomerList) -> None:
    client = person("view_customerlist", "reveal_customer", "export_customer")
    show(client, f"audiences.customerlist:{vip.pk}", f"/audiences/lists/{vip.pk}/")
    ModelLogEntry.objects.all().delete()
    response = client.get(f"/audiences/lists/{vip.pk}/xlsx/")
    book = CalamineWorkbook.from_filelike(io.BytesIO(b"".join(response.streaming_content)))  # type: ignore[attr-defined]
    assert book.get_sheet_by_index(0).to_python() == [
        ["number in the CRM", "phone number"],
        ["C1", "79161234567"],
    ]
    assert ModelLogEntry.objects.get(action=REVEAL).object_id == str(vip.pk)


# Never written to


def test_the_screen_says_what_never_written_to_means(pages: Client, vip: CustomerList) -> None:
    CustomerList.objects.update(kind="exclusion")
    page = text(pages.get(f"/audiences/lists/{vip.pk}/"))
    assert "never written to, whatever the mailing" in page
    assert "Every mailing" in text(pages.get("/audiences/lists/"))


def test_the_privacy_officer_changes_who_is_never_written_to_and_no_other_list(
    person: Person, vip: CustomerList
) -> None:
    officer = person(role="Privacy officer")
    assert officer.get(f"/audiences/lists/{vip.pk}/").status_code == 200
    for step in ("put", "take", "combine", "empty", "delete", "rename"):
        assert officer.get(f"/audiences/lists/{vip.pk}/{step}/").status_code == 302, step
    page = text(officer.get("/audiences/lists/new/"))
    assert "never written to: no mailing" in page
    assert "for choosing" not in page
    CustomerList.objects.update(kind="exclusion")
    for step in ("put", "take", "empty", "delete", "rename"):
        assert officer.get(f"/audiences/lists/{vip.pk}/{step}/").status_code == 200, step


def test_whoever_changes_lists_needs_one_right_more_for_those_never_written_to(
    person: Person, vip: CustomerList
) -> None:
    CustomerList.objects.update(kind="exclusion")
    rights = ("view_customerlist", "add_customerlist", "change_customerlist", "delete_customerlist")
    assistant = person(*rights)
    for step in ("put", "take", "empty", "delete", "rename"):
        assert assistant.get(f"/audiences/lists/{vip.pk}/{step}/").status_code == 302, step
    assistant.post("/audiences/lists/new/", {"name": "Mine", "description": "", "kind": "exclusion"})
    assert not CustomerList.objects.filter(name="Mine").exists()
    wish = {"verb": "union", "other": f"list:{vip.pk}", "into": "this", "name": ""}
    assistant.post(f"/audiences/lists/{vip.pk}/combine/", wish)
    assert not ListRun.objects.exists()


@pytest.mark.parametrize("role", ["Approver", "Analyst"])
def test_others_look_and_change_nothing(person: Person, vip: CustomerList, role: str) -> None:
    reader = person(role=role)
    page = text(reader.get(f"/audiences/lists/{vip.pk}/"))
    assert "Add customers" not in page
    assert "Delete" not in page
    assert "New list" not in text(reader.get("/audiences/lists/"))
    assert reader.get("/audiences/lists/new/").status_code == 302
    assert reader.post(f"/audiences/lists/{vip.pk}/delete/").status_code == 302
    assert CustomerList.objects.exists()


@pytest.mark.parametrize("role", ["Operator staff", "Employee"])
@pytest.mark.parametrize("address", ["", "new/", "1/", "1/put/", "1/csv/", "runs/1/", "freeze/1/"])
def test_without_the_right_there_are_no_lists(person: Person, role: str, address: str) -> None:
    assert person(role=role).get(f"/audiences/lists/{address}").status_code in (302, 404)


# Speed


def test_the_list_of_lists_takes_as_many_queries_for_many_as_for_one(
    pages: Client, vip: CustomerList, django_assert_num_queries: Any
) -> None:
    rule = {"type": "on_list", "value": {"is_or_not": "in", "lists": [str(vip.pk)]}}
    Audience.objects.create(name="Spring", rules=[rule])
    pages.get("/audiences/lists/")
    with CaptureQueriesContext(connection) as few:
        pages.get("/audiences/lists/")
    for number in range(40):
        CustomerList.objects.create(name=f"list {number}")
        Audience.objects.create(name=f"audience {number}", rules=[rule])
    with django_assert_num_queries(len(few)):
        page = text(pages.get("/audiences/lists/"))
    assert "list 39" in page
    assert "and others" in page


def test_the_page_of_a_list_takes_as_many_queries_for_many_customers_as_for_one(
    pages: Client, vip: CustomerList, django_assert_num_queries: Any
) -> None:
    ListRun.objects.create(customer_list=vip, verb="add", state="done", created_by=User.objects.get())
    pages.get(f"/audiences/lists/{vip.pk}/")
    with CaptureQueriesContext(connection) as few:
        pages.get(f"/audiences/lists/{vip.pk}/")
    for number in range(30):
        one = Customer.objects.create(external_id=f"X{number}", phone=ANNA)
        ListMember.objects.create(customer_list=vip, customer=one)
        ListRun.objects.create(customer_list=vip, verb="add", state="done", created_by=User.objects.get())
    with django_assert_num_queries(len(few)):
        pages.get(f"/audiences/lists/{vip.pk}/")


def test_lists_are_found_by_name_and_kind(pages: Client, vip: CustomerList) -> None:
    CustomerList.objects.create(name="Blocked", kind="exclusion")
    page = text(pages.get("/audiences/lists/?kind=exclusion&q=lock"))
    assert "Blocked" in page
    assert ">VIP<" not in page
    assert "No list is like that." in text(pages.get("/audiences/lists/?q=nothing"))
