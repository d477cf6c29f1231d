"""What the pages refuse, and what they say then."""

from collections.abc import Callable

import pytest
from django.core.cache import cache
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from pytest_django import DjangoAssertNumQueries

from backoffice.accounts.models import User
from backoffice.accounts.roles import ANALYST, APPROVER, EDITOR, OPERATOR_STAFF
from backoffice.mailings import form_screens, lifecycle, views
from backoffice.mailings.models import Mailing, Message
from backoffice.message_templates.models import MessageTemplate
from kannel.models import Connection
from tests.mailings.conftest import MakeCustomer
from tests.mailings_screens.conftest import As
from tests.mailings_screens.test_screens import form_values, page_of, step

pytestmark = pytest.mark.django_db
Planned = Callable[[], Mailing]
State = Mailing.State

MAY = {
    "request_plan": (State.DRAFT, {EDITOR}),
    "submit": (State.PLANNED, {EDITOR}),
    "approve": (State.SUBMITTED, {APPROVER}),
    "send_back": (State.SUBMITTED, {APPROVER}),
    "withdraw": (State.SUBMITTED, {EDITOR}),
    "pause": (State.RUNNING, {EDITOR, APPROVER}),
    "resume": (State.PAUSED, {EDITOR, APPROVER}),
    "cancel": (State.RUNNING, {EDITOR, APPROVER}),
}


@pytest.fixture(autouse=True)
def fresh() -> None:
    cache.clear()


@pytest.fixture
def submitted(north: Connection, make_customer: MakeCustomer, planned: Planned, editor: User) -> Mailing:
    make_customer()
    mailing = planned()
    lifecycle.submit(mailing, editor)
    return mailing


@pytest.mark.parametrize("role", [EDITOR, APPROVER, ANALYST, OPERATOR_STAFF])
@pytest.mark.parametrize("name", MAY)
def test_each_step_is_taken_by_those_roles_only_that_may(
    name: str, role: str, as_role: As, submitted: Mailing
) -> None:
    state, roles = MAY[name]
    Mailing.objects.update(state=state)
    step(as_role(role), submitted, name, comment="Shorter, please.")
    assert submitted.state == (lifecycle.STEPS[name].target if role in roles else state)


@pytest.mark.parametrize("name", MAY)
def test_a_step_that_is_not_possible_is_not_asked_about(name: str, as_role: As, mailing: Mailing) -> None:
    Mailing.objects.update(state=State.FINISHED)
    url = reverse("mailings:step", args=[mailing.pk, name])
    assert (
        "You cannot do this with the mailing now." in as_role(EDITOR).get(url, follow=True).content.decode()
    )


def test_the_main_button_of_a_plan_submits_it(
    as_role: As, north: Connection, make_customer: MakeCustomer, planned: Planned
) -> None:
    make_customer()
    answer = as_role(EDITOR).get(page_of(planned()))
    assert answer.context["main_step"] == "submit"
    assert "Plan again" in answer.content.decode()


def test_whoever_wrote_a_mailing_reads_that_somebody_else_approves_it(
    as_role: As, submitted: Mailing
) -> None:
    assert (
        "Somebody else has to approve it." not in as_role(APPROVER).get(page_of(submitted)).content.decode()
    )
    Mailing.objects.update(created_by=User.objects.get(username=f"{APPROVER} by role"))
    page = as_role(APPROVER).get(page_of(submitted)).content.decode()
    assert "Somebody else has to approve it." in page


