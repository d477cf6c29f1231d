"""Three shapes that many operators have, ready to use; each after its public description.

- Twilio, "Messages resource" of the Programmable Messaging API 2010-04-01: a form, basic auth, JSON back; receipts
  ("status callbacks") and messages of customers ("incoming message webhooks") are forms.
- Infobip, "Send SMS message" (/sms/2/text/advanced), its delivery reports and inbound messages: JSON both ways, a bearer token. With
  an API key instead: no authentication and the header `Authorization: App {password}`.
- TargetSMS and the aggregators in Russia that share its XML interface: XML both ways, the account inside it.
"""

from typing import Any

from django.utils.translation import gettext_lazy as _

from kannel.models import Adapter

FORM = {
    "played_by": "form",
    "method": "POST",
    "path": "/2010-04-01/Accounts/{username}/Messages.json",
    "authentication": "basic",
    "token_path": "",
    "token_body": "",
    "token_at": "",
    "headers": "",
    "body_kind": "form",
    "body": "To={to}\nFrom={from}\nBody={text}\nStatusCallback={receipt_url}",
    "answer_seconds": 20,
    "answer_kind": "json",
    "taken_when": "status = 20[01]",
    "later_when": "status = 429\ncode = 21611",
    "refused_when": "status = 4..",
    "account_when": "status = 40[13]\ncode = 20003|20005|30002",
    "money_when": "status = 402\ncode = 30114|20009",
    "id_at": "sid",
    "reason_at": "code",
    "balance_at": "",
    "price_at": "",
    "receipt_kind": "form",
    "receipts_at": "",
    "receipt_id_at": "MessageSid",
    "receipt_state_at": "MessageStatus",
    "delivered_when": "delivered|read",
    "undelivered_when": "undelivered|failed",
    "expired_when": "",
    "receipt_error_at": "ErrorCode",
    "receipt_header": "",
    "receipt_answer": "OK",
    "inbound_kind": "form",
    "inbound_at": "",
    "inbound_from_at": "From",
    "inbound_text_at": "Body",
    "inbound_to_at": "To",
    "inbound_id_at": "MessageSid",
    # Plain text would be sent to the customer.
    "inbound_answer": "",
}
JSON = {
    "played_by": "json",
    "method": "POST",
    "path": "/sms/2/text/advanced",
    "authentication": "bearer",
    "token_path": "",
    "token_body": "",
    "token_at": "",
    "headers": "Accept: application/json",
    "body_kind": "json",
    "body": """{"messages": [{
  "from": "{from}",
  "destinations": [{"to": "{to_digits}", "messageId": "{id}"}],
  "text": "{text}",
  "notifyUrl": "{receipt_url}",
  "notifyContentType": "application/json"
}]}""",
    "answer_seconds": 20,
    "answer_kind": "json",
    "taken_when": "messages.0.status.groupName = PENDING|ACCEPTED|DELIVERED",
    "later_when": "status = 429",
    "refused_when": "messages.0.status.groupName = REJECTED|UNDELIVERABLE|EXPIRED\nstatus = 400",
    "account_when": "status = 40[13]",
    "money_when": "status = 402\nmessages.0.status.name = REJECTED_NOT_ENOUGH_CREDITS",
    "id_at": "messages.0.messageId",
    "reason_at": "messages.0.status.name",
    "balance_at": "",
    "price_at": "",
    "receipt_kind": "json",
    "receipts_at": "results",
    "receipt_id_at": "messageId",
    "receipt_state_at": "status.groupName",
    "delivered_when": "DELIVERED",
    "undelivered_when": "UNDELIVERABLE|REJECTED",
    "expired_when": "EXPIRED",
    "receipt_error_at": "error.id",
    "receipt_header": "",
    "receipt_answer": "OK",
    "inbound_kind": "json",
    "inbound_at": "results",
    "inbound_from_at": "from",
    "inbound_text_at": "text",
    "inbound_to_at": "to",
    "inbound_id_at": "messageId",
    "inbound_answer": "OK",
}
XML = {
    "played_by": "xml",
    "method": "POST",
    "path": "/xml/",
    "authentication": "none",
    "token_path": "",
    "token_body": "",
    "token_at": "",
    "headers": "",
    "body_kind": "xml",
    "body": """<request>
  <security><login value="{username}"/><password value="{password}"/></security>
  <message type="sms">
    <sender>{from}</sender>
    <text>{text}</text>
    <abonent phone="{to_digits}" number_sms="1" client_id_sms="{id}"/>
  </message>
</request>""",
    "answer_seconds": 20,
    "answer_kind": "xml",
    "taken_when": "information = send",
    "later_when": "error = .+\nstatus = 429",
    "refused_when": "information = .+",
    "account_when": "error = wrong account|.*(логин|парол|login|password|заблокирован).*\nstatus = 40[13]",
    "money_when": "error = .*(средств|баланс|balance|money|credits).*\ninformation = .*(средств|баланс|balance).*\nstatus = 402",
    "id_at": "information.@id_sms",
    "reason_at": "information",
    "balance_at": "",
    "price_at": "",
    "receipt_kind": "xml",
    "receipts_at": "state",
    "receipt_id_at": "@id_sms",
    "receipt_state_at": ".",
    "delivered_when": "deliver",
    "undelivered_when": "not_deliver",
    "expired_when": "expired",
    "receipt_error_at": "@err",
    "receipt_header": "",
    "receipt_answer": "OK",
    "inbound_kind": "xml",
    "inbound_at": "",
    "inbound_from_at": "",
    "inbound_text_at": "",
    "inbound_to_at": "",
    "inbound_id_at": "",
    "inbound_answer": "OK",
}
PRESETS: dict[str, tuple[Any, dict[str, Any]]] = {
    "form": (_("Form and password (as Twilio)"), FORM),
    "json": (_("JSON and bearer token (as Infobip)"), JSON),
    "xml": (_("XML (as TargetSMS)"), XML),
}


def preset(name: str) -> Adapter:
    """An adapter of one of the shapes, not saved, named after it. Raises KeyError."""
    label, values = PRESETS[name]
    return Adapter(name=str(label), **values)
