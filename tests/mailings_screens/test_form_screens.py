"""The form in steps: what it shows, how it keeps what is typed, and how it goes on to the check."""

import re
import uuid
from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.models import Permission
from django.test import Client
from django.urls import reverse
from pytest_django import DjangoAssertNumQueries
from wagtail.log_actions import log

from backoffice.accounts.models import User
from backoffice.accounts.roles import ANALYST, APPROVER, EDITOR, EMPLOYEE
from backoffice.customers.models import Customer
from backoffice.mailings import lifecycle, unfinished
from backoffice.mailings.models import Mailing, UnfinishedMailing
from kannel.models import Connection
from tests.mailings.conftest import MakeCustomer
from tests.mailings_screens.conftest import As
from tests.mailings_screens.test_screens import form_values, page_of

pytestmark = pytest.mark.django_db
State = Mailing.State
ADD = "/mailings/new/"
KEY = "00000000-0000-4000-8000-000000000001"


@pytest.fixture(autouse=True)
def _fresh(clean_redis: Any) -> None:
    """Nothing was counted or saved before."""


def edit_of(mailing: Mailing) -> str:
    return reverse("mailings:edit", args=[mailing.pk])


def kept(client: Client, url: str, values: dict[str, object]) -> dict[str, Any]:
    answer: dict[str, Any] = client.post(url, {"keep": "1", "unfinished": KEY, **values}).json()
    return answer


def said_of(page: str, step: str) -> str:
    """What a step says on a page."""
    found = re.search(rf">{step}<.*?mailing-step__says\">(.*?)</p>", page, re.DOTALL)
    assert found is not None, step
    return found[1]


def test_the_add_page_says_what_is_missing_and_leads_to_each_part(as_role: As) -> None:
    assert reverse("mailings:add") == ADD
    page = as_role(EDITOR).get(ADD).content.decode()
    assert said_of(page, "Text") == "Choose the text that customers get."
    assert said_of(page, "Check") == "Comes when nothing is missing before it."
    for step in ("text", "audience", "when", "rules"):
        assert f'href="#panel-step_{step}-section"' in page
        assert f'id="panel-step_{step}-section"' in page


def test_the_edit_page_leads_to_check_and_approval_of_the_mailings_page(
    as_role: As, mailing: Mailing
) -> None:
    Customer.objects.create(external_id="C1", phone="+79050000001")
    page = as_role(EDITOR).get(edit_of(mailing)).content.decode()
    assert said_of(page, "Audience") == "Everybody, 1 customer"
    assert f'href="{page_of(mailing)}#check"' in page
    assert f'href="{page_of(mailing)}#approval"' in page


def test_the_mailings_page_leads_back_to_each_part_of_the_form(as_role: As, mailing: Mailing) -> None:
    page = as_role(EDITOR).get(page_of(mailing)).content.decode()
    assert f'href="{edit_of(mailing)}#panel-step_when-section"' in page
    assert 'aria-current="step"' in page.split("Plan it to see who gets it")[0].rsplit("<li", 1)[1]


def test_who_may_not_change_it_is_led_to_what_it_says(as_role: As, mailing: Mailing) -> None:
    page = as_role(APPROVER).get(page_of(mailing)).content.decode()
    assert 'href="#what"' in page
    assert edit_of(mailing) not in page


def test_after_the_start_the_steps_are_folded_away(as_role: As, mailing: Mailing) -> None:
    Mailing.objects.update(state=State.FINISHED)
    page = as_role(ANALYST).get(page_of(mailing)).content.decode()
    assert "How it was prepared" in page
    assert said_of(page, "Text") == "Autumn offer"


def test_a_mistake_stands_at_its_step_too(as_role: As, mailing: Mailing) -> None:
    values = form_values(mailing, name="", local_from="21:00", local_to="10:00")
    page = as_role(EDITOR).post(ADD, values).content.decode()
    assert said_of(page, "Text") == "Give the mailing a name, so that colleagues find it."
    assert said_of(page, "When").startswith("The evening must come after the morning")


def test_an_emptied_field_is_named_at_its_step(as_role: As, mailing: Mailing) -> None:
    page = as_role(EDITOR).post(edit_of(mailing), form_values(mailing, name="")).content.decode()
    assert said_of(page, "Text") == "“Name” is empty. Fill it in."


def test_what_is_usual_is_folded_and_what_differs_is_open(as_role: As, mailing: Mailing) -> None:
    client = as_role(EDITOR)
    assert '<details class="mailing-fold" open>' not in client.get(ADD).content.decode()
    Mailing.objects.update(repeats="weekly", repeat_weekdays=[1])
    page = client.get(edit_of(mailing)).content.decode()
    opened = re.findall(r'<details class="mailing-fold" open>\s*<summary>(.*?)</summary>', page)
    assert opened == ["Hours, and how fast", "Again and again"]


