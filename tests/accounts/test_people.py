import csv
import io
from typing import Any

import pytest
from django.contrib.auth.models import Group
from django.core.management import call_command
from django.test import Client
from django.urls import reverse
from openpyxl import load_workbook
from wagtail.log_actions import log
from wagtail.models import ModelLogEntry

from backoffice.accounts.models import User
from backoffice.accounts.reading_log import record_reveal
from backoffice.accounts.roles import EDITOR, PRIVACY_OFFICER, RIGHTS
from backoffice.accounts.wagtail_hooks import rights_of_roles
from backoffice.customers.models import Customer
from tests.mailings_screens.conftest import As

pytestmark = pytest.mark.django_db


@pytest.fixture
def administrator() -> Client:
    client = Client()
    client.force_login(User.objects.create_superuser("root", "root@example.org", "a long password"))
    return client


def values(**changed: str) -> dict[str, str]:
    return {
        "username": "anna",
        "email": "anna@example.org",
        "first_name": "Anna",
        "last_name": "Petrova",
        "password1": "quite a long secret",
        "password2": "quite a long secret",
        **changed,
    }


@pytest.mark.parametrize("typed", ["8 (912) 345-67-89", "+79123456789"])
def test_a_new_employees_number_is_kept_as_e164(administrator: Client, typed: str) -> None:
    administrator.post(reverse("wagtailusers_users:add"), values(phone=typed))
    assert User.objects.get(username="anna").phone == "+79123456789"


def test_an_employee_needs_no_number(administrator: Client) -> None:
    administrator.post(reverse("wagtailusers_users:add"), values(phone=""))
    assert User.objects.get(username="anna").phone == ""


def test_a_wrong_number_is_refused_at_its_field(administrator: Client) -> None:
    page = administrator.post(reverse("wagtailusers_users:add"), values(phone="call me")).content.decode()
    assert "This is not a phone number." in page
    assert not User.objects.filter(username="anna").exists()


def test_the_form_of_an_employee_shows_and_changes_the_number(administrator: Client) -> None:
    anna = User.objects.create(username="anna", phone="+79123456789")
    address = reverse("wagtailusers_users:edit", args=[anna.pk])
    assert "+79123456789" in administrator.get(address).content.decode()
    administrator.post(address, values(phone="+7 912 000-00-01", is_active="on"))
    anna.refresh_from_db()
    assert anna.phone == "+79120000001"


@pytest.mark.parametrize("role", [*RIGHTS])
def test_each_demo_user_signs_in_and_out(role: str, capsys: pytest.CaptureFixture[str]) -> None:
    call_command("make_demo_users")
    line = next(line for line in capsys.readouterr().out.splitlines() if line.startswith(f"{role} "))
    username, password = line.removeprefix(role).split()
    client = Client()
    answer = client.post(reverse("wagtailadmin_login"), {"username": username, "password": password})
    assert answer.headers["Location"] == reverse("wagtailadmin_home")
    assert client.get(reverse("wagtailadmin_home")).status_code == 200
    client.post(reverse("wagtailadmin_logout"))
    assert client.get(reverse("wagtailadmin_home")).status_code == 302


def test_a_reveal_leaves_who_whom_and_why(as_role: As) -> None:
    as_role(PRIVACY_OFFICER)
    officer = User.objects.get(username=f"{PRIVACY_OFFICER} by role")
    customer = Customer.objects.create(external_id="C1", phone="+79123456789")
    record_reveal(officer, customer, "The customer asked.")
    record_reveal(officer, customer)
    first, second = ModelLogEntry.objects.filter(action="parley.reveal").order_by("pk")
    assert (first.user, first.object_id) == (officer, str(customer.pk))
    assert first.data == {"reason": "The customer asked."}
    assert second.data in ({}, None)
    assert "79123456789" not in first.label


def test_the_officer_reads_in_the_log_who_revealed_what(as_role: As) -> None:
    client = as_role(PRIVACY_OFFICER)
    customer = Customer.objects.create(external_id="C1", phone="+79123456789")
    record_reveal(User.objects.get(username=f"{PRIVACY_OFFICER} by role"), customer, "Asked.")
    page = client.get(reverse("wagtailadmin_reports:site_history")).content.decode()
    assert "Looked at full numbers and names" in page
    assert "Asked." in page


def test_the_officer_reads_of_exports_of_what_others_may_change(as_role: As) -> None:
    client = as_role(PRIVACY_OFFICER)
    group = Group.objects.get(name=EDITOR)
    log(group, "reports.export", data={"count": 12, "full_numbers": True})
    page = client.get(reverse("wagtailadmin_reports:site_history")).content.decode()
    assert "Exported the messages" in page
    assert "with full numbers" in page


@pytest.mark.parametrize("form", ["csv", "xlsx"])
def test_the_file_of_the_log_has_reasons_and_numbers_too(as_role: As, form: str) -> None:
    client = as_role(PRIVACY_OFFICER)
    group = Group.objects.get(name=EDITOR)
    log(group, "reports.export", data={"count": 12, "reason": "Asked by the court."})
    log(group, "reports.export", data={"comment": "=1+1"})
    log(group, "reports.export")
    answer = client.get(reverse("wagtailadmin_reports:site_history"), {"export": form})
    rows = table(b"".join(answer.streaming_content) if answer.streaming else answer.content, form)
    assert rows[0][-1] == "Reason or comment, how many"
    assert sorted(row[-1] or "" for row in rows[1:] if row[1] == EDITOR) == [
        "",
        "'=1+1",
        "Asked by the court. (12)",
    ]


def table(content: bytes, form: str) -> list[list[Any]]:
    """The cells of a file."""
    if form == "csv":
        return list(csv.reader(io.StringIO(content.decode("utf-8-sig"))))
    return [list(row) for row in load_workbook(io.BytesIO(content)).active.iter_rows(values_only=True)]


def test_an_administrator_may_tick_every_right_that_a_role_has() -> None:
    offered = {f"{one.content_type.app_label}.{one.codename}" for one in rights_of_roles()}
    assert offered == set().union(*RIGHTS.values())


def test_saving_a_group_keeps_its_rights(administrator: Client) -> None:
    group = Group.objects.get(name=EDITOR)
    page = administrator.get(reverse("wagtailusers_groups:edit", args=[group.pk])).content.decode()
    assert "Can plan and submit mailings for approval" in page
