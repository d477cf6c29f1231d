from collections.abc import Callable
from datetime import timedelta

import pytest
from django.core.cache import cache
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from backoffice.accounts.models import User
from backoffice.mailings.models import Mailing, Message
from backoffice.message_templates.models import MessageTemplate
from kannel.models import Connection
from tests.mailings.conftest import MakeCustomer
from tests.mailings_screens.conftest import As

pytestmark = pytest.mark.django_db
Planned = Callable[[], Mailing]
Running = Callable[[], Mailing]


@pytest.fixture(autouse=True)
def fresh() -> None:
    cache.clear()


def page_of(mailing: Mailing) -> str:
    return reverse("mailings:inspect", args=[mailing.pk])


def step(client: Client, mailing: Mailing, name: str, **values: str) -> str:
    # As the form of an approval says it by itself: what was looked at.
    values = {"seen": mailing.content_hash, **values} if name == "approve" else values
    answer = client.post(reverse("mailings:step", args=[mailing.pk, name]), values, follow=True)
    mailing.refresh_from_db()
    return answer.content.decode()


def form_values(mailing: Mailing, **values: object) -> dict[str, object]:
    return {
        "name": mailing.name,
        "template": mailing.template_id,
        "audience": mailing.audience_id,
        "sender": "Parley",
        "purpose": "marketing",
        "local_from": "10:00",
        "local_to": "21:00",
        "spread_hours": 0,
        "repeats": "",
        "month_day": 1,
        "time_of_day": "10:00",
        "on_holiday": "send",
        "run_hours": 24,
        "second_percent": 50,
        "third_percent": 25,
        "test_percent": 0,
        "test_hours": 4,
        "measure": "delivered",
        "trigger": "",
        "trigger_days": 0,
        "validity": "12:00:00",
        "priority": 1,
        "holdout_percent": 0,
        "cap_messages": 0,
        "cap_days": 7,
        "extra_percent": 20,
        "uncertain_policy": "wait",
        **values,
    }


def test_an_editor_makes_a_mailing_and_is_its_author(as_role: As, mailing: Mailing) -> None:
    answer = as_role("Editor").post(reverse("mailings:add"), form_values(mailing, name="Winter"))
    made = Mailing.objects.get(name="Winter")
    assert answer.headers["Location"] == page_of(made)
    assert made.created_by.username == "Editor by role"
    assert made.state == Mailing.State.DRAFT


def test_a_wrong_form_says_what_to_do_and_keeps_what_was_typed(as_role: As, mailing: Mailing) -> None:
    values = form_values(mailing, name="Winter", local_from="21:00", local_to="10:00")
    page = as_role("Editor").post(reverse("mailings:add"), values).content.decode()
    assert "The evening must come after the morning" in page
    assert 'value="Winter"' in page
    assert not Mailing.objects.filter(name="Winter").exists()


def test_the_page_says_what_comes_next(as_role: As, mailing: Mailing) -> None:
    page = as_role("Editor").get(page_of(mailing)).content.decode()
    assert "A draft. Plan it to see who would get it" in page
    assert reverse("mailings:step", args=[mailing.pk, "request_plan"]) in page
    assert reverse("mailings:step", args=[mailing.pk, "approve"]) not in page


def test_a_plan_shows_who_gets_it_who_not_and_the_bill(
    as_role: As, north: Connection, make_customer: MakeCustomer, planned: Planned
) -> None:
    make_customer(first_name="Oleg")
    make_customer(consent=None)
    page = as_role("Editor").get(page_of(planned())).content.decode()
    assert "No consent" in page
    assert "Dear Oxxx, come in." in page
    assert "North" in page
    assert "2.50" in page


