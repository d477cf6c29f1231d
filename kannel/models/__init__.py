"""What Kannel is to us: gateways with their connections, how they are changed, and the events they give back."""

from kannel.models.adapters import Adapter
from kannel.models.changes import ApplyRun
from kannel.models.connections import Connection
from kannel.models.drafts import Drafted
from kannel.models.events import Event
from kannel.models.gateways import Gateway
from kannel.models.names import is_kannel_id
from kannel.models.processes import Process
from kannel.models.samples import Sample
from kannel.models.test_messages import TestMessage

__all__ = [
    "Adapter",
    "ApplyRun",
    "Connection",
    "Drafted",
    "Event",
    "Gateway",
    "Process",
    "Sample",
    "TestMessage",
    "is_kannel_id",
]
