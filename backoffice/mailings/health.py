"""Is everything alive? For a load balancer, and the same as numbers for Prometheus. No personal data in either."""

import hmac
import time
from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.core.cache import cache
from django.db import DatabaseError, InterfaceError, connection
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils import timezone
from django.utils.decorators import method_decorator
from django.views import View
from django.views.decorators.cache import never_cache
from huey.contrib.djhuey import HUEY
from prometheus_client import CollectorRegistry, Gauge, generate_latest
from prometheus_client.exposition import CONTENT_TYPE_LATEST
from redis.exceptions import RedisError

from backoffice.alerts.models import Alert
from backoffice.mailings import regularly
from backoffice.mailings.models import Message
from backoffice.mailings.pulse import BEAT_KEY
from backoffice.mailings.querysets import OPEN
from backoffice.operators.processes import groups
from kannel.adapters import health as adapters_health
from kannel.models import Connection, Event, Gateway

# An event waits a second or two; longer means that nobody applies them.
OLDEST_EVENT_SECONDS = 60
OLDEST_BEAT_SECONDS = 15
TASKS_IN_QUEUE = 1000


def database() -> dict[str, Any]:
    started = time.monotonic()
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
    return {"ok": True, "seconds": round(time.monotonic() - started, 4)}


def redis() -> dict[str, Any]:
    started = time.monotonic()
    HUEY.storage.conn.ping()
    return {"ok": True, "seconds": round(time.monotonic() - started, 4)}


def huey() -> dict[str, Any]:
    """The pulse queues tasks and workers take them: a fresh beat and a short queue mean that both do. Its scheduler wakes the rest."""
    waiting = HUEY.pending_count()
    beat = cache.get(BEAT_KEY)
    age = timezone.now().timestamp() - beat if beat else None
    is_silent = regularly.silent_since() is not None
    ok = waiting < TASKS_IN_QUEUE and age is not None and age < OLDEST_BEAT_SECONDS and not is_silent
    return {
        "ok": ok,
        "tasks_waiting": waiting,
        "beat_age_seconds": age and round(age, 1),
        "scheduler_is_silent": is_silent,
    }


def gateways() -> dict[str, Any]:
    states = dict(Gateway.objects.filter(is_enabled=True).values_list("name", "status"))
    silent = Alert.objects.filter(cause__startswith="smsbox:", closed_at=None).values_list("cause", flat=True)
    silent_names = [cause.partition(":")[2] for cause in silent]
    ok = all(state == Gateway.Status.RUNNING for state in states.values()) and not silent_names
    return {"ok": ok, "gateways": states, "silent_smsboxes": silent_names}


def events() -> dict[str, Any]:
    oldest = (
        Event.objects.filter(applied_at=None, tries=0)
        .order_by("id")
        .values_list("received_at", flat=True)
        .first()
    )
    age = (timezone.now() - oldest).total_seconds() if oldest else 0.0
    return {"ok": age < OLDEST_EVENT_SECONDS, "oldest_waiting_seconds": round(age, 1)}


def adapters() -> dict[str, Any]:
    """The application of adapters, where a connection in use needs it."""
    is_needed = Connection.objects.filter(is_enabled=True, kind=Connection.Kind.ADAPTER).exists()
    age = adapters_health.age_seconds()
    ok = not is_needed or (age is not None and age < OLDEST_BEAT_SECONDS)
    return {"ok": ok, "beat_age_seconds": age and round(age, 1)}


def processes() -> dict[str, Any]:
    """Whether all of our processes are heard: a silent one may hold up what it had begun."""
    found = groups()
    return {
        "ok": all(one.is_well for one in found),
        "processes": {
            f"{one.kind}:{one.about}".rstrip(":"): {"alive": one.alive, "silent": len(one.silent)}
            for one in found
        },
    }


CHECKS: dict[str, Callable[[], dict[str, Any]]] = {
    "database": database,
    "redis": redis,
    "huey": huey,
    "gateways": gateways,
    "events": events,
    "adapters": adapters,
    "processes": processes,
}


def report() -> dict[str, dict[str, Any]]:
    """Each part's state. A part that cannot be asked is not well, and says what kind of failure it was."""
    parts = {}
    for name, check in CHECKS.items():
        try:
            parts[name] = check()
        except (DatabaseError, InterfaceError, RedisError) as error:
            parts[name] = {"ok": False, "error": type(error).__name__}
    return parts


@method_decorator(never_cache, name="dispatch")
class HealthView(View):
    """200 if all is well, 503 if not, with the reasons. Open to all: it tells nothing about anybody."""

    def get(self, request: HttpRequest) -> HttpResponse:
        parts = report()
        ok = all(part["ok"] for part in parts.values())
        return JsonResponse({"ok": ok, **parts}, status=200 if ok else 503)


@method_decorator(never_cache, name="dispatch")
class MetricsView(View):
    """The Prometheus text format. Needs the bearer token METRICS_TOKEN; without a token in the settings it is closed."""

    def get(self, request: HttpRequest) -> HttpResponse:
        given = request.headers.get("Authorization", "").removeprefix("Bearer ")
        if not settings.METRICS_TOKEN or not hmac.compare_digest(
            given.encode(), settings.METRICS_TOKEN.encode()
        ):
            return HttpResponse(
                "A bearer token is needed: METRICS_TOKEN.\n", status=403, content_type="text/plain"
            )
        return HttpResponse(generate_latest(metrics()), content_type=CONTENT_TYPE_LATEST)


def metrics() -> CollectorRegistry:
    """The health report and the state of the traffic as gauges."""
    registry = CollectorRegistry()
    parts = report()
    up = Gauge("parley_up", "1 if this part is well", ["part"], registry=registry)
    for name, part in parts.items():
        up.labels(name).set(part["ok"])
    _gauge(registry, "parley_tasks_waiting", "Huey tasks in the queue", parts["huey"].get("tasks_waiting"))
    _gauge(
        registry,
        "parley_oldest_event_seconds",
        "Age of the oldest event that nobody has applied",
        parts["events"].get("oldest_waiting_seconds"),
    )
    if parts["database"]["ok"]:
        _traffic(registry)
    return registry


def _gauge(registry: CollectorRegistry, name: str, text: str, value: float | None) -> None:
    if value is not None:
        Gauge(name, text, registry=registry).set(value)


def _traffic(registry: CollectorRegistry) -> None:
    running = Gauge(
        "parley_gateway_running",
        "1 if the gateway answers and takes messages",
        ["gateway"],
        registry=registry,
    )
    for name, status in Gateway.objects.filter(is_enabled=True).values_list("name", "status"):
        running.labels(name).set(status == Gateway.Status.RUNNING)
    online = Gauge(
        "parley_connection_online", "1 if the operator's link is up", ["connection"], registry=registry
    )
    queued = Gauge(
        "parley_connection_queued", "Messages queued inside Kannel", ["connection"], registry=registry
    )
    for name, status, count in Connection.objects.filter(is_enabled=True).values_list(
        "name", "status", "queued"
    ):
        online.labels(name).set(status == Connection.Status.ONLINE)
        queued.labels(name).set(count)
    messages = Gauge(
        "parley_messages_open", "Messages that have not reached their end", ["state"], registry=registry
    )
    for state in OPEN:
        messages.labels(state).set(
            Message.objects.filter(mailing__state__in=["running", "paused", "cancelled"], state=state).count()
        )
