"""A process says that it lives, in a place that its successor takes over."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from datetime import timedelta

import psycopg2
import pytest
from django.conf import settings
from django.db import connection, connections
from django.utils import timezone

from kannel import beats
from kannel.models import Process
from tests.kannel.simulator.operators import wait_for

Kind = Process.Kind


@pytest.fixture
def another_process() -> Iterator[int]:
    """The pid of a process that lives and is not this one."""
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as process:
        yield process.pid
        process.kill()


def belongs_to(pid: int) -> None:
    Process.objects.update(pid=pid, born=beats.born(pid))


@pytest.mark.django_db
def test_a_successor_takes_the_place_of_one_that_died_and_counts_it() -> None:
    place = beats.take_place(Kind.WORKER)
    Process.objects.update(pid=2**22 + 1, started_at=timezone.now() - timedelta(hours=1))
    assert beats.take_place(Kind.WORKER) == place
    row = Process.objects.get()
    assert (row.pid, row.restarts, row.deaths) == (os.getpid(), 1, 1)
    assert (
        timezone.now() - row.started_at
        < timedelta(minutes=1)
        < timezone.now() - row.first_at + timedelta(hours=1)
    )


@pytest.mark.django_db
def test_a_successor_of_one_that_ended_in_order_is_no_death(another_process: int) -> None:
    beats.take_place(Kind.WORKER)
    belongs_to(another_process)
    Process.objects.update(ended_at=timezone.now())
    beats.take_place(Kind.WORKER)
    row = Process.objects.get()
    assert (row.restarts, row.deaths, row.ended_at) == (1, 0, None)


@pytest.mark.django_db
def test_whoever_lives_keeps_the_place_even_when_stopped(another_process: int) -> None:
    beats.take_place(Kind.WORKER)
    belongs_to(another_process)
    os.kill(another_process, signal.SIGSTOP)
    beats.take_place(Kind.WORKER)
    assert list(Process.objects.values_list("number", "pid")) == [(1, another_process), (2, os.getpid())]


@pytest.mark.django_db
def test_another_process_with_the_pid_of_a_dead_one_does_not_keep_its_place(another_process: int) -> None:
    beats.take_place(Kind.WORKER)
    Process.objects.update(pid=another_process, born=beats.born(another_process) - 1)
    beats.take_place(Kind.WORKER)
    assert Process.objects.get().pid == os.getpid()


@pytest.mark.django_db
def test_kinds_and_gateways_have_places_of_their_own() -> None:
    places = {
        beats.take_place(Kind.LISTENER, "main"),
        beats.take_place(Kind.LISTENER, "second"),
        beats.take_place(Kind.PULSE),
    }
    assert len(places) == 3
    assert set(Process.objects.values_list("number", flat=True)) == {1}


@pytest.mark.parametrize("pid", [2**22 + 1, 0])
def test_who_does_not_exist_was_never_born(pid: int) -> None:
    assert beats.born(pid) == -1


@pytest.mark.django_db(transaction=True)
def test_it_beats_until_it_ends_in_order(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(beats, "BEAT_SECONDS", 0.05)
    looks: list[int] = []
    with beats.beating(Kind.LISTENER, "main", look=lambda: looks.append(1)):
        wait_for(lambda: Process.objects.alive().exists())
        first = Process.objects.get().seen_at
        wait_for(lambda: Process.objects.get().seen_at > first)
    row = Process.objects.get()
    assert (row.kind, row.about, row.restarts) == ("listener", "main", 0)
    assert row.ended_at is not None
    assert looks


@pytest.mark.django_db(transaction=True)
def test_a_beat_outlives_a_lost_database_and_a_look_that_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(beats, "BEAT_SECONDS", 0.05)
    pids: list[int] = []

    def look() -> None:
        connection.ensure_connection()
        pids.append(connection.connection.info.backend_pid)
        raise ValueError("nobody foresaw this")

    with beats.beating(Kind.PULSE, look=look):
        wait_for(lambda: pids)
        end_backend(pids[0])
        wait_for(lambda: len(set(pids)) > 1)
        seen = Process.objects.get().seen_at
        wait_for(lambda: Process.objects.get().seen_at > seen)
    connections.close_all()


def end_backend(pid: int) -> None:
    """As an administrator ends a session of the database."""
    values = settings.DATABASES["default"]
    other = psycopg2.connect(
        host=values["HOST"], port=values["PORT"], user=values["USER"], password=values["PASSWORD"],
        dbname=connection.settings_dict["NAME"],
    )  # fmt: skip
    with other, other.cursor() as cursor:
        cursor.execute("SELECT pg_terminate_backend(%s)", [pid])
    other.close()