def test_a_fold_with_a_mistake_in_it_is_open(as_role: As, mailing: Mailing) -> None:
    page = as_role(EDITOR).post(ADD, form_values(mailing, priority=77)).content.decode()
    assert re.search(r'<details class="mailing-fold" open>\s*<summary>More rules</summary>', page)


# Save and check


def test_saving_and_checking_asks_for_the_plan_at_once(as_role: As, mailing: Mailing) -> None:
    values = form_values(mailing, name="Winter", **{"action-check": "1"})
    page = as_role(EDITOR).post(ADD, values, follow=True).content.decode()
    made = Mailing.objects.get(name="Winter")
    assert made.state == State.PLANNING
    assert "“Winter” was saved, and its plan is being made." in page
    assert said_of(page, "Check") == "Recipients are being chosen and the bill added up."


def test_changing_and_checking_takes_the_old_plan_away_and_asks_for_a_new_one(
    as_role: As, north: Connection, make_customer: MakeCustomer, planned: Callable[[], Mailing]
) -> None:
    make_customer()
    mailing = planned()
    values = form_values(mailing, name="Spring", **{"action-check": "1"})
    page = as_role(EDITOR).post(edit_of(mailing), values, follow=True).content.decode()
    mailing.refresh_from_db()
    assert (mailing.name, mailing.state) == ("Spring", State.PLANNING)
    assert "taken away; a new plan is being made." in page


def test_who_may_not_plan_is_offered_to_save_only(as_role: As, mailing: Mailing) -> None:
    client = as_role(ANALYST)
    analyst = User.objects.get(username="Analyst by role")
    analyst.user_permissions.add(Permission.objects.get(codename="add_mailing"))
    assert "Save and check" not in client.get(ADD).content.decode()
    values = form_values(mailing, name="Winter", **{"action-check": "1"})
    assert "Your role does not allow this." in client.post(ADD, values, follow=True).content.decode()
    assert Mailing.objects.get(name="Winter").state == State.DRAFT


# What is typed is kept


def test_typing_is_kept_apart_and_answered_with_the_steps(as_role: As, mailing: Mailing) -> None:
    answer = kept(as_role(EDITOR), ADD, form_values(mailing, name="Wint", audience=""))
    assert answer["is_kept"] is True
    assert re.fullmatch(r"Kept at \d\d:\d\d:\d\d\. Nothing is changed until you save\.", answer["said"])
    assert said_of(answer["steps"], "Text") == "Autumn offer"
    assert said_of(answer["steps"], "Audience") == "Choose who gets it."
    values = UnfinishedMailing.objects.get().values
    assert (values["name"], values["template"], values["audience"]) == (
        ["Wint"],
        [str(mailing.template_id)],
        [""],
    )
    assert "keep" not in values
    assert Mailing.objects.count() == 1


def test_typing_about_a_planned_mailing_takes_neither_plan_nor_approval_away(
    as_role: As, north: Connection, make_customer: MakeCustomer, planned: Callable[[], Mailing], editor: User
) -> None:
    make_customer()
    mailing = planned()
    lifecycle.submit(mailing, editor)
    kept(as_role(EDITOR), edit_of(mailing), form_values(mailing, name="Spring"))
    mailing.refresh_from_db()
    assert (mailing.name, mailing.state) == ("Autumn", State.SUBMITTED)
    assert mailing.content_hash


def test_opening_the_page_again_brings_back_what_was_typed_even_nonsense(
    as_role: As, mailing: Mailing
) -> None:
    client = as_role(EDITOR)
    values = form_values(mailing, name="Spring", budget="a lot", local_from="9", repeat_weekdays=["2"])
    kept(client, edit_of(mailing), values | {"by_own_clock": "on", "starts_at": "tomorrow"})
    page = client.get(edit_of(mailing)).content.decode()
    for value in ("Spring", "a lot", "9", "tomorrow"):
        assert f'value="{value}"' in page, value
    assert re.search(r'name="by_own_clock"[^>]*checked', page)
    assert re.search(r'name="repeat_weekdays" value="2"[^>]*checked', page)
    assert "This is what you typed until" in page
    assert said_of(page, "When") == "Write the day and the time like 31.12.2026 10:00."
    assert "error-message" not in page


def test_a_box_that_was_unchecked_stays_unchecked(as_role: As, mailing: Mailing) -> None:
    Mailing.objects.update(by_own_clock=True)
    client = as_role(EDITOR)
    kept(client, edit_of(mailing), form_values(mailing))
    assert not re.search(r'name="by_own_clock"[^>]*checked', client.get(edit_of(mailing)).content.decode())


