"""What somebody types about a mailing is kept apart from it, for that person alone."""

import uuid
from datetime import timedelta
from typing import Any

import pytest
from django.http import QueryDict
from django.utils import timezone
from wagtail.log_actions import log

from backoffice.accounts.models import User
from backoffice.mailings import unfinished
from backoffice.mailings.models import Mailing, UnfinishedMailing
from backoffice.mailings.unfinished import NotKept

pytestmark = pytest.mark.django_db
PAGE = uuid.UUID("00000000-0000-4000-8000-000000000001")
OTHER = uuid.UUID("00000000-0000-4000-8000-000000000002")


@pytest.fixture(autouse=True)
def _nothing_was_saved_before(clean_redis: Any) -> None:
    """Marks of pages that are over are in Redis."""


def keep(person: User, name: str, *, key: uuid.UUID = PAGE, mailing: Mailing | None = None) -> Any:
    return unfinished.keep(person, key, mailing, {"name": [name]}, "")


def test_what_is_typed_later_takes_the_place_of_what_was_typed_before(editor: User) -> None:
    keep(editor, "Aut")
    keep(editor, "Autumn")
    row = UnfinishedMailing.objects.get()
    assert (row.name, row.person, row.mailing, str(row)) == ("Autumn", editor, None, str(PAGE))


def test_each_new_mailing_is_kept_by_itself(editor: User) -> None:
    keep(editor, "Autumn")
    keep(editor, "Winter", key=OTHER)
    assert [row.name for row in unfinished.new_ones(editor)] == ["Winter", "Autumn"]


def test_of_a_mailing_there_is_one_whatever_page_it_was_typed_on(editor: User, mailing: Mailing) -> None:
    keep(editor, "Autumn 2", mailing=mailing)
    keep(editor, "Autumn 3", key=OTHER, mailing=mailing)
    row = unfinished.of_mailing(editor, mailing)
    assert row is not None
    assert row.values == {"name": ["Autumn 3"]}
    assert unfinished.new_ones(editor) == []
    mailing.refresh_from_db()
    assert mailing.name == "Autumn"


def test_nobody_finds_or_overwrites_what_somebody_else_typed(editor: User, approver: User) -> None:
    keep(editor, "Autumn")
    assert unfinished.new_ones(approver) == []
    assert unfinished.new_one(approver, PAGE) is None
    with pytest.raises(NotKept, match="Open the page again"):
        keep(approver, "Mine now")
    unfinished.forget(approver, PAGE)
    assert UnfinishedMailing.objects.get().name == "Autumn"


def test_two_people_may_type_about_one_mailing(editor: User, approver: User, mailing: Mailing) -> None:
    keep(editor, "By the editor", mailing=mailing)
    keep(approver, "By the approver", key=OTHER, mailing=mailing)
    assert UnfinishedMailing.objects.count() == 2


def test_too_much_is_not_kept_and_says_what_to_do(editor: User) -> None:
    with pytest.raises(NotKept, match="Save it"):
        keep(editor, "x" * unfinished.MAX_CHARACTERS)
    assert not UnfinishedMailing.objects.exists()


def test_what_arrives_after_the_saving_is_not_kept_again(editor: User, mailing: Mailing) -> None:
    keep(editor, "Autumn 2", mailing=mailing)
    unfinished.forget(editor, PAGE, mailing)
    assert keep(editor, "Autumn 2", mailing=mailing) is None
    assert not UnfinishedMailing.objects.exists()


def test_saving_on_another_page_removes_what_was_kept_of_the_mailing(editor: User, mailing: Mailing) -> None:
    keep(editor, "Autumn 2", mailing=mailing)
    unfinished.forget(editor, OTHER, mailing)
    assert not UnfinishedMailing.objects.exists()


def test_what_is_old_goes_when_somebody_begins_another(editor: User) -> None:
    keep(editor, "Old")
    UnfinishedMailing.objects.update(saved_at=timezone.now() - unfinished.KEPT_FOR - timedelta(days=1))
    keep(editor, "New", key=OTHER)
    assert [row.name for row in UnfinishedMailing.objects.all()] == ["New"]


def test_of_very_many_the_oldest_goes(editor: User, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(unfinished, "MOST_NEW", 2)
    for number in range(4):
        keep(editor, f"N{number}", key=uuid.uuid4())
    assert [row.name for row in unfinished.new_ones(editor)] == ["N3", "N2"]
    assert UnfinishedMailing.objects.count() == 2


def test_only_fields_of_the_form_are_kept_and_no_nul() -> None:
    posted = QueryDict(
        "name=Aut%00umn&repeat_weekdays=1&repeat_weekdays=4&state=approved&csrfmiddlewaretoken=x"
    )
    assert unfinished.only_fields(posted, ["name", "repeat_weekdays", "budget"]) == {
        "name": ["Autumn"],
        "repeat_weekdays": ["1", "4"],
    }


def test_a_change_by_somebody_else_is_noticed(editor: User, approver: User, mailing: Mailing) -> None:
    row = unfinished.keep(editor, PAGE, mailing, {"name": ["Mine"]}, unfinished.fingerprint(mailing))
    assert row is not None
    assert unfinished.changed_since(row, mailing) is None
    mailing.holdout_percent = 5
    mailing.save()
    log(mailing, "wagtail.edit", user=approver)
    change = unfinished.changed_since(row, mailing)
    assert change is not None
    assert change.user == approver


def test_a_new_state_is_no_change_of_what_can_be_typed(mailing: Mailing) -> None:
    before = unfinished.fingerprint(mailing)
    mailing.state, mailing.problem = Mailing.State.PLANNED, "Something"
    assert unfinished.fingerprint(mailing) == before
