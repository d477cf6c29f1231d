"""The page of changes: what it shows, who may apply, and what becomes of a run."""

import pytest
from django.contrib.auth.models import Group, Permission
from django.db import connection as database
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from pytest_django import DjangoAssertNumQueries, Settings

from backoffice.alerts.models import Alert
from backoffice.operators import tasks
from backoffice.operators.connections import words
from kannel.models import ApplyRun, Connection, Gateway
from tests.mailings_screens.conftest import As

pytestmark = pytest.mark.django_db
STAFF, PAGE = "Operator staff", "operators:changes"
State = ApplyRun.State


def wish(row: Connection | Gateway, **values: object) -> None:
    wanted = row.wanted()
    for name, value in values.items():
        setattr(wanted, name, value)
    row.put_draft(wanted, None)


@pytest.fixture
def line(north: Connection) -> Connection:
    """North with an account, applied."""
    north.username, north.password = "us", "swordfish"
    north.save()
    return north


def shown(as_role: As) -> str:
    return as_role(STAFF).get(reverse(PAGE)).content.decode()


def run_of(gateway: Gateway, **values: object) -> ApplyRun:
    run = ApplyRun(gateway=gateway, **values)
    run.freeze(gateway, [])
    run.save()
    return run


def test_without_drafts_there_is_nothing_to_apply(as_role: As, line: Connection) -> None:
    assert "There is nothing to apply." in shown(as_role)


def test_a_draft_is_shown_in_words_and_as_lines_of_the_file_without_secrets(
    as_role: As, line: Connection, gateway: Gateway
) -> None:
    _render(gateway)
    wish(line, throughput_per_second=90, password="mackerel", is_test=True)
    page = shown(as_role)
    assert "north-1 changes" in page
    assert "-throughput = 100" in page
    assert "+throughput = 90" in page
    assert "•••••• (new)" in page
    assert "north-1: only Parley uses this, Kannel does not" in page
    assert not any(word in page for word in ("swordfish", "mackerel"))


def _render(gateway: Gateway) -> None:
    from kannel.configuration import render
    from kannel.reading import USUAL_DIRECTORY

    gateway.applied = render(gateway, gateway.connections.all(), USUAL_DIRECTORY)
    gateway.save()


def test_a_change_of_the_gateway_says_that_everything_ends_for_a_moment(
    as_role: As, line: Connection, gateway: Gateway
) -> None:
    _render(gateway)
    wish(gateway, our_addresses="10.0.0.7")
    page = shown(as_role)
    assert "This needs a restart of the gateway" in page
    assert "admin-allow-ip" in page


def test_a_new_connection_shows_what_is_not_usual(as_role: As, line: Connection, gateway: Gateway) -> None:
    _render(gateway)
    row = Connection.objects.get(pk=line.pk)
    row.pk, row.name, row.is_enabled, row.binds = None, "north-2", False, 3
    row.save()
    wish(row, is_enabled=True)
    page = shown(as_role)
    assert "north-2 is new" in page
    assert "Binds" in page
    assert "Parts a second of each bind" in page
    assert "Numbering plan" not in page


def test_a_draft_that_cannot_be_written_says_why_and_cannot_be_applied(as_role: As, line: Connection) -> None:
    wish(line, host="include")
    page = shown(as_role)
    assert "north-1 (host): Kannel would misread" in page
    assert "Apply to Kannel" not in page


def test_one_click_makes_a_run_and_leads_to_its_page(as_role: As, line: Connection) -> None:
    wish(line, window=5)
    client = as_role(STAFF)
    page = client.post(reverse("operators:apply", args=[line.gateway_id]), follow=True).content.decode()
    run = ApplyRun.objects.get()
    assert (run.state, run.created_by, run.connection_values) == (
        State.WAITING,
        client.get(reverse(PAGE)).wsgi_request.user,
        {line.pk: {"window": 5}},
    )
    assert "At work. You may close this page: it goes on." in page
    again = client.post(reverse("operators:apply", args=[line.gateway_id]), follow=True).content.decode()
    assert "A change of this gateway is being applied. Wait for its end." in again
    assert "A change is being applied now." in shown(as_role)


def test_nothing_is_applied_where_nothing_is_wanted(as_role: As, line: Connection) -> None:
    page = as_role(STAFF).post(reverse("operators:apply", args=[line.gateway_id]), follow=True)
    assert "There is nothing to apply" in page.content.decode()
    assert not ApplyRun.objects.exists()


def test_whoever_may_only_look_cannot_apply(as_role: As, line: Connection) -> None:
    wish(line, window=5)
    Group.objects.get(name=STAFF).permissions.remove(Permission.objects.get(codename="apply_changes"))
    client = as_role(STAFF)
    assert "Somebody of the operator staff has to apply it." in client.get(reverse(PAGE)).content.decode()
    client.post(reverse("operators:apply", args=[line.gateway_id]))
    assert not ApplyRun.objects.exists()


@pytest.mark.parametrize("role", ["Editor", "Approver", "Analyst", "Privacy officer", "Employee"])
def test_others_see_none_of_it(role: str, as_role: As, line: Connection, gateway: Gateway) -> None:
    run = run_of(gateway)
    client = as_role(role)
    for name, args in (
        (PAGE, []),
        ("operators:runs", []),
        ("operators:run", [run.pk]),
        ("operators:file", [gateway.pk]),
    ):
        assert client.get(reverse(name, args=args)).status_code in (302, 403)
    client.post(reverse("operators:drop", args=["connection", line.pk]))
    client.post(reverse("operators:apply", args=[gateway.pk]))
    assert ApplyRun.objects.count() == 1