def test_the_way_from_plan_to_approval_takes_two_people(
    as_role: As, north: Connection, make_customer: MakeCustomer, planned: Planned
) -> None:
    make_customer()
    mailing = planned()
    step(as_role("Editor"), mailing, "submit")
    assert mailing.state == Mailing.State.SUBMITTED
    assert "Somebody else has to approve it." in step(as_role("Editor"), mailing, "approve")
    assert mailing.state == Mailing.State.SUBMITTED
    step(as_role("Approver"), mailing, "approve")
    assert mailing.state == Mailing.State.APPROVED


def test_returning_a_mailing_needs_a_comment(
    as_role: As, north: Connection, make_customer: MakeCustomer, planned: Planned
) -> None:
    make_customer()
    mailing = planned()
    step(as_role("Editor"), mailing, "submit")
    approver = as_role("Approver")
    assert "What has to be changed?" in step(approver, mailing, "send_back", comment=" ")
    assert mailing.state == Mailing.State.SUBMITTED
    assert "Too long." in step(approver, mailing, "send_back", comment="Too long.")
    assert (mailing.state, mailing.problem) == (Mailing.State.DRAFT, "Too long.")


def test_cancelling_says_its_effect_in_numbers_first(
    as_role: As, north: Connection, make_customer: MakeCustomer, running: Running
) -> None:
    for _ in range(3):
        make_customer()
    mailing = running()
    Message.objects.filter(pk=Message.objects.values_list("pk")[:1]).update(
        state="sent", sent_at=timezone.now()
    )
    client = as_role("Approver")
    asked = client.get(reverse("mailings:step", args=[mailing.pk, "cancel"])).content.decode()
    assert "2 messages that have not left will not be sent. Already gone: 1." in asked
    step(client, mailing, "cancel")
    assert mailing.state == Mailing.State.CANCELLED


def test_any_step_can_be_asked_for_by_hand(as_role: As, mailing: Mailing) -> None:
    client = as_role("Editor")
    assert (
        b"Go on with this step?"
        in client.get(reverse("mailings:step", args=[mailing.pk, "request_plan"])).content
    )
    assert client.post(reverse("mailings:step", args=[mailing.pk, "explode"])).status_code in (302, 403)


def test_changing_a_planned_mailing_takes_its_plan_away(
    as_role: As, north: Connection, make_customer: MakeCustomer, planned: Planned
) -> None:
    make_customer()
    mailing = planned()
    client = as_role("Editor")
    page = client.post(
        reverse("mailings:edit", args=[mailing.pk]), form_values(mailing, name="Spring"), follow=True
    ).content.decode()
    mailing.refresh_from_db()
    assert (mailing.name, mailing.state, mailing.planned_count) == ("Spring", Mailing.State.DRAFT, None)
    assert "plan it again" in page


def test_changing_a_draft_just_saves_it(as_role: As, mailing: Mailing) -> None:
    client = as_role("Editor")
    page = client.post(
        reverse("mailings:edit", args=[mailing.pk]), form_values(mailing, name="Spring"), follow=True
    ).content.decode()
    assert "“Spring” was saved." in page


def test_a_running_mailing_cannot_be_changed(
    as_role: As, north: Connection, make_customer: MakeCustomer, running: Running
) -> None:
    make_customer()
    mailing = running()
    page = as_role("Editor").get(reverse("mailings:edit", args=[mailing.pk]), follow=True).content.decode()
    assert "can no longer be changed" in page


def test_the_live_part_adds_up_and_says_when_it_has_ended(
    as_role: As, north: Connection, make_customer: MakeCustomer, running: Running
) -> None:
    for _ in range(4):
        make_customer()
    mailing = running()
    client, url = as_role("Analyst"), reverse("mailings:progress", args=[mailing.pk])
    Message.objects.update(state="delivered", sent_at=timezone.now(), final_at=timezone.now())
    page = client.get(url).content.decode()
    assert "Delivered" in page
    assert "data-live-ended" not in page
    Mailing.objects.update(state=Mailing.State.FINISHED, finished_at=timezone.now())
    page = client.get(f"{url}?state=running").content.decode()
    assert "data-live-ended" in page
    assert "data-live-reload" in page


