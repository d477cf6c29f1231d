"""A worker says that it lives from its first moment to its end in order."""

import pytest

from backoffice.mailings import tasks
from kannel import beats
from kannel.models import Process
from tests.kannel.simulator.operators import wait_for


@pytest.mark.django_db(transaction=True)
def test_a_worker_beats_from_its_start_to_its_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(beats, "BEAT_SECONDS", 0.05)
    tasks.begin_to_beat()
    wait_for(lambda: Process.objects.alive().filter(kind="worker").exists())
    tasks.end_beating()
    assert not Process.objects.running().exists()
    assert Process.objects.get().ended_at is not None
