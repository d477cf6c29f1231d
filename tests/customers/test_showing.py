"""No page shows a number or a name in full without the right, a reason, and a row in the reading log."""

from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.models import Permission
from django.core.files.base import ContentFile
from django.test import Client
from django.urls import reverse
from wagtail.models import ModelLogEntry

from backoffice.accounts import revealing
from backoffice.accounts.models import User
from backoffice.accounts.reading_log import DOWNLOAD, REVEAL
from backoffice.accounts.roles import RIGHTS
from backoffice.audiences.models import Audience, CustomerList, ListMember, ListRun
from backoffice.customers.columns import customer_columns
from backoffice.customers.models import ImportRun
from backoffice.lib.files.confirmed import examine
from backoffice.lib.said import in_readers_language
from backoffice.mailings.models import Mailing, Message
from kannel.models import Connection
from tests.every_address import PLAIN, every_address
from tests.mailings.conftest import (  # noqa: F401
    MakeCustomer,
    approver,
    editor,
    gateway,
    mailing,
    make_customer,
    north,
    planned,
    running,
    south,
)
from tests.showing import show

pytestmark = pytest.mark.django_db
PHONE, DIGITS, NAME = "+79050041177", "0041177", "Wolkonskaja"
# These log people out, or hold the reader's own data.
PASSED_OVER = {"wagtailadmin_logout", "wagtailadmin_account"}


@pytest.fixture
def reader() -> Callable[..., Client]:
    """Somebody with the rights of all roles together, apart from those that are named."""

    def make(*without: str) -> Client:
        user = User.objects.create_user(f"reader{User.objects.count()}", password="x")
        wanted = set().union(*RIGHTS.values()) - set(without)
        user.user_permissions.set(
            one
            for one in Permission.objects.all()
            if f"{one.content_type.app_label}.{one.codename}" in wanted
        )
        client = Client(raise_request_exception=False)
        client.force_login(user)
        return client

    return make


@pytest.fixture
def everywhere(
    make_customer: MakeCustomer,  # noqa: F811
    running: Callable[[], Mailing],  # noqa: F811
    north: Connection,  # noqa: F811
    clean_redis: Any,
) -> dict[str, Any]:
    """One customer in all that shows customers."""
    customer = make_customer(PHONE, first_name=NAME, last_name=NAME)
    sent = running()
    chosen = CustomerList.objects.create(name="VIP")
    ListMember.objects.create(customer_list=chosen, customer=customer)
    CustomerList.objects.update(members_count=1)
    list_run = ListRun.objects.create(
        customer_list=chosen, verb="add", name="list.csv", column=0, identity="phone"
    )
    list_run.file.save("list.csv", ContentFile(f"{PHONE}\n".encode()))
    table = f"external_id;phone;first_name\nA1;{PHONE};{NAME}\n".encode()
    upload = ImportRun.objects.create(name="customers.csv", source="CRM")
    upload.file.save("customers.csv", ContentFile(table))
    examine(upload, customer_columns())
    done = ImportRun.objects.create(name="done.csv", source="CRM", state="done", bad=1)
    done.bad_rows.save("bad.csv", ContentFile(f"2,Wrong,{PHONE},{NAME}\n".encode()))
    audience = Audience.objects.create(name="All", rules=[])
    return {
        "customer": customer,
        "mailing": sent,
        "list": chosen,
        "list_run": list_run,
        "import": upload,
        "done": done,
        "audience": audience,
    }


def body_of(answer: Any) -> str:
    content = b"".join(answer.streaming_content) if answer.streaming else answer.content
    return str(content.decode("utf-8", "replace"))


def shows_somebody(answer: Any) -> bool:
    body = body_of(answer)
    return DIGITS in "".join(sign for sign in body if sign not in " -()") or NAME in body


@pytest.mark.parametrize("without", [(), ("customers.reveal_customer",)])
def test_no_address_shows_anybody_in_full_before_a_reason_is_given(
    reader: Callable[..., Client], everywhere: dict[str, Any], without: tuple[str, ...]
) -> None:
    client, wrong = reader(*without), []
    keys = {row.pk for row in everywhere.values()} | set(Message.objects.values_list("pk", flat=True))
    for address in every_address():
        paths = {address.path({**PLAIN, "int": key, "str": str(key), "regex": str(key)}) for key in keys}
        wrong += [
            path for path in paths if address.name not in PASSED_OVER and shows_somebody(client.get(path))
        ]
    assert not wrong
    assert not ModelLogEntry.objects.filter(action=REVEAL).exists()


