"""Whom an author can ask to approve a mailing."""

import pytest
from django.contrib.auth.models import Group
from wagtail.log_actions import log

from backoffice.accounts.models import User
from backoffice.accounts.roles import APPROVER, EDITOR
from backoffice.mailings.approvers import can_words, waiting_words, who_may_approve
from backoffice.mailings.models import Mailing

pytestmark = pytest.mark.django_db


def with_role(role: str, first: str, last: str, **values: object) -> User:
    user = User.objects.create_user(first.lower(), first_name=first, last_name=last, **values)
    user.groups.add(Group.objects.get(name=role))
    return user


def test_those_with_the_role_are_named_and_administrators_are_not(mailing: Mailing) -> None:
    with_role(APPROVER, "Olga", "Petrova")
    with_role(APPROVER, "Ivan", "Ivanov")
    with_role(EDITOR, "Anna", "Smirnova")
    assert who_may_approve(mailing) == ["Ivan Ivanov", "Olga Petrova"]


def test_whoever_wrote_or_left_is_not_asked(mailing: Mailing) -> None:
    olga = with_role(APPROVER, "Olga", "Petrova")
    ivan = with_role(APPROVER, "Ivan", "Ivanov")
    with_role(APPROVER, "Pavel", "Pavlov", is_active=False)
    anna = with_role(APPROVER, "Anna", "Smirnova")
    log(mailing, "mailings.edited", user=olga)
    log(mailing, "mailings.edited", user=None)
    Mailing.objects.update(submitted_by=ivan)
    mailing.refresh_from_db()
    assert who_may_approve(mailing) == ["Anna Smirnova"]
    log(mailing, "mailings.another_day", user=anna)
    assert who_may_approve(mailing) == []


def test_an_administrator_is_asked_where_nobody_else_can(mailing: Mailing, approver: User) -> None:
    assert who_may_approve(mailing) == ["approver"]


@pytest.mark.parametrize(
    ("names", "waits", "can"),
    [
        (
            [],
            "Nobody else may approve it. Ask the administrators to give somebody the role.",
            "Nobody else may approve it. Ask the administrators to give somebody the role.",
        ),
        (["Olga"], "Waiting for Olga.", "Olga can approve it."),
        (["Olga", "Ivan"], "Waiting for Olga or Ivan.", "Any of these can approve it: Olga, Ivan."),
        (["A", "B", "C", "D"], "Waiting for one of 4 approvers.", ""),
    ],
)
def test_few_are_named_and_many_are_counted(names: list[str], waits: str, can: str) -> None:
    assert (waiting_words(names), can_words(names)) == (waits, can)
