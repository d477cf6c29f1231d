"""Messages of customers as an operator's API calls us with them, and the events that they become."""

import uuid
from dataclasses import dataclass
from typing import Self

from django.utils import timezone
from django.utils.translation import gettext as _

from kannel.adapters import conditions, documents
from kannel.adapters.conditions import Wanted
from kannel.events import NewEvent
from kannel.models import Adapter, Event
from kannel.values import ConfigurationError

# The ids of messages that an operator numbers itself: the same call a second time is the same event.
_NAMES = uuid.UUID("2b8f6f0e-4c1a-5d0e-9d43-6f1f0a3c7b52")


@dataclass(frozen=True)
class InboundMessage:
    """One message of a customer; the id is empty where the operator gives none."""

    operator_id: str
    sender: str
    recipient: str
    text: str

    def event(self, gateway_id: int, connection_name: str) -> NewEvent:
        """As the listener would keep it, had it come through Kannel."""
        named = f"{connection_name}\0{self.operator_id}"
        return NewEvent(
            gateway_id=gateway_id,
            kind=Event.Kind.INBOUND,
            kannel_id=uuid.uuid5(_NAMES, named) if self.operator_id else uuid.uuid4(),
            connection_name=connection_name,
            text=self.text,
            occurred_at=timezone.now(),
            sender=self.sender,
            recipient=self.recipient,
        )


@dataclass(frozen=True)
class InboundRules:
    """The rules of an adapter, read and checked."""

    kind: str
    several_at: str
    operator_id: Wanted
    sender: Wanted
    recipient: Wanted
    text: Wanted

    @classmethod
    def of(cls, adapter: Adapter) -> Self | None:
        """None if the adapter takes none. Raises ConfigurationError with the field of the adapter."""
        if not adapter.inbound_from_at and not adapter.inbound_text_at:
            return None
        for field in ("inbound_from_at", "inbound_text_at"):
            if not getattr(adapter, field):
                raise ConfigurationError(
                    field, _("Say where it stands, or leave all fields of customers' messages empty.")
                )
        at = adapter.inbound_at
        return cls(
            kind=adapter.inbound_kind,
            several_at=conditions.place("inbound_at", at) if at else "",
            operator_id=conditions.wanted("inbound_id_at", adapter.inbound_id_at),
            sender=conditions.wanted("inbound_from_at", adapter.inbound_from_at),
            recipient=conditions.wanted("inbound_to_at", adapter.inbound_to_at),
            text=conditions.wanted("inbound_text_at", adapter.inbound_text_at),
        )

    def read(self, body: bytes) -> list[InboundMessage]:
        """The messages of one call; those without a sender are left out."""
        call = documents.read(self.kind, body)
        found = (
            InboundMessage(
                self.operator_id.of(one), self.sender.of(one), self.recipient.of(one), self.text.of(one)
            )
            for one in call.several(self.several_at)
        )
        return [one for one in found if one.sender]
