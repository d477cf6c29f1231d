"""When the database goes away, events are kept by Kannel and come again; nobody goes on with half of its ears."""

import threading
import uuid

import psycopg2
import pytest
from django.conf import settings
from django.db import DatabaseError, connection
from django.utils import timezone

from kannel.events import NewEvent, write
from kannel.listener import ReceiverDied, listen
from kannel.models import Event, Gateway


def an_event() -> NewEvent:
    return NewEvent(
        gateway_id=1,
        kind=Event.Kind.REPORT,
        kannel_id=uuid.uuid4(),
        connection_name="north-1",
        text="ACK/",
        occurred_at=timezone.now(),
        message_id=1,
        attempt=1,
        dlr_type=8,
    )


@pytest.mark.django_db(transaction=True)
def test_events_that_could_not_be_kept_raise_an_error_that_the_listener_waits_for() -> None:
    connection.ensure_connection()
    ours = connection.connection.info.backend_pid
    values = settings.DATABASES["default"]
    other = psycopg2.connect(
        host=values["HOST"], port=values["PORT"], user=values["USER"], password=values["PASSWORD"],
        dbname=connection.settings_dict["NAME"],
    )  # fmt: skip
    with other, other.cursor() as cursor:
        cursor.execute("SELECT pg_terminate_backend(%s)", [ours])
    other.close()

    lost, kept = an_event(), an_event()
    with pytest.raises(DatabaseError):
        write([lost])

    connection.close()
    write([kept])
    ids = [lost.kannel_id, kept.kannel_id]
    assert list(Event.objects.filter(kannel_id__in=ids).values_list("kannel_id", flat=True)) == [
        kept.kannel_id
    ]


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_a_listener_whose_connection_died_unforeseen_ends_so_that_it_is_started_again() -> None:
    impossible = Gateway(name="main", host=5)  # no host at all: not one of the failures that time mends
    with pytest.raises(ReceiverDied):
        listen(impossible, threading.Event())
