"""A company at work on its operators: rows of every kind that the screens about operators, prices and lines can show."""

import uuid
from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from django.core.cache import cache
from django.core.files.base import ContentFile
from django.utils import timezone
from wagtail.log_actions import log

from backoffice.accounts.models import User
from backoffice.lib.runs import Run
from backoffice.mailings import parts
from backoffice.mailings.models import Carried, Cohort, Mailing, Message, Move, RouteChoice, WhatIf
from backoffice.mailings.routes.tasks import runner as questions
from backoffice.operators import standing
from backoffice.operators.models import (
    DeliveryRate,
    ErrorCode,
    Network,
    Operator,
    PortedNumber,
    PortingRun,
    Tariff,
    TariffRun,
)
from kannel import diagnosis
from kannel.adapters.presets import preset
from kannel.configuration import render
from kannel.models import ApplyRun, Connection, Gateway, Process, Sample, TestMessage
from kannel.reading import USUAL_DIRECTORY

State = Run.State
PRICES = """operator;prefix;price_per_part;valid_from;valid_to
North;+7;2.60;2026-01-01;
North;+7917;24.00;2026-01-01;2026-12-31
South;+7;2.00;2020-01-01;
"""
WRONG_PRICES = "operator;prefix;price_per_part;valid_from;valid_to\nNobody;+7;cheap;soon;\n"
PORTED = "phone;network\n+79050000001;Beeline\n+79050000002;MTS\n916 12;Beeline\n"
MINUTES_OF_SAMPLES = 60


def make_lines(north: Connection, south: Connection) -> dict[str, Any]:
    """A line that is up with two binds, one that is down with a reason, one through an adapter, and one on a dead host."""
    now = timezone.now()
    states = [
        {
            "name": "north-1_1",
            "status": "online",
            "since": now.isoformat(),
            "queued": 4,
            "sent": 90,
            "failed": 0,
        },
        {
            "name": "north-1_2",
            "status": "dead",
            "since": now.isoformat(),
            "queued": 0,
            "sent": 7,
            "failed": 3,
        },
    ]
    values = {"binds": 2, "username": "us", "password": "swordfish", "queued": 1240, "sent": 214_300}
    Connection.objects.filter(pk=north.pk).update(**values, failed=3, bind_states=states)
    Connection.objects.filter(pk=south.pk).update(
        status="re-connecting",
        status_since=now - timedelta(hours=2),
        fault=diagnosis.REFUSED_ACCOUNT,
        fault_at=now,
    )
    adapter = preset("json")
    adapter.save()
    east = Connection.objects.create(
        gateway=north.gateway,
        operator=Operator.objects.create(name="East", receipt_margin=timedelta(hours=2)),
        name="east-1",
        kind="adapter",
        host="api.east.example",
        port=443,
        adapter=adapter,
        is_test=True,
    )
    make_processes()
    second = Gateway.objects.create(
        name="second", host="10.0.0.8", status=Gateway.Status.HANGING, status_since=now, seen_at=now
    )
    away = Connection.objects.create(
        gateway=second, operator=north.operator, name="north-2", kind="smpp", host="10.1.1.1", port=2775
    )
    for minute in range(MINUTES_OF_SAMPLES):
        Sample.objects.create(
            connection=north,
            at=now - timedelta(minutes=minute),
            is_online=minute != 30,
            queued=minute,
            sent=5 * minute % 60,
            failed=0,
            sent_total=1000,
            failed_total=0,
        )
    unused = Operator.objects.create(name="West", receipt_margin=timedelta(hours=2))
    return {"adapter": adapter, "east": east, "second": second, "away": away, "unused": unused}


def make_processes() -> None:
    """A pulse that was restarted, and a worker that stands still."""
    now = timezone.now()
    common = {"host": "one.example.org", "number": 1, "pid": 1, "born": 1}
    Process.objects.create(kind=Process.Kind.PULSE, restarts=3, deaths=2, **common)
    long_ago = now - timedelta(minutes=2)
    Process.objects.create(kind=Process.Kind.WORKER, seen_at=long_ago, started_at=long_ago, **common)
    Gateway.objects.filter(name="main").update(
        started_at=now - timedelta(minutes=5), restarts=2, watched_since=now - timedelta(hours=3)
    )


def draft(row: Connection | Gateway, author: User, **values: Any) -> None:
    """Somebody wants these values, and has not applied them."""
    wanted = row.wanted()
    for name, value in values.items():
        setattr(wanted, name, value)
    row.put_draft(wanted, author.pk)


def make_changes(gateway: Gateway, north: Connection, author: User) -> dict[str, Any]:
    """Drafts on what runs, and runs that ended well and badly."""
    north.refresh_from_db()
    gateway.applied = render(gateway, gateway.connections.filter(kind="smpp"), USUAL_DIRECTORY)
    gateway.applied_at = timezone.now()
    gateway.save()
    draft(north, author, throughput_per_second=90, password="mackerel", host="smpp.north.example")
    draft(gateway, author, our_addresses="10.0.0.7")
    log(north, "wagtail.edit", user=author)
    done = _run(gateway, author, "done", "checking", "written", "graceful", "ended_done")
    values = {"names": ["north-1"], "fault": diagnosis.REFUSED_ACCOUNT}
    restored = _run(
        gateway, author, "restored", "checking", "written", "add", "failed", "put_back", "ended_restored"
    )
    ApplyRun.objects.filter(pk=restored.pk).update(problem={"code": "not_online", "values": values})
    live = _run(gateway, author, "running", "checking", "written")
    return {"applied": done, "restored": restored, "applying": live}