def test_a_new_mailing_is_offered_on_the_list_and_on_the_add_page(as_role: As, mailing: Mailing) -> None:
    client = as_role(EDITOR)
    kept(client, ADD, {"name": "Winter"})
    link = f'href="{ADD}?unfinished={KEY}"'
    for url in (ADD, reverse("mailings:index")):
        page = client.get(url).content.decode()
        assert "You have begun a mailing and not saved it." in page
        assert link in page
        assert "Go on with “Winter”" in page
    page = client.get(f"{ADD}?unfinished={KEY}").content.decode()
    assert 'value="Winter"' in page
    assert f'name="unfinished" value="{KEY}"' in page
    assert "You have begun" not in page


def test_one_without_a_name_is_gone_on_with_so_that_they_do_not_pile_up(as_role: As) -> None:
    client = as_role(EDITOR)
    kept(client, ADD, {"sender": "Shop"})
    for _ in range(3):
        page = client.get(ADD).content.decode()
        assert 'value="Shop"' in page
        assert f'name="unfinished" value="{KEY}"' in page
        kept(client, ADD, {"sender": "Shop", "budget": "5"})
    assert UnfinishedMailing.objects.count() == 1
    assert "Go on with the one without a name" in client.get(reverse("mailings:index")).content.decode()


def test_one_without_a_name_is_called_by_its_text_and_audience(as_role: As, mailing: Mailing) -> None:
    client = as_role(EDITOR)
    kept(client, ADD, {"template": mailing.template_id, "audience": mailing.audience_id})
    page = client.get(reverse("mailings:index")).content.decode()
    assert "Go on with “Autumn offer, Everybody”" in page


@pytest.mark.parametrize("nonsense", ["x", "٣", "9" * 40, "-1", ""])
def test_what_is_no_text_gives_no_name(nonsense: str, as_role: As) -> None:
    client = as_role(EDITOR)
    kept(client, ADD, {"template": nonsense, "sender": "Shop"})
    assert "Go on with the one without a name" in client.get(reverse("mailings:index")).content.decode()


def test_a_copy_begins_with_what_is_copied_whatever_else_was_begun(as_role: As, mailing: Mailing) -> None:
    client = as_role(EDITOR)
    kept(client, ADD, {"sender": "Another"})
    page = client.get(reverse("mailings:copy", args=[mailing.pk])).content.decode()
    assert 'value="Another"' not in page


def test_colleagues_see_and_touch_nothing_of_it(as_role: As, mailing: Mailing) -> None:
    kept(as_role(EDITOR), ADD, {"name": "Winter"})
    other = as_role("Privacy officer")
    user = User.objects.get(username="Privacy officer by role")
    user.user_permissions.set(Permission.objects.filter(codename__in=["add_mailing", "view_mailing"]))
    for url in (ADD, f"{ADD}?unfinished={KEY}", reverse("mailings:index")):
        assert "Winter" not in other.get(url).content.decode()
    assert other.post(reverse("mailings:throw_away", args=[KEY])).status_code == 404
    assert "Open the page again" in kept(other, ADD, {"name": "Mine"})["said"]
    assert UnfinishedMailing.objects.get().name == "Winter"


def test_saving_removes_what_was_kept(as_role: As, mailing: Mailing) -> None:
    client = as_role(EDITOR)
    kept(client, ADD, {"name": "Winter"})
    client.post(ADD, form_values(mailing, name="Winter", unfinished=KEY))
    assert not UnfinishedMailing.objects.exists()
    late = kept(client, ADD, {"name": "Winter"})
    assert (late["is_kept"], late["said"]) == (False, "")
    assert not UnfinishedMailing.objects.exists()


def test_a_save_with_a_mistake_removes_nothing(as_role: As, mailing: Mailing) -> None:
    client = as_role(EDITOR)
    kept(client, ADD, {"name": "Winter"})
    page = client.post(ADD, form_values(mailing, name="Winter", budget="x", unfinished=KEY)).content.decode()
    assert UnfinishedMailing.objects.get().name == "Winter"
    assert f'name="unfinished" value="{KEY}"' in page
    assert "You have begun" not in page


@pytest.mark.parametrize("is_new", [True, False])
def test_throwing_away_brings_back_what_is_saved(is_new: bool, as_role: As, mailing: Mailing) -> None:
    client, url = as_role(EDITOR), ADD if is_new else edit_of(mailing)
    kept(client, url, {"name": "Winter"})
    page = client.post(reverse("mailings:throw_away", args=[KEY]), follow=True).content.decode()
    assert "What you had typed was thrown away." in page
    assert "Winter" not in page
    assert not UnfinishedMailing.objects.exists()


