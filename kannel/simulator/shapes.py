"""Three operator APIs as their public descriptions have them: a form (Twilio), JSON (Infobip), XML (TargetSMS).

What is asked, what is answered and how a receipt looks; `kannel.simulator.api` has the operator around it.
"""

import json
from abc import ABC, abstractmethod
from base64 import b64encode
from typing import Any, NamedTuple
from urllib.parse import parse_qs, quote, urlencode
from xml.etree import ElementTree
from xml.sax.saxutils import quoteattr

from kannel.simulator.behaviour import Outcome


class Call(NamedTuple):
    """One request to the operator; names of headers are in small letters."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes


class Asked(NamedTuple):
    """What a call wants: to whom (digits), from whom, which text; the caller's own id and address for receipts, if any."""

    to: str
    sender: str
    text: str
    own_id: str = ""
    receipt_url: str = ""


Answer = tuple[int, str]


class Shape(ABC):
    """One API. Passwords are never empty: such an operator has no open door."""

    content_type = ""
    receipt_type = ""

    @abstractmethod
    def knows(self, call: Call, username: str, password: str) -> bool:
        """Whether the account is right, at the right address."""

    @abstractmethod
    def asked(self, call: Call) -> Asked:
        """Raises KeyError, ValueError or LookupError for what the API does not understand."""

    @abstractmethod
    def id_of(self, number: int, asked: Asked) -> str:
        """The message id that the operator gives."""

    @abstractmethod
    def taken(self, message_id: str, asked: Asked) -> Answer: ...

    @abstractmethod
    def refused(self, outcome: Outcome | None, asked: Asked | None = None) -> Answer:
        """The answer to a refusal; None: a wrong account; without `asked`: not understood."""

    @abstractmethod
    def receipt(self, message_id: str, destination: str, outcome: Outcome) -> bytes:
        """The body of the call that tells what became of a message."""


class FormShape(Shape):
    """POST /2010-04-01/Accounts/SID/Messages.json with To, From, Body, StatusCallback; basic auth."""

    content_type = "application/json"
    receipt_type = "application/x-www-form-urlencoded"
    _states = {Outcome.DELIVERED: "delivered", Outcome.UNDELIVERED: "undelivered", Outcome.EXPIRED: "failed"}
    _errors = {
        Outcome.REJECTED: (400, 21211),
        Outcome.THROTTLED: (429, 20429),
        Outcome.QUEUE_FULL: (429, 21611),
    }

    def knows(self, call: Call, username: str, password: str) -> bool:
        account = b64encode(f"{username}:{password}".encode()).decode()
        return (
            call.headers.get("authorization") == f"Basic {account}"
            and call.path == f"/2010-04-01/Accounts/{quote(username, safe='')}/Messages.json"
        )

    def asked(self, call: Call) -> Asked:
        form = {name: values[0] for name, values in parse_qs(call.body.decode(), strict_parsing=True).items()}
        return Asked(
            form["To"].lstrip("+"), form["From"], form["Body"], receipt_url=form.get("StatusCallback", "")
        )

    def id_of(self, number: int, asked: Asked) -> str:
        return f"SM{number:032x}"

    def taken(self, message_id: str, asked: Asked) -> Answer:
        return 201, json.dumps(
            {"sid": message_id, "status": "queued", "error_code": None, "num_segments": "1"}
        )

    def refused(self, outcome: Outcome | None, asked: Asked | None = None) -> Answer:
        status, code = (401, 20003) if outcome is None else self._errors[outcome]
        return status, json.dumps({"code": code, "message": "Not taken.", "status": status})

    def receipt(self, message_id: str, destination: str, outcome: Outcome) -> bytes:
        error = {} if outcome is Outcome.DELIVERED else {"ErrorCode": "30003"}
        state = self._states[outcome]
        return urlencode(
            {"MessageSid": message_id, "MessageStatus": state, "To": destination, **error}
        ).encode()