def _run(gateway: Gateway, author: User, state: str, *codes: str) -> ApplyRun:
    run = ApplyRun(gateway=gateway, created_by=author, state=state)
    run.freeze(gateway, list(gateway.connections.all()))
    line = {"key": "throughput", "old": "100", "new": "90"}
    run.changes = [
        {"what": "changed", "name": "north-1", "kind": "smpp", "binds": ["north-1"], "keys": [line]}
    ]
    run.save()
    for code in codes:
        run.note(code)
    return run


def make_prices(north: Operator) -> dict[str, Any]:
    """Prices with a gap and a jump, a minimum, ported numbers, and files in all states that look different."""
    Operator.objects.filter(pk=north.pk).update(commitment_per_month=Decimal(250_000), senders=["Parley"])
    north.steps.model.objects.create(operator=north, from_parts=100_000, factor=Decimal("0.8"))
    tariff = Tariff.objects.create(
        operator=north, prefix="+7917", price_per_part=Decimal(19), valid_from=date(2026, 3, 1)
    )
    network = Network.objects.create(name="Beeline", prefix="+7903")
    Network.objects.create(name="MTS", prefix="+7910")
    PortedNumber.objects.create(phone="+79050000009", network=network)
    DeliveryRate.objects.create(
        operator=north, prefix="+7", ended=9000, delivered=8600, rate=0.955, measured_at=timezone.now()
    )
    return {
        "tariff": tariff,
        "network": network,
        "prices_new": _file(TariffRun, PRICES),
        "prices_wrong": _file(TariffRun, WRONG_PRICES),
        "prices_done": _file(
            TariffRun, PRICES, state=State.DONE, added=2, changed=1, rows_read=3, finished_at=timezone.now()
        ),
        "ported_new": _file(PortingRun, PORTED),
        "ported_running": _file(PortingRun, PORTED, state=State.RUNNING, started_at=timezone.now()),
        "ported_done": _file(
            PortingRun, PORTED, state=State.DONE, added=2, rows_read=3, finished_at=timezone.now()
        ),
        "ported_failed": _file(
            PortingRun, PORTED, state=State.FAILED, problem="The file is not there any more. Upload it again."
        ),
    }


def _file(model: Callable[..., Any], text: str, **values: Any) -> Any:
    run = model(name="a file with quite a long name of the month of November.csv", **values)
    run.file.save("file.csv", ContentFile(text.encode()))
    return run


def make_trouble(mailing: Mailing, north: Connection, south: Connection) -> dict[str, Any]:
    """A line that is braked, one that was left; receipts that stay away; a part that is paused, messages that moved."""
    now = timezone.now()
    standing.brake(north, "Of the last 200 messages that it took, only 40 % were delivered.")
    standing.leave(south, "It refused 20 messages in a row with code 0x45.")
    for outcome, error, messages in (
        ("taken", "", 12_400),
        ("delivered", "", 900),
        ("rejected", "0x45", 700),
    ):
        Cohort.objects.create(
            connection=north,
            mailing=mailing,
            at=now - timedelta(minutes=1),
            outcome=outcome,
            error=error,
            messages=messages,
            within_900=messages,
        )
    Cohort.objects.create(
        connection=south, mailing=mailing, at=now - timedelta(minutes=40), outcome="taken", messages=3000
    )
    code = ErrorCode.objects.create(
        operator=north.operator,
        source="submit",
        code="0x45",
        sentence="The operator is too busy.",
        advice="Wait, or send it over another one.",
        action="other",
    )
    parts.pause_part(mailing, south.operator, "Of the last 200 messages that South took, only 40 % arrived.")
    Move.objects.create(
        mailing=mailing,
        source=south,
        target=north,
        reason="It is dead.",
        messages=1200,
        extra_cost=Decimal("612.5"),
    )
    test = TestMessage.objects.create(
        connection=north,
        phone="+79165550101",
        sender="Parley",
        text="Test",
        kannel_id=uuid.uuid4(),
        handed_over_at=now,
        answered_at=now + timedelta(milliseconds=40),
        answer="taken",
    )
    return {"code": code, "test": test}


def make_questions(mailing: Mailing, north: Operator) -> dict[str, Any]:
    """Questions about the past: answered, being answered, and one that cannot be."""
    Message.objects.of(mailing).waiting().update(state="delivered", sent_at=timezone.now(), attempt=1)
    for way in RouteChoice.objects.filter(mailing=mailing):
        Carried.objects.create(
            route=way,
            month=date(2026, 11, 1),
            messages=60,
            parts=80,
            cost=Decimal(160),
            ended=60,
            delivered=50,
        )
    words = {"name": "North at 90 %: Autumn sale for all who owe us", "mailing": mailing, "operator": north}
    answered = WhatIf.objects.create(**words, percent=Decimal(90), state=State.WAITING)
    questions.run(answered.pk)
    running = WhatIf.objects.create(**words, percent=Decimal(80), state=State.RUNNING)
    cache.set(f"parley:question:{running.pk}:rows", 128_000)
    failed = WhatIf.objects.create(
        **words, percent=Decimal(70), state=State.FAILED, problem="Nothing was sent."
    )
    return {"answered": answered, "asking": running, "unanswered": failed}


def make_scene(author: User, mailing: Mailing, north: Connection, south: Connection) -> dict[str, int]:
    """All of it, around a mailing that is planned: the ids of the rows by what they are."""
    operator, gateway = north.operator, north.gateway
    rows: dict[str, Any] = {
        "mailing": mailing,
        "operator": operator,
        "line": north,
        "down": south,
        "gateway": gateway,
        **make_lines(north, south),
        **make_changes(gateway, north, author),
        **make_prices(operator),
        **make_questions(mailing, operator),
    }
    Mailing.objects.filter(pk=mailing.pk).update(state=Mailing.State.RUNNING, started_at=timezone.now())
    rows |= make_trouble(mailing, north, south)
    return {name: row.pk for name, row in rows.items()}
