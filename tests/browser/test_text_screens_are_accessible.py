"""Every screen about texts, light and dark, wide and narrow, keeps nobody out."""

from datetime import timedelta
from pathlib import Path

import pytest
from django.urls import reverse
from django.utils import timezone
from playwright.sync_api import Page, expect

from backoffice.accounts.models import User
from backoffice.customers.importing import import_file
from backoffice.customers.sample import write_sample
from kannel.models import Connection
from tests.browser.looking import (
    A_FILE,
    A_PART,
    addresses_of_rooms,
    faults_in_all_looks,
    faults_of,
    open_page,
)
from tests.browser.test_screens_are_accessible import olga, olgas_page  # noqa: F401
from tests.browser.texts_scene import make_texts
from tests.mailings.conftest import gateway, north  # noqa: F401

ROOMS = ("message_templates", "text_files")
SCREENS = {
    "message_templates:list": ["", "?standing=archive", "?q=nothing+is+like+this"],
    "message_templates:add": [""],
    "message_templates:edit": ["{text}"],
    "message_templates:copy": ["{text}"],
    "message_templates:delete": ["{archived}"],
    "message_templates:history": ["{text}"],
    "message_templates:revisions_compare": ["{text} earliest latest"],
    "message_templates:revisions_revert": ["{text} {first_revision}"],
    "message_templates:archive": ["{text}", "{archived}"],
    "text_files:index": [""],
    "text_files:upload": [""],
    "text_files:run": [
        "{text_good}",
        "{text_bad}",
        "{text_waiting}",
        "{text_done}",
        "{text_stopped}",
        "{text_failed}",
    ],
}
WAGTAILS, ON_A_PHONE = "Wagtail's own, reached by its buttons only", "a text on a phone, in a frame"
NO_SCREENS = {
    "message_templates:list_results": A_PART,
    "message_templates:history_results": A_PART,
    "message_templates:phone": "answers posts of the editor",
    "message_templates:preview_on_add": ON_A_PHONE,
    "message_templates:preview_on_edit": ON_A_PHONE,
    "message_templates:revisions_view": ON_A_PHONE,
    "message_templates:workflow_preview": ON_A_PHONE,
    "message_templates:revisions_unschedule": WAGTAILS,
    "message_templates:unpublish": WAGTAILS,
    "message_templates:workflow_action": WAGTAILS,
    "message_templates:collect_workflow_action_data": WAGTAILS,
    "message_templates:workflow_history": WAGTAILS,
    "message_templates:workflow_history_detail": WAGTAILS,
    "text_files:progress": "the live part of the page of a file",
    "text_files:download": A_FILE,
}


def test_every_screen_is_looked_at_or_is_none() -> None:
    assert addresses_of_rooms(ROOMS) == set(SCREENS) | set(NO_SCREENS)


@pytest.fixture
def rows(olga: User, north: Connection, tmp_path: Path) -> dict[str, int]:  # noqa: F811
    """Customers, an operator that stays online, and everything these screens show."""
    Connection.objects.update(seen_at=timezone.now() + timedelta(hours=1))
    write_sample(tmp_path / "customers.csv", 60)
    import_file(tmp_path / "customers.csv")
    return make_texts(olga)


@pytest.mark.browser
def test_no_screen_of_texts_keeps_anybody_out(olgas_page: Page, rows: dict[str, int]) -> None:  # noqa: F811
    faults = faults_of(olgas_page, SCREENS, rows)
    assert not faults, faults


@pytest.mark.browser
def test_the_phone_and_all_there_is_to_say_about_a_text_keep_nobody_out(
    olgas_page: Page,  # noqa: F811
    rows: dict[str, int],
) -> None:
    open_page(olgas_page, reverse("message_templates:edit", args=[rows["text"]]))
    olgas_page.locator(".sms-editor__more summary").first.click()
    olgas_page.get_by_role("button", name="Toggle the phone").click()
    expect(olgas_page.locator(".phone__bubble").first).to_be_visible()
    expect(olgas_page.locator(".text-cost__sum")).to_contain_text("RUB")
    assert "\n".join(faults_in_all_looks(olgas_page)) == ""
