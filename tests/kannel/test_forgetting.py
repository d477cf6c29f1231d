"""Raw events hold the words and numbers of customers only as long as somebody may need them."""

import uuid
from datetime import timedelta

import pytest
from django.utils import timezone

from kannel.events import NewEvent, write
from kannel.forgetting import INBOUND_DAYS, REPORT_DAYS, forget_texts
from kannel.models import Event

pytestmark = pytest.mark.django_db(transaction=True)


def event(kind: Event.Kind, *, applied_days_ago: int | None) -> uuid.UUID:
    kannel_id = uuid.uuid4()
    new = NewEvent(0, kind, kannel_id, "north", "Please call me", timezone.now(), sender="+79161234567")
    write([new])
    if applied_days_ago is not None:
        at = timezone.now() - timedelta(days=applied_days_ago)
        Event.objects.filter(kannel_id=kannel_id).update(applied_at=at)
    return kannel_id


@pytest.mark.parametrize(
    ("kind", "days"), [(Event.Kind.INBOUND, INBOUND_DAYS), (Event.Kind.REPORT, REPORT_DAYS)]
)
def test_words_and_number_go_days_after_they_were_made_use_of(
    monkeypatch: pytest.MonkeyPatch, kind: Event.Kind, days: int
) -> None:
    monkeypatch.setattr("kannel.events.import_string", lambda path: lambda: None)
    old, new, waiting = (event(kind, applied_days_ago=ago) for ago in (days + 1, days - 1, None))
    assert forget_texts() == 1
    rows = {row.kannel_id: (row.text, row.sender) for row in Event.objects.all()}
    assert rows[old] == ("", "")
    assert rows[new] == rows[waiting] == ("Please call me", "+79161234567")
    assert forget_texts() == 0
