"""Delivery reports of the private Kannel: counted, not kept."""

import threading
from collections.abc import Callable, Sequence

import structlog

from kannel.dlr_urls import ForgedToken, read_url
from kannel.listener import Receiver
from kannel.models import Gateway
from kannel.wire import Sms, SmsType

logger = structlog.get_logger(__name__)


class Reports(Receiver):
    """Tells of each report which message it is about, by its place, and the type of the report."""

    def __init__(self, gateway: Gateway, stopping: threading.Event, tell: Callable[[int, int], None]) -> None:
        super().__init__(gateway, gateway.box_id, stopping)
        self.tell = tell

    def _keep(self, batch: Sequence[Sms]) -> None:
        for sms in batch:
            if sms.sms_type != SmsType.REPORT:
                continue
            try:
                place, _attempt = read_url((sms.dlr_url or b"").decode("ascii", "replace"))
            except ForgedToken:
                logger.warning("report_not_understood")
                continue
            self.tell(place, sms.dlr_mask)
