"""The screens about failing operators: parts of a mailing, how operators do, receipts, error codes."""

from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from backoffice.accounts.models import User
from backoffice.accounts.roles import ANALYST, APPROVER, EDITOR, OPERATOR_STAFF
from backoffice.alerts.models import Alert
from backoffice.mailings import lifecycle, moving, parts
from backoffice.mailings.models import Cohort, Mailing, PausedPart
from backoffice.operators import standing
from backoffice.operators.error_codes import ErrorCode
from kannel.models import Connection
from tests.mailings.conftest import MakeCustomer
from tests.mailings_screens.conftest import As

pytestmark = pytest.mark.django_db


@pytest.fixture
def one(
    north: Connection, south: Connection, make_customer: MakeCustomer, running: Callable[[], Mailing]
) -> Mailing:
    """A running mailing with a message over South."""
    make_customer()
    mailing = running()
    Mailing.objects.update(extra_percent=50)
    return mailing


def page_of(browser: Client, mailing: Mailing) -> str:
    return browser.get(f"/mailings/inspect/{mailing.pk}/").content.decode()


def test_the_page_of_a_mailing_says_which_part_is_paused_and_lets_it_go_on(
    one: Mailing, south: Connection, as_role: As
) -> None:
    parts.pause_part(
        one, south.operator, "Of the last 200 messages that South took, only 40 % were delivered."
    )
    browser = as_role(EDITOR)
    page = page_of(browser, one)
    assert "Paused over South since" in page
    assert "only 40 % were delivered." in page
    assert "Go on over South" in page
    part = PausedPart.objects.get()
    said = browser.post(f"/mailings/part/{part.pk}/go-on/", follow=True).content.decode()
    assert "It goes on over South where it stopped." in said
    part.refresh_from_db()
    assert part.ended_by is not None
    assert "Goes on over an operator: South" in page_of(browser, one)


def test_or_sends_it_over_other_operators(one: Mailing, south: Connection, as_role: As) -> None:
    parts.pause_part(one, south.operator, "Only half arrive.")
    part = PausedPart.objects.get()
    browser = as_role(APPROVER)
    said = browser.post(f"/mailings/part/{part.pk}/elsewhere/", follow=True).content.decode()
    assert "What waits for South goes over other operators now." in said
    part.refresh_from_db()
    assert part.goes_elsewhere


def test_the_page_shows_what_went_another_way_and_the_difference(
    one: Mailing, south: Connection, as_role: As
) -> None:
    standing.leave(south, "It is dead.")
    moving.move_all()
    page = page_of(as_role(EDITOR), one)
    assert "Sent another way than planned" in page
    assert "+0.50 RUB" in page
    assert "Together 0.50 RUB more than planned. Allowed are 50 %." in page
    assert "1 message from south-1 to north-1, +0.50 RUB. It is dead." in page


def test_who_may_not_control_mailings_sees_it_without_buttons(
    one: Mailing, south: Connection, as_role: As
) -> None:
    parts.pause_part(one, south.operator, "Only half arrive.")
    analyst = as_role(ANALYST)
    page = page_of(analyst, one)
    assert "Paused over South since" in page
    assert "Go on over South" not in page
    assert analyst.post(f"/mailings/part/{PausedPart.objects.get().pk}/go-on/").status_code == 302
    assert PausedPart.objects.filter(ended_at=None).exists()
    assert as_role(EDITOR).get(f"/mailings/part/{PausedPart.objects.get().pk}/go-on/").status_code == 405


def test_how_operators_do_says_state_reason_and_numbers(one: Mailing, south: Connection, as_role: As) -> None:
    standing.brake(south, "Only half arrive.")
    at = timezone.now() - timedelta(minutes=1)
    for outcome, messages in (("taken", 1200), ("delivered", 900), ("rejected", 7)):
        Cohort.objects.create(
            connection=south, mailing=one, at=at, outcome=outcome, messages=messages, within_900=messages
        )
    page = as_role(OPERATOR_STAFF).get("/operators/standing/").content.decode()
    assert "1 connection is braked or left." in page
    assert "Only half arrive." in page
    assert "It may still get 200 messages in this step." in page
    assert "1,200" in page
    assert "75 %" in page


def test_operator_staff_leave_a_connection_and_use_it_again(
    one: Mailing, south: Connection, as_role: As
) -> None:
    staff = as_role(OPERATOR_STAFF)
    said = staff.post(f"/operators/standing/{south.pk}/leave/", follow=True).content.decode()
    assert "south-1 gets no more messages until somebody uses it again." in said
    assert standing.standing_of(south).by is not None
    assert "Operator staff by role decided so." in said
    assert Alert.objects.filter(closed_at=None).count() == 1
    said = staff.post(f"/operators/standing/{south.pk}/use/", follow=True).content.decode()
    assert "south-1 is used without limits again." in said
    assert standing.standing_of(south).state == "well"
    assert not Alert.objects.filter(closed_at=None).exists()


