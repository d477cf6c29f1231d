"""What the watch keeps of each line, and what the screen makes of it."""

import json
import socket
from datetime import timedelta

import pytest
from django.db import connection as database
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from backoffice.alerts.models import Alert
from backoffice.operators import faults, samples, tasks, watch
from kannel.administration import BindStatus, ConnectionStatus, GatewayStatus
from kannel.models import ApplyRun, Connection, Gateway, Sample
from tests.mailings_screens.conftest import As

pytestmark = pytest.mark.django_db
STATUS = "operators:connections"
ONLINE, LOST = Connection.Status.ONLINE, Connection.Status.RECONNECTING


def seen(*binds: Connection.Status, sent: int = 0, failed: int = 0) -> GatewayStatus:
    found = tuple(
        BindStatus(f"north-1_{number}", status, 5, 2, failed, sent) for number, status in enumerate(binds, 1)
    )
    best = ONLINE if ONLINE in binds else binds[0]
    link = ConnectionStatus(best, 5, 2, failed, sent, 7, found)
    return GatewayStatus(Gateway.Status.RUNNING, 60, 3, 17, {"north-1": link})


def look(gateway: Gateway, state: GatewayStatus) -> None:
    watch.record(Gateway.objects.get(pk=gateway.pk), state)


def page(as_role: As) -> str:
    return as_role("Operator staff").get(reverse(STATUS), {"part": 1}).content.decode()


def test_each_bind_is_kept_with_the_moment_of_its_last_change(gateway: Gateway, north: Connection) -> None:
    look(gateway, seen(ONLINE, ONLINE))
    north.refresh_from_db()
    first = north.bind_states
    look(gateway, seen(ONLINE, LOST))
    north.refresh_from_db()
    assert [one["status"] for one in north.bind_states] == ["online", "re-connecting"]
    assert north.bind_states[0]["since"] == first[0]["since"]
    assert north.bind_states[1]["since"] > first[1]["since"]
    gateway.refresh_from_db()
    assert gateway.receipts_outstanding == 17


