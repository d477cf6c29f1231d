"""The screens of audiences."""

import json
from typing import Any

import pytest
from django.contrib.auth.models import Permission
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from backoffice.accounts.models import User
from backoffice.audiences import live
from backoffice.audiences.limits import CountTooSlowError
from backoffice.audiences.models import Audience
from backoffice.customers.models import Customer
from backoffice.mailings.models import Mailing
from backoffice.message_templates.models import MessageTemplate

pytestmark = pytest.mark.django_db


def form(*rules: tuple[str, dict[str, Any]], **values: Any) -> dict[str, Any]:
    """What the browser posts for an audience with some conditions."""
    posted: dict[str, Any] = {
        "name": "Somebody",
        "description": "",
        "match": "all",
        "rules-count": len(rules),
    }
    for number, (kind, inputs) in enumerate(rules):
        posted |= {
            f"rules-{number}-type": kind,
            f"rules-{number}-order": number,
            f"rules-{number}-deleted": "",
            f"rules-{number}-id": "",
        }
        posted |= {f"rules-{number}-value-{name}": value for name, value in inputs.items()}
    return posted | values


KAZAN = ("city", {"is_or_not": "in", "names": "Kazan"})
WRONG_AGE = ("age", {"at_least": "50", "at_most": "40"})


def count(pages: Client, *rules: tuple[str, dict[str, Any]], **values: Any) -> dict[str, Any]:
    response = pages.post("/audiences/count/", form(*rules, **values))
    assert response.status_code == 200
    answer: dict[str, Any] = json.loads(response.content)
    return answer | {"html": answer["number"] + answer["details"] + answer["rest"]}


def test_an_audience_is_saved_with_its_conditions(pages: Client) -> None:
    Customer.objects.create(external_id="anna", city="Kazan")
    Customer.objects.create(external_id="boris")
    assert pages.post("/audiences/new/", form(KAZAN)).status_code == 302
    assert list(Audience.objects.get().customers().values_list("external_id", flat=True)) == ["anna"]


def test_nonsense_is_refused_at_its_field_and_nothing_typed_is_lost(pages: Client) -> None:
    page = pages.post("/audiences/new/", form(KAZAN, WRONG_AGE)).content.decode()
    assert "Swap the two numbers" in page
    assert "Kazan" in page
    assert not Audience.objects.exists()


def test_the_count_is_given_without_saving(pages: Client) -> None:
    Customer.objects.create(external_id="anna", city="Kazan", phone="+79161234567")
    Customer.objects.create(external_id="boris")
    answer = count(pages, KAZAN)
    assert "<strong>1</strong>" in answer["html"]
    assert "50.0 % of all 2" in answer["html"]
    assert answer["errors"] is None
    assert not Audience.objects.exists()


def test_the_sample_shows_no_full_number(pages: Client) -> None:
    Customer.objects.create(external_id="anna", city="Kazan", phone="+79161234567", last_name="Petrova")
    html = count(pages, KAZAN)["html"]
    assert "+7 916 ••• •• 67" in html
    assert "1234567" not in html
    assert "Petrova" not in html


def test_any_of_the_conditions_is_counted_when_asked_so(pages: Client) -> None:
    Customer.objects.create(external_id="anna", city="Kazan")
    Customer.objects.create(external_id="boris", gender="m")
    assert "<strong>2</strong>" in count(pages, KAZAN, ("gender", {"who": "m"}), match="any")["html"]


def test_an_incomplete_condition_is_named_and_not_counted(pages: Client) -> None:
    answer = count(pages, KAZAN, WRONG_AGE)
    assert "One condition is not complete yet and is not counted." in answer["html"]
    assert "Swap the two numbers" in str(answer["errors"])


def test_a_count_that_takes_too_long_says_what_to_do(pages: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    def too_slow(*_: Any, **__: Any) -> None:
        raise CountTooSlowError

    monkeypatch.setattr(live, "reach", too_slow)
    assert "was stopped. Remove a condition" in count(pages, KAZAN)["html"]


def test_the_count_answers_only_posts_of_people_who_may_see_audiences(client: Client, pages: Client) -> None:
    assert pages.get("/audiences/count/").status_code == 405
    stranger = User.objects.create_user("stranger", password="x")
    stranger.user_permissions.add(Permission.objects.get(codename="access_admin"))
    client.force_login(stranger)
    assert client.post("/audiences/count/", form(KAZAN)).status_code == 302


def test_the_list_takes_as_many_queries_for_fifty_audiences_as_for_one(
    pages: Client, django_assert_num_queries: Any
) -> None:
    rules = [{"type": "city", "value": {"names": "Kazan"}}]
    Audience.objects.create(name="one", rules=rules)
    pages.get("/audiences/")
    with CaptureQueriesContext(connection) as few:
        pages.get("/audiences/")
    for number in range(49):
        Audience.objects.create(name=f"audience {number}", rules=rules)
    with django_assert_num_queries(len(few)):
        page = pages.get("/audiences/").content.decode()
    assert "audience 48" in page
    assert "The city is Kazan." in page


def test_audiences_are_found_by_their_words(pages: Client) -> None:
    Audience.objects.create(name="Debtors", description="to remind")
    Audience.objects.create(name="Newcomers")
    page = pages.get("/audiences/?q=remind").content.decode()
    assert "Debtors" in page
    assert "Newcomers" not in page


def test_an_audience_in_use_is_not_deleted(pages: Client, editor: User) -> None:
    used = Audience.objects.create(name="Debtors")
    template = MessageTemplate.objects.create(name="Debt", text="You owe us")
    Mailing.objects.create(name="November", template=template, audience=used, created_by=editor)
    page = pages.post(f"/audiences/delete/{used.pk}/", follow=True).content.decode()
    assert "was not deleted, because it is still used by: November." in page
    assert Audience.objects.filter(pk=used.pk).exists()


def test_an_audience_with_a_broken_condition_can_still_be_listed_and_opened(pages: Client) -> None:
    broken = Audience.objects.create(
        name="Broken", rules=[{"type": "consent", "value": {"state": "", "purpose": ""}}]
    )
    assert "not complete" in pages.get("/audiences/").content.decode()
    assert pages.get(f"/audiences/edit/{broken.pk}/").status_code == 200