def test_cancelling_a_large_mailing_asks_to_type_its_number(
    as_role: As, submitted: Mailing, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(views, "TYPED_ABOVE", 0)
    client = as_role(EDITOR)
    asked = client.get(reverse("mailings:step", args=[submitted.pk, "cancel"])).content.decode()
    assert "Type the number of recipients, 1, if you mean it." in asked
    assert "so nothing was cancelled" in step(client, submitted, "cancel", typed="7")
    assert submitted.state == State.SUBMITTED
    step(client, submitted, "cancel", typed="1")
    assert submitted.state == State.CANCELLED


def test_a_mailing_that_is_being_planned_cannot_be_changed_now(as_role: As, mailing: Mailing) -> None:
    Mailing.objects.update(state=State.PLANNING)
    page = as_role(EDITOR).get(reverse("mailings:edit", args=[mailing.pk]), follow=True).content.decode()
    assert "Wait for the plan, then change it." in page
    assert "Choosing recipients, writing their texts" in page


def test_a_form_that_was_open_while_planning_began_is_refused_and_keeps_what_was_typed(
    as_role: As, mailing: Mailing, monkeypatch: pytest.MonkeyPatch
) -> None:
    clean = form_screens.MailingEditView.form_valid

    def planned_meanwhile(view: form_screens.MailingEditView, form: object) -> object:
        Mailing.objects.update(state=State.PLANNING)
        return clean(view, form)

    monkeypatch.setattr(form_screens.MailingEditView, "form_valid", planned_meanwhile)
    values = form_values(mailing, name="Spring")
    page = as_role(EDITOR).post(reverse("mailings:edit", args=[mailing.pk]), values).content.decode()
    assert "Wait for the plan, then change it." in page
    assert 'value="Spring"' in page
    mailing.refresh_from_db()
    assert (mailing.name, mailing.state) == ("Autumn", State.PLANNING)


def test_saving_an_old_page_takes_a_newer_approval_away(
    as_role: As, submitted: Mailing, monkeypatch: pytest.MonkeyPatch
) -> None:
    Mailing.objects.update(state=State.DRAFT)
    clean = form_screens.MailingEditView.form_valid

    def approved_meanwhile(view: form_screens.MailingEditView, form: object) -> object:
        Mailing.objects.update(state=State.APPROVED)
        return clean(view, form)

    monkeypatch.setattr(form_screens.MailingEditView, "form_valid", approved_meanwhile)
    values = form_values(submitted, name="Spring")
    page = as_role(EDITOR).post(reverse("mailings:edit", args=[submitted.pk]), values, follow=True).content
    submitted.refresh_from_db()
    assert (submitted.name, submitted.state, submitted.content_hash) == ("Spring", State.DRAFT, "")
    assert "plan and approval were taken away" in page.decode()


def test_only_published_texts_can_be_chosen(as_role: As, mailing: Mailing) -> None:
    MessageTemplate.objects.create(name="Half-written", text="Dear", live=False)
    page = as_role(EDITOR).get(reverse("text_chooser:choose_results")).content.decode()
    assert "Autumn offer" in page
    assert "Half-written" not in page


def test_a_finished_mailing_is_copied_into_a_new_draft(as_role: As, mailing: Mailing) -> None:
    Mailing.objects.update(state=State.FINISHED)
    client, url = as_role(EDITOR), reverse("mailings:copy", args=[mailing.pk])
    assert url in client.get(page_of(mailing)).content.decode()
    assert 'value="Autumn"' in client.get(url).content.decode()
    client.post(url, form_values(mailing, name="Winter"))
    made = Mailing.objects.get(name="Winter")
    assert (made.state, made.created_by.username) == (State.DRAFT, f"{EDITOR} by role")
    assert Mailing.objects.count() == 2


def test_only_what_never_had_a_plan_is_deleted(as_role: As, mailing: Mailing, submitted: Mailing) -> None:
    boss = User.objects.create_superuser("boss", "boss@example.org", "a long password")
    client = as_role(EDITOR)
    client.force_login(boss)
    url = reverse("mailings:delete", args=[submitted.pk])
    assert "Only a draft that was never planned" in client.post(url, follow=True).content.decode()
    Message.objects.all().delete()
    Mailing.objects.update(state=State.DRAFT, planned_at=None)
    client.post(url)
    assert not Mailing.objects.exists()


def test_numbers_are_looked_up_only_by_who_may_see_customers(as_role: As, submitted: Mailing) -> None:
    client, url = as_role(ANALYST), reverse("mailings:recipients", args=[submitted.pk])
    assert 'name="number"' not in client.get(url).content.decode()
    assert client.post(url, {"number": "+79050000001"}).status_code in (302, 403)


def test_a_nonsense_place_in_the_recipients_is_passed_over(as_role: As, submitted: Mailing) -> None:
    url = reverse("mailings:recipients", args=[submitted.pk])
    for after in ("x", "9" * 40, "²"):
        assert "north-1" in as_role(ANALYST).get(url, {"after": after}).content.decode()


def test_before_the_plan_recipients_say_what_to_do(as_role: As, mailing: Mailing) -> None:
    url = reverse("mailings:recipients", args=[mailing.pk])
    assert "Plan the mailing to see its recipients." in as_role(ANALYST).get(url).content.decode()
    page = as_role(ANALYST).get(url, {"state": "failed"}).content.decode()
    assert "Nobody here is in this state." in page


def test_numbers_after_a_step_are_not_those_of_before(as_role: As, submitted: Mailing) -> None:
    client = as_role(EDITOR)
    before = client.get(page_of(submitted)).context["heard_at"]
    step(client, submitted, "withdraw")
    assert client.get(page_of(submitted)).context["heard_at"] > before


def test_recipients_take_the_same_queries_for_forty_as_for_one(
    as_role: As,
    north: Connection,
    make_customer: MakeCustomer,
    planned: Planned,
    editor: User,
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    make_customer()
    mailing = planned()
    client, url = as_role(ANALYST), reverse("mailings:recipients", args=[mailing.pk])
    client.get(url)
    with CaptureQueriesContext(connection) as few:
        client.get(url)
    for _ in range(39):
        make_customer()
    planned()
    with django_assert_num_queries(len(few)):
        assert client.get(url).content.decode().count("north-1") == 40
