"""The mailings that a newcomer finds in the demo are ones that a person could have made."""

import pytest

from backoffice.accounts.models import User
from deploy import more_mailings

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("what", ["waits", "scheduled"])
def test_an_example_can_be_planned_as_it_is(what: str, editor: User) -> None:
    mailing = more_mailings.make(more_mailings.examples()[what], editor)
    mailing.refresh_from_db()
    mailing.full_clean()
    mailing.audience.check_rules()
    mailing.template.full_clean()
    assert mailing.audience.sentence() != "Everybody."


def test_the_scheduled_one_starts_tomorrow_by_the_clock_of_each_customer(editor: User) -> None:
    mailing = more_mailings.make(more_mailings.examples()["scheduled"], editor)
    assert mailing.by_own_clock
    assert mailing.starts_at == more_mailings.tomorrow(10)


def test_making_them_again_uses_the_same_text_and_audience(editor: User) -> None:
    first, second = (more_mailings.make(more_mailings.examples()["waits"], editor) for _ in range(2))
    assert (first.template, first.audience) == (second.template, second.audience)
