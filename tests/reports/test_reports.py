"""Reports: their numbers, pages and downloads."""

import io
import json
from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.contrib.auth.models import Permission
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from python_calamine import CalamineWorkbook
from wagtail.models import ModelLogEntry

from backoffice.accounts.models import User
from backoffice.customers.models import Customer
from backoffice.lib import spreadsheets
from backoffice.mailings.models import Click, Mailing, Message, ShortLink
from backoffice.mailings.reasons import in_words
from backoffice.message_templates.models import MessageTemplate
from reports import exports
from reports.queries import count
from reports.wagtail_hooks import report_link
from tests.showing import show

pytestmark = pytest.mark.django_db


def person(client: Client, *rights: str) -> Client:
    """Logs somebody in who has these rights only."""
    user: User = User.objects.create_user("somebody", password="x")
    user.user_permissions.set(Permission.objects.filter(codename__in=["access_admin", *rights]))
    client.force_login(user)
    return client


def test_cost_is_of_what_operators_took(reported: Mailing) -> None:
    [(operator, parts, cost)] = count(reported).costs
    assert (operator, parts, cost) == ("North", 3, Decimal("7.5000"))


def test_delivery_times_fall_into_their_classes(reported: Mailing) -> None:
    assert count(reported).delivery == [1, 0, 0, 1, 0, 0, 0, 0]


def test_outcomes_are_of_messages_the_operator_took(reported: Mailing) -> None:
    assert count(reported).outcomes == [("North", {"delivered": 2, "undelivered": 1})]


def test_reasons_are_in_plain_words(reported: Mailing) -> None:
    assert dict(count(reported).reasons) == {
        "The memory of the telephone is full.": 1,
        "The operator refused the message without a reason.": 1,
    }


def test_the_pace_has_a_point_for_each_minute(reported: Mailing) -> None:
    pace = count(reported).pace
    assert pace.interval == timedelta(minutes=1)
    assert sum(taken for _at, taken, _delivered in pace.points) == 3
    assert sum(delivered for _at, _taken, delivered in pace.points) == 2


def test_a_mailing_of_days_is_drawn_by_the_hour(reported: Mailing) -> None:
    first = Message.objects.of(reported).filter(state="delivered").earliest("id")
    Message.objects.filter(pk=first.pk).update(sent_at=first.sent_at - timedelta(hours=20))
    pace = count(reported).pace
    assert pace.interval == timedelta(hours=1)
    assert 20 <= len(pace.points) <= 22


@pytest.mark.parametrize(
    ("state", "reason", "error", "sentence"),
    [
        ("expired", "no_receipt", "", "No receipt came in time."),
        ("expired", "", "", "The telephone could not be reached in time."),
        ("undelivered", "", "err:777", "The operator could not deliver it. (the operator's code: 777)"),
        ("rejected", "", "NACK/0x0000000B/x", "The operator does not know this number."),
        (
            "rejected",
            "",
            "NACK/0x000000FE/x",
            "The operator refused the message. (the operator's code: FE, x)",
        ),
        ("rejected", "", "NACK/", "The operator refused the message."),
        ("uncertain", "", "", "Nobody can say yet whether it left."),
        ("failed", "", "", "It failed."),
    ],
)
def test_a_failure_reads_as_a_sentence(state: str, reason: str, error: str, sentence: str) -> None:
    assert in_words(state, reason, error) == sentence


def test_the_report_answers_its_questions_and_has_tables(pages: Client, reported: Mailing) -> None:
    page = pages.get(f"/results/mailing/{reported.pk}/").content.decode()
    assert "50.0 % of those to be written to have it: 2 of 4." in page
    assert "7.50 RUB for 3 parts that operators took." in page
    assert "North has delivered 66.7 % of what it took." in page
    assert page.count('<figure role="group"') == page.count("<details>") == 6