def test_the_live_part_says_how_each_text_does(
    as_role: As, north: Connection, make_customer: MakeCustomer, running: Running
) -> None:
    make_customer()
    mailing = running()
    client, url = as_role("Analyst"), reverse("mailings:progress", args=[mailing.pk])
    assert "By text" not in client.get(url).content.decode()
    second = MessageTemplate.objects.create(name="Come <soon>", text="Come soon.")
    Mailing.objects.update(second_text=second, state_at=timezone.now())
    page = client.get(url).content.decode()
    assert "By text" in page
    assert "Come &lt;soon&gt;" in page


@pytest.mark.parametrize("state", Mailing.State)
def test_every_state_has_its_sentence(state: str, as_role: As, mailing: Mailing) -> None:
    Mailing.objects.update(
        state=state,
        started_at=timezone.now(),
        finished_at=timezone.now(),
        starts_at=timezone.now() + timedelta(days=1),
    )
    assert as_role("Analyst").get(page_of(mailing)).status_code == 200


def test_analysts_read_no_texts(
    as_role: As, north: Connection, make_customer: MakeCustomer, planned: Planned
) -> None:
    make_customer(first_name="Oleg")
    assert "Dear Oleg" not in as_role("Analyst").get(page_of(planned())).content.decode()


def test_who_may_see_no_mailings_sees_none(as_role: As, mailing: Mailing) -> None:
    client = as_role("Employee")
    for url in (
        page_of(mailing),
        reverse("mailings:index"),
        reverse("mailings:progress", args=[mailing.pk]),
        reverse("mailings:recipients", args=[mailing.pk]),
    ):
        assert client.get(url).status_code in (302, 403)


def test_the_list_takes_the_same_queries_for_one_and_for_twenty(
    as_role: As,
    north: Connection,
    make_customer: MakeCustomer,
    planned: Planned,
    editor: User,
    django_assert_max_num_queries: DjangoAssertNumQueries,
) -> None:
    make_customer()
    mailing = planned()
    for number in range(20):
        Mailing.objects.create(
            name=f"M{number}", template=mailing.template, audience=mailing.audience, created_by=editor
        )
    client = as_role("Editor")
    client.get(reverse("mailings:index"))
    with django_assert_max_num_queries(16):
        page = client.get(reverse("mailings:index")).content.decode()
    assert "M19" in page
    assert "0 of 1" in page


def test_recipients_are_masked_and_found_by_number(
    as_role: As, north: Connection, make_customer: MakeCustomer, planned: Planned
) -> None:
    make_customer("+79050001122")
    make_customer("+79050003344", consent=None)
    mailing = planned()
    client, url = as_role("Editor"), reverse("mailings:recipients", args=[mailing.pk])
    page = client.get(url).content.decode()
    assert "+79050001122" not in page
    assert "+7 905 ••• •• 22" in page
    page = client.get(f"{url}?state=excluded").content.decode()
    assert "44" in page
    assert "•• 22" not in page
    page = client.post(url, {"number": "+7 905 000-11-22"}).content.decode()
    assert "•• 22" in page
    assert "•• 44" not in page
    assert "Nobody here has this number." in client.post(url, {"number": "8 900 111-22-33"}).content.decode()
    assert "No such phone number exists." in client.post(url, {"number": "+7 900"}).content.decode()


def test_recipients_come_fifty_at_a_time(
    as_role: As, north: Connection, make_customer: MakeCustomer, planned: Planned
) -> None:
    for _ in range(51):
        make_customer()
    url = reverse("mailings:recipients", args=[planned().pk])
    client = as_role("Editor")
    page = client.get(url).content.decode()
    after = page.split("after=")[1].split('"')[0]
    assert client.get(f"{url}?after={after}").content.decode().count("north-1") == 1
