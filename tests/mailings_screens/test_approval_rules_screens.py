"""Where it is set above what size and cost a mailing takes two approvers."""

from decimal import Decimal

import pytest
from django.test import Client
from wagtail.models import ModelLogEntry

from backoffice.accounts.roles import ANALYST, APPROVER, EDITOR
from backoffice.mailings.models import ApprovalRules
from tests.mailings_screens.conftest import As

pytestmark = pytest.mark.django_db
EDIT = "/approval-rules/edit/1/"


def save(client: Client, **values: str) -> str:
    return client.post(EDIT, values, follow=True).content.decode()


def test_an_editor_reads_them_but_does_not_change_them(as_role: As) -> None:
    editor = as_role(EDITOR)
    page = editor.get("/approval-rules/").content.decode()
    assert "One approver is enough, whatever the size." in page
    assert EDIT not in page
    assert editor.post(EDIT, {"second_above_recipients": "5"}).status_code == 302
    assert ApprovalRules.current().second_above_recipients is None


def test_an_analyst_does_not_see_them(as_role: As) -> None:
    assert as_role(ANALYST).get("/approval-rules/").status_code == 302


def test_an_approver_changes_them_and_the_history_says_what(as_role: As) -> None:
    approver = as_role(APPROVER)
    page = approver.get(EDIT).content.decode()
    assert "A second approver above this cost, RUB" in page
    assert "No mail server is set up here" in page
    page = save(approver, second_above_recipients="100000", second_above_cost="5000.00")
    assert "It counts for everything that is approved from now on." in page
    assert "Two approvers above 100,000 recipients." in page
    assert "Two approvers above 5,000.00 RUB." in page
    rules = ApprovalRules.objects.get()
    assert (rules.second_above_recipients, rules.second_above_cost, rules.sends_mail) == (
        100_000,
        Decimal("5000.00"),
        False,
    )
    entry = ModelLogEntry.objects.for_instance(rules).get()
    assert entry.user.username == "Approver by role"
    assert entry.message == (
        "“a second approver above so many recipients”: never became 100000; "
        "“a second approver above this cost”: never became 5000.00; "
        "“tell approvers and authors by e-mail, too”: yes became no"
    )
    assert "never became 100000" in approver.get("/approval-rules/history/1/").content.decode()


def test_saving_without_a_change_is_told_so(as_role: As) -> None:
    approver = as_role(APPROVER)
    save(approver, sends_mail="on")
    assert ModelLogEntry.objects.for_instance(ApprovalRules.objects.get()).get().message == (
        "Saved without a change"
    )


def test_a_wrong_number_is_said_at_its_field(as_role: As) -> None:
    page = save(as_role(APPROVER), second_above_recipients="many", second_above_cost="-1")
    assert "Enter a whole number." in page
    assert 'value="many"' in page
    assert ApprovalRules.current().second_above_recipients is None


def test_there_is_one_row_and_nobody_adds_another(as_role: As) -> None:
    approver = as_role(APPROVER)
    assert approver.get("/approval-rules/new/").status_code == 404
    assert str(ApprovalRules.current()) == "Approval"
