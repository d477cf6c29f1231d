"""A mailing keeps the audience it was planned with, whatever becomes of that audience."""

from collections.abc import Callable
from typing import Any

import pytest

from backoffice.accounts.models import User
from backoffice.audiences.models import Audience
from backoffice.lib.said import in_readers_language
from backoffice.mailings import lifecycle
from backoffice.mailings.models import Mailing
from kannel.models import Connection
from tests.mailings.conftest import MakeCustomer

pytestmark = pytest.mark.django_db
Planned = Callable[[], Mailing]
KAZAN = {"type": "city", "value": {"is_or_not": "in", "names": "Kazan"}}
PERM = {"type": "city", "value": {"is_or_not": "in", "names": "Perm"}}


def change(mailing: Mailing, *rules: dict[str, Any]) -> None:
    """Somebody saves other conditions."""
    audience = Audience.objects.get(pk=mailing.audience_id)
    audience.rules = [dict(rule) for rule in rules]
    audience.save()
    mailing.audience = Audience.objects.get(pk=mailing.audience_id)


def in_audience(audience: Audience) -> dict[str, Any]:
    return {"type": "in_audience", "value": {"audience": str(audience.pk), "is_or_not": "in"}}


@pytest.fixture
def to_kazan(north: Connection, make_customer: MakeCustomer, mailing: Mailing) -> Mailing:
    make_customer(city="Kazan")
    make_customer(city="Perm")
    change(mailing, KAZAN)
    return mailing


def test_a_plan_keeps_conditions_and_sentence(to_kazan: Mailing, planned: Planned) -> None:
    mailing = planned()
    assert mailing.planned_count == 1
    assert mailing.audience_sentence == "The city is Kazan."
    assert {key: value for key, value in mailing.planned_audience.items() if key != "sentence"} == {
        "id": mailing.audience_id,
        "revision": None,
        "name": "Everybody",
        "match": "all",
        "rules": [KAZAN],
        "within": {},
    }


def test_a_changed_audience_is_noticed_and_the_plan_goes_on_with_the_old_one(
    to_kazan: Mailing, planned: Planned, editor: User, approver: User
) -> None:
    mailing = planned()
    assert not mailing.audience_has_changed
    lifecycle.submit(mailing, editor)
    change(mailing, PERM)
    assert mailing.audience_has_changed
    assert mailing.audience_sentence == "The city is Kazan."
    lifecycle.approve(mailing, approver)
    assert lifecycle.start_due() == [mailing]
    order = mailing.launch_orders.get()
    assert in_readers_language(order.content["planned_audience"]["sentence"]) == "The city is Kazan."


def test_a_change_of_an_audience_within_the_audience_is_noticed(to_kazan: Mailing, planned: Planned) -> None:
    inner = Audience.objects.create(name="Inner", rules=[KAZAN])
    outer = Audience.objects.create(name="Outer", rules=[in_audience(inner)])
    change(to_kazan, in_audience(outer))
    mailing = planned()
    assert mailing.planned_count == 1
    assert not mailing.audience_has_changed
    inner.rules = [PERM]
    inner.save()
    assert mailing.audience_has_changed


def test_a_plan_from_before_inner_audiences_were_kept_is_compared_without_them(
    to_kazan: Mailing, planned: Planned
) -> None:
    mailing = planned()
    del mailing.planned_audience["within"]
    assert not mailing.audience_has_changed
    change(mailing, PERM)
    assert mailing.audience_has_changed


def test_a_new_name_is_no_change_of_the_audience(to_kazan: Mailing, planned: Planned) -> None:
    mailing = planned()
    Audience.objects.update(name="Of Kazan", description="To invite.")
    mailing.refresh_from_db()
    assert not mailing.audience_has_changed


def test_planning_again_uses_the_new_conditions(to_kazan: Mailing, planned: Planned) -> None:
    change(planned(), PERM, KAZAN)
    mailing = planned()
    assert (mailing.planned_count, mailing.audience_has_changed) == (0, False)
    assert mailing.audience_sentence == "The city is Perm, and the city is Kazan."


def test_what_was_planned_with_is_part_of_what_is_approved(
    to_kazan: Mailing, planned: Planned, editor: User, approver: User
) -> None:
    mailing = planned()
    lifecycle.submit(mailing, editor)
    other = {**mailing.planned_audience, "sentence": "Everybody."}
    Mailing.objects.filter(pk=mailing.pk).update(planned_audience=other)
    with pytest.raises(lifecycle.Refused, match="was changed after it was submitted"):
        lifecycle.approve(mailing, approver)


def test_what_was_approved_before_audiences_were_kept_still_holds(mailing: Mailing) -> None:
    assert "planned_audience" not in lifecycle.content(mailing)


def test_a_draft_with_another_audience_does_not_show_the_one_of_its_old_plan(
    to_kazan: Mailing, planned: Planned, editor: User, approver: User
) -> None:
    mailing = planned()
    lifecycle.submit(mailing, editor)
    lifecycle.send_back(mailing, approver, "Women only.")
    mailing.audience = Audience.objects.create(name="Anybody")
    mailing.save()
    assert (mailing.audience_sentence, mailing.audience_has_changed) == ("Everybody.", False)


def test_an_audience_that_was_broken_after_the_plan_counts_as_changed(
    to_kazan: Mailing, planned: Planned
) -> None:
    mailing = planned()
    change(mailing, {"type": "city", "value": {"is_or_not": "in", "names": ""}})
    assert mailing.audience_has_changed
