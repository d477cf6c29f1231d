"""A file with an open quote, imported, mended as the page says and imported again: nobody is lost on the way."""

import os
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page

from backoffice.customers import tasks
from backoffice.customers.models import Customer, ImportRun
from tests.browser.axe import serious_faults
from tests.browser.looking import PASSWORD, staff

pytestmark = [
    pytest.mark.browser,
    pytest.mark.django_db(transaction=True),
    pytest.mark.usefixtures("clean_redis"),
]
OPEN_QUOTE = Path(__file__).parents[2] / "fixtures" / "cases" / "open_quote.csv"
EXPECTED = {
    f"BUG03-{number}": name for number, name in enumerate(["Анна", "Ира", "Вера", "Галя", "Дина"], start=1)
}


@pytest.fixture
def importing(page: Page, live_server: Any, settings: Any, tmp_path: Path) -> Page:
    staff("Olga Petrova", ["Editor"], settings, tmp_path)
    page.set_default_timeout(30_000)
    page.goto(f"{live_server.url}/login/?next=/customers/imports/upload/")
    page.fill("[name=username]", "olga")
    page.fill("[name=password]", PASSWORD)
    page.press("[name=password]", "Enter")
    return page


def started(page: Page, file: Path) -> None:
    """Uploads a file, looks at it, starts it and waits for its end."""
    page.set_input_files("[name=file]", file)
    page.get_by_role("button", name="Look at the file").click()
    page.wait_for_selector("text=It is read as UTF-8")
    assert serious_faults(page) == []
    if folder := os.environ.get("PARLEY_PICTURES"):
        page.screenshot(path=f"{folder}/look-{file.stem}.png", full_page=True)
    page.get_by_role("button", name="Start the import").click()
    page.wait_for_selector("text=Waiting for its turn.")
    tasks.runner.run(ImportRun.objects.order_by("-pk")[0].pk)
    page.wait_for_selector("text=rows were read." if file == OPEN_QUOTE else "text=Import another file")


def test_a_file_with_an_open_quote_is_mended_as_the_page_says(importing: Page, tmp_path: Path) -> None:
    started(importing, OPEN_QUOTE)
    importing.wait_for_selector("text=Row 3 opens a quote that is not closed. Close it, or take it away.")
    names = dict(Customer.objects.values_list("external_id", "first_name"))
    assert names == {number: name for number, name in EXPECTED.items() if number != "BUG03-2"}
    with importing.expect_download() as waiting:
        importing.get_by_role("link", name="Download all bad rows (CSV)").click()
    mended = tmp_path / "mended.csv"
    mended.write_text(Path(waiting.value.path()).read_text().replace('"""Ира"', "Ира"))
    importing.get_by_role("link", name="Import another file").click()
    started(importing, mended)
    assert dict(Customer.objects.values_list("external_id", "first_name")) == EXPECTED
    assert set(Customer.objects.values_list("phone", flat=True)) == {
        f"+7916111002{number}" for number in range(1, 6)
    }
