"""The screens of the rules for everybody, and the audience on a mailing's page."""

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from wagtail.models import ModelLogEntry

from backoffice.accounts.models import User
from backoffice.accounts.roles import ANALYST, APPROVER, EDITOR, PRIVACY_OFFICER
from backoffice.audiences.models import Audience
from backoffice.mailings.contact_rules import ContactRules
from backoffice.mailings.models import Mailing
from kannel.models import Connection
from tests.mailings.conftest import MakeCustomer
from tests.mailings_screens.conftest import As

pytestmark = pytest.mark.django_db


def answers(rules: ContactRules, **changed: Any) -> dict[str, Any]:
    """What the browser posts; switches that are off are not posted."""
    names = (
        "needs_consent",
        "leaves_out_lists",
        "once_a_number",
        "cap_messages",
        "cap_days",
        "one_mailing_a_day",
        "unreachable_days",
        "retry_days",
        "local_from",
        "local_to",
        "weekdays",
    )
    values = {name: getattr(rules, name) for name in names} | changed
    return {name: "on" if value is True else value for name, value in values.items() if value is not False}


def test_an_editor_reads_the_rules_but_does_not_change_them(as_role: As) -> None:
    editor, rules = as_role(EDITOR), ContactRules.of("marketing")
    page = editor.get("/rules/").content.decode()
    assert "At most 2 messages within 7 days." in page
    assert "Offers and news" in page
    assert f"/rules/edit/{rules.pk}/" not in page
    assert editor.post(f"/rules/edit/{rules.pk}/", answers(rules, cap_messages=9)).status_code == 302
    assert ContactRules.of("marketing").cap_messages == 2


def test_an_analyst_does_not_see_them(as_role: As) -> None:
    assert as_role(ANALYST).get("/rules/").status_code == 302


@pytest.mark.parametrize("role", [APPROVER, PRIVACY_OFFICER])
def test_an_approver_or_privacy_officer_changes_them_and_the_history_says_what(
    role: str, as_role: As
) -> None:
    browser, rules = as_role(role), ContactRules.of("marketing")
    assert f"/rules/edit/{rules.pk}/" in browser.get("/rules/").content.decode()
    address = f"/rules/edit/{rules.pk}/"
    assert browser.get(address).status_code == 200
    changed = answers(rules, cap_messages=3, one_mailing_a_day=False)
    said = browser.post(address, changed, follow=True).content.decode()
    assert "They count for every plan made from now on." in said
    now = ContactRules.of("marketing")
    assert (now.cap_messages, now.one_mailing_a_day) == (3, False)
    entry = ModelLogEntry.objects.for_instance(rules).get()
    assert entry.user.groups.get().name == role
    assert entry.message == (
        "“at most so many messages”: 2 became 3; "
        "“not if another mailing with this purpose reaches them on the same day”: yes became no"
    )
    assert "2 became 3" in browser.get(f"/rules/history/{rules.pk}/").content.decode()


def test_saving_without_a_change_is_said_so(as_role: As) -> None:
    rules = ContactRules.of("service")
    as_role(APPROVER).post(f"/rules/edit/{rules.pk}/", answers(rules))
    assert ModelLogEntry.objects.for_instance(rules).get().message == "Saved without a change"


@pytest.mark.parametrize(
    ("changed", "sentence"),
    [
        ({"needs_consent": False}, "The law allows offers only to people who agreed."),
        ({"cap_days": 0}, "greater than or equal to 1"),
        ({"unreachable_days": 5000}, "less than or equal to 366"),
    ],
)
def test_nonsense_is_refused_at_its_field_and_nothing_typed_is_lost(
    changed: dict[str, Any], sentence: str, as_role: As
) -> None:
    rules = ContactRules.of("marketing")
    page = as_role(APPROVER).post(f"/rules/edit/{rules.pk}/", answers(rules, retry_days=77, **changed))
    assert sentence in page.content.decode()
    assert 'value="77"' in page.content.decode()
    assert ContactRules.of("marketing").retry_days == 90


def test_nobody_adds_or_deletes_rules(client: Client, editor: User) -> None:
    client.force_login(editor)
    assert "/rules/new/" not in client.get("/rules/").content.decode()
    for path in ("new/", f"delete/{ContactRules.of('service').pk}/"):
        assert client.get(f"/rules/{path}").status_code == 404


def test_the_page_of_a_mailing_shows_the_audience_it_was_planned_with(
    client: Client,
    editor: User,
    north: Connection,
    make_customer: MakeCustomer,
    mailing: Mailing,
    planned: Callable[[], Mailing],
) -> None:
    client.force_login(editor)
    make_customer()
    planned()
    page = client.get(f"/mailings/inspect/{mailing.pk}/").content.decode()
    assert "Everybody." in page
    assert f'<a href="/audiences/edit/{mailing.audience_id}/">' in page
    assert "has been changed since" not in page
    audience = Audience.objects.get(pk=mailing.audience_id)
    audience.rules = [{"type": "city", "value": {"is_or_not": "in", "names": "Perm"}}]
    audience.save()
    page = client.get(f"/mailings/inspect/{mailing.pk}/").content.decode()
    assert "Everybody." in page
    assert "Plan it again to use the new one." in page
    Mailing.objects.filter(pk=mailing.pk).update(state="running")
    page = client.get(f"/mailings/inspect/{mailing.pk}/").content.decode()
    assert "This mailing keeps what it was planned with." in page


def test_hours_and_weekdays_are_set_for_everybody_and_the_history_says_so(as_role: As) -> None:
    browser, rules = as_role(APPROVER), ContactRules.of("marketing")
    changed = answers(rules, local_from="09:00", local_to="20:30", weekdays=[1, 2, 3])
    browser.post(f"/rules/edit/{rules.pk}/", changed)
    now = ContactRules.of("marketing")
    assert (f"{now.local_from:%H:%M}", f"{now.local_to:%H:%M}", now.weekdays) == ("09:00", "20:30", [1, 2, 3])
    page = browser.get("/rules/").content.decode()
    assert "Only between 09:00 and 20:30 on the customer&#x27;s own clock." in page
    assert "Only on Monday, Tuesday and Wednesday." in page
    assert ModelLogEntry.objects.for_instance(rules).get().message == (
        "“not before”: 00:00 became 09:00; “not after”: 00:00 became 20:30; "
        "“on these days”: Monday, Tuesday, Wednesday, Thursday, Friday, Saturday and Sunday became "
        "Monday, Tuesday and Wednesday"
    )


def test_rules_without_any_weekday_are_refused(as_role: As) -> None:
    rules = ContactRules.of("marketing")
    page = as_role(APPROVER).post(f"/rules/edit/{rules.pk}/", answers(rules, weekdays=[])).content.decode()
    assert "This field is required." in page
    assert ContactRules.of("marketing").weekdays == [1, 2, 3, 4, 5, 6, 7]
