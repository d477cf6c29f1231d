"""The operator's request of one message: address, headers and body from an adapter and the connection that uses it."""

import hmac
import re
from base64 import b64encode
from dataclasses import dataclass, field
from typing import Self
from urllib.parse import quote

from django.utils.translation import gettext as _

from kannel.adapters import bodies, placeholders
from kannel.adapters.bodies import Body
from kannel.adapters.placeholders import Values
from kannel.models import Adapter
from kannel.values import ConfigurationError

_PATH = re.compile(r"/[\x21-\x7e]*")
_HEADER = re.compile(r"([A-Za-z0-9-]{1,60}):[ \t]*([\x20-\x7e]*)")
# These say how the bytes travel, which is not the template's business.
_NOT_HEADERS = frozenset(
    {"host", "content-length", "transfer-encoding", "connection", "expect", "te", "upgrade"}
)


@dataclass(frozen=True)
class Request:
    """What leaves for the operator."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes


@dataclass(frozen=True)
class Template:
    """The templates of an adapter, read and checked."""

    method: str
    path: str
    authentication: str
    body: Body
    headers: dict[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, adapter: Adapter) -> Self:
        """Raises ConfigurationError with the field of the adapter."""
        if adapter.method == Adapter.Method.GET and adapter.body_kind != Adapter.Body.NONE:
            raise ConfigurationError(
                "body_kind", _("A GET has no body. Choose POST, or put all into the path.")
            )
        return cls(
            method=adapter.method,
            path=path_of("path", adapter.path),
            authentication=adapter.authentication,
            body=bodies.read(adapter.body_kind, adapter.body),
            headers=_headers(adapter.headers),
        )

    def request(self, values: dict[str, str]) -> Request:
        """The request of one message."""
        path = placeholders.fill(self.path, values, lambda value: quote(value, safe="", errors="replace"))
        body = self.body.written(values)
        values = values | _signatures(body, values["password"])
        headers = {"Content-Type": self.body.content_type} if self.body.content_type else {}
        headers |= self._account(values)
        headers |= {
            name: placeholders.fill(value, values, _in_header) for name, value in self.headers.items()
        }
        return Request(self.method, path, headers, body)

    def _account(self, values: Values) -> dict[str, str]:
        if self.authentication == Adapter.Authentication.BASIC:
            account = f"{values['username']}:{values['password']}".encode()
            return {"Authorization": f"Basic {b64encode(account).decode()}"}
        if self.authentication == Adapter.Authentication.BEARER:
            return {"Authorization": f"Bearer {_in_header(values['token'] or values['password'])}"}
        return {}


def _signatures(body: bytes, key: str) -> dict[str, str]:
    digest = hmac.digest(key.encode("utf-8", "replace"), body, "sha256")
    return {"signature": digest.hex(), "signature_base64": b64encode(digest).decode()}


def path_of(field: str, template: str) -> str:
    """A path that may be called. Raises ConfigurationError at the field."""
    if not _PATH.fullmatch(template):
        raise ConfigurationError(
            field, _("Begin with / and use Latin letters, digits and signs, without host and blanks.")
        )
    placeholders.check(field, template)
    return template


def _headers(template: str) -> dict[str, str]:
    headers = {}
    for line in filter(None, (line.strip() for line in template.splitlines())):
        found = _HEADER.fullmatch(line)
        if not found:
            raise ConfigurationError(
                "headers", _("Write each line as Name: value; “%(line)s” is not.") % {"line": line[:40]}
            )
        if found[1].lower() in _NOT_HEADERS:
            raise ConfigurationError(
                "headers", _("%(name)s is set by itself. Leave it out.") % {"name": found[1]}
            )
        placeholders.check("headers", found[2], placeholders.IN_HEADERS)
        headers[found[1]] = found[2]
    return headers


def _in_header(value: str) -> str:
    """Signs that would end a header, or that none can carry, are left out."""
    return "".join(sign for sign in value if " " <= sign <= "~")
