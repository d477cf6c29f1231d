"""The second transport: sendsms over HTTP, for a Kannel whose box port is out of reach.

No message id comes back and the UUID is Kannel's own, so reports find their message by the signed address alone.
"""

from dataclasses import dataclass
from enum import Enum
from urllib.parse import urlencode

import requests
from django.conf import settings

from kannel.models import Gateway

TIMEOUT_SECONDS = (3.0, 10.0)
TAKEN_ANSWERS = ("0:", "3:")


class Outcome(Enum):
    """What an answer means (PROTOCOL.md, 3)."""

    TAKEN = "taken"
    REFUSED = "refused"
    NOT_NOW = "not now"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Submission:
    """One message for one number. ``validity_minutes`` is counted from now."""

    sender: str
    receiver: str
    text: str
    coding: int
    connection_name: str
    dlr_url: str
    validity_minutes: int
    priority: int


def submit(gateway: Gateway, submission: Submission, session: requests.Session) -> Outcome:
    """Hands one message over. A time-out or a broken connection after we began to write is UNKNOWN: never send it again
    blindly, a suspended bearerbox sends it later."""
    values = {
        "username": settings.KANNEL_SENDSMS_USERNAME,
        "password": settings.KANNEL_SENDSMS_PASSWORD,
        "from": submission.sender,
        "to": submission.receiver,
        "text": submission.text,
        "charset": "UTF-8",
        "coding": submission.coding,
        "smsc": submission.connection_name,
        "dlr-mask": 27,
        "dlr-url": submission.dlr_url,
        "validity": submission.validity_minutes,
        "priority": submission.priority,
    }
    address = f"http://{gateway.host}:{gateway.sendsms_port}/cgi-bin/sendsms?{urlencode(values)}"
    try:
        answer = session.get(address, timeout=TIMEOUT_SECONDS, allow_redirects=False)
    except requests.exceptions.ConnectTimeout:
        return Outcome.NOT_NOW
    except requests.exceptions.ConnectionError as error:
        # A refused connection never carried a byte; anything later may have.
        return Outcome.NOT_NOW if "refused" in str(error) else Outcome.UNKNOWN
    except requests.exceptions.RequestException:
        return Outcome.UNKNOWN
    return _meaning(answer.status_code, answer.text)


def _meaning(status: int, body: str) -> Outcome:
    if status == requests.codes.accepted:
        return Outcome.TAKEN if body.startswith(TAKEN_ANSWERS) else Outcome.UNKNOWN
    if status == requests.codes.service_unavailable:
        return Outcome.NOT_NOW
    if requests.codes.bad_request <= status < requests.codes.server_error:
        return Outcome.REFUSED
    return Outcome.UNKNOWN