PAGES = {
    "customers": ("customers.customer", lambda rows: reverse("customers:index")),
    "list": ("audiences.customerlist:{}", lambda rows: reverse("lists:page", args=[rows["list"].pk])),
    "list_run": ("audiences.listrun:{}", lambda rows: reverse("lists:run", args=[rows["list_run"].pk])),
    "import": ("customers.importrun:{}", lambda rows: reverse("imports:run", args=[rows["import"].pk])),
    "mailing": (
        "mailings.mailing:{}",
        lambda rows: reverse("mailings:recipients", args=[rows["mailing"].pk]),
    ),
    "customer": ("customers.customer:{}", lambda rows: reverse("story:customer", args=[rows["customer"].pk])),
}


def whose(page: str, rows: dict[str, Any]) -> str:
    return PAGES[page][0].format(rows[page].pk if page in rows else "")


@pytest.mark.parametrize("page", PAGES)
def test_with_a_reason_each_showing_leaves_a_row(
    reader: Callable[..., Client], everywhere: dict[str, Any], page: str
) -> None:
    client, address = reader(), PAGES[page][1](everywhere)
    everywhere["list_run"].created_by = User.objects.get(pk=client.session["_auth_user_id"])
    everywhere["list_run"].save()
    answer = show(client, whose(page, everywhere), address, "Complaint 12")
    assert shows_somebody(answer)
    assert "no-store" in answer["Cache-Control"]
    client.get(address)
    rows = list(ModelLogEntry.objects.filter(action=REVEAL))
    assert [row.data["reason"] for row in rows] == ["Complaint 12"] * 2
    assert all(row.data["count"] >= 1 for row in rows)


@pytest.mark.parametrize("page", PAGES)
def test_without_the_right_a_reason_shows_nothing(
    reader: Callable[..., Client], everywhere: dict[str, Any], page: str
) -> None:
    client, address = reader("customers.reveal_customer"), PAGES[page][1](everywhere)
    show(client, whose(page, everywhere), address)
    assert not shows_somebody(client.get(address))
    assert not ModelLogEntry.objects.filter(action=REVEAL).exists()


def test_a_reason_holds_for_one_set_and_a_while(
    reader: Callable[..., Client], everywhere: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    client = reader()
    show(client, "customers.customer", "/customers/")
    assert not shows_somebody(client.get(PAGES["list"][1](everywhere)))
    assert shows_somebody(client.get("/customers/"))
    monkeypatch.setattr(revealing.time, "time", lambda: 4_000_000_000.0)
    assert "Petrova" not in body_of(client.get("/customers/"))
    assert not revealing._still_kept(client.get("/customers/").wsgi_request)


def test_without_a_reason_nothing_is_shown_and_it_can_be_hidden_again(
    reader: Callable[..., Client], everywhere: dict[str, Any]
) -> None:
    client = reader()
    assert "Say why you need the full numbers" in body_of(
        show(client, "customers.customer", "/customers/", " ")
    )
    assert shows_somebody(show(client, "customers.customer", "/customers/"))
    hidden = client.post(
        reverse("show_in_full"),
        {"whose": "customers.customer", "hide": "yes", "next": "/customers/"},
        follow=True,
    )
    assert not shows_somebody(hidden)


def test_nobody_is_led_out_of_the_product(reader: Callable[..., Client], db: None) -> None:
    answer = reader().post(reverse("show_in_full"), {"reason": "x", "next": "https://evil.example/"})
    assert answer.headers["Location"] == reverse("wagtailadmin_home")


def test_bad_rows_of_others_need_a_reason_and_each_download_is_written_down(
    reader: Callable[..., Client], everywhere: dict[str, Any]
) -> None:
    client, run = reader(), everywhere["done"]
    address = reverse("imports:bad_rows", args=[run.pk])
    assert "First say why" in body_of(client.get(address, follow=True))
    show(client, f"customers.importrun:{run.pk}", "/customers/")
    assert shows_somebody(client.get(address))
    assert ModelLogEntry.objects.get(action=REVEAL).data == {"reason": "They asked", "count": 1}


def test_who_uploaded_a_file_takes_its_bad_rows_and_that_is_written_down(
    reader: Callable[..., Client], everywhere: dict[str, Any]
) -> None:
    client, run = reader("customers.reveal_customer"), everywhere["done"]
    ImportRun.objects.update(created_by=client.session["_auth_user_id"])
    assert shows_somebody(client.get(reverse("imports:bad_rows", args=[run.pk])))
    data = ModelLogEntry.objects.get(action=REVEAL).data
    assert (in_readers_language(data["reason"]), data["count"]) == ("Rows of an own file", 1)


def test_a_masked_download_is_written_down_too(
    reader: Callable[..., Client], everywhere: dict[str, Any]
) -> None:
    client = reader("customers.reveal_customer")
    assert not shows_somebody(client.get(reverse("lists:csv", args=[everywhere["list"].pk])))
    entry = ModelLogEntry.objects.get(action=DOWNLOAD)
    assert entry.data == {"format": "csv", "full_numbers": False, "count": 1}