def test_figures_come_without_a_template_and_with_words_for_colours(pages: Client, reported: Mailing) -> None:
    figures = json.loads(pages.get(f"/results/mailing/{reported.pk}/figures/").content)
    assert list(figures) == ["funnel", "pace", "delivery", "outcomes", "costs", "reasons"]
    assert figures["funnel"]["data"][0]["x"] == [4, 4, 3, 2]
    assert figures["funnel"]["data"][0]["meta"]["colours"][-1] == "delivered"
    assert not figures["funnel"]["layout"]["template"]


def test_a_mailing_that_sent_nothing_says_so(
    pages: Client, planned: Callable[[], Mailing], make_customer: Any, north: Any, clean_redis: Any
) -> None:
    make_customer()
    page = pages.get(f"/results/mailing/{planned().pk}/").content.decode()
    assert "Nothing has left yet." in page
    assert "Nothing has failed." in page


def test_a_mailing_without_a_plan_has_nothing_to_report(
    pages: Client, mailing: Mailing, clean_redis: Any
) -> None:
    assert "This mailing has no plan yet" in pages.get(f"/results/mailing/{mailing.pk}/").content.decode()


def test_two_operators_are_compared(pages: Client, reported: Mailing, south: Any) -> None:
    last = Message.objects.of(reported).filter(state="delivered").latest("id")
    Message.objects.filter(pk=last.pk).update(connection=south)
    page = pages.get(f"/results/mailing/{reported.pk}/").content.decode()
    assert "South: it has delivered 100.0 % of what it took." in page


def test_texts_that_are_compared_stand_side_by_side(pages: Client, reported: Mailing) -> None:
    second = MessageTemplate.objects.create(name="Second", text="Come and see.")
    Mailing.objects.filter(pk=reported.pk).update(second_text=second, second_percent=50)
    Message.objects.of(reported).update(template_id=reported.template_id)
    last = Message.objects.of(reported).filter(state="delivered").latest("id")
    Message.objects.filter(pk=last.pk).update(template_id=second.pk)
    page = pages.get(f"/results/mailing/{reported.pk}/").content.decode()
    assert "“Second” was delivered best: 100.0 % of what left." in page


def test_who_followed_a_link_is_counted_once_and_robots_apart(pages: Client, reported: Mailing) -> None:
    people = [message.customer for message in Message.objects.of(reported).filter(state="delivered")]
    links = [
        ShortLink.objects.create(
            mailing=reported,
            address=f"https://shop.example/{name}",
            target=f"https://shop.example/{name}",
            expires_at=timezone.now(),
        )
        for name in ("sale", "help")
    ]
    now = timezone.now()
    for link, customer, is_robot, clicks in (
        (links[0], people[0], False, 3),
        (links[1], people[0], False, 1),
        (links[1], people[1], True, 5),
    ):
        Click.objects.create(
            link=link, customer=customer, is_robot=is_robot, clicks=clicks, first_at=now, last_at=now
        )
    assert [(one.people, one.clicks, one.robots) for one in count(reported).links] == [(1, 3, 0), (1, 1, 5)]
    page = pages.get(f"/results/mailing/{reported.pk}/").content.decode()
    assert "1 person followed a link: 50.0 % of those who got the message." in page
    assert "https://shop.example/sale" in page


@pytest.mark.parametrize("what", ["", "figures/", "csv/", "xlsx/"])
def test_without_the_right_there_is_no_report(client: Client, reported: Mailing, what: str) -> None:
    response = person(client, "view_mailing").get(f"/results/mailing/{reported.pk}/{what}")
    assert (response.status_code, response["Location"]) == (302, "/")


def test_who_may_see_reports_may_not_export_by_that(client: Client, reported: Mailing) -> None:
    viewer = person(client, "view_report")
    page = viewer.get(f"/results/mailing/{reported.pk}/").content.decode()
    assert "Messages as CSV" not in page
    assert viewer.get(f"/results/mailing/{reported.pk}/csv/").status_code == 302