def test_some_binds_that_stay_down_raise_a_warning_that_closes_itself(
    gateway: Gateway, north: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(watch, "BIND_PATIENCE", timedelta(0))
    look(gateway, seen(ONLINE, LOST))
    look(gateway, seen(ONLINE, LOST))
    alert = Alert.objects.get(closed_at=None)
    assert (alert.cause, alert.level) == ("binds:north-1", "warning")
    assert "1 of 2 binds of north-1 (North) are not online" in alert.sentence
    look(gateway, seen(ONLINE, ONLINE))
    assert not Alert.objects.filter(closed_at=None).exists()


def test_what_a_gateway_has_not_said_is_shown_as_unknown(as_role: As, gateway: Gateway) -> None:
    look(gateway, GatewayStatus(Gateway.Status.HANGING, 0, 0, 0))
    text = page(as_role)
    assert "None" not in text
    assert "<dt>Receipts outstanding</dt><dd>–</dd>" in text


def test_binds_are_shown_with_what_each_does(as_role: As, gateway: Gateway, north: Connection) -> None:
    look(gateway, seen(ONLINE, LOST))
    text = page(as_role)
    assert "1 of 2 binds online" in text
    assert "north-1_2: link lost, connecting again" in text


@pytest.mark.parametrize(
    ("fault", "sentence"),
    [("closed", "Nobody listens at this host and port."), ("account", "The operator refused the user name")],
)
def test_the_reason_of_a_lost_line_is_said_in_plain_words(
    fault: str, sentence: str, as_role: As, north: Connection
) -> None:
    Connection.objects.update(status=LOST, fault=fault)
    assert sentence in page(as_role)


def test_a_line_that_takes_nothing_while_messages_wait_says_so(as_role: As, north: Connection) -> None:
    Connection.objects.update(queued=5, moved_at=timezone.now() - timedelta(minutes=2))
    assert "the operator has taken none for a minute" in page(as_role)


@pytest.mark.parametrize(
    ("status", "sentence"),
    [
        ("hanging", "It took the question and does not answer."),
        ("down", "Nobody answers at its admin port."),
        ("suspended", "Somebody suspended it: resume it."),
    ],
)
def test_a_gateway_in_trouble_says_what_to_do(
    status: str, sentence: str, as_role: As, gateway: Gateway, north: Connection
) -> None:
    Gateway.objects.update(status=status)
    Connection.objects.update(status="unknown")
    text = page(as_role)
    assert sentence in text
    assert "Its gateway is not running." in text


def test_a_watch_that_stopped_is_told(as_role: As, gateway: Gateway, north: Connection) -> None:
    Gateway.objects.update(seen_at=timezone.now() - timedelta(minutes=2))
    assert "See whether the process “pulse” runs." in page(as_role)


def test_drafts_and_runs_are_pointed_at(as_role: As, north: Connection) -> None:
    wanted = north.wanted()
    wanted.window = 5
    north.put_draft(wanted, None)
    assert "1 draft waits to be applied." in page(as_role)


def test_a_sample_is_taken_each_half_minute_and_counts_what_came_since(north: Connection) -> None:
    Connection.objects.update(sent=100, failed=4)
    assert samples.take_samples() == 1
    assert samples.take_samples() == 0
    Sample.objects.update(at=timezone.now() - timedelta(seconds=31))
    Connection.objects.update(sent=160, failed=5)
    samples.take_samples()
    first, second = Sample.objects.order_by("at")
    assert (first.sent, second.sent, second.failed) == (0, 60, 1)


def test_a_gateway_that_started_again_counts_from_nothing(north: Connection) -> None:
    Connection.objects.update(sent=100)
    samples.take_samples()
    Sample.objects.update(at=timezone.now() - timedelta(seconds=31))
    Connection.objects.update(sent=7)
    samples.take_samples()
    assert Sample.objects.latest("at").sent == 7


def test_the_last_hour_is_drawn(as_role: As, north: Connection) -> None:
    now = timezone.now()
    rows = [(30, 600, 2, True), (10, 1200, 0, True), (5, 0, 0, False), (90, 9000, 9, True)]
    Sample.objects.bulk_create(
        Sample(
            connection=north,
            at=now - timedelta(minutes=minutes, seconds=10),
            is_online=is_online,
            queued=0,
            sent=sent,
            failed=failed,
            sent_total=sent,
            failed_total=failed,
        )
        for minutes, sent, failed, is_online in rows
    )
    curve = samples.curves_of([north.pk], now)[north.pk]
    assert (curve.sent, curve.failed, curve.down_minutes, curve.most) == (1800, 2, 1, 20.0)
    assert curve.points(100, 20).count(",") == samples.POINTS
    text = page(as_role)
    assert "Last hour: 1,800 messages sent; 20.0 a second on the average of the busiest minute" in text
    assert "down in 1 minute" in text


def test_samples_are_thrown_away_after_some_days(north: Connection) -> None:
    samples.take_samples()
    Sample.objects.update(at=timezone.now() - samples.KEPT_FOR - timedelta(minutes=1))
    tasks.prune.call_local()
    assert not Sample.objects.exists()


def test_a_line_that_is_down_is_looked_at_now_and_then(north: Connection) -> None:
    Connection.objects.update(status=LOST, status_since=timezone.now() - timedelta(minutes=1), port=1)
    tasks.explain_faults.call_local()
    north.refresh_from_db()
    assert north.fault == "closed"
    assert not faults.unexplained().exists()
    Connection.objects.update(status=ONLINE)
    faults.forget_faults()
    north.refresh_from_db()
    assert (north.fault, north.fault_at) == ("", None)


def free_port() -> int:
    """Where nobody listens."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        return int(server.getsockname()[1])


@pytest.mark.parametrize("phase", ApplyRun.Phase)
def test_while_a_change_is_tried_the_new_address_is_asked(
    gateway: Gateway, north: Connection, phase: ApplyRun.Phase
) -> None:
    """The old port still listens, the new one does not: what is said is of the one that Kannel tries."""
    with socket.create_server(("127.0.0.1", 0)) as old:
        Connection.objects.update(
            status=LOST,
            status_since=timezone.now() - timedelta(minutes=1),
            port=old.getsockname()[1],
            fault="silent",
            fault_at=timezone.now() - timedelta(seconds=5),
        )
        run = ApplyRun(gateway=gateway, state="running", phase=phase, phase_at=timezone.now())
        run.frozen = json.dumps({"gateway": {}, "connections": {str(north.pk): {"port": free_port()}}})
        run.save()
        faults.find_faults()
    north.refresh_from_db()
    tries_the_new_one = phase in (ApplyRun.Phase.WRITE, ApplyRun.Phase.WAIT)
    assert north.fault == ("closed" if tries_the_new_one else "not_bound")


def test_the_watch_asks_for_the_reason_of_a_lost_line(
    gateway: Gateway, north: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[int] = []
    monkeypatch.setattr(tasks, "explain_faults", lambda: asked.append(1))
    Gateway.objects.update(admin_port=1)
    watch.watch_gateways()
    assert asked == []
    Gateway.objects.update(status="running", is_enabled=False)
    Connection.objects.update(status=LOST, status_since=timezone.now() - timedelta(minutes=1))
    watch.watch_gateways()
    assert asked == [1]


def test_the_state_of_the_lines_takes_the_same_queries_with_samples_and_more_rows(
    as_role: As, gateway: Gateway, north: Connection, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    samples.take_samples()
    client, url = as_role("Operator staff"), reverse(STATUS)
    client.get(url)
    with CaptureQueriesContext(database) as few:
        client.get(url)
    for number in range(4):
        row = Connection.objects.get(pk=north.pk)
        row.pk, row.name = None, f"more-{number}"
        row.save()
    samples.take_samples()
    with django_assert_num_queries(len(few)):
        assert b"more-3" in client.get(url).content