def test_the_rows_move_without_reloading(one: Mailing, as_role: As) -> None:
    part = as_role(OPERATOR_STAFF).get("/operators/standing/?part=1").content.decode()
    assert "All connections are used without limits." in part
    assert "<html" not in part


@pytest.mark.parametrize(
    "path", ["/operators/standing/", "/operators/standing/receipts/", "/operators/error-codes/"]
)
def test_nobody_else_sees_the_screens_of_operators(path: str, one: Mailing, as_role: As) -> None:
    assert as_role(OPERATOR_STAFF).get(path).status_code == 200
    assert as_role(EDITOR).get(path).status_code == 302


def test_nobody_else_leaves_a_connection(one: Mailing, south: Connection, as_role: As) -> None:
    assert as_role(EDITOR).post(f"/operators/standing/{south.pk}/leave/").status_code == 302
    assert standing.standing_of(south).state == "well"


def test_receipts_that_stay_away_are_shown_with_what_to_do(
    one: Mailing, north: Connection, as_role: As
) -> None:
    at = timezone.now() - timedelta(minutes=9)
    Cohort.objects.create(connection=north, mailing=one, at=at, outcome="taken", messages=1500)
    page = as_role(OPERATOR_STAFF).get("/operators/standing/receipts/").content.decode()
    assert "Some receipts need a look." in page
    assert "1,500" in page
    assert "Ask the operator whether it sends receipts, and where to." in page


def test_with_nothing_wrong_it_says_so(one: Mailing, as_role: As) -> None:
    page = as_role(OPERATOR_STAFF).get("/operators/standing/receipts/").content.decode()
    assert "Receipts come and find their messages." in page


def test_without_connections_both_pages_offer_the_first_step(as_role: As) -> None:
    staff = as_role(OPERATOR_STAFF)
    for path in ("/operators/standing/", "/operators/standing/receipts/"):
        assert "There is no connection to an operator yet." in staff.get(path).content.decode()


def test_the_menu_leads_there(one: Mailing, as_role: As) -> None:
    page = as_role(OPERATOR_STAFF).get("/operators/standing/").content.decode()
    for path in ("/operators/standing/", "/operators/standing/receipts/", "/operators/error-codes/"):
        assert f'"url": "{path}"' in page


def test_operator_staff_enter_what_a_code_of_their_operator_means(
    one: Mailing, south: Connection, as_role: As
) -> None:
    answers: dict[str, Any] = {
        "operator": south.operator_id,
        "source": "receipt",
        "code": "0045",
        "sentence": "The sender is not registered.",
        "advice": "Register it.",
        "action": "permanent",
    }
    staff = as_role(OPERATOR_STAFF)
    assert staff.get("/operators/error-codes/new/").status_code == 200
    refused = staff.post("/operators/error-codes/new/", answers | {"code": "err 45"}).content.decode()
    assert "Write the code alone, for example 0x45 or 027." in refused
    assert "The sender is not registered." in refused
    staff.post("/operators/error-codes/new/", answers)
    assert ErrorCode.objects.get().code == "45"
    assert "The sender is not registered." in staff.get("/operators/error-codes/").content.decode()


def test_lists_take_the_same_statements_for_more_rows(one: Mailing, south: Connection, as_role: As) -> None:
    staff = as_role(OPERATOR_STAFF)
    ErrorCode.objects.create(operator=south.operator, source="submit", code="45", sentence="Ours.")
    paths = ("/operators/standing/", "/operators/standing/receipts/", "/operators/error-codes/")
    few = [_queries(staff, path, None) for path in paths]
    for number in range(5):
        via = Connection.objects.get(pk=south.pk)
        via.pk, via.name = None, f"south-{number + 2}"
        via.save()
        standing.brake(via, "Only half arrive.")
        ErrorCode.objects.create(
            operator=south.operator, source="submit", code=str(number + 1), sentence="Ours."
        )
    for path, number in zip(paths, few, strict=True):
        _queries(staff, path, number)


def _queries(browser: Client, path: str, wanted: int | None) -> int:
    """How many statements a page takes, after one look that fills caches."""
    browser.get(path)
    with CaptureQueriesContext(connection) as captured:
        browser.get(path)
    if wanted is not None:
        assert len(captured) == wanted, path
    return len(captured)


def test_a_mailing_may_cost_so_many_percent_more_and_the_approval_covers_it(
    one: Mailing, editor: User
) -> None:
    one.extra_percent = 20
    assert "extra_percent" not in lifecycle.content(one), (
        "what was approved before this existed stays the same"
    )
    one.extra_percent = 35
    assert lifecycle.content(one)["extra_percent"] == 35
    assert moving.room_for_extra(one) == one.planned_cost * Decimal("0.35")