def downloaded(client: Client, mailing: Mailing) -> str:
    return b"".join(client.get(f"/results/mailing/{mailing.pk}/csv/").streaming_content).decode("utf-8-sig")  # type: ignore[attr-defined]


def test_the_csv_masks_numbers_and_holds_no_names_or_texts(client: Client, reported: Mailing) -> None:
    table = downloaded(person(client, "export_message"), reported)
    assert len(table.splitlines()) == 5
    assert "7 905 ••• •• 01" in table
    assert "79050000001" not in table
    assert "Anna" not in table
    assert "come in" not in table
    said = {"format": "csv", "full_numbers": False, "count": 4}
    assert ModelLogEntry.objects.get(action="reports.export").data == said


def test_the_csv_has_full_numbers_for_whom_the_right_allows(client: Client, reported: Mailing) -> None:
    reader = person(client, "view_report", "export_message", "reveal_customer")
    assert "79050000001" not in downloaded(reader, reported)
    show(reader, f"mailings.mailing:{reported.pk}", f"/results/mailing/{reported.pk}/")
    assert ",79050000001," in downloaded(reader, reported)
    entry = ModelLogEntry.objects.get(action="parley.reveal")
    assert entry.data == {"reason": "They asked", "count": 4}


def test_a_cell_that_a_program_would_run_is_quoted(client: Client, reported: Mailing) -> None:
    Customer.objects.filter(external_id="C1").update(external_id="=cmd()")
    assert ",'=cmd()," in downloaded(person(client, "export_message"), reported)


def test_an_erased_customer_leaves_the_message_in_the_table(client: Client, reported: Mailing) -> None:
    Message.objects.filter(customer__external_id="C1").update(customer_id=999_999)
    assert len(downloaded(person(client, "export_message"), reported).splitlines()) == 5


def test_pages_of_an_export_join_without_gap(
    client: Client, reported: Mailing, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(exports, "PAGE_ROWS", 2)
    rows = downloaded(person(client, "export_message"), reported).splitlines()[1:]
    assert [row.split(",")[1] for row in rows] == ["C1", "C2", "C3", "C4"]


def test_a_workbook_goes_on_to_the_next_sheet(
    client: Client, reported: Mailing, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(spreadsheets, "SHEET_ROWS", 3)
    response = person(client, "export_message").get(f"/results/mailing/{reported.pk}/xlsx/")
    book = CalamineWorkbook.from_filelike(io.BytesIO(b"".join(response.streaming_content)))  # type: ignore[attr-defined]
    sheets = [book.get_sheet_by_index(index).to_python() for index in range(2)]
    assert [len(sheet) for sheet in sheets] == [3, 3]
    assert [row[1] for sheet in sheets for row in sheet[1:]] == ["C1", "C2", "C3", "C4"]


def test_the_list_takes_as_many_queries_for_many_mailings_as_for_one(
    pages: Client, reported: Mailing, django_assert_num_queries: Any
) -> None:
    pages.get("/results/")
    with CaptureQueriesContext(connection) as few:
        page = pages.get("/results/").content.decode()
    assert "50.0 %" in page
    for number in range(30):
        reported.pk, reported.name, reported.planned_count = None, f"copy {number}", 0
        reported._state.adding = True
        reported.save()
    with django_assert_num_queries(len(few)):
        assert "copy 29" in pages.get("/results/").content.decode()


def test_the_list_finds_by_name_and_explains_itself_when_empty(pages: Client, reported: Mailing) -> None:
    assert "Autumn" in pages.get("/results/?q=autu").content.decode()
    assert "No mailing with a plan is called “spring”." in pages.get("/results/?q=spring").content.decode()
    Mailing.objects.update(planned_count=None)
    assert "There are no reports yet." in pages.get("/results/").content.decode()


def test_a_mailing_links_to_its_report(reported: Mailing, editor: User) -> None:
    assert report_link(reported, editor) == [(f"/results/mailing/{reported.pk}/", "Report")]
    assert report_link(Mailing(), editor) == []
