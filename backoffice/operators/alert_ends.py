"""When alerts about gateways, connections and their files end."""

from datetime import timedelta

from backoffice.alerts.closing import closes
from kannel.models import ApplyRun, Connection, Gateway, Process

NEWS = timedelta(days=14)


def _gateway_is_bad(name: str) -> bool:
    used = Gateway.objects.filter(name=name, is_enabled=True)
    return used.exclude(status=Gateway.Status.RUNNING).exists()


def _gateway_is_used(name: str) -> bool:
    return Gateway.objects.filter(name=name, is_enabled=True).exists()


def _is_used(name: str) -> bool:
    return Connection.objects.filter(name=name, is_enabled=True, gateway__is_enabled=True).exists()


def _is_down(name: str) -> bool:
    used = Connection.objects.filter(name=name, is_enabled=True, gateway__is_enabled=True)
    return used.exclude(status=Connection.Status.ONLINE).exists()


def _leads_elsewhere(name: str) -> bool:
    """Until the draft was applied or taken back."""
    return any(one.leads_elsewhere for one in Connection.objects.filter(name=name).exclude(draft=""))


def _is_last_change(run_id: str) -> bool:
    """Until a later change of the same gateway was applied."""
    run = ApplyRun.objects.filter(pk=run_id).first()
    if run is None:
        return False
    later = ApplyRun.objects.filter(gateway=run.gateway_id, pk__gt=run.pk, state=ApplyRun.State.DONE)
    return not later.exists()


def _has_processes(rest: str) -> bool:
    """Whoever looks after processes closes these itself; without any there is nothing to tell."""
    return Process.objects.exists()


def register() -> None:
    """Called when the room starts."""
    closes("gateway", when_not=_gateway_is_bad)
    closes("smsbox", when_not=_gateway_is_used)
    closes("restarted", when_not=_gateway_is_used, after=NEWS)
    closes("connection", when_not=_is_down)
    closes("silent", when_not=_is_used)
    closes("binds", when_not=_is_used)
    closes("process", when_not=_has_processes)
    closes("address", when_not=_leads_elsewhere)
    closes("apply", when_not=_is_last_change)
    closes("porting", after=NEWS)
    closes("tariff_files", after=NEWS)
