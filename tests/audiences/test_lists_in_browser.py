"""Lists in a real browser: from a new list to its customers, and no serious fault of accessibility on the way."""

from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import Group
from playwright.sync_api import Page

from backoffice.accounts.models import User
from backoffice.accounts.role_groups import make_groups
from backoffice.audiences import tasks
from backoffice.audiences.models import CustomerList, ListRun
from backoffice.customers.models import Customer
from tests.accounts.test_roles import EDITOR_OF_SCHEMA
from tests.browser.axe import serious_faults

pytestmark = [
    pytest.mark.browser,
    pytest.mark.django_db(transaction=True),
    pytest.mark.usefixtures("clean_redis"),
]
SAMPLE = Path(__file__).parents[2] / "fixtures" / "samples" / "list-with-bad-rows.csv"


@pytest.fixture
def editing(page: Page, live_server: Any, settings: Any, tmp_path: Path) -> Page:
    from django.apps import apps

    settings.MEDIA_ROOT = tmp_path
    make_groups(apps, EDITOR_OF_SCHEMA)
    olga: User = User.objects.create_user("olga", password="correct horse battery")
    olga.groups.add(Group.objects.get(name="Editor"))
    Customer.objects.create(external_id="anna", phone="+79161234567")
    Customer.objects.create(external_id="boris", phone="+79161234568")
    page.set_default_timeout(30_000)
    page.goto(f"{live_server.url}/login/?next=/audiences/lists/")
    page.fill("[name=username]", "olga")
    page.fill("[name=password]", "correct horse battery")
    page.press("[name=password]", "Enter")
    return page


def test_a_file_becomes_a_list(editing: Page) -> None:
    editing.get_by_role("link", name="Make the first list.").click()
    editing.fill("input[name=name]", "Guests")
    assert serious_faults(editing) == []
    editing.get_by_role("button", name="Save, then add customers").click()
    editing.set_input_files("[name=file]", SAMPLE)
    assert serious_faults(editing) == []
    editing.get_by_role("button", name="Look at the rows").click()
    editing.wait_for_selector("text=Of the first 5, 3 name a customer we know.")
    assert serious_faults(editing) == []
    editing.get_by_role("button", name="Put them on the list").click()
    editing.wait_for_selector("text=Waiting for its turn.")
    assert serious_faults(editing) == []
    tasks.runner.run(ListRun.objects.get().pk)
    editing.wait_for_selector("text=2 customers are on “Guests” now.")
    assert serious_faults(editing) == []
    editing.get_by_role("link", name="To the list").click()
    editing.wait_for_selector("text=+7 916 ••• •• 67")
    assert serious_faults(editing) == []
    guests = CustomerList.objects.get()
    for step in ("combine", "empty", "delete", "take"):
        editing.goto(editing.url.split("/audiences/")[0] + f"/audiences/lists/{guests.pk}/{step}/")
        assert serious_faults(editing) == [], step