def test_a_draft_can_be_forgotten(as_role: As, line: Connection, gateway: Gateway) -> None:
    wish(line, window=5)
    wish(gateway, host="10.0.0.1")
    client = as_role(STAFF)
    client.post(reverse("operators:drop", args=["connection", line.pk]))
    client.post(reverse("operators:drop", args=["gateway", gateway.pk]))
    assert not Connection.objects.exclude(draft="").exists()
    assert not Gateway.objects.exclude(draft="").exists()
    assert client.post(reverse("operators:drop", args=["other", 1])).status_code in (302, 403, 404)


@pytest.mark.parametrize(
    ("state", "problem", "sentence"),
    [
        ("done", {}, "Applied. Kannel runs with what was wanted."),
        (
            "refused",
            {"code": "value", "values": {"connection": "north-1", "field": "host", "reason": "No."}},
            "north-1 (host): No.",
        ),
        ("refused", {"code": "value", "values": {"connection": "", "field": "", "reason": "No."}}, "No."),
        (
            "refused",
            {"code": "not_drained", "values": {"names": ["north-1"], "count": 3}},
            "3 messages still wait for north-1",
        ),
        (
            "refused",
            {"code": "not_drained", "values": {"names": ["north-1"], "count": None}},
            "Kannel did not say how many messages wait for north-1.",
        ),
        (
            "restored",
            {"code": "not_online", "values": {"names": ["north-1"], "fault": "closed"}},
            "north-1 did not come online. Nobody listens at this host and port.",
        ),
        ("restored", {"code": "other_set", "values": {"names": ["x"]}}, "Kannel did not take over: x."),
        ("failed", {"code": "no_answer_GatewayDown", "values": {}}, "The gateway did not come up in time."),
    ],
)
def test_a_run_says_how_it_ended_and_why(
    state: str, problem: dict[str, object], sentence: str, as_role: As, gateway: Gateway
) -> None:
    run = run_of(gateway, state=state, problem=problem)
    page = as_role(STAFF).get(reverse("operators:run_progress", args=[run.pk])).content.decode()
    assert sentence in page
    assert "data-live-ended" in page


@pytest.mark.parametrize(
    ("code", "values", "sentence"),
    [
        ("written", {}, "Put the new file in its place."),
        ("draining", {"names": ["n"], "count": None}, "Waiting until its queue is empty."),
        ("draining", {"names": ["n"], "count": 1}, "1 message waits there still."),
        (
            "not_back",
            {"problem": {"code": "not_online", "values": {"names": ["n"], "fault": ""}}},
            "n did not come online.",
        ),
        ("remark", {"what": "not_running"}, "Start its bearerbox: it takes this file."),
        ("remark", {"what": "still_down", "names": ["n"]}, "Not online, as before or by your wish: n."),
    ],
)
def test_every_step_is_a_sentence(code: str, values: dict[str, object], sentence: str) -> None:
    assert sentence in words.step_in_words({"code": code, "values": values})


@pytest.mark.parametrize(("kind", "in_file", "as_typed"), [("smpp", "9", "9"), ("http", "9", "10")])
def test_a_window_is_shown_as_it_was_typed(kind: str, in_file: str, as_typed: str) -> None:
    key = {"key": "max-pending-submits", "old": in_file, "new": "4"}
    change = {"what": "changed", "name": "south-1", "kind": kind, "binds": ["south-1"], "keys": [key]}
    assert [line.old for line in words.changes_in_words([change])[0].lines] == [as_typed]


def test_a_run_of_a_gateway_elsewhere_says_what_has_to_run_there(
    as_role: As, gateway: Gateway, settings: Settings
) -> None:
    settings.KANNEL_DIRECTORIES = {"other": "nowhere"}
    run = run_of(gateway)
    page = as_role(STAFF).get(reverse("operators:run", args=[run.pk])).content.decode()
    assert "manage.py keep_kannel main" in page
    tasks.apply_changes.call_local(run.pk)
    run.refresh_from_db()
    assert run.state == State.WAITING


def test_a_change_that_was_taken_back_waits_in_the_feed_once(gateway: Gateway) -> None:
    run = run_of(gateway, state="restored", problem={"code": "unforeseen", "values": {}})
    run_of(gateway, state="failed", problem={"code": "unforeseen", "values": {}})
    run_of(gateway, state="done")
    tasks.tell_bad_ends()
    tasks.tell_bad_ends()
    told = dict(Alert.objects.values_list("cause", "level"))
    assert told == {f"apply:{run.pk}": "warning", f"apply:{run.pk + 1}": "alarm"}
    assert set(Alert.objects.values_list("times", flat=True)) == {1}


def test_the_file_is_shown_without_passwords(as_role: As, line: Connection, gateway: Gateway) -> None:
    url = reverse("operators:file", args=[gateway.pk])
    assert "Nothing has been applied to this gateway yet." in as_role(STAFF).get(url).content.decode()
    _render(gateway)
    page = as_role(STAFF).get(url).content.decode()
    assert "smsc-password = ••••••" in page
    assert "swordfish" not in page


def test_pages_of_changes_take_the_same_queries_for_more_rows(
    as_role: As, line: Connection, gateway: Gateway, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    wish(line, window=5)
    run_of(gateway, state="done")
    client = as_role(STAFF)
    for name in (PAGE, "operators:runs"):
        client.get(reverse(name))
        with CaptureQueriesContext(database) as few:
            client.get(reverse(name))
        for number in range(3):
            run_of(gateway, state="done")
            row = Connection.objects.get(pk=line.pk)
            row.pk, row.name = None, f"more-{name[-3:]}-{number}"
            row.save()
        with django_assert_num_queries(len(few)):
            client.get(reverse(name))