class JsonShape(Shape):
    """POST /sms/2/text/advanced with messages, destinations, notifyUrl; a bearer token or an API key."""

    content_type = receipt_type = "application/json"
    _groups = {
        Outcome.DELIVERED: "DELIVERED",
        Outcome.UNDELIVERED: "UNDELIVERABLE",
        Outcome.EXPIRED: "EXPIRED",
    }

    def knows(self, call: Call, username: str, password: str) -> bool:
        allowed = (f"Bearer {password}", f"App {password}")
        return call.headers.get("authorization") in allowed and call.path == "/sms/2/text/advanced"

    def asked(self, call: Call) -> Asked:
        message = json.loads(call.body)["messages"][0]
        to = message["destinations"][0]
        text, sender = message["text"], message["from"]
        return Asked(str(to["to"]), sender, text, to.get("messageId", ""), message.get("notifyUrl", ""))

    def id_of(self, number: int, asked: Asked) -> str:
        return asked.own_id or str(number)

    def taken(self, message_id: str, asked: Asked) -> Answer:
        return 200, self._message(message_id, asked.to, "PENDING", "PENDING_ACCEPTED")

    def refused(self, outcome: Outcome | None, asked: Asked | None = None) -> Answer:
        if outcome is Outcome.REJECTED and asked is not None:
            return 200, self._message("0", asked.to, "REJECTED", "REJECTED_DESTINATION")
        statuses = {None: 401, Outcome.REJECTED: 400}
        fault = {"messageId": "NOT_TAKEN", "text": "Not taken."}
        return statuses.get(outcome, 429), json.dumps({"requestError": {"serviceException": fault}})

    def _message(self, message_id: str, to: str, group: str, name: str) -> str:
        status = {"groupName": group, "name": name}
        return json.dumps({"messages": [{"messageId": message_id, "status": status, "to": to}]})

    def receipt(self, message_id: str, destination: str, outcome: Outcome) -> bytes:
        result: dict[str, Any] = {
            "messageId": message_id,
            "to": destination.lstrip("+"),
            "smsCount": 1,
            "status": {"groupName": self._groups[outcome]},
            "error": {"id": 0 if outcome is Outcome.DELIVERED else 27},
        }
        return json.dumps({"results": [result]}).encode()


class XmlShape(Shape):
    """POST /xml/ with security, message, abonent; receipts go to the address agreed upon."""

    content_type = receipt_type = "text/xml; charset=utf-8"
    _states = {Outcome.DELIVERED: "deliver", Outcome.UNDELIVERED: "not_deliver", Outcome.EXPIRED: "expired"}

    def knows(self, call: Call, username: str, password: str) -> bool:
        try:
            tree = ElementTree.fromstring(call.body)  # noqa: S314  of our own side, on loopback
        except ElementTree.ParseError:
            return False
        given = [tree.find(f"security/{name}") for name in ("login", "password")]
        return [one.get("value") if one is not None else None for one in given] == [username, password]

    def asked(self, call: Call) -> Asked:
        message = ElementTree.fromstring(call.body).find("message")  # noqa: S314
        if message is None or (person := message.find("abonent")) is None:
            raise LookupError("no message")
        return Asked(
            person.attrib["phone"],
            message.findtext("sender", ""),
            message.findtext("text", ""),
            person.get("client_id_sms", ""),
        )

    def id_of(self, number: int, asked: Asked) -> str:
        return str(number)

    def taken(self, message_id: str, asked: Asked) -> Answer:
        return 200, self._response(
            f'<information number_sms="1" id_sms="{message_id}" parts="1">send</information>'
        )

    def refused(self, outcome: Outcome | None, asked: Asked | None = None) -> Answer:
        if outcome is Outcome.REJECTED:
            return 200, self._response('<information number_sms="1">wrong number</information>')
        return 200, self._response(f"<error>{'wrong account' if outcome is None else 'busy'}</error>")

    def _response(self, inner: str) -> str:
        return f'<?xml version="1.0" encoding="utf-8"?><response>{inner}</response>'

    def receipt(self, message_id: str, destination: str, outcome: Outcome) -> bytes:
        error = "0" if outcome is Outcome.DELIVERED else "13"
        where = f"id_sms={quoteattr(message_id)} err={quoteattr(error)}"
        return self._response(f"<state {where}>{self._states[outcome]}</state>").encode()


SHAPES: dict[str, type[Shape]] = {"form": FormShape, "json": JsonShape, "xml": XmlShape}
