"""After a mailing: lists of a result, and a mailing to the rest."""

import pytest
from django.urls import reverse

from backoffice.accounts.models import User
from backoffice.accounts.roles import ANALYST, APPROVER, EDITOR
from backoffice.audiences.models import CustomerList
from backoffice.mailings.models import Mailing
from kannel.models import Connection
from tests.mailings.in_state import add_messages, put
from tests.mailings_screens.conftest import As

pytestmark = pytest.mark.django_db


@pytest.fixture
def finished(mailing: Mailing, north: Connection, editor: User) -> Mailing:
    """Two got it, one certainly did not, of one nobody knows."""
    add_messages(mailing, "delivered", "delivered", "rejected")
    add_messages(mailing, "expired", reason="no_receipt")
    return put(mailing, Mailing.State.FINISHED, editor)


def test_the_page_of_a_finished_mailing_leads_to_both(finished: Mailing, as_role: As) -> None:
    url = reverse("mailings:inspect", args=[finished.pk])
    page = as_role(EDITOR).get(url).content.decode()
    assert reverse("mailing_results:list", args=[finished.pk]) in page
    assert reverse("mailing_results:resend", args=[finished.pk]) in page
    for role in (ANALYST, APPROVER):
        assert "Send to the rest" not in as_role(role).get(url).content.decode()


def test_before_its_end_there_is_no_rest(finished: Mailing, as_role: As, editor: User) -> None:
    put(finished, Mailing.State.RUNNING, editor)
    page = as_role(EDITOR).get(reverse("mailings:inspect", args=[finished.pk])).content.decode()
    assert "Send to the rest" not in page
    assert "List of a result" in page
    url = reverse("mailing_results:resend", args=[finished.pk])
    assert "Wait until this mailing has ended" in as_role(EDITOR).get(url, follow=True).content.decode()


def test_each_outcome_says_how_many_and_one_becomes_a_list(finished: Mailing, as_role: As) -> None:
    browser, url = as_role(EDITOR), reverse("mailing_results:list", args=[finished.pk])
    page = browser.get(url).content.decode()
    for words in ("Delivered: 2", "Certainly not received: 1", "Nobody can say: 1", "Left out: 0"):
        assert words in page
    said = browser.post(url, {"result": "delivered", "name": "They have it"}, follow=True).content.decode()
    assert "2 customers are on the list “They have it”." in said
    assert CustomerList.objects.get().members_count == 2


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"result": "delivered", "name": ""}, "This field is required."),
        ({"result": "everything", "name": "All"}, "Select a valid choice."),
        ({"result": "delivered", "name": "Taken"}, "Choose another name."),
    ],
)
def test_a_wrong_answer_is_told_at_its_field(
    values: dict[str, str], words: str, finished: Mailing, as_role: As
) -> None:
    CustomerList.objects.create(name="Taken")
    page = as_role(EDITOR).post(reverse("mailing_results:list", args=[finished.pk]), values).content.decode()
    assert words in page
    assert CustomerList.objects.count() == 1


def test_the_rest_is_told_in_numbers_before_its_draft_is_made(finished: Mailing, as_role: As) -> None:
    browser, url = as_role(EDITOR), reverse("mailing_results:resend", args=[finished.pk])
    assert "1 customer certainly did not get this mailing." in browser.get(url).content.decode()
    said = browser.post(url, follow=True).content.decode()
    assert "The draft is made." in said
    draft = Mailing.objects.get(name="Autumn, to the rest")
    assert draft.audience.customers().count() == 1


def test_where_there_is_nobody_no_draft_is_offered(finished: Mailing, as_role: As) -> None:
    finished.messages.filter(state="rejected").update(state="delivered")
    browser, url = as_role(EDITOR), reverse("mailing_results:resend", args=[finished.pk])
    assert "Make the draft" not in browser.get(url).content.decode()
    assert "There is nobody" in browser.post(url, follow=True).content.decode()
    assert Mailing.objects.count() == 1


def test_who_may_not_make_them_makes_none(finished: Mailing, as_role: As) -> None:
    for role in (ANALYST, APPROVER):
        as_role(role).post(
            reverse("mailing_results:list", args=[finished.pk]), {"result": "delivered", "name": "x"}
        )
        as_role(role).post(reverse("mailing_results:resend", args=[finished.pk]))
    assert (CustomerList.objects.count(), Mailing.objects.count()) == (0, 1)
