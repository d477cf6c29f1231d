"""Which processes live is told by others: in the feed, in /health/ and on the state page."""

from datetime import timedelta
from itertools import combinations

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from backoffice import gunicorn_conf
from backoffice.alerts.models import Alert
from backoffice.operators import processes
from backoffice.operators.processes import Watch
from kannel.models import Connection, Gateway, Process
from tests.kannel.simulator.operators import wait_for
from tests.mailings_screens.conftest import As

pytestmark = pytest.mark.django_db
Kind = Process.Kind
ALL = {"pulse": "", "worker": "", "listener": "main"}


def lives(kind: str, about: str = "", number: int = 1, **values: object) -> Process:
    return Process.objects.create(kind=kind, about=about, host="one", number=number, pid=1, born=1, **values)


@pytest.fixture
def house(gateway: Gateway) -> Gateway:
    """Everything that is needed lives."""
    for kind, about in ALL.items():
        lives(kind, about)
    return gateway


def stops(**which: object) -> None:
    Process.objects.filter(**which).update(seen_at=timezone.now() - timedelta(seconds=20))


def goes_on(**which: object) -> None:
    Process.objects.filter(**which).update(seen_at=timezone.now())


def looks(times: int = 2) -> dict[str, str]:
    """What is told after so many looks: the level of each open alert by its cause."""
    watch = Watch()
    for _ in range(times):
        watch.look()
    return told()


def told() -> dict[str, str]:
    return dict(Alert.objects.filter(closed_at=None).values_list("cause", "level"))


def test_of_a_house_in_order_nothing_is_told(house: Gateway) -> None:
    assert looks() == {}


@pytest.mark.parametrize(
    "stopped", [one for count in (1, 2, 3) for one in combinations(ALL, count)], ids="-".join
)
def test_whatever_stops_is_told_and_closed_when_it_goes_on(house: Gateway, stopped: tuple[str, ...]) -> None:
    stops(kind__in=stopped)
    assert looks() == {f"process:{kind}:{ALL[kind]}": "alarm" for kind in stopped}
    goes_on(kind__in=stopped)
    assert looks(1) == {}


def test_one_look_proves_nothing_after_the_database_was_away(house: Gateway) -> None:
    stops()
    assert looks(1) == {}


def test_one_of_several_workers_is_a_warning(house: Gateway) -> None:
    lives("worker", number=2)
    stops(number=2)
    assert looks() == {"process:worker:": "warning"}
    assert Alert.objects.get().sentence.startswith(
        "1 of 2 processes “worker” on one has not been heard since "
    )


def test_a_warning_becomes_an_alarm_when_the_last_one_stops(house: Gateway) -> None:
    lives("worker", number=2)
    stops(number=2)
    looks()
    stops(kind="worker")
    assert looks() == {"process:worker:": "alarm"}
    assert "Nothing is planned, sent or applied." in Alert.objects.get().sentence


def test_what_has_been_said_is_not_said_again(house: Gateway) -> None:
    stops(kind="pulse")
    looks(5)
    assert Alert.objects.get().times == 1


def test_what_ended_in_order_and_is_needed_is_told(house: Gateway) -> None:
    Process.objects.filter(kind="listener").update(ended_at=timezone.now())
    assert looks() == {"process:listener:main": "alarm"}
    assert "No process “listener of main” runs." in Alert.objects.get().sentence


def test_who_was_taken_away_in_order_and_is_not_needed_is_no_news(house: Gateway) -> None:
    lives("worker", number=2, ended_at=timezone.now())
    lives("dlr_endpoint", ended_at=timezone.now())
    assert looks() == {}


@pytest.mark.parametrize(
    ("kind", "needs"),
    [
        ("dlr_endpoint", lambda: Gateway.objects.update(smsbox_id="main-http")),
        ("adapters", lambda: Connection.objects.update(kind="adapter")),
    ],
)
def test_what_only_some_need_is_missed_where_it_is_needed(
    house: Gateway, north: Connection, kind: str, needs: object
) -> None:
    assert looks() == {}
    needs()  # type: ignore[operator]
    assert looks() == {f"process:{kind}:": "alarm"}


def test_a_gateway_out_of_use_needs_no_listener(house: Gateway) -> None:
    stops(kind="listener")
    looks()
    Process.objects.filter(kind="listener").delete()
    Gateway.objects.update(is_enabled=False)
    assert looks(1) == {}


@pytest.mark.parametrize("kind", Kind)
def test_each_kind_says_what_stands_still(kind: Process.Kind) -> None:
    assert str(processes.WHAT_STANDS_STILL[kind]).endswith("its log says why it stopped.")


def test_places_of_a_larger_house_before_are_forgotten(house: Gateway) -> None:
    lives("worker", number=2)
    Process.objects.filter(number=2).update(seen_at=timezone.now() - timedelta(minutes=2))
    assert looks() == {}
    assert not Process.objects.filter(number=2).exists()


def test_one_that_died_while_others_went_on_is_not_forgotten(house: Gateway) -> None:
    lives("worker", number=2)
    Process.objects.update(started_at=timezone.now() - timedelta(hours=1))
    Process.objects.filter(number=2).update(seen_at=timezone.now() - timedelta(minutes=2))
    assert looks() == {"process:worker:": "warning"}


def test_a_host_that_is_gone_for_good_is_forgotten_after_a_day(house: Gateway) -> None:
    lives("keeper", "second", seen_at=timezone.now() - timedelta(days=2))
    assert looks() == {}
    assert not Process.objects.filter(kind="keeper").exists()


@pytest.mark.parametrize("kind", ALL)
def test_health_is_bad_while_something_is_silent(client: Client, house: Gateway, kind: str) -> None:
    assert client.get("/health/").json()["processes"]["ok"]
    stops(kind=kind)
    answer = client.get("/health/")
    found = answer.json()["processes"]
    assert (answer.status_code, found["ok"]) == (503, False)
    assert found["processes"][f"{kind}:{ALL[kind]}".rstrip(":")] == {"alive": 0, "silent": 1}


def test_the_state_page_says_who_lives_and_how_often_it_began_anew(house: Gateway, as_role: As) -> None:
    Process.objects.filter(kind="worker").update(restarts=3, deaths=2)
    stops(kind="listener")
    text = as_role("Operator staff").get(reverse("operators:connections"), {"part": 1}).content.decode()
    assert text.index("listener main") < text.index("worker 1")
    assert text.count("not heard</span>") == 1
    assert "restarted 3 times since" in text
    assert "2 times after it had died" in text


@pytest.mark.django_db(transaction=True)
def test_a_web_process_is_heard_from_its_start_to_its_end() -> None:
    gunicorn_conf.post_worker_init(None)
    wait_for(lambda: Process.objects.alive().filter(kind=Kind.WEB).exists())
    gunicorn_conf.worker_exit(None, None)
    assert Process.objects.get().ended_at is not None