def test_what_somebody_else_changed_since_is_said_and_both_are_there(as_role: As, mailing: Mailing) -> None:
    client = as_role(EDITOR)
    based_on = re.search(r'name="based_on" value="(\w{64})"', client.get(edit_of(mailing)).content.decode())
    assert based_on is not None
    kept(client, edit_of(mailing), form_values(mailing, name="Mine", based_on=based_on[1]))
    assert "after you had begun" not in client.get(edit_of(mailing)).content.decode()
    olga = User.objects.create_user("olga", first_name="Olga", last_name="Petrova")
    Mailing.objects.update(holdout_percent=5)
    log(mailing, "wagtail.edit", user=olga)
    page = client.get(edit_of(mailing)).content.decode()
    assert "Olga Petrova changed this mailing on" in page
    assert 'value="Mine"' in page
    mailing.refresh_from_db()
    assert (mailing.name, mailing.holdout_percent) == ("Autumn", 5)


def test_too_much_is_not_kept(as_role: As, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(unfinished, "MAX_CHARACTERS", 10)
    answer = kept(as_role(EDITOR), ADD, {"name": "A long name"})
    assert answer == {"is_kept": False, "said": "This is too much to be kept while you type. Save it."}


def test_what_can_no_longer_be_changed_is_not_kept_and_says_why(as_role: As, mailing: Mailing) -> None:
    Mailing.objects.update(state=State.RUNNING)
    answer = kept(as_role(EDITOR), edit_of(mailing), form_values(mailing, name="Spring"))
    assert answer["said"] == "This mailing can no longer be changed. Copy it to make another one."
    assert not UnfinishedMailing.objects.exists()


@pytest.mark.parametrize("role", [APPROVER, ANALYST, EMPLOYEE])
def test_who_may_not_write_mailings_keeps_nothing(role: str, as_role: As, mailing: Mailing) -> None:
    client = as_role(role)
    for url in (ADD, edit_of(mailing)):
        assert client.post(url, {"keep": "1", "unfinished": KEY, "name": "X"}).status_code in (302, 403)
    assert not UnfinishedMailing.objects.exists()


def test_a_page_without_a_sensible_key_is_kept_under_one_of_its_own(as_role: As) -> None:
    client = as_role(EDITOR)
    assert kept(client, ADD, {"name": "X", "unfinished": "nonsense", "based_on": "<b>"})["is_kept"]
    row = UnfinishedMailing.objects.get()
    assert (row.based_on, row.key) == ("", uuid.UUID(str(row.key)))
    assert client.get(f"{ADD}?unfinished=nonsense").status_code == 200


def test_a_copy_is_kept_as_a_new_mailing(as_role: As, mailing: Mailing) -> None:
    client, url = as_role(EDITOR), reverse("mailings:copy", args=[mailing.pk])
    assert f'action="{ADD}"' in client.get(url).content.decode()
    kept(client, url, form_values(mailing, name="Autumn again"))
    assert UnfinishedMailing.objects.get().mailing is None


def test_the_list_asks_no_more_for_many_unfinished_mailings_than_for_one(
    as_role: As, mailing: Mailing, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    client = as_role(EDITOR)
    kept(client, ADD, {"name": "Winter"})
    client.get(reverse("mailings:index"))
    with django_assert_max_num_queries(200) as few:
        client.get(reverse("mailings:index"))
    asked = len(few)
    for number in range(10):
        kept(client, ADD, {"name": f"N{number}", "unfinished": str(uuid.uuid4())})
    with django_assert_max_num_queries(asked):
        assert "N9" in client.get(reverse("mailings:index")).content.decode()


def test_the_sentence_names_who_can_approve(
    as_role: As, north: Connection, make_customer: MakeCustomer, planned: Callable[[], Mailing], editor: User
) -> None:
    make_customer()
    mailing = planned()
    lifecycle.submit(mailing, editor)
    as_role(APPROVER)
    User.objects.filter(username="Approver by role").update(first_name="Olga", last_name="Petrova")
    page = as_role(EDITOR).get(page_of(mailing)).content.decode()
    assert "Olga Petrova can approve it." in page
    assert said_of(page, "Approval") == "Waiting for Olga Petrova."


@pytest.mark.parametrize("field", ["starts_at", "ends_at"])
@pytest.mark.parametrize(
    "typed", ["01.01.2020 10:00", "2020-01-01 10:00", "tomorrow", "30.02.2027 10:00", "25:00"]
)
def test_a_time_that_is_over_or_not_understood_is_said_at_its_field_and_kept(
    as_role: As, mailing: Mailing, field: str, typed: str
) -> None:
    values = form_values(mailing, name="Winter", by_own_clock="on", **{field: typed})
    page = as_role(EDITOR).post(ADD, values).content.decode()
    assert f'value="{typed}"' in page
    errors = page.split(f'{field}-errors"')[1].split("</div>")[0]
    assert "error-message" in errors
    assert not Mailing.objects.filter(name="Winter").exists()
